"""What a server's configuration should be, and what it is.

Owns the catalogue of types and the comparison. Decides nothing about a change.
"""
