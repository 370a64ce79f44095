"""Every decision, as pure functions over frozen values.

Imports the standard library only, and never the clock, the environment, the
network or a logger.
"""
