"""Nova and Glance, through openstacksdk.

Owns which calls are made and how their documents become values. Never looks
at what the values mean.
"""

import contextlib
import copy
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import requests
from openstack import connection, proxy
from openstack import exceptions as sdk_exc
from openstack.compute.v2 import flavor as sdk_flavor
from openstack.compute.v2 import server_action as sdk_action

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents, versions
from osc_baremetal_config.cloud.faults import translated
from osc_baremetal_config.core.model import (
    Action,
    Event,
    Flavor,
    Image,
    Query,
    Server,
)

# Flavors with extra specs at least; servers as the SDK asks for them.
_VERSION = (2, 61)
_SERVERS = (2, 96)
# As many ids as fit into an address.
_IMAGES = 100
_UUID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
_PLAIN = re.compile(r'[\w -]+', re.ASCII)


class Compute:
    """The servers, flavors and images that a project sees."""

    def __init__(self, sdk: connection.Connection) -> None:
        # openstacksdk has something else in its place for a service that the
        # catalogue of this region does not list; older releases raise.
        with translated('Nova'):
            nova = sdk.compute
        if not isinstance(nova, proxy.Proxy):
            raise errors.Refused(
                'This cloud has no Nova in this region: its catalogue lists '
                "no 'compute' endpoint there."
            )
        # A copy, so that the microversion that the user has chosen for the
        # commands of others neither limits ours nor is changed by us; the
        # SDK then negotiates what each resource needs.
        self._nova = copy.copy(nova)
        self._nova.default_microversion = None
        self._sdk = sdk
        self._newest: versions.Version = _VERSION

    def find_server(self, name_or_id: str) -> Server:
        """Return the one server of that name or id."""
        with translated('Nova'):
            self._check_version()
        if _UUID.fullmatch(name_or_id):
            try:
                return self.server(name_or_id)
            except errors.NotFound:
                pass
        found = self._named(name_or_id)
        if len(found) > 1:
            raise errors.Refused(
                f'More than one server has the name {name_or_id!r}; give the '
                f'ID of the one that is meant.'
            )
        if not found:
            raise errors.Refused(
                f'No server with the name or ID {name_or_id!r} is in this '
                f'project. (A server of another project is found by its ID, '
                f'and only by an administrator.)'
            )
        return found[0]

    def _named(self, name: str) -> list[Server]:
        """Return the servers of exactly that name.

        Nova takes a name for a regular expression, so one that is another
        as such is not looked for by Nova.
        """
        wanted = {'name': name} if _PLAIN.fullmatch(name) else {}
        with translated('Nova'):
            return [s for s in self._pages(wanted) if s.name == name]

    def _check_version(self) -> None:
        """Return if servers and flavors come with their extra specs.

        :raises Refused: this cloud's Nova is too old for that.
        """
        self._newest = versions.newest(self._nova) or (2, 1)
        if self._newest < _VERSION:
            raise errors.Refused(
                f"This cloud's Nova is too old: version "
                f'{versions.dotted(_VERSION)} of its API is needed, which '
                f'shows the extra specs of flavors.'
            )

    def server(self, server_id: str) -> Server:
        """Return a server."""
        answer = self._ask('GET', f'/servers/{server_id}', self._version)
        return documents.server(answer.json()['server'])

    @property
    def _version(self) -> str:
        return versions.dotted(min(_SERVERS, self._newest))

    def _ask(
        self,
        method: str,
        path: str,
        version: str | None = None,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """Return the answer to a request.

        Not through the SDK's resources: making one of them takes longer than
        all the rest of a request, and these are made for a thousand servers.
        What fails for the moment is tried again by who waits, and told there.
        """
        with translated('Nova'):
            answer = self._nova.request(
                path,
                method,
                json=body,
                params=params,
                microversion=version,
                connect_retries=0,
            )
            sdk_exc.raise_from_response(answer)
            return answer

    def servers(
        self, query: Query, ids: Collection[str] | None = None
    ) -> tuple[Server, ...]:
        """Return all servers that a query means, page by page.

        :param ids: no page is asked for any more once all of these have been
            seen. None for no such end.
        """
        with translated('Nova'):
            self._check_version()
            found = self._pages(self._parameters(query), ids)
            return tuple(
                server
                for server in found
                if not query.names
                or server.id in query.names
                or server.name in query.names
            )

    def _parameters(self, query: Query) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        if query.tags:
            wanted['tags'] = ','.join(query.tags)
        if query.flavor:
            flavor = self._nova.find_flavor(query.flavor)
            if flavor is None:
                raise errors.Refused(
                    f'No flavor with the name or ID {query.flavor!r} is '
                    f'shown to this login.'
                )
            wanted['flavor'] = flavor.id
        if query.all_projects:
            wanted['all_tenants'] = 1
        return wanted

    def _pages(
        self, wanted: dict[str, Any], ids: Collection[str] | None = None
    ) -> Iterator[Server]:
        left = set(ids or ())
        while True:
            answer = self._ask(
                'GET', '/servers/detail', self._version, params=wanted
            )
            page = answer.json()
            yield from map(documents.server, page['servers'])
            listed = [server['id'] for server in page['servers']]
            left.difference_update(listed)
            is_last = not page.get('servers_links') or not listed
            if is_last or (ids is not None and not left):
                return
            wanted = {**wanted, 'marker': listed[-1]}

    def server_groups(self, *, all_projects: bool) -> dict[str, str]:
        """Return server id → id of its server group.

        :param all_projects: not only those of the login's project.
        """
        wanted = {'all_projects': True} if all_projects else {}
        with translated('Nova'):
            return {
                member: group.id
                for group in self._nova.server_groups(**wanted)
                for member in group.member_ids or ()
            }

    def images(self, image_ids: Collection[str]) -> tuple[Image, ...]:
        """Return those of the images that the user can see."""
        found: list[Image] = []
        wanted = sorted(image_ids)
        with translated('Glance'):
            for start in range(0, len(wanted), _IMAGES):
                some = ','.join(wanted[start : start + _IMAGES])
                listed = self._sdk.image.images(
                    id=f'in:{some}', limit=_IMAGES, paginated=False
                )
                found += map(_image, listed)
        return tuple(found)

    def flavors(self) -> tuple[Flavor, ...]:
        """Return all flavors that the user can see, with their extra specs."""
        with translated('Nova'):
            return tuple(
                _flavor(flavor) for flavor in self._nova.flavors(details=True)
            )

    def image(self, image_id: str) -> Image:
        """Return an image."""
        with translated('Glance'):
            return _image(self._sdk.image.get_image(image_id))

    def begin_stop(self, server_id: str) -> None:
        """Have Nova shut a server down."""
        self._act(server_id, 'os-stop')

    def begin_start(self, server_id: str) -> None:
        """Have Nova start a server."""
        self._act(server_id, 'os-start')

    def _act(self, server_id: str, action: str) -> None:
        path = f'/servers/{server_id}/action'
        self._ask('POST', path, self._version, {action: None})

    def begin_resize(self, server_id: str, flavor_id: str) -> None:
        """Have Nova resize a server."""
        with translated('Nova'):
            self._nova.resize_server(server_id, flavor_id)

    def confirm_resize(self, server_id: str) -> None:
        """Have Nova confirm a resize."""
        with translated('Nova'):
            self._nova.confirm_server_resize(server_id)

    def revert_resize(self, server_id: str) -> None:
        """Have Nova revert a resize that was not confirmed."""
        with translated('Nova'):
            self._nova.revert_server_resize(server_id)

    def actions(self, server_id: str) -> tuple[Event, ...]:
        """Return what was done with a server."""
        with translated('Nova'):
            return tuple(
                Event(
                    at=action.start_time,
                    source='Nova',
                    what=action.action,
                    who=action.user_id,
                    project=action.project_id,
                    result=action.message or '',
                )
                for action in self._nova.server_actions(server_id)
            )

    def last_action(self, server_id: str, name: str) -> Action | None:
        """Return the last action of a name that was made with a server."""
        with translated('Nova'):
            listed = self._nova.server_actions(server_id)
            # Nova lists the latest first.
            found = next((a for a in listed if a.action == name), None)
            if found is None:
                return None
            return _action(
                self._nova.get_server_action(found.request_id, server_id)
            )

    def set_metadata(
        self, server_id: str, items: Mapping[str, str]
    ) -> dict[str, str]:
        """Set items of a server's metadata, and return all that it has now."""
        path = f'/servers/{server_id}/metadata'
        answer = self._ask('POST', path, body={'metadata': dict(items)})
        return dict(answer.json()['metadata'])

    def delete_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        """Remove items of a server's metadata; missing ones are no error."""
        for key in keys:
            with contextlib.suppress(errors.NotFound):
                self._ask('DELETE', f'/servers/{server_id}/metadata/{key}')


def _image(image: Any) -> Image:
    return Image(
        id=image.id, name=image.name, properties=image.properties or {}
    )


def _action(action: sdk_action.ServerAction) -> Action:
    failures = [
        f'{event.event}: {event.details or event.result}'
        for event in action.events or ()
        if event.result not in ('Success', None)
    ]
    return Action(
        name=action.action,
        message=action.message or '',
        failures=tuple(failures),
        request_id=action.request_id,
    )


def _flavor(flavor: sdk_flavor.Flavor) -> Flavor:
    return Flavor(
        name=flavor.original_name or flavor.name,
        id=flavor.id or '',
        vcpus=flavor.vcpus,
        ram_mib=flavor.ram,
        disk_gib=flavor.disk,
        ephemeral_gib=flavor.ephemeral,
        swap_mib=flavor.swap,
        extra_specs=dict(flavor.extra_specs or {}),
    )
