"""The proxy counts, catches and rewrites."""

import http.client
import http.server
import threading
import urllib.request

import testtools

from tests.matrix.proxy import Proxy


class _Service(http.server.ThreadingHTTPServer):
    """Tells its own address, and counts."""

    asked = 0

    @property
    def url(self) -> str:
        """Return its address."""
        return f'http://127.0.0.1:{self.server_port}'


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with the address."""
        service = self.server
        assert isinstance(service, _Service)
        service.asked += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f'{service.url}/v1'.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class ProxyTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.service = _Service(('127.0.0.1', 0), _Handler)
        self.addCleanup(self.service.server_close)
        self.addCleanup(self.service.shutdown)
        threading.Thread(
            target=self.service.serve_forever, args=(0.01,), daemon=True
        ).start()
        self.proxy = Proxy({'it': self.service.url}).__enter__()
        self.addCleanup(self.proxy.__exit__, None, None, None)
        self.acts = 0

    def act(self) -> None:
        self.acts += 1

    def get(self) -> bytes | None:
        """Return what is answered, None if nothing is."""
        try:
            with urllib.request.urlopen(f'{self.proxy.url("it")}/a') as answer:
                return bytes(answer.read())
        except http.client.RemoteDisconnected:
            return None

    def test_what_a_service_says_of_itself_leads_to_the_proxy(self) -> None:
        self.assertEqual(f'{self.proxy.url("it")}/v1'.encode(), self.get())
        self.assertEqual(['GET it /a'], self.proxy.requests)

    def test_caught_before_the_service_has_it(self) -> None:
        self.proxy.arm(2, self.act, after=False)
        got = [self.get() is None for _ in range(3)]
        self.assertEqual([False, True, False], got)
        self.assertEqual((1, 2), (self.acts, self.service.asked))

    def test_caught_after_the_service_has_answered(self) -> None:
        self.proxy.arm(2, self.act, after=True)
        got = [self.get() is None for _ in range(3)]
        self.assertEqual([False, True, False], got)
        self.assertEqual((1, 3), (self.acts, self.service.asked))
