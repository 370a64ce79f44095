"""The contract of the clouds, held by the real one."""

import os
import time

from keystoneauth1 import session as ksa_session

from tests import people
from tests.contract import access, actions, nodes, servers, services
from tests.contract.cloud import Cloud
from tests.devcloud import layout as layouts
from tests.model.releases import RELEASES, Release


class RealCloud:
    """The real cloud as the cloud under test."""

    def __init__(self) -> None:
        self._layout = layouts.Layout.load()
        self._sessions: dict[str, ksa_session.Session] = {}

    @property
    def release(self) -> Release:
        """Return what its Ironic is to do."""
        return RELEASES[os.environ.get('DEVCLOUD_RELEASE') or 'newest']

    def session(self, person: str) -> ksa_session.Session:
        """Return a session of one of the people."""
        if person not in self._sessions:
            connection = people.Person(person, self._layout).connect()
            self._sessions[person] = connection.session
        return self._sessions[person]

    def now(self) -> float:
        """Return seconds on the machine's clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def close(self) -> None:
        """Leave the cloud up."""


class OnRealCloud:
    """Has a contract hold for the real cloud."""

    @classmethod
    def make_cloud(cls) -> Cloud:
        """Return the real cloud, which must be up."""
        return RealCloud()


class AccessTest(OnRealCloud, access.AccessContract):
    pass


class ServerTest(OnRealCloud, servers.ServerContract):
    pass


class MetadataTest(OnRealCloud, servers.MetadataContract):
    pass


class ActionTest(OnRealCloud, actions.ActionContract):
    pass


class ResizeTest(OnRealCloud, actions.ResizeContract):
    pass


class NodeTest(OnRealCloud, nodes.NodeContract):
    pass


class TemplateTest(OnRealCloud, nodes.TemplateContract):
    pass


class AskTest(OnRealCloud, services.AskContract):
    pass


class FakeServiceTest(OnRealCloud, services.FakeServiceContract):
    pass


class RedfishServiceTest(OnRealCloud, services.RedfishServiceContract):
    pass
