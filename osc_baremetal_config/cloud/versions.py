"""Which microversions a service has.

Owns telling an old service from one that does not answer.
"""

from keystoneauth1 import adapter

from osc_baremetal_config import errors
from osc_baremetal_config.cloud.fields import Malformed
from osc_baremetal_config.core.facts import releases


def newest(service: adapter.Adapter) -> releases.Version | None:
    """Return the newest microversion of a service.

    keystoneauth answers as for a service without microversions where the
    service does not answer; so then it is asked once more, which raises what
    is wrong, or shows that it was away for a moment only.

    :returns: None if the catalogue lists no such service.
    :raises Malformed: it answers, and tells no version.
    """
    data = service.get_endpoint_data()
    if data is None:
        return None
    if not data.max_microversion:
        service.get('/', authenticated=False)
        data = service.get_endpoint_data()
    if data and data.max_microversion:
        major, minor = data.max_microversion
        return int(major), int(minor)
    # Both services have had microversions since 2015.
    raise Malformed('it does not tell which versions of the API there are')


def too_old(newest: releases.Version, call: str) -> errors.Refused:
    """Return that a service is too old for a call, and what there is."""
    without = releases.CALLS[call].without
    return errors.Refused(
        releases.too_old(newest, call), [without] if without else []
    )
