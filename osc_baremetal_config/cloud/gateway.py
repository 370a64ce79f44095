"""The services of one login, behind one object.

Fulfils :class:`osc_baremetal_config.run.protocols.Cloud`. Owns only
the scope in which the bare-metal calls are made.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import Any
from urllib import parse

from keystoneauth1 import session as ksa_session
from openstack import connection
from openstack import exceptions as sdk_exc

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import connections, scope
from osc_baremetal_config.cloud.exceptions import translated
from osc_baremetal_config.cloud.fields import Document
from osc_baremetal_config.cloud.ironic import BareMetal
from osc_baremetal_config.cloud.nova import Compute
from osc_baremetal_config.core.facts import releases


class Gateway:
    """A cloud as one user sees it.

    :param sdk: the user's connection, whose session gets its limits.
    """

    def __init__(self, sdk: connection.Connection) -> None:
        self._sdk = sdk
        connections.bound(sdk.session)
        self.compute = Compute(sdk)
        self.baremetal = self._baremetal(sdk.session)

    def as_system(self) -> 'Gateway | None':
        """Return the same with the bare-metal calls made as a system user.

        :returns: None if the user has no role on the system.
        """
        if self.is_bound:
            return None
        session = scope.system_session(self._sdk.session)
        connections.bound(session)
        try:
            with translated('Keystone'):
                session.get_token()
        except (errors.Forbidden, errors.NotFound):
            return None
        system = copy.copy(self)
        system.baremetal = self._baremetal(session)
        return system

    def own_user(self) -> tuple[str, str]:
        """Return the id and the name of the user."""
        session = self._sdk.session
        login: Any = session.auth
        with translated('Keystone'):
            own = login.get_access(session)
            return own.user_id, own.username

    def user_name(self, user_id: str) -> str:
        """Return a user's name, the ID of one who is no more."""
        with translated('Keystone'):
            path = f'/users/{parse.quote(user_id, "", errors="replace")}'
            answer = self._sdk.identity.get(path)
            if answer.status_code == 404:
                return user_id
            sdk_exc.raise_from_response(answer)
            return Document(answer.json()).object('user').text('name')

    def projects(self, name_or_id: str) -> tuple[str, ...]:
        """Return the IDs of the projects that a name or an ID means.

        :raises Forbidden: the user may not ask about projects.
        """
        with translated('Keystone'):
            identity = self._sdk.identity
            answer = identity.get(f'/projects/{parse.quote(name_or_id, "")}')
            if answer.status_code != 404:
                sdk_exc.raise_from_response(answer)
                found = Document(answer.json()).object('project')
                return (found.text('id'),)
            answer = identity.get('/projects', params={'name': name_or_id})
            sdk_exc.raise_from_response(answer)
            listed = Document(answer.json()).objects('projects')
            return tuple(one.text('id') for one in listed)

    def every_project(self) -> dict[str, str] | None:
        """Return ID → name of all projects, None if Keystone tells only some.

        :raises Forbidden: the user may not ask about projects.
        """
        with translated('Keystone'):
            answer = self._sdk.identity.get('/projects')
            sdk_exc.raise_from_response(answer)
            listed = Document(answer.json())
            # Above the limit that a site has set; see "list_limit" of
            # Keystone's configuration.
            if listed.truth_or_none('truncated'):
                return None
            return {
                one.text('id'): one.text('name')
                for one in listed.objects('projects')
            }

    def providers(
        self, required: Iterable[str] = (), forbidden: Iterable[str] = ()
    ) -> frozenset[str]:
        """Return the UUIDs of Placement's providers that have traits.

        :param required: that they have.
        :param forbidden: that they have not.
        """
        traits = [*sorted(required), *(f'!{one}' for one in sorted(forbidden))]
        params = {'required': ','.join(traits)} if traits else {}
        with translated('Placement'):
            answer = self._placement('/resource_providers', params)
            found = answer.objects('resource_providers')
            return frozenset(one.text('uuid') for one in found)

    def known_traits(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of some traits that Placement knows."""
        params = {'name': f'in:{",".join(sorted(names))}'}
        with translated('Placement'):
            return frozenset(
                self._placement('/traits', params).texts('traits')
            )

    def _placement(self, path: str, params: Mapping[str, str]) -> Document:
        answer = self._sdk.placement.get(
            path,
            params=params,
            microversion=releases.dotted(releases.CALLS['providers'].wants),
            connect_retries=0,
            status_code_retries=0,
        )
        sdk_exc.raise_from_response(answer)
        return Document(answer.json())

    @property
    def is_bound(self) -> bool:
        """Return whether the login can never be used for another scope."""
        return scope.is_bound(self._sdk.session)

    def _baremetal(self, session: ksa_session.Session) -> BareMetal:
        config = self._sdk.config
        return BareMetal(
            session,
            region_name=config.get_region_name('baremetal'),
            interface=config.get_interface('baremetal'),
            endpoint=config.get_endpoint('baremetal'),
        )
