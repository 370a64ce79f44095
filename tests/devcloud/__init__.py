"""A real bare-metal OpenStack on loopback; see README.rst."""
