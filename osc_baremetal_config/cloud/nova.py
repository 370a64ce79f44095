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
from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ksa_exc
from openstack import connection, proxy
from openstack import exceptions as sdk_exc

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents, versions
from osc_baremetal_config.cloud.exceptions import translated
from osc_baremetal_config.cloud.fields import Document
from osc_baremetal_config.core.facts import releases
from osc_baremetal_config.core.facts.model import (
    Event,
    Flavor,
    Image,
    InstanceAction,
    Listed,
    Query,
    Server,
)

# Glance's own limit of a page, by default.
_PAGE = 1000
_PLAIN = re.compile(r'[\w -]+', re.ASCII)


class Compute:
    """The servers, flavors and images that a project sees."""

    def __init__(self, sdk: connection.Connection) -> None:
        # openstacksdk has something else in its place for a service that the
        # catalogue of this region does not list; that of 2024.1 raises.
        nova = None
        with translated('Nova'), contextlib.suppress(ksa_exc.EndpointNotFound):
            nova = sdk.compute
        if not isinstance(nova, proxy.Proxy):
            raise _no_nova(sdk)
        # A copy, so that the microversion that the user has chosen for the
        # commands of others neither limits ours nor is changed by us; the
        # SDK then negotiates what each resource needs.
        self._nova = copy.copy(nova)
        self._nova.default_microversion = None
        self._sdk = sdk
        self._newest: releases.Version | None = None

    def named(self, name: str) -> Listed[Server]:
        """Return the servers of exactly that name.

        Nova takes a name for a regular expression, so one that is another as
        such is not looked for by Nova.
        """
        wanted = {'name': name} if _PLAIN.fullmatch(name) else {}
        listed = self._listed(wanted)
        return Listed(
            {i: one for i, one in listed.found.items() if one.name == name},
            listed.unread,
        )

    def _version(self, call: str) -> str:
        """Return the microversion for a call.

        :raises Refused: this cloud's Nova is too old for it.
        """
        if self._newest is None:
            with translated('Nova'):
                newest = versions.newest(self._nova) or (2, 1)
                # Else keystoneauth takes the catalogue apart for each request.
                self._nova.endpoint_override = self._nova.get_endpoint()
            self._newest = newest
        if not releases.has(self._newest, call):
            raise versions.too_old(self._newest, call)
        return releases.dotted(min(releases.CALLS[call].wants, self._newest))

    def server(self, server_id: str) -> Server:
        """Return a server."""
        answer = self._get(f'/servers/{server_id}', self._version('servers'))
        with translated('Nova'):
            return documents.server(answer.object('server'))

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
            # Past the SDK's cache, which is off, and whose keys cost as much
            # as all else that is done for a request.
            answer = adapter.Adapter.request(
                self._nova,
                path,
                method,
                json=body,
                params=params,
                microversion=version,
                connect_retries=0,
                raise_exc=False,
            )
            sdk_exc.raise_from_response(answer)
            return answer

    def _get(
        self,
        path: str,
        version: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Document:
        """Return the document that Nova shows."""
        answer = self._ask('GET', path, version, params=params)
        with translated('Nova'):
            return Document(answer.json())

    def servers(
        self, query: Query, ids: Collection[str] | None = None
    ) -> Listed[Server]:
        """Return all servers that a query means but for their names.

        :param ids: no page is asked for any more once all of these have been
            seen. None for no such end.
        """
        with translated('Nova'):
            wanted = self._parameters(query)
        return self._listed(wanted, ids)

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

    def _listed(
        self, wanted: dict[str, Any], ids: Collection[str] | None = None
    ) -> Listed[Server]:
        pages = self._pages('servers', self._version('servers'), wanted, ids)
        with translated('Nova'):
            return documents.listed('Nova', pages, 'id', documents.server)

    def _pages(
        self,
        kind: str,
        version: str,
        wanted: dict[str, Any],
        ids: Collection[str] | None = None,
    ) -> Iterator[Document]:
        """Yield what a list has, page by page.

        :param kind: ``servers`` or ``flavors``.
        """
        left = set(ids or ())
        while True:
            page = self._get(f'/{kind}/detail', version, wanted)
            found = page.objects(kind)
            yield from found
            listed = [one.text('id') for one in found]
            left.difference_update(listed)
            is_last = not page.whole.get(f'{kind}_links') or not listed
            if is_last or (ids is not None and not left):
                return
            wanted = {**wanted, 'marker': listed[-1]}

    def server_groups(self, *, all_projects: bool) -> dict[str, str]:
        """Return server id → id of its server group.

        :param all_projects: not only those of the login's project.
        """
        wanted = {'all_projects': True} if all_projects else {}
        found = self._get(
            '/os-server-groups', self._version('server groups'), wanted
        )
        with translated('Nova'):
            return {
                member: group.text('id')
                for group in found.objects('server_groups')
                for member in group.texts('members')
            }

    def image(self, image_id: str) -> Image:
        """Return an image."""
        found = self._glance(f'/images/{image_id}')
        with translated('Glance'):
            return documents.image(found)

    def _glance(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> Document:
        """Return the document that Glance shows."""
        with translated('Glance'):
            # The SDK would try a 503 again itself, and wait up to 15 s for it.
            answer = self._sdk.image.get(
                path,
                params=params,
                connect_retries=0,
                status_code_retries=0,
            )
            sdk_exc.raise_from_response(answer)
            return Document(answer.json())

    def flavors(self) -> tuple[Flavor, ...]:
        """Return all flavors that the user can see, with their extra specs."""
        version = self._version('flavors')
        with translated('Nova'):
            pages = self._pages('flavors', version, {'is_public': 'None'})
            return tuple(map(documents.flavor, pages))

    def flavor_projects(self, flavor_id: str) -> frozenset[str]:
        """Return the ids of the projects that may use a flavor."""
        path = f'/flavors/{flavor_id}/os-flavor-access'
        found = self._get(path, self._version('flavors'))
        with translated('Nova'):
            return frozenset(
                one.text('tenant_id') for one in found.objects('flavor_access')
            )

    def images(self) -> tuple[Image, ...]:
        """Return all images that the user can see."""
        found: list[Image] = []
        params: dict[str, Any] = {'limit': _PAGE}
        while True:
            page = self._glance('/images', params)
            with translated('Glance'):
                listed = page.objects('images')
                found += map(documents.image, listed)
                if not (listed and page.text_or_none('next')):
                    return tuple(found)
                params = {'limit': _PAGE, 'marker': listed[-1].text('id')}

    def define(self, method: str, path: str, body: Any) -> None:
        """Send a request that defines a flavor.

        :raises Conflict: there is one of that name already.
        """
        self._ask(method, path, self._version('flavors'), body)

    def check_define(self, flavor: Flavor) -> None:
        """Raise unless the user may define flavors.

        Asks for a flavor to be made that there is: Nova checks the policy
        first, and then refuses with 409.

        :raises Forbidden: a policy of Nova denies it.
        """
        body = {
            'name': flavor.name,
            'id': flavor.id,
            'vcpus': flavor.vcpus,
            'ram': flavor.ram_mib,
            'disk': flavor.disk_gib,
        }
        with contextlib.suppress(errors.Conflict):
            self.define('POST', '/flavors', {'flavor': body})

    def begin_stop(self, server_id: str) -> None:
        """Have Nova shut a server down."""
        self._act(server_id, 'os-stop')

    def begin_start(self, server_id: str) -> None:
        """Have Nova start a server."""
        self._act(server_id, 'os-start')

    def _act(self, server_id: str, action: str) -> None:
        path = f'/servers/{server_id}/action'
        self._ask('POST', path, self._version('servers'), {action: None})

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
        """Return what was done with a server, the latest first."""
        found = self._actions(server_id)
        with translated('Nova'):
            return tuple(map(documents.action, found))

    def last_action(self, server_id: str, name: str) -> InstanceAction | None:
        """Return the last action of a name that was made with a server."""
        found = self._actions(server_id)
        with translated('Nova'):
            names = [one.text('action') for one in found]
            if name not in names:
                return None
            request_id = found[names.index(name)].text('request_id')
        path = f'/servers/{server_id}/os-instance-actions/{request_id}'
        shown = self._get(path, self._version('instance actions'))
        with translated('Nova'):
            return documents.action_in_full(shown.object('instanceAction'))

    def _actions(self, server_id: str) -> list[Document]:
        path = f'/servers/{server_id}/os-instance-actions'
        found = self._get(path, self._version('instance actions'))
        with translated('Nova'):
            return found.objects('instanceActions')

    def set_metadata(
        self, server_id: str, items: Mapping[str, str]
    ) -> dict[str, str]:
        """Set items of a server's metadata, and return all that it has now."""
        path = f'/servers/{server_id}/metadata'
        answer = self._ask('POST', path, body={'metadata': dict(items)})
        with translated('Nova'):
            return Document(answer.json()).mapping_of_texts('metadata')

    def delete_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        """Remove items of a server's metadata; missing ones are no error."""
        for key in keys:
            with contextlib.suppress(errors.NotFound):
                self._ask('DELETE', f'/servers/{server_id}/metadata/{key}')


def _no_nova(sdk: connection.Connection) -> errors.Refused:
    """Return why the catalogue of a login lists no Nova."""
    with translated('Keystone'):
        project = sdk.session.get_project_id()
    if project is None:
        return errors.Refused(
            'This login is to no project, so it has no servers:',
            [
                'Name one, with --os-project-name or OS_PROJECT_NAME. An '
                'operator does so too; a role on the system is used for the '
                'bare-metal calls by itself.'
            ],
        )
    region = sdk.config.get_region_name('compute') or 'any region'
    return errors.Refused(
        f'This cloud has no Nova in {region}: its catalogue lists no '
        f"'compute' endpoint there.",
        ['openstack catalog list shows which regions there are.'],
    )
