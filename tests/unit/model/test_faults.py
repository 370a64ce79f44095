"""Faults on the way to the model, as the client sees them."""

import requests
from keystoneauth1 import exceptions as ksa_exc

from tests.model import fixture, transport
from tests.model.faults import Fault, How
from tests.unit import base

SET = ('server', 'config', 'set', '--hyperthreading', 'enabled', 'web-1')
ENABLED = {
    'deploy-config:hyperthreading': 'enabled',
    'deploy-config-previous:hyperthreading': (
        '{"value": "disabled", "settings": {"LogicalProc": "Disabled"}}'
    ),
}


class FaultTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.web = self.model.world.boot('web-1')
        self.mona = self.model.session('mona')
        self.url = f'{transport.URL}/compute/v2.1/servers'
        self.item = f'{self.url}/{self.web.id}/metadata'

    def post(self) -> requests.Response:
        """Return the answer to one who sets an item."""
        body = {'metadata': {'a': 'b'}}
        return self.mona.post(self.item, json=body, raise_exc=False)

    def test_answer_without_handling(self) -> None:
        for status in (500, 502, 503, 429, 409):
            self.model.faults.arm(1, Fault(status=status))
            answer = self.post()
            text = answer.text
            self.assertEqual(status, answer.status_code)
            self.assertEqual({}, self.web.metadata)
            self.assertIn('Bad Gateway' if status == 502 else 'told', text)
        self.assertEqual(200, self.post().status_code)

    def test_answer_that_is_lost(self) -> None:
        for how, error in (
            (How.RESET, ksa_exc.ConnectFailure),
            (How.CUT, ksa_exc.UnknownConnectionError),
            (How.HANG, ksa_exc.ConnectTimeout),
        ):
            for is_handled in (False, True):
                self.web.metadata = {}
                self.model.faults.arm(1, Fault(how, is_handled=is_handled))
                self.assertRaises(error, self.post)
                expected = {'a': 'b'} if is_handled else {}
                self.assertEqual(expected, self.web.metadata)

    def test_end_of_the_client(self) -> None:
        class ServerGone(BaseException):
            pass

        for is_handled in (False, True):
            self.web.metadata = {}
            fault = Fault(How.KILL, is_handled=is_handled, error=ServerGone())
            self.model.faults.arm(1, fault)
            self.assertRaises(ServerGone, self.post)
            self.assertEqual(is_handled, bool(self.web.metadata))

    def test_login_counts_if_asked_for(self) -> None:
        self.model.faults.arm(1, Fault(status=503), counts_login=True)
        session = self.model.session('mona')
        self.assertRaises(ksa_exc.ServiceUnavailable, session.get, self.url)

    def test_log(self) -> None:
        self.mona.get(self.url)
        self.model.faults.forget()
        headers = {'X-OpenStack-Nova-API-Version': '2.47'}
        self.mona.get(f'{self.url}?limit=1', headers=headers)
        [seen] = self.model.faults.calls()
        self.assertEqual('GET /compute/v2.1/servers?limit=1', str(seen))
        self.assertEqual(('2.47', 200), (seen.version, seen.status))
