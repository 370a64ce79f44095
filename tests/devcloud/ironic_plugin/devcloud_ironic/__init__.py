"""Fake Ironic interfaces that behave as those of real servers."""
