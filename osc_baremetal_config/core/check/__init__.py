"""What is wrong with a cloud's definitions, its nodes and its servers.

Owns every finding of ``server config check``: what is looked for, how severe
it is, and the command that helps. Never changes anything.
"""
