"""From the clients' exceptions to ours.

Owns which answers may be different when the call is made again. The texts
keep the server's own words and its request id.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from ironicclient import exc as ironic_exc
from keystoneauth1 import exceptions as ksa_exc
from openstack import exceptions as sdk_exc

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents, texts
from osc_baremetal_config.cloud.fields import Malformed

LOG = logging.getLogger(__name__)

# With 401 a service says that a token is no longer good. keystoneauth renews
# it, but of two calls at the same time only for the first; the next call has
# the new one. That the login itself is no good, Keystone says.
_TEMPORARY = frozenset({401, 408, 425, 429, 500, 502, 503, 504})
_KINDS: dict[int, type[errors.CloudError]] = {
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
}
_UNREACHABLE = (
    ironic_exc.ConnectionError,
    ksa_exc.ConnectionError,
    ksa_exc.RetriableConnectionFailure,
    requests.ConnectionError,
    requests.Timeout,
)
_NO_JSON = requests.exceptions.InvalidJSONError
# What a client raises that was answered with something else than it expects.
_UNREADABLE = (
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Raise our exceptions for those of the clients.

    :param service: what the person calls the service, such as ``Nova``.
    """
    try:
        yield
    except Malformed as error:
        raise documents.unreadable(service, str(error)) from error
    except ksa_exc.EndpointNotFound as error:
        raise errors.Refused(
            f'This cloud has no {service}: its catalogue lists no such '
            f'endpoint.',
            [str(error)],
        ) from error
    except ksa_exc.Unauthorized as error:
        if not str(error.url or '').endswith('/auth/tokens'):
            raise _of_status(
                service, 401, error.message, error.request_id
            ) from error
        raise errors.Forbidden(
            'Keystone', 401, str(error), error.request_id
        ) from error
    except _NO_JSON as error:
        raise documents.unreadable(
            service, f'it is no JSON: {error}'
        ) from error
    except _UNREACHABLE as error:
        # Where a hook of the session raises it, keystoneauth wraps it.
        if isinstance(error.__context__, _NO_JSON):
            why = str(error.__context__)
            raise documents.unreadable(service, why) from error
        raise errors.TemporaryCloudError(
            service, None, f'cannot be reached: {error}'
        ) from error
    except ironic_exc.HttpError as error:
        # An Ironic before 2026.1 has a name of its own for it.
        answer = getattr(error.response, 'headers', {})
        own = answer.get('openstack-request-id')
        raise _of_status(
            service, error.http_status, error.message, error.request_id or own
        ) from error
    except sdk_exc.HttpException as error:
        raise _of_status(
            service,
            error.status_code,
            error.details or error.message,
            error.request_id,
        ) from error
    except ksa_exc.HttpError as error:
        raise _of_status(
            service, error.http_status, error.message, error.request_id
        ) from error
    except (
        ironic_exc.ClientException,
        sdk_exc.SDKException,
        ksa_exc.ClientException,
    ) as error:
        raise errors.CloudError(service, None, str(error)) from error
    except _UNREADABLE as error:
        LOG.debug('%s', service, exc_info=True)
        raise documents.unreadable(
            service, 'it is not as its API promises (--debug shows where)'
        ) from error


def _of_status(
    service: str,
    status: int | None,
    reason: str | None,
    request_id: str | None,
) -> errors.CloudError:
    kind = _KINDS.get(status or 0, errors.CloudError)
    # Ironic answers 409 for a node that is locked for the moment, which its
    # own client takes to be temporary as well.
    if status in _TEMPORARY or (service == 'Ironic' and status == 409):
        kind = errors.TemporaryCloudError
    words = texts.one_line(reason or '').replace(f' (HTTP {status})', '')
    return kind(service, status, words, request_id)
