"""The contract of the clouds, held by the model."""

from keystoneauth1 import session as ksa_session

from tests.contract import access, actions, nodes, servers, services
from tests.contract.cloud import Cloud
from tests.model import fixture
from tests.model.releases import RELEASES, Release
from tests.model.world import Settings


class ModelCloud:
    """A model as the cloud under test."""

    def __init__(self, release: Release) -> None:
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
    """Has a contract hold for the model of a release."""

    release = 'newest'

    @classmethod
    def make_cloud(cls) -> Cloud:
        """Return a model that is as the real cloud."""
        return ModelCloud(RELEASES[cls.release])


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


class On2024x1(OnModel):
    release = '2024.1'


class AccessOn2024x1Test(On2024x1, access.AccessContract):
    pass


class NodeOn2024x1Test(On2024x1, nodes.NodeContract):
    pass


class TemplateOn2024x1Test(On2024x1, nodes.TemplateContract):
    pass


class AskOn2024x1Test(On2024x1, services.AskContract):
    pass


class FakeServiceOn2024x1Test(On2024x1, services.FakeServiceContract):
    pass


class RedfishServiceOn2024x1Test(On2024x1, services.RedfishServiceContract):
    pass


class On2025x1(OnModel):
    release = '2025.1'


class AccessOn2025x1Test(On2025x1, access.AccessContract):
    pass


class NodeOn2025x1Test(On2025x1, nodes.NodeContract):
    pass


class TemplateOn2025x1Test(On2025x1, nodes.TemplateContract):
    pass


class AskOn2025x1Test(On2025x1, services.AskContract):
    pass


class FakeServiceOn2025x1Test(On2025x1, services.FakeServiceContract):
    pass


class RedfishServiceOn2025x1Test(On2025x1, services.RedfishServiceContract):
    pass


class On2025x2(OnModel):
    release = '2025.2'


class AccessOn2025x2Test(On2025x2, access.AccessContract):
    pass


class NodeOn2025x2Test(On2025x2, nodes.NodeContract):
    pass


class TemplateOn2025x2Test(On2025x2, nodes.TemplateContract):
    pass


class AskOn2025x2Test(On2025x2, services.AskContract):
    pass


class FakeServiceOn2025x2Test(On2025x2, services.FakeServiceContract):
    pass


class RedfishServiceOn2025x2Test(On2025x2, services.RedfishServiceContract):
    pass


class On2026x1(OnModel):
    release = '2026.1'


class AccessOn2026x1Test(On2026x1, access.AccessContract):
    pass


class NodeOn2026x1Test(On2026x1, nodes.NodeContract):
    pass


class TemplateOn2026x1Test(On2026x1, nodes.TemplateContract):
    pass


class AskOn2026x1Test(On2026x1, services.AskContract):
    pass


class FakeServiceOn2026x1Test(On2026x1, services.FakeServiceContract):
    pass


class RedfishServiceOn2026x1Test(On2026x1, services.RedfishServiceContract):
    pass
