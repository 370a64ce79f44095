"""Who gets in, and which versions there are."""

import requests

from tests.contract import cloud

UNAUTHORIZED = 'The request you have made requires authentication.'


class AccessContract(cloud.Contract):
    """Tokens, scopes and microversions."""

    def token_for(self, person: str, scope: object) -> cloud.Answer:
        """Return what Keystone answers to one who has a token already."""
        session = self.cloud.session(person)
        identity = {
            'methods': ['token'],
            'token': {'id': session.get_token()},
        }
        body: dict[str, object] = {'auth': {'identity': identity}}
        if scope:
            body = {'auth': {'identity': identity, 'scope': scope}}
        url = session.get_endpoint(service_type='identity')
        response = requests.post(f'{url}/auth/tokens', json=body, timeout=30)
        return cloud.Answer(
            response.status_code, response.json(), response.headers
        )

    def test_role_on_the_system_gives_both_scopes(self) -> None:
        answer = self.token_for('operator', {'system': {'all': True}})
        token = self.assert_answer(201, answer)['token']
        self.assertEqual({'all': True}, token['system'])
        self.assertEqual(['password', 'token'], sorted(token['methods']))
        self.assertNotIn('project', token)
        kinds = {service['type'] for service in token['catalog']}
        self.assertLessEqual(
            {'baremetal', 'compute', 'identity', 'image'}, kinds
        )

    def test_no_role_no_token(self) -> None:
        other = {'name': 'other', 'domain': {'id': 'default'}}
        nowhere = {'name': 'nowhere', 'domain': {'id': 'default'}}
        for scope in (
            {'system': {'all': True}},
            {'project': other},
            {'project': nowhere},
        ):
            answer = self.token_for('mona', scope)
            self.assert_answer(401, answer, UNAUTHORIZED)

    def test_roles_bring_lesser_ones(self) -> None:
        for person, expected in (
            ('rita', ['reader']),
            ('alice', ['member', 'reader']),
            ('mona', ['manager', 'member', 'reader']),
            ('adam', ['admin', 'manager', 'member', 'reader']),
        ):
            scope = {'project': {'name': 'acme', 'domain': {'id': 'default'}}}
            token = self.token_for(person, scope).document['token']
            names = sorted(role['name'] for role in token['roles'])
            self.assertEqual(expected, names)
            self.assertEqual('acme', token['project']['name'])

    def test_tokens_that_are_no_good(self) -> None:
        session = self.cloud.session('mona')
        for service, path in (
            ('compute', '/servers'),
            ('baremetal', '/v1/nodes'),
            ('image', '/v2/images'),
        ):
            url = session.get_endpoint(service_type=service)
            for headers in ({}, {'X-Auth-Token': 'worn-out'}):
                response = requests.get(
                    f'{url}{path}', headers=headers, timeout=30
                )
                self.assertEqual(401, response.status_code)
                if service != 'image':
                    error = {
                        'code': 401,
                        'title': 'Unauthorized',
                        'message': UNAUTHORIZED,
                    }
                    self.assertEqual({'error': error}, response.json())

    def test_versions_that_are_too_new(self) -> None:
        newest = self.nova('mona', 'GET', '/', version='2.1').document
        answer = self.nova('mona', 'GET', '/servers', version='2.999')
        self.assert_answer(
            406,
            answer,
            'Version 2.999 is not supported by the API. Minimum is 2.1 and '
            f'maximum is {newest["version"]["version"]}.',
        )
        answer = self.ironic('mona', 'GET', '/nodes', version='1.999')
        newest = answer.headers['X-OpenStack-Ironic-API-Maximum-Version']
        self.assert_answer(
            406,
            answer,
            'Version 1.999 was requested but the minor version is not '
            'supported by this service. The supported version range is: '
            f'[1.1, {newest}].',
        )

    def test_every_answer_has_the_id_of_its_request(self) -> None:
        usual, own = 'x-openstack-request-id', 'openstack-request-id'
        is_usual = self.cloud.release.tells_request
        for answer, header in (
            (self.nova('mona', 'GET', '/servers'), usual),
            (self.nova('mona', 'GET', '/servers/nope'), usual),
            (self.ironic('mona', 'GET', '/nodes'), own),
            (self.ironic('mona', 'GET', '/nodes/nope'), own),
        ):
            self.assertTrue(answer.headers[header].startswith('req-'))
            if header == own:
                self.assertEqual(is_usual, usual in answer.headers)

    def test_discovery(self) -> None:
        [version] = self.call('mona', 'baremetal', 'GET', '/').document[
            'versions'
        ]
        self.assertEqual(
            ('1.1', 'v1'), (version['min_version'], version['id'])
        )
        found = self.ironic('mona', 'GET', '/').document['version']
        self.assertEqual(version, found)
        version = self.nova('mona', 'GET', '/').document['version']
        self.assertEqual(
            ('2.1', 'v2.1'), (version['min_version'], version['id'])
        )
