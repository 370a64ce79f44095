"""The plan of a change to one server, or every reason against it.

Owns what would be done, there and back. Never when: that is for ``apply``.
"""
