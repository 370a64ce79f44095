"""How long a service is waited for."""

from openstack import connection

from osc_baremetal_config.cloud import gateway
from tests.model import fixture
from tests.unit import base


class TimeoutTest(base.TestCase):
    def test_a_service_that_hangs_is_not_waited_for_for_ever(self) -> None:
        model = self.useFixture(fixture.Model())
        for told, expected in ((None, 60.0), (5.0, 5.0)):
            session = model.session('mona')
            session.timeout = told
            sdk = connection.Connection(session=session)
            gateway.Gateway(sdk)
            self.assertEqual(expected, sdk.session.timeout)
