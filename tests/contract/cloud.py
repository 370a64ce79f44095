"""The cloud under test, and what its cases have in common.

Owns how a request is made as a person and how a server is come by, over
plain HTTP. Never knows which cloud it is.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import testtools
from keystoneauth1 import session as ksa_session

from tests.model.releases import Release

NOVA, IRONIC = '2.96', '1.87'
# The power state of a server that is on.
RUNNING = 1
_HEADERS = {
    'compute': 'X-OpenStack-Nova-API-Version',
    'baremetal': 'X-OpenStack-Ironic-API-Version',
}
STEP = {'interface': 'bios', 'step': 'apply_configuration'}
Document = dict[str, Any]


class Cloud(Protocol):
    """A cloud with the people, flavors and nodes of ``tests.devcloud``."""

    @property
    def release(self) -> Release:
        """Return what its Ironic is to do."""

    def session(self, person: str) -> ksa_session.Session:
        """Return a session of one of the people."""

    def now(self) -> float:
        """Return seconds on the cloud's clock."""

    def sleep(self, seconds: float) -> None:
        """Let time pass in the cloud."""

    def close(self) -> None:
        """Leave the cloud."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a service answered."""

    status: int
    document: Any
    headers: Any

    @property
    def text(self) -> str:
        """Return the words of an error."""
        document = self.document
        if 'error_message' in document:
            fault = json.loads(document['error_message'])
            return str(fault.get('faultstring', fault.get('description')))
        return str(next(iter(document.values()))['message'])


def steps(value: Any, setting: str = 'LogicalProc') -> list[Document]:
    """Return the one step that sets a BIOS setting."""
    return step_of({setting: value})


def step_of(settings: Document) -> list[Document]:
    """Return the one step that sets BIOS settings."""
    listed = [{'name': name, 'value': v} for name, v in settings.items()]
    return [STEP | {'args': {'settings': listed}}]


class Contract(testtools.TestCase):
    """Cases that need a cloud; a subclass says which.

    Servers are made once for all cases of a class, since a real one takes
    its time; each case leaves them as it found them.
    """

    cloud: ClassVar[Cloud]
    _servers: ClassVar[dict[str, tuple[str, str]]]

    @classmethod
    def make_cloud(cls) -> Cloud:
        """Return the cloud."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls) -> None:
        """Go to the cloud."""
        super().setUpClass()
        cls.cloud, cls._servers = cls.make_cloud(), {}

    @classmethod
    def tearDownClass(cls) -> None:
        """Leave the cloud as it was."""
        super().tearDownClass()
        try:
            for server_id, node_id in cls._servers.values():
                cls._delete(server_id, node_id)
        finally:
            cls.cloud.close()

    @classmethod
    def call(
        cls,
        person: str,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = None,
    ) -> Answer:
        """Return what a person is answered."""
        defaults = {'compute': NOVA, 'baremetal': IRONIC}
        version = version or defaults.get(service)
        headers = {_HEADERS[service]: version} if version else {}
        response = cls.cloud.session(person).request(
            path,
            method,
            json=body,
            headers=headers,
            raise_exc=False,
            endpoint_filter={
                'service_type': service,
                'interface': 'public',
                'region_name': 'RegionOne',
            },
        )
        try:
            document = response.json()
        except ValueError:
            document = response.text
        return Answer(response.status_code, document, response.headers)

    @classmethod
    def nova(
        cls, person: str, method: str, path: str, body: Any = None, **more: Any
    ) -> Answer:
        """Return what Nova answers a person."""
        return cls.call(person, 'compute', method, path, body, **more)

    @classmethod
    def ironic(
        cls, person: str, method: str, path: str, body: Any = None, **more: Any
    ) -> Answer:
        """Return what Ironic answers a person; the path is below ``/v1``."""
        path = f'/v1{path}'
        return cls.call(person, 'baremetal', method, path, body, **more)

    @classmethod
    def has(cls, version: str) -> bool:
        """Return whether the cloud's Ironic has a microversion."""
        major, _, minor = version.partition('.')
        return cls.cloud.release.version >= (int(major), int(minor))

    def assert_answer(
        self, status: int, answer: Answer, text: str | None = None
    ) -> Any:
        """Check the status, and the words if they are told."""
        self.assertEqual(status, answer.status, str(answer.document)[:2000])
        if text is not None:
            self.assertEqual(text, answer.text)
        return answer.document

    # Servers and nodes.

    def server(self, kind: str) -> tuple[str, str]:
        """Return the ids of the class's server and of its node.

        :param kind: ``large``, ``redfish`` or ``resizable``; the last runs
            on the host that can resize, and a fake node is bound to it.
        """
        if kind not in self._servers:
            type(self)._servers[kind] = self._make(kind)
        server_id, node_id = self._servers[kind]
        # A sync of Nova's takes the power from its cache of the node, so
        # that a server is shown as off for a while after it has come up.
        self.wait_until(
            'Nova sees that it is on',
            lambda: self.power_state(server_id) == RUNNING,
            limit_s=120.0,
        )
        return server_id, node_id

    def _make(self, kind: str) -> tuple[str, str]:
        flavor = 'rz.small' if kind == 'resizable' else f'bm.{kind}'
        [image] = self.call(
            'mona', 'image', 'GET', '/v2/images?name=bm-image'
        ).document['images']
        asked = {
            'name': f'contract-{kind}',
            'flavorRef': self.flavor_id(f'{flavor}.ht-off'),
            'imageRef': image['id'],
            'networks': 'none',
        }
        answer = self.nova('mona', 'POST', '/servers', {'server': asked})
        server_id = self.assert_answer(202, answer)['server']['id']
        self.wait_for_server(server_id, 'ACTIVE', limit_s=60)
        if kind == 'resizable':
            return server_id, self._bind(server_id)
        path = f'/nodes?instance_uuid={server_id}'
        [node] = self.ironic('operator-system', 'GET', path).document['nodes']
        if not self.cloud.release.sets_lessee:
            self._lease(server_id, node['uuid'])
        return server_id, node['uuid']

    def _bind(self, server_id: str) -> str:
        """Bind a free fake node to a server by hand; return its id."""
        free = self.ironic(
            'operator-system', 'GET', '/nodes?provision_state=available'
        ).document['nodes']
        # bm-3 lacks the traits.
        names = ('bm-0', 'bm-1', 'bm-2')
        node_id = next(n['uuid'] for n in free if n['name'] in names)
        self.change_node(node_id, 'instance_uuid', server_id)
        self._lease(server_id, node_id)
        self._provision(node_id, 'active')
        return str(node_id)

    def _lease(self, server_id: str, node_id: str) -> None:
        """Make the project of a server the lessee of its node by hand."""
        project = self.nova('mona', 'GET', f'/servers/{server_id}')
        lessee = project.document['server']['tenant_id']
        self.change_node(node_id, 'lessee', lessee)

    @classmethod
    def _delete(cls, server_id: str, node_id: str) -> None:
        operator = 'operator-system'
        path = f'/nodes/{node_id}'
        node = cls.ironic(operator, 'GET', path).document
        by_hand = node['instance_info'].get('display_name') is None
        cls.nova('mona', 'DELETE', f'/servers/{server_id}')
        cls.wait_until(
            'the server is gone',
            lambda: (
                cls.nova('mona', 'GET', f'/servers/{server_id}').status == 404
            ),
        )
        if by_hand:
            cls._provision(node_id, 'deleted')
            cls._patch(node_id, 'remove', 'instance_uuid')

        def is_available() -> bool:
            node = cls.ironic(operator, 'GET', path).document
            return bool(node['provision_state'] == 'available')

        cls.wait_until('the node is available', is_available)
        if by_hand or not cls.cloud.release.sets_lessee:
            cls._patch(node_id, 'remove', 'lessee')
        cls.ironic(operator, 'DELETE', f'{path}/maintenance')

    @classmethod
    def _provision(cls, node_id: str, target: str) -> None:
        """Have a node deployed or undeployed by hand."""
        path, body = f'/nodes/{node_id}', {'target': target}
        wanted = {'active': 'active', 'deleted': 'available'}[target]
        operator = 'operator-system'

        def is_begun() -> bool:
            answer = cls.ironic(
                operator, 'PUT', f'{path}/states/provision', body
            )
            return answer.status in (202, 400)

        def is_so() -> bool:
            node = cls.ironic(operator, 'GET', path).document
            state = node['provision_state']
            return state == wanted and not node['reservation']

        cls.wait_until(f'{target} begins', is_begun)
        cls.wait_until(f'{target} is done', is_so)

    @classmethod
    def change_node(cls, node_id: str, path: str, value: Any) -> Answer:
        """Change a field of a node as the operator; None removes it."""
        op = 'remove' if value is None else 'add'
        return cls._patch(node_id, op, path, value)

    @classmethod
    def _patch(
        cls, node_id: str, op: str, path: str, value: Any = None
    ) -> Answer:
        change = {'op': op, 'path': f'/{path}'}
        if op != 'remove':
            change['value'] = value

        answers: list[Answer] = []

        def is_done() -> bool:
            answers.append(
                cls.ironic(
                    'operator-system', 'PATCH', f'/nodes/{node_id}', [change]
                )
            )
            return answers[-1].status != 409

        cls.wait_until(f'{path} is changed', is_done)
        return answers[-1]

    def knob(self, node_id: str, name: str, value: Any) -> None:
        """Set a knob of a fake node for the time of a case."""
        path = f'driver_info/{name}'
        self.assert_answer(200, self.change_node(node_id, path, value))
        self.addCleanup(self.change_node, node_id, path, None)

    def flavor_id(self, name: str) -> str:
        """Return the id of a flavor."""
        flavors = self.nova('mona', 'GET', '/flavors').document['flavors']
        return next(str(f['id']) for f in flavors if f['name'] == name)

    def show_server(self, server_id: str, person: str = 'mona') -> Document:
        """Return a server."""
        answer = self.nova(person, 'GET', f'/servers/{server_id}')
        return dict(self.assert_answer(200, answer)['server'])

    def show_node(
        self, node_id: str, person: str = 'operator-system'
    ) -> Document:
        """Return a node."""
        answer = self.ironic(person, 'GET', f'/nodes/{node_id}')
        return dict(self.assert_answer(200, answer))

    def bios(self, node_id: str, name: str = 'LogicalProc') -> str:
        """Return a BIOS setting as Ironic has it."""
        path = f'/nodes/{node_id}/bios/{name}'
        return str(self.ironic('mona', 'GET', path).document[name]['value'])

    def settings(self, node_id: str) -> dict[str, Document]:
        """Return all BIOS settings in detail as Ironic has them, by name."""
        path = f'/nodes/{node_id}/bios?detail=True'
        found = self.ironic('mona', 'GET', path).document['bios']
        return {setting['name']: setting for setting in found}

    def act(self, person: str, server_id: str, name: str, what: Any) -> Answer:
        """Return what Nova answers to an action."""
        path = f'/servers/{server_id}/action'
        return self.nova(person, 'POST', path, {name: what})

    def service(
        self, person: str, node_id: str, version: str = IRONIC, **body: Any
    ) -> Answer:
        """Return what Ironic answers to one who wants a service."""
        path = f'/nodes/{node_id}/states/provision'
        asked = {'target': 'service'} | body
        return self.ironic(person, 'PUT', path, asked, version=version)

    # Time.

    @classmethod
    def wait_until(
        cls, what: str, is_so: Callable[[], bool], limit_s: float = 60.0
    ) -> None:
        """Return when something is so.

        :raises AssertionError: it is not within the limit.
        """
        end = cls.cloud.now() + limit_s
        while not is_so():
            if cls.cloud.now() > end:
                raise AssertionError(f'not within {limit_s:.0f} s: {what}')
            cls.cloud.sleep(0.1)

    def wait_for(self, look: Callable[[], object], value: object) -> None:
        """Return when a look shows a value."""
        self.wait_until(f'{value}', lambda: look() == value)

    def watch(
        self,
        look: Callable[[], Sequence[Any]],
        last: Callable[[Sequence[Any]], bool],
        limit_s: float = 60.0,
    ) -> list[Any]:
        """Return what was seen, each once, until the last."""
        seen: list[Any] = []

        def is_last() -> bool:
            now = look()
            if not seen or seen[-1] != now:
                seen.append(now)
            return last(now)

        self.wait_until('the last state', is_last, limit_s)
        return seen

    def assert_passed(
        self, seen: Sequence[Any], must: Sequence[Any], *may: Any
    ) -> None:
        """Check that states were passed in this order, and no others.

        :param may: states that are too short to be seen for sure.
        """
        left = [state for state in seen if state in must]
        self.assertEqual(list(must), left, str(seen))
        self.assertEqual([], [s for s in seen if s not in (*must, *may)])

    def wait_for_server(
        self, server_id: str, status: str, limit_s: float = 30.0
    ) -> None:
        """Return when a server has a status and nothing goes on."""
        self.wait_until(
            f'the server is {status}',
            lambda: self.server_state(server_id) == (status, None),
            limit_s,
        )

    def wait_for_power(self, server_id: str) -> None:
        """Return when Nova knows that a server's node is on again.

        Where Nova has lost the event that told it, which a busy one can, the
        server has to be started.
        """
        try:
            self.wait_for_server(server_id, 'ACTIVE')
        except AssertionError:
            self.start_server(server_id)

    def start_server(self, server_id: str) -> None:
        """Start a server that is off, and return when it runs.

        A power sync of Nova's that goes by an old reading, or an event of
        Ironic's, can stop it again at the same time: Nova answers 409 then.
        """

        def is_on() -> bool:
            state = self.server_state(server_id)
            if state == ('SHUTOFF', None):
                self.act('mona', server_id, 'os-start', None)
            return state == ('ACTIVE', None)

        self.wait_until('the server runs', is_on)

    def server_state(self, server_id: str) -> tuple[str, str | None]:
        """Return status and task of a server."""
        server = self.show_server(server_id)
        return server['status'], server['OS-EXT-STS:task_state']

    def wait_for_node(self, node_id: str, state: str) -> Document:
        """Return a node when it has a state and nobody holds it."""
        self.wait_until(
            f'the node is {state}',
            lambda: self.node_state(node_id) == (state, None),
        )
        return self.show_node(node_id)

    def power_state(self, server_id: str) -> int:
        """Return the power state of a server as Nova has it."""
        return int(self.show_server(server_id)['OS-EXT-STS:power_state'])

    def node_state(self, node_id: str) -> tuple[str, str | None]:
        """Return provision state and reservation of a node."""
        node = self.show_node(node_id)
        return node['provision_state'], node['reservation']
