"""Unit tests of run."""
