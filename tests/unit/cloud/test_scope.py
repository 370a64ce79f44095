"""The system's scope of a project's user, over the life of its tokens."""

from typing import Any

import requests_mock
from keystoneauth1 import fixture, session
from keystoneauth1.identity import v3

from osc_baremetal_config.cloud import scope
from tests.unit import base
from tests.unit.canned import IDENTITY

URL = 'https://baremetal.example.com/v1/nodes'


class BoundTest(base.TestCase):
    def test_an_application_credential_is_for_its_project_only(self) -> None:
        credential = v3.ApplicationCredential(
            IDENTITY,
            application_credential_id='id',
            application_credential_secret='secret',
        )
        password = v3.Password(IDENTITY, username='olga', password='secret')
        for auth, expected in (
            (credential, True),
            (password, False),
            (None, False),
        ):
            one = session.Session(auth=auth)
            self.assertIs(expected, scope.is_bound(one))


class ScopeTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        mocker = requests_mock.Mocker()
        mocker.start()
        self.addCleanup(mocker.stop)
        mocker.post(f'{IDENTITY}/auth/tokens', json=self.token)
        mocker.get(URL, json=self.answer)
        self.revoked: set[str] = set()
        self.project = session.Session(
            auth=v3.Password(
                IDENTITY,
                username='olga',
                password='secret',
                user_domain_id='default',
                project_id='p',
            )
        )

    def token(self, request: Any, context: Any) -> dict[str, Any]:
        identity = request.json()['auth']['identity']
        given = identity.get('token', {}).get('id')
        self.asked.append(given or 'password')
        if given in self.revoked:
            context.status_code = 401
            return {}
        context.headers['X-Subject-Token'] = f'token-{len(self.asked)}'
        return dict(fixture.V3Token())

    def answer(self, request: Any, context: Any) -> dict[str, Any]:
        if request.headers['X-Auth-Token'] in self.revoked:
            context.status_code = 401
        return {}

    def test_a_token_that_was_revoked_is_renewed_with_its_parent(self) -> None:
        system = scope.system_session(self.project)
        self.assertEqual(200, system.get(URL).status_code)
        self.assertEqual(['password', 'token-1'], self.asked)
        self.revoked |= {'token-1', 'token-2'}
        self.assertEqual(200, system.get(URL).status_code)
        self.assertEqual(
            ['password', 'token-1', 'password', 'token-3'], self.asked
        )
