"""The model in a test's own process, with its people and its ``openstack``.

Owns how a test gets at the model. Never knows what is tested.
"""

import io
from collections.abc import Callable
from typing import Any

import fixtures
from keystoneauth1 import session as ksa_session
from keystoneauth1.identity import v3
from openstack import connection
from osc_lib import clientmanager

from osc_baremetal_config.cloud import gateway
from osc_baremetal_config.osc import client
from tests import runs, shells
from tests.devcloud import catalog
from tests.model import faults, transport
from tests.model.app import Application
from tests.model.clock import Clock
from tests.model.records import Node, Server
from tests.model.world import PASSWORD, REGION, Settings, World

_CLIENT = 'baremetal_config'
AUTH_URL = f'{transport.URL}/identity/v3'


class Model(fixtures.Fixture):
    """A model cloud for the time of a test.

    :param world: with what there is; that of the real cloud if None.
    :param settings: of such a world.
    :param application: makes the services of the world.
    """

    def __init__(
        self,
        world: World | None = None,
        settings: Settings | None = None,
        application: Callable[[World], Application] = Application,
    ) -> None:
        self.world = world or World.standard(settings=settings)
        self._application = application(self.world)
        self.faults = faults.Faults()

    def _setUp(self) -> None:
        adapter = transport.Adapter(self._application, self.faults)
        mounted = transport.mounted(adapter)
        mounted.__enter__()
        self.addCleanup(mounted.__exit__, None, None, None)
        owner = clientmanager.ClientManager
        self.addCleanup(setattr, owner, _CLIENT, vars(owner)[_CLIENT])

    @property
    def clock(self) -> Clock:
        """Return the time, for a client of one's own."""
        return self.world.clock

    def session(self, person: str) -> ksa_session.Session:
        """Return a session of a person, such as ``mona``."""
        login = _login(person)
        scope: dict[str, Any] = {'system_scope': 'all'}
        if login.project:
            scope = {
                'project_name': login.project,
                'project_domain_id': 'default',
            }
        auth = v3.Password(
            AUTH_URL,
            username=login.user,
            password=PASSWORD,
            user_domain_id='default',
            **scope,
        )
        return ksa_session.Session(auth=auth)

    def client(self, person: str) -> client.Client:
        """Return what a command of a person works with: gateway and clock."""
        sdk = connection.Connection(
            session=self.session(person), region_name=REGION
        )
        return client.Client(cloud=gateway.Gateway(sdk), clock=self.clock)

    def openstack(
        self,
        person: str,
        *argv: str,
        out: io.StringIO | None = None,
        err: io.StringIO | None = None,
    ) -> runs.Ran:
        """Return what the real command line does for a person.

        :param out: what its stdout is; None for one that nobody sees.
        :param err: what its stderr is.
        """
        self._give_openstack_our_clock()
        return shells.openstack([*_options(person), *argv], out, err)

    def node_of(self, server: Server) -> Node:
        """Return the node that a server runs on."""
        return self.world.nodes[server.node_uuid or '']

    def wait_until(
        self, is_so: Callable[[], bool], limit_s: float = 3600.0
    ) -> float:
        """Turn the clock until something is so; return the seconds.

        :raises AssertionError: it is not within the limit.
        """
        began = self.clock.now()
        while not is_so():
            if self.clock.now() > began + limit_s:
                raise AssertionError(f'not within {limit_s} s')
            self.clock.sleep(0.05)
        return self.clock.now() - began

    def _give_openstack_our_clock(self) -> None:
        """Have a command work with the real gateway and our clock.

        OpenStackClient keeps the client on the class; a new one for every
        command is what a new process would have.
        """

        def make(manager: Any) -> client.Client:
            cloud = gateway.Gateway(manager.sdk_connection)
            return client.Client(cloud=cloud, clock=self.clock)

        cache = clientmanager.ClientCache(make)
        setattr(clientmanager.ClientManager, _CLIENT, cache)


def _login(person: str) -> catalog.Login:
    return next(one for one in catalog.LOGINS if one.cloud == person)


def _options(person: str) -> list[str]:
    login = _login(person)
    scope = ['--os-system-scope', 'all']
    if login.project:
        scope = [
            '--os-project-name',
            login.project,
            '--os-project-domain-id',
            'default',
        ]
    return [
        '--os-auth-type',
        'password',
        '--os-auth-url',
        AUTH_URL,
        '--os-username',
        login.user,
        '--os-password',
        PASSWORD,
        '--os-user-domain-id',
        'default',
        '--os-region-name',
        REGION,
        *scope,
    ]
