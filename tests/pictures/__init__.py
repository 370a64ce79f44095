"""The pictures of the documentation, made from the code and from real runs.

Owns the drawing. ``python -m tests.pictures`` makes them; a test finds those
that no longer say what the code does.
"""
