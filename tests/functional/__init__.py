"""Functional tests: the real openstack against the real cloud."""
