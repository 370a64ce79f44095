"""Functional tests: the real openstack against the real cloud.

``tox -e functional`` runs them on two clouds at once, as they mostly wait;
see :mod:`tests.functional.__main__`. Each process of tests takes one of the
clouds for itself before anything is imported that looks for it.
"""

from tests.functional import claim

CLAIM = claim.take()
