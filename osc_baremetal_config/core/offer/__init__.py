"""What an operator offers: flavor variants, deploy templates, runbooks.

Owns what has to be on a cloud so that an item can be set there, what differs
from it, and what nobody uses. Never looks at what one server should be.
"""
