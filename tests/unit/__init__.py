"""Unit tests: no network, no sleep, no order."""
