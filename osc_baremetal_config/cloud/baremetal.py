"""Ironic, through python-ironicclient.

Owns the microversions and how Ironic's documents become values. Never looks
at what the values mean.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ironicclient import exc as ironic_exc
from ironicclient.v1 import client as ironic_client
from keystoneauth1 import adapter
from keystoneauth1 import session as ksa_session

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents, versions
from osc_baremetal_config.cloud.faults import translated
from osc_baremetal_config.core import requests, templates
from osc_baremetal_config.core.model import (
    Bios,
    Event,
    Kind,
    Node,
    Step,
    Template,
)

# What a call needs at least and asks for at most, from Ironic's REST API
# version history; a cloud in between answers with what it has.
_VERSIONS = {
    'nodes': ((1, 65), (1, 87)),  # lessee, then service_step
    'power': ((1, 65), (1, 87)),
    'history': ((1, 78), (1, 87)),
    'maintenance': ((1, 65), (1, 87)),
    'bios': ((1, 40), (1, 74)),  # settings, then their registry
    'deploy templates': ((1, 55), (1, 55)),
    'runbooks': ((1, 92), (1, 112)),
    'service': ((1, 87), (1, 87)),
}
_NODE_FIELDS = (
    'uuid',
    'name',
    'provision_state',
    'target_provision_state',
    'power_state',
    'target_power_state',
    'traits',
    'maintenance',
    'maintenance_reason',
    'fault',
    'reservation',
    'last_error',
    'provision_updated_at',
    'owner',
    'lessee',
)
# Ironic's own limit of a page, by default.
_PAGE = 1000


class BareMetal:
    """The nodes, templates and runbooks that one login sees.

    :param session: of a project, or of the system.
    :param endpoint: instead of the one in the catalogue, if any.
    """

    def __init__(
        self,
        session: ksa_session.Session,
        region_name: str | None,
        interface: list[str] | str | None,
        endpoint: str | None,
    ) -> None:
        self._session = session
        self._region_name = region_name
        self._interface = interface or 'public'
        self._endpoint = endpoint
        self._client: ironic_client.Client | None = None
        self._newest: versions.Version = (1, 1)

    def node_of(self, server_id: str) -> Node | None:
        """Return the node that a server runs on, None if none is seen."""
        with translated('Ironic'):
            client, version = self._call('nodes')
            try:
                found = client.node.get_by_instance_uuid(
                    server_id,
                    fields=self._node_fields(),
                    os_ironic_api_version=version,
                )
            except ironic_exc.NotFound:
                return None
        return documents.node(found.to_dict())

    def node(self, node_uuid: str) -> Node:
        """Return a node."""
        with translated('Ironic'):
            client, version = self._call('nodes')
            found = client.node.get(
                node_uuid,
                fields=self._node_fields(),
                os_ironic_api_version=version,
            )
        if found is None:
            raise errors.NotFound('Ironic', 404, f'no node {node_uuid}')
        return documents.node(found.to_dict())

    def nodes(self, ids: Collection[str] | None = None) -> dict[str, Node]:
        """Return server id → node, of all servers whose node is seen.

        :param ids: of servers; no page is asked for any more once the nodes
            of all of these have been seen. None for no such end.
        """
        found: dict[str, Node] = {}
        last = None
        while True:
            page = self._page_of_nodes(last)
            for one in page:
                node = documents.node(one)
                found[one['instance_uuid']] = node
                last = node.uuid
            if len(page) < _PAGE or _has_all(found, ids):
                return found

    def _page_of_nodes(self, last: str | None) -> list[dict[str, Any]]:
        """Return the next nodes after one, fewer than a page at the end."""
        with translated('Ironic'):
            client, version = self._call('nodes')
            listed = client.node.list(
                associated=True,
                limit=_PAGE,
                marker=last,
                fields=['instance_uuid', *self._node_fields()],
                os_ironic_api_version=version,
            )
        return [one.to_dict() for one in listed]

    def history(self, node_uuid: str) -> tuple[Event, ...]:
        """Return what Ironic remembers of a node."""
        with translated('Ironic'):
            client, version = self._call('history')
            found = client.node.get_history_list(
                node_uuid, detail=True, os_ironic_api_version=version
            )
        return tuple(map(documents.event, found))

    def bios(self, node_uuid: str, *, registry: bool) -> Bios:
        """Return the BIOS settings of a node as Ironic last read them.

        :param registry: with what its registry says of each.
        """
        with translated('Ironic'):
            client, version = self._call('bios')
            found = client.node.list_bios_settings(
                node_uuid,
                detail=registry and self._newest >= (1, 74),
                os_ironic_api_version=version,
            )
        settings = map(documents.bios_setting, found)
        return {setting.name: setting for setting in settings}

    def templates(self, kind: Kind) -> tuple[Template, ...]:
        """Return the deploy templates or runbooks.

        :returns: none where Ironic is too old to have any.
        """
        with translated('Ironic'):
            try:
                client, version = self._call(f'{kind}s')
            except errors.Refused:
                return ()
            managers: dict[Kind, Any] = {
                Kind.DEPLOY_TEMPLATE: client.deploy_template,
                Kind.RUNBOOK: client.runbook,
            }
            found = managers[kind].list(
                limit=0, detail=True, os_ironic_api_version=version
            )
        return tuple(templates.parse(kind, entry.to_dict()) for entry in found)

    def check_service(
        self, node_uuid: str, what: Sequence[Step] | str
    ) -> None:
        """Return if the user may have a node serviced.

        Asks for the service together with a password for a rescue. Ironic
        checks the policies of the node, of the service and of each step or
        of the runbook first, then the runbook's traits, and then refuses
        with 400, because a password is only for a rescue; so this never
        begins anything.

        :param what: steps, or the name of a runbook.
        :raises Forbidden: a policy of Ironic denies it.
        :raises CloudError: the runbook is not for this node.
        """
        try:
            self._service(node_uuid, what, rescue_password='only-a-question')  # noqa: S106
        except errors.CloudError as error:
            if error.status != 400 or 'rescue_password' not in error.reason:
                raise
        else:
            raise errors.CloudError(
                'Ironic',
                None,
                'it has begun a service that it was only asked about; look '
                f'at the node: openstack baremetal node show {node_uuid}',
            )

    def begin_service(
        self, node_uuid: str, what: Sequence[Step] | str
    ) -> None:
        """Have Ironic run steps, or a runbook, on an active node."""
        self._service(node_uuid, what)

    def _service(
        self,
        node_uuid: str,
        what: Sequence[Step] | str,
        rescue_password: str | None = None,
    ) -> None:
        runbook, steps = None, None
        if isinstance(what, str):
            runbook, call = what, 'runbooks'
        else:
            steps, call = requests.documents(what), 'service'
        with translated('Ironic'):
            client, version = self._call(call)
            client.node.set_provision_state(
                node_uuid,
                'service',
                runbook=runbook,
                servicesteps=steps,
                rescue_password=rescue_password,
                os_ironic_api_version=version,
            )

    def end_maintenance(self, node_uuid: str) -> None:
        """Have Ironic end the maintenance of a node."""
        with translated('Ironic'):
            client, version = self._call('maintenance')
            client.node.set_maintenance(
                node_uuid, 'off', os_ironic_api_version=version
            )

    def abort(self, node_uuid: str) -> None:
        """Have Ironic make a node active whose service has failed."""
        with translated('Ironic'):
            client, version = self._call('service')
            client.node.set_provision_state(
                node_uuid, 'abort', os_ironic_api_version=version
            )

    def begin_power(self, node_uuid: str, *, on: bool) -> None:
        """Have Ironic switch a node on or off."""
        with translated('Ironic'):
            client, version = self._call('power')
            client.node.set_power_state(
                node_uuid,
                'on' if on else 'off',
                os_ironic_api_version=version,
            )

    def _call(self, call: str) -> tuple[ironic_client.Client, str]:
        """Return the client and the microversion for a call.

        :raises Refused: this cloud's Ironic is too old for it.
        """
        if self._client is None:
            self._client = self._connect()
        needed, wanted = _VERSIONS[call]
        if self._newest < needed:
            raise errors.Refused(
                f"This cloud's Ironic is too old: it speaks version "
                f'{versions.dotted(self._newest)} of the API, and what is '
                f'asked for needs {versions.dotted(needed)} ({call}).'
            )
        return self._client, versions.dotted(min(wanted, self._newest))

    def _connect(self) -> ironic_client.Client:
        service = adapter.Adapter(
            self._session,
            service_type='baremetal',
            region_name=self._region_name,
            interface=self._interface,
            endpoint_override=self._endpoint,
        )
        newest = versions.newest(service)
        if newest is None:
            raise errors.Refused(
                "This cloud has no Ironic: its catalogue lists no 'baremetal' "
                'endpoint.'
            )
        self._newest = newest
        _silence_retries()
        return ironic_client.Client(
            service.get_endpoint(),
            session=self._session,
            os_ironic_api_version='1.1',
            interface=self._interface,
            region_name=self._region_name,
            max_retries=0,
        )

    def _node_fields(self) -> list[str]:
        newer = ['service_step'] if self._newest >= (1, 87) else []
        return [*_NODE_FIELDS, *newer]


def _has_all(found: Mapping[str, Node], ids: Collection[str] | None) -> bool:
    return ids is not None and all(map(found.__contains__, ids))


def _silence_retries() -> None:
    """Keep the client from printing errors that are raised as well.

    It logs every 409 and 503 at error level, which the person would read in
    the middle of the progress although the next look may well succeed.
    """

    def is_news(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith('Error contacting Ironic')

    logging.getLogger('ironicclient.common.http').addFilter(is_news)
