"""Tests: unit, functional, the demo, and the cloud that the last two use."""
