"""What a person asks about: what can be set, what happened, what now.

Owns the answers, as values. Never arranges them for a terminal.
"""
