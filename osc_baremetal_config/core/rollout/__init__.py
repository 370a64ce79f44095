"""One change of many servers: their plans, and which of them is next.

Owns nothing of a single server's change.
"""
