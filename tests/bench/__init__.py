"""Benchmarks: what the commands cost, against a model of the clouds.

They report and never fail for a figure. Every cloud is a process of its own
behind real sockets, and every client is the real ``openstack``.
"""
