"""What survives of changes to the code that no test notices.

A sample of mutants of ``core`` and ``run``, the same for the same seed, each
tried with the unit tests that reach the line that it changes.
"""
