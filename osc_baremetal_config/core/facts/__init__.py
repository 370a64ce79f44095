"""What the cloud says: servers, nodes, settings, and what these words mean.

Owns the values that decisions are made of, and the rules of Nova and Ironic
about them. Decides nothing about a change.
"""
