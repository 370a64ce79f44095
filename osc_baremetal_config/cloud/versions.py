"""Which microversions a service has.

Owns telling an old service from one that does not answer.
"""

from keystoneauth1 import adapter

from osc_baremetal_config.cloud.fields import Malformed

Version = tuple[float, ...]


def newest(service: adapter.Adapter) -> Version | None:
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
        return tuple(data.max_microversion)
    # Both services have had microversions since 2015.
    raise Malformed('it does not tell which versions of the API there are')


def dotted(version: Version) -> str:
    """Return a version as it is written."""
    return '.'.join(map(str, version))
