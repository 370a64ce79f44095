"""How servers, flavors, images and metadata look, and to whom."""

from tests.contract import cloud
from tests.contract.cloud import RUNNING

BASE = frozenset(
    (
        'accessIPv4', 'accessIPv6', 'addresses', 'created', 'flavor',
        'hostId', 'id', 'image', 'links', 'metadata', 'name', 'status',
        'tenant_id', 'user_id', 'updated', 'OS-DCF:diskConfig', 'progress',
        'OS-EXT-AZ:availability_zone', 'config_drive', 'key_name',
        'OS-SRV-USG:launched_at', 'OS-SRV-USG:terminated_at',
        'OS-EXT-STS:task_state', 'OS-EXT-STS:vm_state',
        'OS-EXT-STS:power_state', 'os-extended-volumes:volumes_attached',
    )
)  # fmt: skip
# What a version shows more than the one before.
SINCE = {
    '2.1': (),
    '2.46': ('locked', 'description', 'tags'),
    '2.47': (),
    '2.73': ('trusted_image_certificates', 'server_groups', 'locked_reason'),
    '2.96': ('OS-EXT-SRV-ATTR:hostname', 'pinned_availability_zone'),
    '2.104': ('scheduler_hints',),
}
FOR_ADMINS = frozenset(
    f'OS-EXT-SRV-ATTR:{name}'
    for name in (
        'host',
        'instance_name',
        'hypervisor_hostname',
        'kernel_id',
        'launch_index',
        'ramdisk_id',
        'reservation_id',
        'root_device_name',
        'user_data',
    )
) | {'host_status'}
FLAVOR = frozenset(
    (
        'id', 'name', 'ram', 'disk', 'swap', 'OS-FLV-EXT-DATA:ephemeral',
        'OS-FLV-DISABLED:disabled', 'vcpus', 'os-flavor-access:is_public',
        'rxtx_factor', 'links',
    )
)  # fmt: skip
EMBEDDED = frozenset(
    'disk ephemeral extra_specs original_name ram swap vcpus'.split()  # noqa: SIM905
)


class ServerContract(cloud.Contract):
    """One server on a fake node, looked at in every way."""

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('large')
        self.path = f'/servers/{self.web}'
        self.missing = f'Instance {self.web} could not be found.'

    def test_fields_by_version(self) -> None:
        expected = set(BASE)
        for version, more in SINCE.items():
            expected |= set(more)
            answer = self.nova('mona', 'GET', self.path, version=version)
            server = self.assert_answer(200, answer)['server']
            self.assertEqual(expected, set(server), version)
            found = set(server['flavor'])
            is_old = version in ('2.1', '2.46')
            self.assertEqual({'id', 'links'} if is_old else EMBEDDED, found)

    def test_what_an_administrator_sees_more(self) -> None:
        mine = set(self.show_server(self.web))
        theirs = self.show_server(self.web, 'operator')
        self.assertEqual(FOR_ADMINS, set(theirs) - mine)
        self.assertEqual(
            self.node, theirs['OS-EXT-SRV-ATTR:hypervisor_hostname']
        )

    def test_flavor_in_a_server(self) -> None:
        server = self.show_server(self.web)
        flavor = server['flavor']
        self.assertEqual('bm.large.ht-off', flavor['original_name'])
        self.assertEqual(
            'disabled', flavor['extra_specs']['deploy-config:hyperthreading']
        )
        self.assertEqual(
            ('ACTIVE', 'active', None, RUNNING),
            (
                server['status'],
                server['OS-EXT-STS:vm_state'],
                server['OS-EXT-STS:task_state'],
                server['OS-EXT-STS:power_state'],
            ),
        )

    def test_who_sees_it(self) -> None:
        for person in ('mona', 'alice', 'rita', 'adam', 'operator'):
            self.assert_answer(200, self.nova(person, 'GET', self.path))
        for path in (self.path, f'{self.path}/metadata'):
            answer = self.nova('oscar', 'GET', path)
            self.assert_answer(404, answer, self.missing)
        self.assert_answer(
            403,
            self.nova('operator-system', 'GET', '/servers'),
            "Policy doesn't allow os_compute_api:servers:index to be "
            'performed.',
        )
        answer = self.nova('mona', 'GET', '/servers/nope')
        self.assert_answer(404, answer, 'Instance nope could not be found.')

    def found(self, person: str, query: str) -> list[str]:
        """Return the names of the servers that a list has."""
        answer = self.nova(person, 'GET', f'/servers/detail?{query}')
        servers = self.assert_answer(200, answer)['servers']
        return sorted(server['name'] for server in servers)

    def test_filters(self) -> None:
        name = 'contract-large'
        for query in (
            'name=contract-large',
            'name=tract-l',
            'name=^contract-l[a-z]*$',
            'name=contract&status=ACTIVE',
            f'name=contract&flavor={self.flavor_id("bm.large.ht-off")}',
        ):
            self.assertEqual([name], self.found('rita', query), query)
        for query in (
            'name=contract-largest',
            # Nova takes a bar for a bar.
            'name=contract-(large|none)',
            'name=contract&status=SHUTOFF',
            'name=contract&tags=no,such',
            'flavor=nope',
            'limit=0',
        ):
            self.assertEqual([], self.found('mona', query), query)
        self.assertEqual([], self.found('oscar', 'name=contract-large'))
        self.assertEqual([], self.found('operator', 'name=contract-large'))
        everywhere = 'all_tenants=1&name=contract-large'
        self.assertEqual([name], self.found('operator', everywhere))

    def test_tags(self) -> None:
        path = f'{self.path}/tags/rack-1'
        self.assert_answer(201, self.nova('mona', 'PUT', path))
        self.assert_answer(204, self.nova('mona', 'PUT', path))
        self.assertEqual(['contract-large'], self.found('mona', 'tags=rack-1'))
        tags = self.nova('mona', 'GET', f'{self.path}/tags').document
        self.assertEqual({'tags': ['rack-1']}, tags)
        self.assert_answer(204, self.nova('mona', 'DELETE', path))

    def test_filters_that_are_refused(self) -> None:
        for query, status, text in (
            (
                'all_tenants=1',
                403,
                "Policy doesn't allow os_compute_api:servers:detail:"
                'get_all_tenants to be performed.',
            ),
            ('status=NOPE', 400, 'Invalid status value'),
            ('marker=nope', 400, 'marker [nope] not found'),
            (
                'limit=-1',
                400,
                'Invalid input for query parameters limit. Value: -1. '
                "'-1' does not match '^[0-9]*$'",
            ),
            (
                'nope=1',
                400,
                "'nope' does not match any of the regexes: '^_'",
            ),
            (
                'name=[',
                400,
                'Invalid input for query parameters name. Value: [. '
                "'[' is not a 'regex'",
            ),
        ):
            answer = self.nova('mona', 'GET', f'/servers/detail?{query}')
            self.assert_answer(status, answer, text)

    def test_pages_of_flavors(self) -> None:
        path, found = '/flavors/detail?is_public=None&limit=4', list[str]()
        while path:
            page = self.nova('mona', 'GET', path).document
            found += [flavor['name'] for flavor in page['flavors']]
            links = page.get('flavors_links', [])
            path = links[0]['href'].partition('/v2.1')[2] if links else ''
        names = ('bm.large', 'bm.redfish', 'rz.small')
        kinds = ('', '.ht-off', '.ht-on')
        expected = {name + kind for name in names for kind in kinds}
        self.assertLessEqual(expected, set(found))
        self.assertEqual(len(found), len(set(found)))

    def test_fields_of_a_flavor(self) -> None:
        for version, more in (
            ('2.1', set()),
            ('2.55', {'description'}),
            ('2.61', {'description', 'extra_specs'}),
        ):
            page = self.nova(
                'rita', 'GET', '/flavors/detail', version=version
            ).document
            for flavor in page['flavors']:
                self.assertEqual(FLAVOR | more, set(flavor))
                self.assertEqual('', flavor['swap'])
        answer = self.nova('mona', 'GET', '/flavors/nope')
        self.assert_answer(404, answer, 'Flavor nope could not be found.')
        answer = self.nova('mona', 'GET', '/flavors?marker=nope')
        self.assert_answer(400, answer, 'marker [nope] not found')

    def test_flavors_are_made_by_administrators(self) -> None:
        asked = {'name': 'contract-f', 'vcpus': 1, 'ram': 512, 'disk': 1}
        body = {'flavor': asked}
        text = "Policy doesn't allow os_compute_api:{} to be performed."
        for person in ('mona', 'operator-system'):
            answer = self.nova(person, 'POST', '/flavors', body)
            wanted = text.format('os-flavor-manage:create')
            self.assert_answer(403, answer, wanted)
        answer = self.nova('operator', 'POST', '/flavors', body)
        made = self.assert_answer(200, answer)['flavor']
        path = f'/flavors/{made["id"]}'
        self.addCleanup(self.nova, 'operator', 'DELETE', path)
        self.assertEqual(FLAVOR | {'description', 'extra_specs'}, set(made))
        answer = self.nova('adam', 'POST', '/flavors', body)
        exists = 'Flavor with name contract-f already exists.'
        self.assert_answer(409, answer, exists)
        self.extra_specs(f'{path}/os-extra_specs')
        answer = self.nova('mona', 'DELETE', path)
        wanted = text.format('os-flavor-manage:delete')
        self.assert_answer(403, answer, wanted)
        answer = self.nova('operator', 'DELETE', path)
        self.assert_answer(202, answer)
        answer = self.nova('operator', 'DELETE', path)
        gone = f'Flavor {made["id"]} could not be found.'
        self.assert_answer(404, answer, gone)

    def extra_specs(self, path: str) -> None:
        """Check which extra specs a flavor can be given."""
        specs = {'deploy-config:hyperthreading': 'enabled'}
        body = {'extra_specs': specs}
        answer = self.nova('operator', 'POST', path, body)
        self.assertEqual(body, self.assert_answer(200, answer))
        self.assertEqual(body, self.nova('rita', 'GET', path).document)
        answer = self.nova('mona', 'POST', path, body)
        text = "Policy doesn't allow os_compute_api:os-flavor-extra-specs:"
        self.assert_answer(403, answer, f'{text}create to be performed.')
        for key, value, text in (
            (
                'trait:lower',
                'required',
                "Validation failed; extra spec 'trait:lower' does not appear "
                'to be a valid extra spec.',
            ),
            (
                'trait:CUSTOM_X',
                'preferred',
                "Validation failed; 'preferred' is not one of: required, "
                'forbidden.',
            ),
            (
                'a/b',
                'x',
                "Invalid input for field/attribute extra_specs. Value: "
                "{'a/b': 'x'}. 'a/b' does not match any of the regexes: "
                "'^[a-zA-Z0-9-_:. ]{1,255}$'",
            ),
        ):
            specs = {key: value}
            answer = self.nova(
                'operator', 'POST', path, {'extra_specs': specs}
            )
            self.assert_answer(400, answer, text)

    def test_image(self) -> None:
        image_id = self.show_server(self.web)['image']['id']
        path = f'/v2/images/{image_id}'
        image = self.call('rita', 'image', 'GET', path).document
        self.assertEqual(
            ('bm-image', 'active', image_id),
            (image['name'], image['status'], image['id']),
        )
        answer = self.call('rita', 'image', 'GET', '/v2/images/nope')
        self.assertEqual(404, answer.status)
        self.assertIn('No image found with ID nope', answer.document)
        path = '/v2/images?name=bm-image-x'
        [image] = self.call('rita', 'image', 'GET', path).document['images']
        self.assertEqual('required', image['trait:CUSTOM_X'])


class MetadataContract(cloud.Contract):
    """The metadata of one server."""

    def setUp(self) -> None:
        super().setUp()
        self.web, _ = self.server('large')
        self.path = f'/servers/{self.web}/metadata'
        self.addCleanup(self.put, {})

    def put(self, items: cloud.Document) -> cloud.Answer:
        """Have just these items."""
        return self.nova('mona', 'PUT', self.path, {'metadata': items})

    def post(self, person: str, items: cloud.Document) -> cloud.Answer:
        """Add items."""
        return self.nova(person, 'POST', self.path, {'metadata': items})

    def test_items_come_and_go(self) -> None:
        item = {'deploy-config:hyperthreading': 'enabled'}
        self.assertEqual({'metadata': item}, self.post('mona', item).document)
        more = {'deploy-config-pending:x y': '{"value": "ü"}'}
        self.assertEqual(
            {'metadata': item | more}, self.post('alice', more).document
        )
        self.assertEqual(item | more, self.show_server(self.web)['metadata'])
        path = f'{self.path}/deploy-config:hyperthreading'
        self.assertEqual(
            {'meta': item}, self.nova('rita', 'GET', path).document
        )
        self.assert_answer(204, self.nova('mona', 'DELETE', path))
        text = 'Metadata item was not found'
        for method in ('GET', 'DELETE'):
            self.assert_answer(404, self.nova('mona', method, path), text)
        self.assertEqual({'metadata': {'a': ''}}, self.put({'a': ''}).document)
        self.assertEqual(
            {'metadata': {'a': '', 'b': '1'}},
            self.post('operator', {'b': '1'}).document,
        )
        meta = {'meta': {'c': '3'}}
        path = f'{self.path}/c'
        self.assertEqual(meta, self.nova('mona', 'PUT', path, meta).document)
        path = f'{self.path}/d'
        answer = self.nova('mona', 'PUT', path, meta)
        self.assert_answer(400, answer, 'Request body and URI mismatch')

    def test_items_that_are_refused(self) -> None:
        self.assert_answer(
            400,
            self.post('mona', {'a/b': '3'}),
            "Invalid input for field/attribute metadata. Value: {'a/b': '3'}."
            " 'a/b' does not match any of the regexes: "
            "'^[a-zA-Z0-9-_:. ]{1,255}$'",
        )
        self.assert_answer(
            400,
            self.post('mona', {'a': 3}),
            'Invalid input for field/attribute a. Value: 3. 3 is not of type '
            "'string'",
        )
        long = 'x' * 256
        self.assert_answer(
            400,
            self.post('mona', {'a': long}),
            f'Invalid input for field/attribute a. Value: {long}. '
            f"'{long}' is too long",
        )
        self.assert_answer(
            403,
            self.post('mona', {str(n): '' for n in range(129)}),
            'Maximum number of metadata items exceeds 128',
        )
        answer = self.nova('mona', 'POST', self.path, {})
        self.assert_answer(400, answer, "'metadata' is a required property")

    def test_people_who_are_refused(self) -> None:
        self.post('mona', {'a': 'b'})
        refused = "Policy doesn't allow os_compute_api:server-metadata:{} to "
        refused += 'be performed.'
        answer = self.post('rita', {'a': 'b'})
        self.assert_answer(403, answer, refused.format('create'))
        answer = self.nova('rita', 'DELETE', f'{self.path}/a')
        self.assert_answer(403, answer, refused.format('delete'))
        answer = self.post('oscar', {'a': 'b'})
        text = f'Instance {self.web} could not be found.'
        self.assert_answer(404, answer, text)
