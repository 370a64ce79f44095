"""Carrying a plan out: from what is observed, what to do next.

Owns the order of the actions, what their errors mean, and how a change
finishes. Never makes a call.
"""
