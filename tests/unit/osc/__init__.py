"""Unit tests of osc."""
