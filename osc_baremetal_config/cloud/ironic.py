"""Ironic, through python-ironicclient.

Owns how Ironic's documents become values; which microversion a call takes is
in ``core/facts/releases.py``. Never looks at what the values mean.
"""

import contextlib
import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ironicclient.v1 import client as ironic_client
from keystoneauth1 import adapter
from keystoneauth1 import session as ksa_session

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents, versions
from osc_baremetal_config.cloud.exceptions import translated
from osc_baremetal_config.cloud.fields import Document
from osc_baremetal_config.core.facts import releases
from osc_baremetal_config.core.facts import steps as steps_
from osc_baremetal_config.core.facts.model import (
    Bios,
    Event,
    Kind,
    Listed,
    Node,
    Step,
    Template,
)

# What is deleted to ask who may define templates: there is none of this ID.
_NOBODY = '00000000-0000-0000-0000-000000000000'

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
    'driver',
    'properties',
)
# What the client logs of errors that are raised as well.
_KNOWN = ('Error contacting Ironic', 'Could not decode response body')
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
        self._newest: releases.Version = (1, 1)

    def node_of(self, server_id: str) -> Node | None:
        """Return the node that a server runs on, None if none is seen."""
        query = f'instance_uuid={server_id}&fields={self._node_fields()}'
        try:
            page = self._get('nodes', f'/nodes/?{query}')
        except errors.NotFound:
            return None
        with translated('Ironic'):
            found = page.objects('nodes')
            return documents.node(found[0]) if found else None

    def node(self, node_uuid: str) -> Node:
        """Return a node."""
        fields = self._node_fields()
        found = self._get('nodes', f'/nodes/{node_uuid}?fields={fields}')
        with translated('Ironic'):
            return documents.node(found)

    def nodes(self, ids: Collection[str] | None = None) -> Listed[Node]:
        """Return the nodes of all servers whose node is seen.

        :param ids: of servers; no page is asked for any more once the nodes
            of all of these have been seen. None for no such end.
        """
        fields = f'instance_uuid,{self._node_fields()}'
        first = f'/nodes/?associated=True&limit={_PAGE}&fields={fields}'
        found: list[Document] = []
        seen: set[str] = set()
        for page in self._pages('nodes', first):
            with translated('Ironic'):
                listed = page.objects('nodes')
                found += listed
                seen.update(one.text('instance_uuid') for one in listed)
            if ids is not None and seen >= set(ids):
                break
        with translated('Ironic'):
            return documents.listed(
                'Ironic', found, 'instance_uuid', documents.node
            )

    def every_node(self) -> Listed[Node]:
        """Return UUID → node of all nodes, with their resource classes."""
        fields = f'instance_uuid,resource_class,{self._node_fields()}'
        found: list[Document] = []
        first = f'/nodes/?limit={_PAGE}&fields={fields}'
        for page in self._pages('nodes', first):
            with translated('Ironic'):
                found += page.objects('nodes')
        with translated('Ironic'):
            return documents.listed('Ironic', found, 'uuid', documents.node)

    def _pages(self, call: str, path: str) -> Iterator[Document]:
        """Yield what a list has, page by page.

        :param path: of the first page.
        """
        left: str | None = path
        while left:
            page = self._get(call, left)
            yield page
            with translated('Ironic'):
                left = _next(page)

    def history(self, node_uuid: str) -> tuple[Event, ...]:
        """Return what Ironic remembers of a node."""
        found = self._get('history', f'/nodes/{node_uuid}/history?detail=True')
        with translated('Ironic'):
            return tuple(map(documents.event, found.objects('history')))

    def bios(self, node_uuid: str, *, registry: bool) -> Bios:
        """Return the BIOS settings of a node as Ironic last read them.

        :param registry: with what its registry says of each.
        """
        path = f'/nodes/{node_uuid}/bios'
        is_known = registry and releases.has(self.version, releases.REGISTRY)
        found = self._get('bios', path + ('?detail=True' if is_known else ''))
        with translated('Ironic'):
            listed = map(documents.bios_setting, found.objects('bios'))
            return {setting.name: setting for setting in listed}

    def templates(self, kind: Kind) -> tuple[Template, ...]:
        """Return the deploy templates or runbooks.

        :returns: none where Ironic is too old to have any.
        """
        key = f'{kind}s'.replace(' ', '_')
        found: list[Template] = []
        try:
            for page in self._pages(f'{kind}s', f'/{key}/?detail=True'):
                with translated('Ironic'):
                    listed = page.objects(key)
                    found += (documents.template(kind, one) for one in listed)
        except errors.Refused:
            return ()
        return tuple(found)

    @property
    def version(self) -> releases.Version:
        """Return the newest microversion that Ironic has."""
        with translated('Ironic'):
            self._call('nodes')
        return self._newest

    def define(self, call: str, method: str, path: str, body: Any) -> None:
        """Send a request that defines a template, a runbook or a trait.

        :param call: what it is, for the microversion.
        :raises Conflict: there is one of that name already.
        """
        try:
            self._send(call, method, path, body)
        except errors.TemporaryCloudError as error:
            # Of a node it is that another one holds the lock.
            if error.status == 409 and method == 'POST':
                raise errors.Conflict(
                    'Ironic', 409, error.reason, error.request_id
                ) from error
            raise

    def check_define(self) -> None:
        """Raise unless the user may define deploy templates.

        Asks for one to be deleted that there is not: Ironic checks the
        policy first, which is the same as that for making one.

        :raises Forbidden: a policy of Ironic denies it.
        """
        with contextlib.suppress(errors.NotFound):
            path = f'/deploy_templates/{_NOBODY}'
            self.define('deploy templates', 'DELETE', path, None)

    def _get(self, call: str, path: str) -> Document:
        """Return the document that Ironic shows.

        :param call: what it is, for the microversion.
        """
        with translated('Ironic'):
            return Document(self._send(call, 'GET', path))

    def _send(
        self, call: str, method: str, path: str, body: Any = None
    ) -> Any:
        """Return what Ironic answers to a request.

        Not through the client's resources: they take a list that is missing
        for one that is empty, and those of 2024.1 know neither the steps of a
        service nor runbooks.

        :param call: what it is, for the microversion.
        """
        words = {} if body is None else {'body': body}
        with translated('Ironic'):
            client, version = self._call(call)
            _, answer = client.http_client.json_request(
                method,
                f'/v1{path}',
                headers={'X-OpenStack-Ironic-API-Version': version},
                **words,
            )
            return answer

    def check_service(
        self, node_uuid: str, what: Sequence[Step] | str
    ) -> None:
        """Raise unless the user may have a node serviced.

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
                'it has started a service that it was only asked about; look '
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
        body: dict[str, Any] = {'target': 'service'}
        if rescue_password:
            body['rescue_password'] = rescue_password
        if isinstance(what, str):
            call, body['runbook'] = releases.RUN_RUNBOOK, what
        else:
            call, body['service_steps'] = 'service', steps_.documents(what)
        self._send(call, 'PUT', f'/nodes/{node_uuid}/states/provision', body)

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
        if not releases.has(self._newest, call):
            raise versions.too_old(self._newest, call)
        wanted = releases.CALLS[call].wants
        return self._client, releases.dotted(min(wanted, self._newest))

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

    def _node_fields(self) -> str:
        """Return which fields of nodes are asked for."""
        is_shown = releases.has(self.version, releases.STEP_SHOWN)
        return ','.join(_NODE_FIELDS + (('service_step',) if is_shown else ()))


def _next(page: Document) -> str | None:
    """Return the path of the next page, None for the last one."""
    _, found, path = (page.text_or_none('next') or '').partition('/v1')
    return path if found else None


def _silence_retries() -> None:
    """Keep the client from printing errors that are raised as well.

    It logs every 409 and 503 at error level, and what is no JSON, which the
    person would read in the middle of the progress although the next look
    may well succeed.
    """

    def is_news(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(_KNOWN)

    logging.getLogger('ironicclient.common.http').addFilter(is_news)
