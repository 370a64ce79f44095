"""What the sessions of one login are given."""

import pathlib
from dataclasses import replace

import fixtures
from keystoneauth1 import session as ksa_session
from openstack import connection

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import connections, gateway
from tests.model import fixture, transport
from tests.unit import base

LOGIN = 'default login a password b'


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
        self.assertEqual({server.id}, compute.named('web-1').found.keys())
        [seen, *_] = model.faults.calls()
        self.assertEqual('2.96', seen.version)


class ProjectsTest(base.TestCase):
    def test_all_of_them_or_none(self) -> None:
        model = self.useFixture(fixture.Model())
        sdk = connection.Connection(session=model.session('operator'))
        cloud = gateway.Gateway(sdk)
        own = {one.id: one.name for one in model.world.projects.values()}
        self.assertEqual(own, cloud.every_project())
        model.world.settings = replace(model.world.settings, projects=1)
        self.assertIsNone(cloud.every_project())

    def test_who_may_not_know(self) -> None:
        model = self.useFixture(fixture.Model())
        sdk = connection.Connection(session=model.session('mona'))
        cloud = gateway.Gateway(sdk)
        self.assertRaises(errors.Forbidden, cloud.every_project)


class NetrcTest(base.TestCase):
    def test_a_password_in_netrc_is_found_where_there_is_one(self) -> None:
        model = self.useFixture(fixture.Model())
        path = pathlib.Path.home() / '.netrc'
        for written, found in ((None, False), (LOGIN, True)):
            if written:
                path.write_text(written, encoding='utf-8')
                path.chmod(0o600)
            session = model.session('mona')
            connections.bound(session)
            answer = session.get(f'{transport.URL}/identity/v3')
            self.assertEqual(found, 'Authorization' in answer.request.headers)


class EnvironmentTest(base.TestCase):
    def test_it_is_searched_only_where_it_has_something(self) -> None:
        environment = {
            'https_proxy': 'http://proxy.example:3128',
            'REQUESTS_CA_BUNDLE': '/etc/ssl/ca.pem',
            'CURL_CA_BUNDLE': '/etc/ssl/ca.pem',
        }
        for name in environment:
            self.useFixture(fixtures.EnvironmentVariable(name))
        self.assertFalse(self.is_searched())
        for name, value in environment.items():
            with fixtures.EnvironmentVariable(name, value):
                self.assertTrue(self.is_searched(), name)

    def is_searched(self) -> bool:
        """Return whether requests looks there before each request."""
        session = ksa_session.Session()
        connections.bound(session)
        return session.session.trust_env
