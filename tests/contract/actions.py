"""What is done to servers, and what is told of it."""

from typing import Any

from tests.contract import cloud

DENIED = "Policy doesn't allow os_compute_api:{} to be performed."
ON, OFF = 'power on', 'power off'
EVENT = {'event', 'start_time', 'finish_time', 'result', 'hostId'}


class ActionContract(cloud.Contract):
    """One server on a fake node, which is stopped, started and locked."""

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('large')

    def refused(
        self, status: int, text: str, person: str, name: str, what: Any = None
    ) -> None:
        """Check that an action is refused."""
        answer = self.act(person, self.web, name, what)
        self.assert_answer(status, answer, text)

    def conflict(self, name: str, state: str) -> None:
        """Check that a manager is refused because of a state."""
        shown = name.removeprefix('os-')
        text = f"Cannot '{shown}' instance {self.web} while it is in {state}"
        what = None
        if name == 'resize':
            what = {'flavorRef': self.flavor_id('bm.large.ht-on')}
        self.refused(409, text, 'mona', name, what)

    def look(self) -> tuple[Any, ...]:
        """Return what Nova and Ironic say of the power."""
        server = self.show_server(self.web)
        return (
            server['status'],
            server['OS-EXT-STS:task_state'],
            server['OS-EXT-STS:power_state'],
        )

    def test_stop_and_start(self) -> None:
        self.conflict('os-start', 'vm_state active')
        answer = self.act('alice', self.web, 'os-stop', None)
        self.assert_answer(202, answer)
        self.conflict('os-stop', 'task_state powering-off')
        self.conflict('os-start', 'vm_state active')
        self.conflict('resize', 'task_state powering-off')
        seen = self.watch(self.look, lambda now: now[0] == 'SHUTOFF')
        stopped = ('SHUTOFF', None, 4)
        self.assert_passed(seen, [('ACTIVE', 'powering-off', 1), stopped])
        self.assertNotIn('progress', self.show_server(self.web))
        self.wait_for_node(self.node, 'active')
        self.assertEqual(OFF, self.show_node(self.node)['power_state'])
        self.conflict('os-stop', 'vm_state stopped')
        answer = self.act('mona', self.web, 'os-start', None)
        self.assert_answer(202, answer)
        self.conflict('os-start', 'task_state powering-on')
        seen = self.watch(self.look, lambda now: now[0] == 'ACTIVE')
        self.assert_passed(
            seen, [('SHUTOFF', 'powering-on', 4), ('ACTIVE', None, 1)]
        )
        self.assertEqual(ON, self.show_node(self.node)['power_state'])
        # Ironic tells Nova of the same, which makes an action of it.
        path = f'/servers/{self.web}/os-instance-actions'
        actions = self.nova('mona', 'GET', path).document['instanceActions']
        self.assertEqual(
            ['start', 'start', 'stop', 'stop'],
            [action['action'] for action in actions[:4]],
        )
        self.assertEqual(2, len({a['user_id'] for a in actions[:2]}))

    def test_what_was_asked_is_told(self) -> None:
        answer = self.act('mona', self.web, 'lock', None)
        self.assert_answer(202, answer)
        request_id = answer.headers['x-openstack-request-id']
        self.act('mona', self.web, 'unlock', None)
        path = f'/servers/{self.web}/os-instance-actions'
        listed = self.nova('rita', 'GET', path).document['instanceActions']
        self.assertEqual('unlock', listed[0]['action'])
        self.assertEqual('create', listed[-1]['action'])
        fields = {
            'action', 'instance_uuid', 'request_id', 'user_id', 'project_id',
            'start_time', 'message', 'updated_at',
        }  # fmt: skip
        self.assertEqual(fields, set(listed[0]))
        shown = self.nova('rita', 'GET', f'{path}/{request_id}').document
        self.assertEqual('lock', shown['instanceAction']['action'])
        self.assertEqual(fields | {'events'}, set(shown['instanceAction']))
        answer = self.nova('mona', 'GET', f'{path}/req-nope')
        self.assert_answer(404, answer, 'Action req-nope not found')
        answer = self.nova('oscar', 'GET', path)
        text = f'Instance {self.web} could not be found.'
        self.assert_answer(404, answer, text)

    def test_people_who_are_refused(self) -> None:
        for name, policy, what in (
            ('os-stop', 'servers:stop', None),
            ('lock', 'os-lock-server:lock', None),
            ('resize', 'servers:resize', {'flavorRef': 'x'}),
        ):
            self.refused(403, DENIED.format(policy), 'rita', name, what)
        text = f'Instance {self.web} could not be found.'
        self.refused(404, text, 'oscar', 'os-stop')
        path = f'/servers/{self.web}'
        answer = self.nova('rita', 'DELETE', path)
        self.assert_answer(403, answer, DENIED.format('servers:delete'))
        self.assert_answer(404, self.nova('oscar', 'DELETE', path), text)

    def test_what_makes_no_sense(self) -> None:
        text = 'There is no such action: nope'
        self.refused(400, text, 'mona', 'nope')
        text = 'When resizing, instances must change flavor!'
        same = {'flavorRef': self.flavor_id('bm.large.ht-off')}
        self.refused(400, text, 'mona', 'resize', same)
        text = 'Flavor nope could not be found.'
        self.refused(400, text, 'mona', 'resize', {'flavorRef': 'nope'})
        text = 'Invalid input for field/attribute resize. Value: {}. '
        text += "'flavorRef' is a required property"
        self.refused(400, text, 'mona', 'resize', {})
        text = 'Invalid input for field/attribute resize. Value: None. None '
        text += "is not of type 'object'"
        self.refused(400, text, 'mona', 'resize', None)
        for name in ('confirmResize', 'revertResize'):
            self.conflict(name, 'vm_state active')

    def test_locked(self) -> None:
        path = f'/servers/{self.web}/metadata'
        item = {'metadata': {'a': 'b'}}
        self.nova('mona', 'POST', path, item)
        reason = {'locked_reason': 'audit'}
        self.act('mona', self.web, 'lock', reason)
        self.addCleanup(self.nova, 'mona', 'DELETE', f'{path}/a')
        self.addCleanup(self.act, 'mona', self.web, 'unlock', None)
        server = self.show_server(self.web)
        self.assertEqual(
            (True, 'audit'), (server['locked'], server['locked_reason'])
        )
        text = f'Instance {self.web} is locked'
        on = {'flavorRef': self.flavor_id('bm.large.ht-on')}
        for name, what in (
            ('os-stop', None),
            ('os-start', None),
            ('resize', on),
            ('confirmResize', None),
            ('revertResize', None),
        ):
            self.refused(409, text, 'mona', name, what)
        for method, url, body in (
            ('POST', path, item),
            ('PUT', path, item),
            ('PUT', f'{path}/a', {'meta': {'a': 'c'}}),
            ('DELETE', f'{path}/a', None),
        ):
            answer = self.nova('mona', method, url, body)
            self.assert_answer(409, answer, text)
        # To an administrator a lock is none.
        answer = self.nova('operator', 'POST', path, {'metadata': {'x': ''}})
        self.assert_answer(200, answer)
        answer = self.nova('operator', 'DELETE', f'{path}/x')
        self.assert_answer(204, answer)

    def test_locked_by_an_administrator(self) -> None:
        self.act('operator', self.web, 'lock', None)
        self.addCleanup(self.act, 'operator', self.web, 'unlock', None)
        policy = 'os-lock-server:unlock:unlock_override'
        self.refused(403, DENIED.format(policy), 'mona', 'unlock')

    def test_resize_bounces(self) -> None:
        what = {'flavorRef': self.flavor_id('bm.large.ht-on')}
        answer = self.act('mona', self.web, 'resize', what)
        self.assert_answer(202, answer)
        request_id = answer.headers['x-openstack-request-id']
        seen = self.watch(
            lambda: self.look()[:2], lambda now: now[0] == 'ACTIVE'
        )
        self.assert_passed(seen, [('RESIZE', 'resize_prep'), ('ACTIVE', None)])
        server = self.show_server(self.web)
        self.assertEqual('bm.large.ht-off', server['flavor']['original_name'])
        self.assertNotIn('fault', server)
        path = f'/servers/{self.web}/os-instance-actions'
        [action] = [
            action
            for action in self.nova('mona', 'GET', path).document[
                'instanceActions'
            ]
            if action['request_id'] == request_id
        ]
        self.assertEqual(
            ('resize', 'Error'), (action['action'], action['message'])
        )
        self.check_events(f'{path}/{request_id}')
        self.assertEqual(
            'active', self.show_node(self.node)['provision_state']
        )

    def check_events(self, path: str) -> None:
        """Check what is told of the parts of a resize that bounced."""
        for person, version, fields in (
            ('mona', '2.96', EVENT),
            ('rita', '2.61', EVENT - {'hostId'}),
            ('operator', '2.50', EVENT - {'hostId'} | {'traceback'}),
            ('operator', '2.83', EVENT | {'traceback', 'host'}),
            ('operator', '2.96', EVENT | {'traceback', 'host', 'details'}),
        ):
            answer = self.nova(person, 'GET', path, version=version)
            events = answer.document['instanceAction']['events']
            for event in events:
                self.assertEqual(fields, set(event), version)
            results = {
                event['event']
                for event in events
                if event['result'] == 'Error'
            }
            # Where no other node is free, it does not come to a host at all.
            self.assertEqual(
                {'cold_migrate', 'conductor_migrate_server'},
                results - {'compute_prep_resize'},
            )
        answer = self.nova('mona', 'GET', path, version='2.50')
        self.assertNotIn('events', answer.document['instanceAction'])


class ResizeContract(cloud.Contract):
    """One server on the host that can resize, with a node bound to it."""

    TASKS = ('resize_prep', 'resize_migrating', 'resize_migrated')

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('resizable')

    def look(self) -> tuple[Any, ...]:
        """Return status, task and flavor."""
        server = self.show_server(self.web)
        return (
            server['status'],
            server['OS-EXT-STS:vm_state'],
            server['OS-EXT-STS:task_state'],
            server['flavor']['original_name'],
        )

    def resize(self, flavor: str, state: str = 'active') -> None:
        """Resize, with all checks of what is passed."""
        before = self.look()[-1]
        what = {'flavorRef': self.flavor_id(flavor)}
        self.assert_answer(202, self.act('mona', self.web, 'resize', what))
        seen = self.watch(self.look, lambda now: now[0] == 'VERIFY_RESIZE')
        self.assert_passed(
            seen,
            [('VERIFY_RESIZE', 'resized', None, flavor)],
            *(('RESIZE', state, task, before) for task in self.TASKS),
            ('RESIZE', state, 'resize_migrated', flavor),
            ('RESIZE', state, 'resize_finish', flavor),
        )

    def test_to_and_fro(self) -> None:
        self.resize('rz.small.ht-on')
        wrong = f"Cannot '{{}}' instance {self.web} while it is in vm_state "
        wrong += 'resized'
        for name, what in (
            ('os-stop', None),
            ('os-start', None),
            ('resize', {'flavorRef': self.flavor_id('rz.small')}),
        ):
            answer = self.act('mona', self.web, name, what)
            shown = name.removeprefix('os-')
            self.assert_answer(409, answer, wrong.format(shown))
        answer = self.act('rita', self.web, 'confirmResize', None)
        policy = 'servers:confirm_resize'
        self.assert_answer(403, answer, DENIED.format(policy))
        self.service_while_resized()
        answer = self.act('mona', self.web, 'revertResize', None)
        self.assert_answer(202, answer)
        answer = self.act('mona', self.web, 'confirmResize', None)
        self.assertEqual(409, answer.status)
        seen = self.watch(self.look, lambda now: now[0] == 'ACTIVE')
        self.assertEqual(
            ('ACTIVE', 'active', None, 'rz.small.ht-off'), seen[-1]
        )
        statuses = {now[0] for now in seen}
        self.assertLessEqual(statuses, {'REVERT_RESIZE', 'ACTIVE'})

        self.resize('rz.small.ht-on')
        answer = self.act('alice', self.web, 'confirmResize', None)
        self.assert_answer(204, answer)
        seen = self.watch(self.look, lambda now: now[0] == 'ACTIVE')
        flavor = 'rz.small.ht-on'
        self.assert_passed(
            seen,
            [('ACTIVE', 'active', None, flavor)],
            ('VERIFY_RESIZE', 'resized', None, flavor),
        )
        self.check_actions()

    def service_while_resized(self) -> None:
        """Check that the node does not care."""
        self.knob(self.node, 'fake_bios_seconds', 1)
        value = 'Disabled'
        if self.bios(self.node) == value:
            value = 'Enabled'
        answer = self.service(
            'mona', self.node, service_steps=cloud.steps(value)
        )
        self.assert_answer(202, answer)
        self.wait_until('', lambda: self.bios(self.node) == value)
        self.wait_for_node(self.node, 'active')
        self.assertEqual(
            ('VERIFY_RESIZE', 'resized', None, 'rz.small.ht-on'), self.look()
        )

    def test_power_of_its_node_is_not_its_own(self) -> None:
        """Nova's fake driver has a power of its own, whatever Ironic tells."""
        server, node = ('ACTIVE', None), ('active', None)

        def power_state() -> str:
            return str(self.show_node(self.node)['power_state'])

        path = f'/nodes/{self.node}/states/power'
        for power in ('off', 'on'):
            body = {'target': f'power {power}'}
            answer = self.ironic('mona', 'PUT', path, body)
            self.assert_answer(202, answer)
            self.wait_for(power_state, body['target'])
            self.cloud.sleep(1.5)
            self.assertEqual(server, self.server_state(self.web))
            self.assertEqual(node, self.node_state(self.node))
        path = f'/servers/{self.web}/os-instance-actions'
        actions = self.nova('mona', 'GET', path).document['instanceActions']
        self.assertEqual(
            [('start', None), ('stop', 'Error')],
            [(action['action'], action['message']) for action in actions[:2]],
        )

    def check_actions(self) -> None:
        """Check what is told of a resize that went well."""
        path = f'/servers/{self.web}/os-instance-actions'
        actions = self.nova('mona', 'GET', path).document['instanceActions']
        by_name: dict[str, Any] = {}
        for action in actions:
            by_name.setdefault(action['action'], action)
        for name, events in (
            ('confirmResize', {'compute_confirm_resize'}),
            (
                'resize',
                {
                    'cold_migrate',
                    'conductor_migrate_server',
                    'compute_prep_resize',
                    'compute_resize_instance',
                    'compute_finish_resize',
                },
            ),
        ):
            action = by_name[name]
            self.assertIsNone(action['message'])
            url = f'{path}/{action["request_id"]}'

            def results(url: str = url) -> dict[str, str | None]:
                shown = self.nova('mona', 'GET', url).document
                listed = shown['instanceAction']['events']
                return {event['event']: event['result'] for event in listed}

            # An event ends a little after what it has led to is seen.
            self.wait_for(results, dict.fromkeys(events, 'Success'))

    def test_while_it_is_off(self) -> None:
        flavor = self.look()[-1]
        self.act('mona', self.web, 'os-stop', None)
        self.wait_for_server(self.web, 'SHUTOFF')
        self.resize('rz.small', 'stopped')
        self.act('mona', self.web, 'revertResize', None)
        self.wait_for_server(self.web, 'SHUTOFF')
        self.assertEqual(('SHUTOFF', 'stopped', None, flavor), self.look())
        self.start_server(self.web)
