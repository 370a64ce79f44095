"""How nodes look and to whom, their power and their maintenance."""

from typing import Any

from tests.contract import cloud

HIDDEN = {
    'driver_info': {
        'content': '** Redacted - requires baremetal:node:get:driver_info '
        'permission. **'
    },
    'driver_internal_info': {
        'content': '** Redacted - Requires baremetal:node:get:'
        'driver_internal_info permission. **'
    },
    'last_error': '** Value Redacted - Requires baremetal:node:get:'
    'last_error permission. **',
    'reservation': '** Redacted - requires baremetal:node:get:reservation '
    'permission. **',
}
SHORT = {
    'uuid', 'instance_uuid', 'maintenance', 'power_state', 'provision_state',
    'name', 'links',
}  # fmt: skip
DENIED = 'Access was denied to the following resource: {}'
NOWHERE = '5f0c7a1e-3c1c-4a77-9c8c-0a6b40a2a001'


class NodeContract(cloud.Contract):
    """One node with a server, looked at in every way."""

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('large')
        self.path = f'/nodes/{self.node}'

    def refused(
        self, status: int, text: str, path: str, version: str = cloud.IRONIC
    ) -> None:
        """Check that the operator is refused something to read."""
        answer = self.ironic('operator-system', 'GET', path, version=version)
        self.assert_answer(status, answer, text)

    def test_found_by_its_server(self) -> None:
        path = f'/nodes?instance_uuid={self.web}'
        for person in ('mona', 'alice', 'rita', 'adam', 'operator-system'):
            [node] = self.ironic(person, 'GET', path).document['nodes']
            self.assertEqual(SHORT, set(node))
            self.assertEqual(self.node, node['uuid'])
        for person in ('oscar', 'operator'):
            self.assertEqual(
                {'nodes': []}, self.ironic(person, 'GET', path).document
            )
            answer = self.ironic(person, 'GET', self.path)
            text = f'Node {self.node} could not be found.'
            self.assert_answer(404, answer, text)

    def test_what_is_hidden(self) -> None:
        for person in ('mona', 'rita', 'adam'):
            node = self.show_node(self.node, person)
            found = {name: node[name] for name in HIDDEN}
            self.assertEqual(HIDDEN, found)
        node = self.show_node(self.node)
        self.assertIsNone(node['reservation'])
        # What is in it depends on what has been done with the node.
        self.assertNotIn('content', node['driver_internal_info'])
        states = self.ironic('rita', 'GET', f'{self.path}/states').document
        self.assertIsNone(states['last_error'])

    def test_all_fields(self) -> None:
        one = set(self.show_node(self.node))
        path = f'/nodes/detail?instance_uuid={self.web}'
        [listed] = self.ironic('mona', 'GET', path).document['nodes']
        self.assertEqual(one, set(listed))
        fields = {
            'bios_interface', 'boot_mode', 'created_at', 'driver',
            'driver_info', 'extra', 'fault', 'instance_info',
            'instance_uuid', 'lessee', 'maintenance', 'owner', 'properties',
            'provision_updated_at', 'resource_class', 'service_step',
            'traits', 'updated_at', 'states', 'ports', 'links',
        }  # fmt: skip
        self.assertLessEqual(fields, one)
        old = self.ironic('mona', 'GET', self.path, version='1.1').document
        self.assertFalse({'name', 'traits', 'lessee', 'fault'} & set(old))
        for version, count in _COUNTS.items():
            if not self.has(version):
                continue
            answer = self.ironic('mona', 'GET', self.path, version=version)
            self.assertEqual(count, len(answer.document), version)

    def test_some_fields(self) -> None:
        path = f'{self.path}?fields=uuid,name,service_step,traits'
        node = self.ironic('rita', 'GET', path).document
        self.assertEqual(
            {'uuid', 'name', 'service_step', 'traits', 'links'}, set(node)
        )
        self.assertEqual({}, node['service_step'])
        self.assertIn('HW_CPU_HYPERTHREADING', node['traits'])
        for query, version in (('service_step', '1.86'), ('lessee', '1.64')):
            for where in (f'{self.path}?', '/nodes?'):
                url = f'{where}fields=uuid,{query}'
                self.refused(406, 'Request not acceptable.', url, version)
        text = 'Field nope is not a valid field.'
        self.refused(400, text, f'{self.path}?fields=nope')
        text = 'Can not specify ?detail=True and fields in the same request.'
        self.refused(400, text, '/nodes?detail=True&fields=uuid')

    def test_by_name(self) -> None:
        name = self.show_node(self.node)['name']
        path = f'/nodes/{name}'
        node = self.ironic('mona', 'GET', path).document
        self.assertEqual(self.node, node['uuid'])
        self.refused(404, f'Node {name} could not be found.', path, '1.4')

    def test_pages(self) -> None:
        found: list[str] = []
        path = '/nodes?fields=uuid,name&limit=2'
        while path:
            page = self.ironic('operator-system', 'GET', path).document
            self.assertLessEqual(len(page['nodes']), 2)
            found += [node['name'] for node in page['nodes']]
            path = page.get('next', '').partition('/v1')[2]
        everything = {'bm-0', 'bm-1', 'bm-2', 'bm-3', 'rf-0', 'rf-1'}
        # The real cloud has nodes with the BIOS of real machines, too.
        self.assertLessEqual(everything, set(found))
        self.assertEqual(len(set(found)), len(found))

    def test_filters(self) -> None:
        for query, is_found in (
            ('provision_state=active', True),
            ('provision_state=servicing', False),
            ('maintenance=False', True),
            ('maintenance=True', False),
            ('associated=True', True),
            ('associated=False', False),
            ('resource_class=baremetal.large', True),
            ('owner=nobody', False),
        ):
            path = f'/nodes?{query}&fields=uuid'
            for person in ('operator-system', 'mona'):
                answer = self.ironic(person, 'GET', path)
                nodes = [n['uuid'] for n in answer.document['nodes']]
                self.assertEqual(is_found, self.node in nodes, query)
        for query, status, text in (
            ('limit=-1', 400, 'Limit must be positive'),
            ('limit=x', 400, 'Expected an integer for limit: x'),
            ('marker=nope', 400, 'Expected UUID for marker: nope'),
            (f'marker={NOWHERE}', 404, f'Node {NOWHERE} could not be found.'),
            (
                'provision_state=nope',
                400,
                'Provision state "nope" is not valid',
            ),
            (
                'instance_uuid=nope',
                400,
                'Expected UUID for instance_uuid: nope',
            ),
            (
                'associated=x',
                400,
                "Invalid associated: Unrecognized value 'x', acceptable "
                "values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', "
                "'t', 'true', 'y', 'yes'",
            ),
        ):
            self.refused(status, text, f'/nodes?{query}')

    def test_bios(self) -> None:
        path = f'{self.path}/bios'
        old = self.ironic('rita', 'GET', path, version='1.40').document
        short = {'created_at', 'updated_at', 'name', 'value', 'links'}
        for setting in old['bios']:
            self.assertEqual(short, set(setting))
        url = f'{path}?detail=True'
        new = self.ironic('rita', 'GET', url, version='1.74').document
        full = short | {
            'attribute_type', 'allowable_values', 'lower_bound',
            'max_length', 'min_length', 'read_only', 'reset_required',
            'unique', 'upper_bound',
        }  # fmt: skip
        by_name = {setting['name']: setting for setting in new['bios']}
        for setting in new['bios']:
            self.assertEqual(full, set(setting))
        found = by_name['LogicalProc']
        self.assertEqual(
            ('Enumeration', ['Enabled', 'Disabled'], False),
            (
                found['attribute_type'],
                found['allowable_values'],
                found['read_only'],
            ),
        )
        found = by_name['NumaNodesPerSocket']
        self.assertEqual(
            ('Integer', '1', 0, 4, []),
            (
                found['attribute_type'],
                found['value'],
                found['lower_bound'],
                found['upper_bound'],
                found['allowable_values'],
            ),
        )
        self.assertTrue(by_name['SystemServiceTag']['read_only'])
        self.assertTrue(by_name['ProcCStates']['read_only'])
        found = by_name['QuietBoot']
        self.assertEqual(
            ('Boolean', '1', [], False),
            (
                found['attribute_type'],
                found['value'],
                found['allowable_values'],
                found['read_only'],
            ),
        )
        found = by_name['EgmReserve']
        self.assertEqual((0, -1), (found['lower_bound'], found['upper_bound']))
        [name] = [name for name in by_name if len(name) == 96]
        answer = self.ironic('rita', 'GET', f'{path}/{name}')
        self.assertEqual('0', answer.document[name]['value'])
        self.refused(404, '', path, '1.39')
        text = 'Invalid query parameter ?detail=True received.'
        if self.cloud.release.has_schemas:
            text = 'Schema error: Additional properties are not allowed '
            text += "('detail' was unexpected)"
        self.refused(400, text, f'{path}?detail=True', '1.73')
        text = f"Node {self.node} doesn't have a BIOS setting 'Nope'"
        self.refused(404, text, f'{path}/Nope')
        answer = self.ironic('oscar', 'GET', path)
        text = f'Node {self.node} could not be found.'
        self.assert_answer(404, answer, text)

    def test_traits_and_history(self) -> None:
        path = f'{self.path}/traits'
        traits = self.ironic('rita', 'GET', path).document['traits']
        self.assertIn('CUSTOM_GOLD', traits)
        self.refused(406, 'Request not acceptable.', path, '1.36')
        path = f'{self.path}/history'
        answer = self.ironic('mona', 'GET', path)
        text = DENIED.format('baremetal:node:history:get')
        self.assert_answer(403, answer, text)
        answer = self.ironic('operator-system', 'GET', path)
        self.assert_answer(200, answer)
        self.refused(404, '', path, '1.77')

    def test_owner_sees_more_than_a_lessee(self) -> None:
        lessee = self.show_node(self.node)['lessee']
        self.assert_answer(200, self.change_node(self.node, 'owner', lessee))
        self.addCleanup(self.change_node, self.node, 'owner', None)
        node = self.show_node(self.node, 'rita')
        self.assertNotEqual(HIDDEN['last_error'], node['last_error'])
        self.assertIsNone(node['reservation'])
        answer = self.ironic('rita', 'GET', f'{self.path}/history')
        self.assert_answer(200, answer)
        answer = self.service(
            'alice',
            self.node,
            service_steps=cloud.steps('Enabled'),
            rescue_password='x',
        )
        self.assertEqual(400, answer.status)

    def test_maintenance(self) -> None:
        path = f'{self.path}/maintenance'
        body = {'reason': 'DIMM B4'}
        for person, status in (('rita', 403), ('alice', 403), ('oscar', 404)):
            answer = self.ironic(person, 'PUT', path, body)
            self.assertEqual(status, answer.status)
        text = DENIED.format('baremetal:node:clear_maintenance')
        answer = self.ironic('alice', 'DELETE', path)
        self.assert_answer(403, answer, text)
        self.assert_answer(202, self.ironic('mona', 'PUT', path, body))
        node = self.show_node(self.node, 'mona')
        self.assertEqual(
            (True, 'DIMM B4', None),
            (node['maintenance'], node['maintenance_reason'], node['fault']),
        )
        steps = cloud.steps('Enabled')
        answer = self.service('mona', self.node, service_steps=steps)
        self.assert_answer(
            400,
            answer,
            f"The service operation can't be performed on node {self.node} "
            f"because it's in maintenance mode.",
        )
        answer = self.service(
            'mona', self.node, service_steps=steps, rescue_password='x'
        )
        self.assertIn('rescue_password', answer.text)
        self.assert_answer(202, self.ironic('mona', 'DELETE', path))
        node = self.show_node(self.node, 'mona')
        self.assertEqual(
            (False, None), (node['maintenance'], node['maintenance_reason'])
        )

    def test_power(self) -> None:
        path = f'{self.path}/states/power'
        on = {'target': 'power on'}
        answer = self.ironic('rita', 'PUT', path, on)
        text = DENIED.format('baremetal:node:set_power_state')
        self.assert_answer(403, answer, text)
        answer = self.ironic('mona', 'PUT', path, {})
        self.assert_answer(400, answer, 'Missing mandatory parameter: target')
        answer = self.ironic('mona', 'PUT', path, {'target': 'nope'})
        self.assert_answer(
            400,
            answer,
            f'The requested action "nope" can not be performed on node '
            f'"{self.node}" while it is in state "power on".',
        )
        self.assert_answer(202, self.ironic('alice', 'PUT', path, on))
        self.wait_for_node(self.node, 'active')
        # Nova hears of it, and believes it.
        off = {'target': 'power off'}
        self.assert_answer(202, self.ironic('alice', 'PUT', path, off))
        self.wait_for_server(self.web, 'SHUTOFF')
        self.assertEqual('power off', self.show_node(self.node)['power_state'])
        self.wait_for_node(self.node, 'active')
        self.assert_answer(202, self.ironic('mona', 'PUT', path, on))
        self.wait_for_power(self.web)
        self.wait_for_node(self.node, 'active')

    def test_changing_fields(self) -> None:
        def change(person: str, path: str, value: Any) -> cloud.Answer:
            patch = [{'op': 'add', 'path': path, 'value': value}]
            return self.ironic(person, 'PATCH', self.path, patch)

        self.addCleanup(self.change_node, self.node, 'extra/contract', None)
        answer = change('mona', '/extra/contract', 1)
        self.assertEqual(
            1, self.assert_answer(200, answer)['extra']['contract']
        )
        for person, path, policy in (
            ('mona', '/driver_info/x', 'update:driver_info'),
            ('rita', '/extra/contract', 'update_extra'),
        ):
            answer = change(person, path, 1)
            text = DENIED.format(f'baremetal:node:{policy}')
            self.assert_answer(403, answer, text)


class TemplateContract(cloud.Contract):
    """Deploy templates and runbooks, and who sees them."""

    def test_templates_are_the_systems(self) -> None:
        text = DENIED.format('baremetal:deploy_template:get')
        for person in ('mona', 'adam', 'operator', 'oscar'):
            for path in (
                '/deploy_templates?detail=True',
                '/deploy_templates/CUSTOM_HYPERTHREADING_ON',
            ):
                self.assert_answer(403, self.ironic(person, 'GET', path), text)
        path = '/deploy_templates/CUSTOM_HYPERTHREADING_ON'
        found = self.ironic('operator-system', 'GET', path).document
        fields = {'uuid', 'created_at', 'updated_at', 'name', 'extra',
                  'links', 'steps'}  # fmt: skip
        self.assertEqual(fields, set(found))
        self.assertEqual('enabled', found['extra']['config-value'])
        path = '/deploy_templates?detail=True&limit=3'
        page = self.ironic('operator-system', 'GET', path).document
        self.assertEqual(3, len(page['deploy_templates']))
        self.assertEqual(fields, set(page['deploy_templates'][0]))
        self.assertIn('marker=', page['next'])
        answer = self.ironic('operator-system', 'GET', '/deploy_templates/x')
        text = 'Deploy template x could not be found.'
        self.assert_answer(404, answer, text)
        answer = self.ironic(
            'operator-system', 'GET', '/deploy_templates', version='1.54'
        )
        text = 'The API version does not allow deploy templates'
        self.assert_answer(404, answer, text)

    def test_templates_are_made_by_the_system(self) -> None:
        name = 'CUSTOM_CONTRACT'
        steps = [cloud.STEP | {'args': {'settings': []}, 'priority': 10}]
        body = {'name': name, 'steps': steps, 'extra': {'a': 1}}
        operator, url = 'operator-system', '/deploy_templates'
        for person in ('mona', 'operator'):
            answer = self.ironic(person, 'POST', url, body)
            text = DENIED.format('baremetal:deploy_template:create')
            self.assert_answer(403, answer, text)
        self.assert_answer(201, self.ironic(operator, 'POST', url, body))
        path = f'{url}/{name}'
        self.addCleanup(self.ironic, operator, 'DELETE', path)
        wrong = 'Schema error for template: '
        for changes, status, text in (
            ({}, 409, f'A deploy template with name {name} already exists.'),
            (
                {'name': 'x'},
                400,
                f"{wrong}'x' is not valid under any of the given schemas. "
                "Possible root cause: 'x' does not match "
                "'^CUSTOM_[A-Z0-9_]+$'",
            ),
            (
                {'steps': [cloud.STEP]},
                400,
                f"{wrong}'args' is a required property",
            ),
        ):
            answer = self.ironic(operator, 'POST', url, body | changes)
            self.assert_answer(status, answer, text)
        patch = [{'op': 'replace', 'path': '/extra/a', 'value': 2}]
        answer = self.ironic(operator, 'PATCH', path, patch)
        self.assertEqual({'a': 2}, self.assert_answer(200, answer)['extra'])
        answer = self.ironic('mona', 'DELETE', path)
        text = DENIED.format('baremetal:deploy_template:delete')
        self.assert_answer(403, answer, text)
        answer = self.ironic(operator, 'DELETE', path)
        self.assert_answer(204, answer)

    def test_public_runbooks_are_everybodys_to_see(self) -> None:
        new = '1.112'
        if not self.has(new):
            self.old_runbooks()
            return
        for person in ('rita', 'oscar', 'operator', 'operator-system'):
            answer = self.ironic(
                person, 'GET', '/runbooks?detail=True', version=new
            )
            by_name = {r['name']: r for r in answer.document['runbooks']}
            found = by_name['ht-on']
            self.assertEqual(
                (True, None, ['HW_CPU_HYPERTHREADING'], False),
                (
                    found['public'],
                    found['owner'],
                    found['traits'],
                    found['disable_ramdisk'],
                ),
            )
        path = '/runbooks/ht-on'
        shown = self.ironic('rita', 'GET', path, version=new).document
        self.assertEqual(set(found), set(shown))
        old = self.ironic('rita', 'GET', path, version='1.92').document
        self.assertEqual({'traits', 'description'}, set(shown) - set(old))
        answer = self.ironic('rita', 'GET', f'{path}/traits', version=new)
        text = DENIED.format('baremetal:runbook:get')
        self.assert_answer(403, answer, text)
        answer = self.ironic('rita', 'GET', '/runbooks', version='1.91')
        text = 'The API version does not allow runbooks'
        self.assert_answer(404, answer, text)

    def old_runbooks(self) -> None:
        """Check who sees runbooks that have no traits, if there are any."""
        if not self.has('1.92'):
            for version in ('1.65', '1.87', self.cloud.release.ironic):
                answer = self.ironic(
                    'mona', 'GET', '/runbooks', version=version
                )
                self.assert_answer(404, answer, '')
            return
        answer = self.ironic('rita', 'GET', '/runbooks', version='1.92')
        self.assert_answer(200, answer)
        answer = self.ironic('rita', 'GET', '/runbooks', version='1.91')
        text = 'The API version does not allow runbooks'
        self.assert_answer(404, answer, text)


# How many fields a node has in a version, with its links.
_COUNTS = {
    '1.1': 22,
    '1.65': 59,
    '1.86': 65,
    '1.87': 66,
    '1.95': 67,
    '1.104': 68,
    '1.115': 69,
}
