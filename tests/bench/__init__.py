"""Benchmarks: what the commands cost, on a model of the clouds and on a real.

They report and never fail for a figure. Every cloud has processes of its own
behind real sockets, and every client is the real ``openstack``.
"""
