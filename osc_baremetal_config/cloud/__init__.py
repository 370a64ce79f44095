"""The calls to the services, and the only importer of their clients.

Turns documents into values and exceptions into ours. Decides nothing, waits
for nothing, remembers nothing but connections.
"""
