"""A model of the clouds: Keystone, Nova, Glance and Ironic in one process.

Behaves as the real services do where the project meets them, on a clock that
tests turn. ``tests.contract`` holds it to the real ones.
"""
