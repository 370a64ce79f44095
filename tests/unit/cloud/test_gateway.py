"""How long a service is waited for."""

from openstack import connection

from osc_baremetal_config.cloud import gateway
from tests.model import fixture, transport
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


class EndpointTest(base.TestCase):
    def test_an_endpoint_that_the_user_has_set(self) -> None:
        """The version of the API is asked for there as well."""
        model = self.useFixture(fixture.Model())
        server = model.world.boot('web-1')
        url = f'{transport.URL}/compute/v2.1'
        sdk = connection.Connection(
            session=model.session('mona'), compute_endpoint_override=url
        )
        compute = gateway.Gateway(sdk).compute
        self.assertEqual(server.id, compute.find_server('web-1').id)
        [seen, *_] = model.faults.calls()
        self.assertEqual('2.96', seen.version)
