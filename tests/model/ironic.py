"""What all of Ironic's API has in common: versions, errors, pages, flags.

Owns Ironic's words for what is wrong with a request as such. Never knows
what is asked.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from oslo_utils import strutils
from werkzeug.wrappers import Response

from tests.model import wsgi
from tests.model.records import Document
from tests.model.wsgi import Call, Headers, Refusal, Service

_VERSION = 'X-OpenStack-Ironic-API-Version'


class Ironic(Service):
    """A part of Ironic's API."""

    name = 'baremetal'

    def prepare(self, call: Call) -> None:
        """Find out who asks, and in which version."""
        super().prepare(call)
        newest = wsgi.parse_version(self.world.settings.ironic_version)
        asked = call.request.headers.get(_VERSION, '1.1')
        call.version = (
            newest if asked == 'latest' else wsgi.parse_version(asked)
        )
        if not (1, 1) <= call.version <= newest:
            raise Refusal(
                406,
                f'Version {asked} was requested but the minor version is not '
                f'supported by this service. The supported version range is: '
                f'[1.1, {self.world.settings.ironic_version}].',
            )

    @property
    def tells_request(self) -> bool:
        """Return whether answers have their request's ID as usual."""
        return self.world.settings.release.tells_request

    def headers(self, call: Call) -> Headers:
        """Return the headers that tell the versions."""
        return {
            'X-OpenStack-Ironic-API-Minimum-Version': '1.1',
            'X-OpenStack-Ironic-API-Maximum-Version': (
                self.world.settings.ironic_version
            ),
            _VERSION: '.'.join(map(str, call.version)),
            'openstack-request-id': call.request_id,
        }

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error as Ironic words it: JSON within JSON."""
        status = refusal.status
        if status == 401:
            error = {
                'code': 401,
                'title': 'Unauthorized',
                'message': refusal.text,
            }
            return wsgi.respond((status, {'error': error}))
        fault: Document = {
            'faultcode': 'Server' if status >= 500 else 'Client',
            'faultstring': refusal.text,
            'debuginfo': None,
        }
        if isinstance(refusal, Bare) or call.version == (0, 0):
            titles = {404: 'Not Found', 406: 'Not Acceptable'}
            fault = {
                'code': status,
                'title': titles.get(status, 'Error'),
                'description': refusal.text,
            }
        document = {'error_message': json.dumps(fault)}
        return wsgi.respond((status, document))

    def page(
        self,
        call: Call,
        kind: str,
        found: Sequence[Any],
        fields: Sequence[str] | None = None,
    ) -> tuple[Sequence[Any], Document]:
        """Return a page, and the link to the next one if there may be one."""
        limit = _limit(call) or self.world.settings.page
        limit = min(limit, self.world.settings.page)
        marker = call.query.get('marker')
        if marker is not None:
            if not is_uuid(marker):
                raise Refusal(400, f'Expected UUID for marker: {marker}')
            ids = [one.uuid for one in found]
            if marker not in ids:
                raise Refusal(404, f'Node {marker} could not be found.')
            found = found[ids.index(marker) + 1 :]
        page = found[:limit]
        if not page or len(page) < limit:
            return page, {}
        asked = {'sort_key': 'id', 'sort_dir': 'asc'}
        asked |= {
            k: v
            for k, v in call.query.items()
            if k not in ('limit', 'marker', 'fields')
        }
        if fields:
            asked['fields'] = ','.join(fields)
        asked |= {'limit': str(limit), 'marker': page[-1].uuid}
        query = '&'.join(f'{k}={v}' for k, v in asked.items())
        return page, {'next': call.url(f'/v1/{kind}?{query}')}


class Bare(Refusal):
    """An error that Ironic's framework words, not Ironic."""


def denied(resource: str) -> Refusal:
    """Return the answer to one who may not."""
    return Refusal(
        403, f'Access was denied to the following resource: {resource}'
    )


def flag(call: Call, name: str) -> bool | None:
    """Return a yes or no of the query, None if it is not there."""
    if name not in call.query:
        return None
    try:
        return bool(strutils.bool_from_string(call.query[name], strict=True))
    except ValueError as error:
        raise Refusal(400, f'Invalid {name}: {error}') from None


def _limit(call: Call) -> int:
    text = call.query.get('limit', '0')
    try:
        limit = int(text)
    except ValueError:
        raise Refusal(400, f'Expected an integer for limit: {text}') from None
    if limit < 0:
        raise Refusal(400, 'Limit must be positive')
    return limit


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
