"""Tests of the model cloud, and with it."""
