"""Every request of a change, hit by every fault there is.

The points are generated from the requests that an uninterrupted run makes;
none is picked by hand. See ``python -m tests.matrix --help``.
"""
