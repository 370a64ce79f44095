"""The commands: options in, tables and progress out.

Thin: what to do is decided in core and done in run.
"""
