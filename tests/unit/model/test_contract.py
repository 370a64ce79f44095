"""The contract of the clouds, held by the model."""

from keystoneauth1 import session as ksa_session

from tests.contract import access, actions, nodes, servers, services
from tests.contract.cloud import Cloud
from tests.model import fixture
from tests.model.releases import NEWEST, RELEASES, Release
from tests.model.world import Settings


class ModelCloud:
    """A model as the cloud under test."""

    def __init__(self, release: Release = NEWEST) -> None:
        self._release = release
        self._model = fixture.Model(settings=Settings(release=release))
        self._model.setUp()
        self._sessions: dict[str, ksa_session.Session] = {}

    @property
    def release(self) -> Release:
        """Return what its Ironic does."""
        return self._release

    def session(self, person: str) -> ksa_session.Session:
        """Return a session of one of the people."""
        if person not in self._sessions:
            self._sessions[person] = self._model.session(person)
        return self._sessions[person]

    def now(self) -> float:
        """Return seconds on the model's clock."""
        return self._model.clock.now()

    def sleep(self, seconds: float) -> None:
        """Turn the model's clock."""
        self._model.clock.sleep(seconds)

    def close(self) -> None:
        """Forget the model."""
        self._model.cleanUp()


class OnModel:
    """Has a contract hold for the model."""

    @classmethod
    def make_cloud(cls) -> Cloud:
        """Return a model that is as the real cloud."""
        return ModelCloud()


class AccessTest(OnModel, access.AccessContract):
    pass


class ServerTest(OnModel, servers.ServerContract):
    pass


class MetadataTest(OnModel, servers.MetadataContract):
    pass


class ActionTest(OnModel, actions.ActionContract):
    pass


class ResizeTest(OnModel, actions.ResizeContract):
    pass


class NodeTest(OnModel, nodes.NodeContract):
    pass


class TemplateTest(OnModel, nodes.TemplateContract):
    pass


class AskTest(OnModel, services.AskContract):
    pass


class FakeServiceTest(OnModel, services.FakeServiceContract):
    pass


class RedfishServiceTest(OnModel, services.RedfishServiceContract):
    pass


class OnOldest:
    """Has a contract hold for a model of the oldest with servicing."""

    @classmethod
    def make_cloud(cls) -> Cloud:
        """Return a model that is as that release."""
        return ModelCloud(RELEASES['2024.1'])


class OldestAccessTest(OnOldest, access.AccessContract):
    pass


class OldestNodeTest(OnOldest, nodes.NodeContract):
    pass


class OldestTemplateTest(OnOldest, nodes.TemplateContract):
    pass


class OldestAskTest(OnOldest, services.AskContract):
    pass


class OldestFakeServiceTest(OnOldest, services.FakeServiceContract):
    pass


class OldestRedfishServiceTest(OnOldest, services.RedfishServiceContract):
    pass
