"""Unit tests of cloud."""
