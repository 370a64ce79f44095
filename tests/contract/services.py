"""Service steps: who may, in which order it is checked, and what happens."""

from collections.abc import Sequence
from typing import Any

from tests.contract import cloud

DENIED = 'Access was denied to the following resource: {}'
RESCUE = '"rescue_password" is only valid when setting target provision '
RESCUE += 'state to rescue'
MAY = ('mona', 'adam', 'operator-system')
NEW = '1.112'
SEEN = '** Redacted'


class AskContract(cloud.Contract):
    """What is answered to one who only asks; nothing is ever begun."""

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('large')
        self.steps = cloud.steps('Enabled')

    def ask(self, person: str, version: str = '1.87', **more: Any) -> Any:
        """Return the answer to a service with a password for a rescue."""
        more = {'service_steps': self.steps} | more
        return self.service(
            person, self.node, version, rescue_password='x', **more
        )

    def refused(
        self,
        status: int,
        text: str,
        person: str = 'mona',
        version: str = '1.87',
        **body: Any,
    ) -> None:
        """Check that a service is refused."""
        answer = self.service(person, self.node, version, **body)
        self.assertEqual(status, answer.status, answer.text)
        self.assertEqual(text, answer.text.partition('\n')[0])

    def test_steps_by_role(self) -> None:
        for person in MAY:
            self.assert_answer(400, self.ask(person), RESCUE)
        text = DENIED.format('baremetal:node:set_provision_state')
        for person in ('alice', 'rita'):
            self.assert_answer(403, self.ask(person), text)
        text = f'Node {self.node} could not be found.'
        for person in ('oscar', 'operator'):
            self.assert_answer(404, self.ask(person), text)

    def test_steps_that_are_wrong(self) -> None:
        required = '"service_steps" is required when setting target '
        required += 'provision state to service'
        self.refused(400, required)
        self.refused(400, required, service_steps=[])
        self.refused(
            400,
            "Expected types <class 'NoneType'>, <class 'list'> for "
            'service_steps: x',
            service_steps='x',
        )
        self.refused(
            400,
            "Invalid service_steps: 'nope' is not one of ['vendor', 'power', "
            "'management', 'firmware', 'deploy', 'bios', 'raid']",
            service_steps=[{'interface': 'nope', 'step': 'x'}],
        )
        self.refused(
            400,
            'Invalid service_steps: Additional properties are not allowed '
            "('priority' was unexpected)",
            service_steps=[cloud.STEP | {'priority': 1}],
        )
        status, text = 500, "'step'"
        if not self.cloud.release.checks_each_step:
            status = 400
            text = "Invalid service_steps: 'step' is a required property"
        self.refused(status, text, service_steps=[{'interface': 'bios'}])
        self.refused(400, RESCUE, rescue_password='x')

    def test_versions_that_are_too_old(self) -> None:
        text = 'Request not acceptable.'
        for version in ('1.1', '1.86'):
            self.refused(406, text, version=version, service_steps=self.steps)
        self.assert_answer(400, self.ask('mona', '1.86'), RESCUE)
        if self.has('1.92'):
            self.refused(406, text, version='1.91', runbook='ht-on')
        else:
            text = 'Unexpected arguments: runbook'
            self.refused(400, text, runbook='ht-on')
        status, text = 406, 'disable_ramdisk is not acceptable in this API '
        text += 'version'
        if not self.cloud.release.skips_ramdisk:
            status = 400
            text = 'disable_ramdisk is supported only with manual cleaning'
        for value in (True, False):
            self.refused(
                status,
                text,
                service_steps=self.steps,
                disable_ramdisk=value,
                rescue_password='x',
            )
        if self.has('1.108'):
            self.assert_answer(
                400, self.ask('mona', '1.108', disable_ramdisk=True), RESCUE
            )

    def test_targets_that_do_not_fit(self) -> None:
        path = f'/nodes/{self.node}/states/provision'
        for target in ('abort', 'active', 'nope', 'provide'):
            answer = self.ironic('mona', 'PUT', path, {'target': target})
            text = f'The requested action "{target}" can not be performed '
            text += f'on node "{self.node}" while it is in state "active".'
            self.assert_answer(400, answer, text)
        answer = self.ironic('mona', 'PUT', path, {})
        self.assert_answer(400, answer, 'Missing mandatory parameter: target')
        answer = self.ironic('alice', 'PUT', path, {'target': 'abort'})
        text = DENIED.format('baremetal:node:set_provision_state')
        self.assert_answer(403, answer, text)

    def test_public_runbook(self) -> None:
        if not self.has(NEW):
            self.runbook_by_its_name()
            return
        text = DENIED.format('baremetal:runbook:use')
        for version in ('1.92', NEW):
            for person in ('mona', 'adam'):
                self.refused(403, text, person, version, runbook='ht-on')
        text = 'Runbook nope could not be found.'
        for person in ('mona', 'operator-system'):
            self.refused(404, text, person, NEW, runbook='nope')
        text = DENIED.format('baremetal:node:set_provision_state')
        for name in ('ht-on', 'nope'):
            self.refused(403, text, 'alice', NEW, runbook=name)
        self.refused(
            400,
            RESCUE,
            'operator-system',
            NEW,
            runbook='ht-on',
            rescue_password='x',
        )
        self.refused(
            400,
            'Please provide either "service_steps" or a runbook, but not '
            'both.',
            'operator-system',
            NEW,
            runbook='ht-on',
            service_steps=self.steps,
        )
        self.refused(
            400,
            f'This runbook has not been approved for use on this node '
            f'{self.node}. Please ask an administrator to add it to your node '
            f'traits.',
            'operator-system',
            '1.92',
            runbook='ht-on',
        )

    def runbook_by_its_name(self) -> None:
        """Check a runbook that is approved by a trait of its own name.

        The first releases with runbooks refuse a service by any.
        """
        if not self.has('1.92'):
            return
        newest, name = self.cloud.release.ironic, 'CUSTOM_GOLD'
        steps = [self.steps[0] | {'order': 1}]
        answer = self.ironic(
            'mona',
            'POST',
            '/runbooks',
            {'name': name, 'steps': steps},
            version=newest,
        )
        self.assert_answer(201, answer)
        path = f'/runbooks/{name}'
        self.addCleanup(self.ironic, 'mona', 'DELETE', path, version=newest)
        text = RESCUE
        if not self.cloud.release.skips_ramdisk:
            text = 'disable_ramdisk is supported only with manual cleaning'
        answer = self.ask('mona', newest, service_steps=None, runbook=name)
        self.assert_answer(400, answer, text)

    def test_runbook_of_the_project(self) -> None:
        if not self.has(NEW):
            return
        name, path = 'CUSTOM_GOLD', '/runbooks/CUSTOM_GOLD'
        steps = [self.steps[0] | {'order': 1}]
        body = {'name': name, 'steps': steps, 'extra': {'a': [1]}}

        def create(person: str, **changes: Any) -> cloud.Answer:
            url = '/runbooks'
            version = changes.pop('version', NEW)
            return self.ironic(
                person, 'POST', url, body | changes, version=version
            )

        text = DENIED.format('baremetal:runbook:create')
        for person in ('rita', 'alice'):
            self.assert_answer(403, create(person), text)
        made = self.assert_answer(201, create('mona'))
        operator = 'operator-system'
        self.addCleanup(self.ironic, operator, 'DELETE', path, version=NEW)
        self.assertEqual(
            (False, self.show_node(self.node)['lessee'], [], {'a': [1]}),
            (made['public'], made['owner'], made['traits'], made['extra']),
        )
        text = f'A runbook with name {name} already exists.'
        self.assert_answer(409, create('mona'), text)
        text = "Schema error for runbook: 'order' is a required property"
        wrong = {'name': 'contract-x', 'steps': self.steps}
        self.assert_answer(400, create('mona', **wrong), text)
        text = 'Cannot create a public runbook as a project scoped admin.'
        answer = create('mona', name='contract-x', public=True)
        self.assert_answer(400, answer, text)
        text = "Schema error for runbook: 'ht-x' is not valid under any of "
        text += "the given schemas. Possible root cause: 'ht-x' does not "
        text += "match '^CUSTOM_[A-Z0-9_]+$'"
        answer = create('mona', name='ht-x', version='1.92')
        self.assert_answer(400, answer, text)
        self.use(name, made['uuid'], path)

    def use(self, name: str, runbook_id: str, path: str) -> None:
        """Check who may use a runbook of the project, and where."""
        ask = {'service_steps': None, 'runbook': name}
        text = f'Runbook {runbook_id} has no traits configured. Please ask '
        text += 'an administrator to add traits to the runbook.'
        self.assert_answer(400, self.ask('mona', NEW, **ask), text)
        self.traits(path, 'CUSTOM_NOPE')
        text = 'This runbook has not been approved for use on this node '
        text += f'{self.node}. The node does not have any of the runbook\'s '
        text += "traits ['CUSTOM_NOPE']. Please ask an administrator to add "
        text += 'a matching trait to your node.'
        self.assert_answer(400, self.ask('mona', NEW, **ask), text)
        self.traits(path, 'CUSTOM_GOLD')
        for person in ('mona', 'adam', 'operator-system'):
            self.assert_answer(400, self.ask(person, NEW, **ask), RESCUE)
        # By its name it is approved in old versions, but they do not accept
        # what comes with every runbook.
        text = 'disable_ramdisk is not acceptable in this API version'
        self.assert_answer(406, self.ask('mona', '1.92', **ask), text)
        text = DENIED.format('baremetal:node:set_provision_state')
        self.assert_answer(403, self.ask('alice', NEW, **ask), text)
        text = DENIED.format('%(resource)s')
        answer = self.ironic('oscar', 'GET', path, version=NEW)
        self.assert_answer(403, answer, text)
        listed = self.ironic('oscar', 'GET', '/runbooks', version=NEW)
        names = [r['name'] for r in listed.document['runbooks']]
        self.assertNotIn(name, names)
        text = DENIED.format('baremetal:runbook:delete')
        answer = self.ironic('alice', 'DELETE', path, version=NEW)
        self.assert_answer(403, answer, text)
        answer = self.ironic('mona', 'DELETE', path, version=NEW)
        self.assert_answer(204, answer)
        answer = self.ironic('mona', 'GET', path, version=NEW)
        text = f'Runbook {name} could not be found.'
        self.assert_answer(404, answer, text)

    def traits(self, path: str, trait: str) -> None:
        """Have just this trait on the runbook."""
        body, url = {'traits': [trait]}, f'{path}/traits'
        answer = self.ironic('mona', 'PUT', url, body, version=NEW)
        self.assert_answer(204, answer)
        answer = self.ironic('mona', 'GET', url, version=NEW)
        self.assertEqual(body, answer.document)


class FakeServiceContract(cloud.Contract):
    """Service steps on a node with fake interfaces."""

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('large')
        self.addCleanup(self.start)
        self.addCleanup(self.wait_for_node, self.node, 'active')

    def start(self) -> None:
        """Have the server run; on a busy machine it misses an event."""
        self.start_server(self.web)

    def begin(self, value: Any, setting: str = 'LogicalProc') -> None:
        """Begin a service."""
        steps = cloud.steps(value, setting)
        answer = self.service('mona', self.node, service_steps=steps)
        self.assert_answer(202, answer)

    def serve(self, value: Any, setting: str) -> None:
        """Have a setting set, with a reboot that Nova sees."""
        self.begin(value, setting)
        node = self.wait_for_node(self.node, 'active')
        self.assertIsNone(node['last_error'])
        self.start()

    def other(self) -> str:
        """Return the value that the node does not have."""
        is_on = self.bios(self.node) == 'Enabled'
        return 'Disabled' if is_on else 'Enabled'

    def look(self) -> tuple[Any, ...]:
        """Return the states of node and server."""
        node = self.show_node(self.node)
        server = self.server_state(self.web)
        return (
            node['provision_state'],
            node['target_provision_state'],
            node['power_state'],
            server[0],
        )

    def test_of_a_server_that_runs(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 5)
        value = self.other()
        self.begin(value)
        self.while_it_is_serviced()
        on = ('servicing', 'active', 'power on', 'ACTIVE')
        off = ('servicing', 'active', 'power off', 'ACTIVE')
        down = ('servicing', 'active', 'power off', 'SHUTOFF')
        seen = self.watch(self.look, lambda now: now[0] == 'active')
        self.assert_passed(
            seen[:-1], [down], on, off, (*on[:3], 'SHUTOFF'), (*off,)
        )
        self.wait_for_power(self.web)
        self.assertEqual(('active', None, 'power on', 'ACTIVE'), self.look())
        self.assertEqual(value, self.bios(self.node))
        node = self.show_node(self.node)
        self.assertEqual(
            ({}, None, False),
            (node['service_step'], node['last_error'], node['maintenance']),
        )

    def while_it_is_serviced(self) -> None:
        """Check what else cannot be done meanwhile."""
        node_id = self.node

        def step() -> Any:
            return self.show_node(node_id)['service_step'].get('step')

        self.wait_until('a step', lambda: step() == 'apply_configuration')
        node = self.show_node(node_id)
        self.assertEqual(
            (False, 0, 'bios', 'servicing', 'active'),
            (
                node['service_step']['abortable'],
                node['service_step']['priority'],
                node['service_step']['interface'],
                node['provision_state'],
                node['target_provision_state'],
            ),
        )
        self.assertIsNotNone(node['reservation'])
        mine = self.show_node(node_id, 'mona')
        self.assertEqual(node['service_step'], mine['service_step'])
        patch = [{'op': 'add', 'path': '/extra/contract', 'value': 1}]
        answer = self.ironic(
            'operator-system', 'PATCH', f'/nodes/{node_id}', patch
        )
        text = f'Node {node_id} can not be updated while a state transition '
        text += 'is in progress.'
        self.assert_answer(409, answer, text)
        text = f'Node {node_id} is locked by host {node["reservation"]}, '
        text += 'please retry after the current operation is completed.'
        path = f'/nodes/{node_id}/states/provision'
        for target in ('abort', 'service'):
            body = {'target': target, 'service_steps': cloud.steps('Enabled')}
            if target == 'abort':
                del body['service_steps']
            answer = self.ironic('mona', 'PUT', path, body)
            self.assert_answer(409, answer, text)

    def test_of_a_server_that_is_off(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        self.act('mona', self.web, 'os-stop', None)
        self.wait_for_server(self.web, 'SHUTOFF')
        self.wait_for_node(self.node, 'active')
        value = self.other()
        self.begin(value)
        seen = self.watch(self.look, lambda now: now[0] == 'active')
        self.assert_passed(
            seen,
            [
                ('servicing', 'active', 'power off', 'SHUTOFF'),
                ('active', None, 'power off', 'SHUTOFF'),
            ],
        )
        self.assertEqual(value, self.bios(self.node))
        self.wait_for_node(self.node, 'active')
        self.start()

    def test_bmc_that_says_yes_and_does_nothing(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        self.knob(self.node, 'fake_bios_ignore', True)
        before = self.bios(self.node)
        self.begin(self.other())
        node = self.wait_for_node(self.node, 'active')
        self.assertEqual(
            (None, False), (node['last_error'], node['maintenance'])
        )
        self.assertEqual(before, self.bios(self.node))

    def test_bmc_that_is_late(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        self.knob(self.node, 'fake_bios_late', True)
        before, value = self.bios(self.node), self.other()
        self.serve(value, 'LogicalProc')
        self.assertEqual(before, self.bios(self.node))
        self.change_node(self.node, 'driver_info/fake_bios_late', None)
        self.act('mona', self.web, 'os-stop', None)
        self.wait_for_server(self.web, 'SHUTOFF')
        self.start()
        # It is so now, but Ironic has not looked.
        self.assertEqual(before, self.bios(self.node))
        self.serve('', 'AssetTag')
        self.assertEqual(value, self.bios(self.node))

    def test_boolean(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        for value, stored in ((False, '0'), (True, '1')):
            self.serve(value, 'QuietBoot')
            self.assertEqual(stored, self.bios(self.node, 'QuietBoot'))

    def test_profile_that_changes_and_locks_others(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        self.serve('HighPerformanceCompute(HPC)', 'WorkloadProfile')
        self.serve('BalancedPower', 'EnergyPerfBias')
        self.assertEqual(
            ('Disabled', 'MaxPerf'),
            (
                self.bios(self.node, 'ProcVirtualization'),
                self.bios(self.node, 'EnergyPerfBias'),
            ),
        )
        self.serve('Custom', 'WorkloadProfile')
        self.serve('BalancedPerf', 'EnergyPerfBias')
        self.assertEqual(
            'BalancedPerf', self.bios(self.node, 'EnergyPerfBias')
        )
        self.serve('Enabled', 'ProcVirtualization')

    def test_setting_that_is_there_with_another_only(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        self.serve('Enabled', 'PxeDev2EnDis')
        new = self.settings(self.node)['PxeDev2Interface']
        self.assertEqual('NIC.Embedded.1-1-1', new['value'])
        self.assertIn('NIC.Slot.5-1', new['allowable_values'])
        self.serve('NIC.Slot.5-1', 'PxeDev2Interface')
        self.serve('Disabled', 'PxeDev2EnDis')
        self.assertNotIn('PxeDev2Interface', self.settings(self.node))

    def test_counter(self) -> None:
        self.knob(self.node, 'fake_bios_seconds', 1)
        before = int(self.bios(self.node, 'BootCount'))
        self.serve(before, 'BootCount')
        self.assertLess(before, int(self.bios(self.node, 'BootCount')))

    def test_power_event_that_is_lost(self) -> None:
        """Too short for Nova: the server can read SHUTOFF, the node is on.

        It is a race, so a real cloud does not lose the event every time.
        """
        self.knob(self.node, 'fake_bios_seconds', 0)
        self.begin(self.other())
        self.wait_for_node(self.node, 'active')
        self.wait_until(
            'the server has settled',
            lambda: (
                self.server_state(self.web)
                in (('SHUTOFF', None), ('ACTIVE', None))
            ),
        )
        self.assertEqual('power on', self.show_node(self.node)['power_state'])
        self.start()

    # Failures.

    def fails(self, steps: Sequence[Any], step: str, why: str) -> None:
        """Check how a service fails; the node can be serviced again."""
        answer = self.service('mona', self.node, service_steps=steps)
        self.assert_answer(202, answer)
        node = self.wait_for_node(self.node, 'service failed')
        error = f'Node {self.node} failed step {step}: {why}'
        self.assertEqual(
            ('active', True, 'service failure', error, error, {}),
            (
                node['target_provision_state'],
                node['maintenance'],
                node['fault'],
                node['maintenance_reason'],
                node['last_error'],
                node['service_step'],
            ),
        )
        mine = self.show_node(self.node, 'mona')
        self.assertTrue(mine['last_error'].startswith('** Value Redacted'))
        self.assertEqual(error, mine['maintenance_reason'])
        self.assertEqual('ACTIVE', self.show_server(self.web)['status'])

    def way_out(self) -> None:
        """Check the way out of a failed service."""
        node_id = self.node
        path = f'/nodes/{node_id}'
        steps = cloud.steps('Enabled')
        answer = self.service('mona', node_id, service_steps=steps)
        text = f"The service operation can't be performed on node {node_id} "
        text += "because it's in maintenance mode."
        self.assert_answer(400, answer, text)
        abort = {'target': 'abort'}
        answer = self.ironic('mona', 'PUT', f'{path}/states/provision', abort)
        text = f'Can not abort service on node "{node_id}" while it is in '
        text += 'maintenance mode. Please remove the node from maintenance '
        text += 'prior to issuing the request to abort the service operation.'
        if self.cloud.release.aborts_failed:
            self.assert_answer(409, answer, text)
        else:
            self.assert_answer(400, answer, self.no_abort())
        answer = self.ironic('mona', 'DELETE', f'{path}/maintenance')
        self.assert_answer(202, answer)
        node = self.show_node(node_id)
        self.assertEqual(
            ('service failed', None, None, False),
            (
                node['provision_state'],
                node['fault'],
                node['maintenance_reason'],
                node['maintenance'],
            ),
        )
        answer = self.ironic('mona', 'PUT', f'{path}/states/provision', abort)
        told: str | None = 'By request, the service operation was aborted'
        if not self.cloud.release.aborts_failed:
            self.assert_answer(400, answer, self.no_abort())
            told, step = None, {'interface': 'power', 'step': 'power_on'}
            answer = self.service('mona', node_id, service_steps=[step])
        self.assert_answer(202, answer)
        node = self.wait_for_node(node_id, 'active')
        self.assertEqual(
            (told, None, {}),
            (
                node['last_error'],
                node['target_provision_state'],
                node['service_step'],
            ),
        )

    def no_abort(self) -> str:
        """Return what Ironic says where it aborts no failed service."""
        text = 'The requested action "abort" can not be performed on node '
        return text + f'"{self.node}" while it is in state "service failed".'

    def test_steps_that_the_conductor_drops(self) -> None:
        """A step that only switches the power changes nothing at all."""
        before = self.bios(self.node), self.show_node(self.node)['power_state']
        for name in ('power_off', 'power_on'):
            step = {'interface': 'power', 'step': name}
            answer = self.service('mona', self.node, service_steps=[step])
            self.assert_answer(202, answer)
            node = self.wait_for_node(self.node, 'active')
            self.assertEqual(
                (None, False), (node['last_error'], node['maintenance'])
            )
            after = self.bios(self.node), node['power_state']
            self.assertEqual(before, after)

    def test_failed_and_aborted(self) -> None:
        self.knob(self.node, 'fake_bios_fail', 'the BMC says no')
        before = self.bios(self.node)
        steps = cloud.steps(self.other())
        shown = str(steps[0] | {'abortable': False, 'priority': 0})
        self.fails(steps, shown, 'the BMC says no')
        self.way_out()
        self.assertEqual(before, self.bios(self.node))

    def test_failed_and_serviced_again(self) -> None:
        """Steps that Ironic should have refused, one after the other."""
        step = dict(cloud.STEP)
        known = step | {'abortable': False, 'priority': 0}
        nope = {'interface': 'bios', 'step': 'nope'}
        no_args = step | {'args': {'nope': 1}}
        if self.cloud.release.knows_steps_first:
            self.known_first(nope, step, no_args)
        maybe = cloud.steps('Maybe')
        text = cloud.step_of({'NumaNodesPerSocket': '2', 'QuietBoot': 'true'})
        locked = {'SysProfile': 'Custom', 'ProcCStates': 'Disabled'}
        unknown: tuple[Any, ...] = (
            ([nope], nope, "'Day2BIOS' object has no attribute 'nope'"),
            (
                [step],
                known,
                'Day2BIOS.apply_configuration() missing 1 required '
                "positional argument: 'settings'",
            ),
            (
                [no_args],
                no_args | {'abortable': False, 'priority': 0},
                'Day2BIOS.apply_configuration() got an unexpected keyword '
                "argument 'nope'",
            ),
        )
        if self.cloud.release.knows_steps_first:
            unknown = ()
        for steps, shown, why in (
            *unknown,
            (
                maybe,
                maybe[0] | {'abortable': False, 'priority': 0},
                "LogicalProc takes Enabled, Disabled, not 'Maybe'",
            ),
            (
                text,
                text[0] | {'abortable': False, 'priority': 0},
                "NumaNodesPerSocket takes a number, not '2'; QuietBoot takes "
                "true or false, not 'true'",
            ),
            (
                cloud.step_of(locked),
                cloud.step_of(locked)[0] | {'abortable': False, 'priority': 0},
                'ProcCStates is read-only',
            ),
        ):
            self.fails(steps, str(shown), why)
            path = f'/nodes/{self.node}/maintenance'
            self.assert_answer(202, self.ironic('mona', 'DELETE', path))
        self.knob(self.node, 'fake_bios_seconds', 1)
        value = self.other()
        self.begin(value)
        node = self.wait_for_node(self.node, 'active')
        self.assertEqual(value, self.bios(self.node))
        self.assertEqual(
            (None, False), (node['last_error'], node['maintenance'])
        )

    def known_first(self, nope: Any, step: Any, no_args: Any) -> None:
        """Check steps that fail before any is run, with no maintenance."""
        missing = 'is missing these required arguments: settings (A list of '
        missing += 'BIOS settings to be applied)'
        for one, why in (
            (nope, f'node does not support this service step: {nope}'),
            (step, f'service step {step} {missing}'),
            (
                no_args,
                f'service step {no_args} has these unexpected arguments: nope;'
                f' service step {no_args} {missing}',
            ),
        ):
            answer = self.service('mona', self.node, service_steps=[one])
            self.assert_answer(202, answer)
            node = self.wait_for_node(self.node, 'service failed')
            self.assertEqual(
                (False, None, f'Cannot service node {self.node}: {why}'),
                (node['maintenance'], node['fault'], node['last_error']),
            )


class RedfishServiceContract(cloud.Contract):
    """Service steps on a node with a BMC that speaks Redfish."""

    def setUp(self) -> None:
        super().setUp()
        self.web, self.node = self.server('redfish')

    def look(self) -> tuple[Any, ...]:
        """Return the states of node and server."""
        node = self.show_node(self.node)
        server = self.server_state(self.web)
        return node['provision_state'], node['power_state'], server[0]

    def serve(self, value: str) -> list[Any]:
        """Return what is passed by a service."""
        answer = self.service(
            'mona', self.node, service_steps=cloud.steps(value)
        )
        self.assert_answer(202, answer)
        return self.watch(self.look, lambda now: now[0] == 'active')

    def test_on_and_off(self) -> None:
        on, off = 'power on', 'power off'
        self.starts('Enabled')
        self.act('mona', self.web, 'os-stop', None)
        self.wait_for_server(self.web, 'SHUTOFF')
        self.wait_for_node(self.node, 'active')
        self.assertEqual(off, self.show_node(self.node)['power_state'])
        self.serve('Disabled')
        self.wait_for_power(self.web)
        self.assertEqual(on, self.show_node(self.node)['power_state'])
        answer = self.act('mona', self.web, 'os-start', None)
        text = f"Cannot 'start' instance {self.web} while it is in vm_state "
        text += 'active'
        self.assert_answer(409, answer, text)
        self.assertEqual('Disabled', self.bios(self.node))
        self.text_is_converted()
        self.there_with_another_only()
        self.unknown_setting()
        self.bad_value()
        self.read_only()
        self.abort_while_it_waits()

    def starts(self, value: str) -> None:
        """Check when a service has the node started anew.

        The ramdisk boots before the step, after it, and the server at the end.
        """
        seen = self.serve(value)
        states = [state for state, _, _ in seen]
        self.assertEqual(value, self.bios(self.node))
        self.assertIn('service wait', states)
        if self.cloud.release.boots_ramdisk:
            first = states.index('service wait')
            self.assertIn('servicing', states[first:])
            self.assertIn('service wait', states[first + 1 :])
            self.assertIn('power off', {power for _, power, _ in seen})
        else:
            self.assertEqual(1, states.count('service wait'))
            self.assertEqual(
                {('power on', 'ACTIVE')}, {now[1:] for now in seen}
            )
        self.wait_for_power(self.web)
        # Where it is seen that the same is wanted again, it never waits.
        seen = self.serve(value)
        is_waiting = 'service wait' in {state for state, _, _ in seen}
        self.assertEqual(not self.cloud.release.skips_same, is_waiting)
        self.wait_for_power(self.web)

    def text_is_converted(self) -> None:
        """Check that Ironic makes numbers and truth of text, or does not."""
        self.wait_for_node(self.node, 'active')
        if not self.cloud.release.converts:
            why = 'Redfish BIOS apply configuration failed for node'
            self.fails(cloud.steps('2', 'NumaNodesPerSocket'), why)
            self.fails(cloud.steps('false', 'QuietBoot'), why)
            return
        for number, truth, stored in (('2', 'false', '0'), ('1', 'True', '1')):
            wanted = {'NumaNodesPerSocket': number, 'QuietBoot': truth}
            steps = cloud.step_of(wanted)
            answer = self.service('mona', self.node, service_steps=steps)
            self.assert_answer(202, answer)
            self.wait_for_node(self.node, 'active')
            self.assertEqual(
                (number, stored),
                (
                    self.bios(self.node, 'NumaNodesPerSocket'),
                    self.bios(self.node, 'QuietBoot'),
                ),
            )

    def there_with_another_only(self) -> None:
        """Check that Ironic lists a setting while the BMC has it."""
        for value, type_ in (('Enabled', 'Enumeration'), ('Disabled', None)):
            steps = cloud.steps(value, 'PxeDev2EnDis')
            answer = self.service('mona', self.node, service_steps=steps)
            self.assert_answer(202, answer)
            self.wait_for_node(self.node, 'active')
            found = self.settings(self.node).get('PxeDev2Interface', {})
            self.assertEqual(type_, found.get('attribute_type'))

    def read_only(self) -> None:
        """Check that Ironic refuses what its copy calls read-only."""
        self.wait_for_node(self.node, 'active')
        why = 'invalid value for setting(s): ProcCStates'
        if not self.cloud.release.validates:
            why = 'Redfish BIOS apply configuration failed for node'
        self.fails(cloud.steps('Disabled', 'ProcCStates'), why)

    def unknown_setting(self) -> None:
        """Check that the BMC refuses a setting that it does not know."""
        self.wait_for_node(self.node, 'active')
        steps = cloud.steps('Enabled', 'Nope')
        self.fails(steps, 'Redfish BIOS apply configuration failed for node')

    def fails(self, steps: list[cloud.Document], why: str) -> None:
        """Check that a service fails, and leave it."""
        answer = self.service('mona', self.node, service_steps=steps)
        self.assert_answer(202, answer)
        node = self.wait_for_node(self.node, 'service failed')
        self.assertIn(why, node['last_error'])
        self.assertEqual(
            (True, 'service failure', 'power on'),
            (node['maintenance'], node['fault'], node['power_state']),
        )
        path = f'/nodes/{self.node}'
        self.ironic('mona', 'DELETE', f'{path}/maintenance')
        self.abort()

    def abort(self) -> None:
        """Leave a service that has failed."""
        path = f'/nodes/{self.node}/states/provision'
        answer = self.ironic('mona', 'PUT', path, {'target': 'abort'})
        if not self.cloud.release.aborts_failed:
            self.assertEqual(400, answer.status)
            step = {'interface': 'power', 'step': 'power_on'}
            answer = self.service('mona', self.node, service_steps=[step])
        self.assert_answer(202, answer)
        self.wait_for_node(self.node, 'active')

    def abort_at_once(self) -> None:
        """Check that an abort ends a service that waits, without a word."""
        self.abort_in_time()
        node = self.wait_for_node(self.node, 'service failed')
        self.assertEqual(
            (False, None, None),
            (node['maintenance'], node['fault'], node['last_error']),
        )
        self.abort()

    def abort_while_it_waits(self) -> None:
        """Check that an abort comes after the step, which is not undone."""
        if not self.cloud.release.aborts_later:
            self.abort_at_once()
            return
        if self.cloud.release.boots_ramdisk:
            # In between, an abort is forgotten with the last step.
            return
        value, other = self.abort_in_time()
        node = self.wait_for_node(self.node, 'service failed')
        self.assertEqual(
            (
                False,
                None,
                'By request, the service operation was aborted during or '
                'after the completion of step "bios.apply_configuration"',
            ),
            (node['maintenance'], node['fault'], node['last_error']),
        )
        self.assertEqual(value, self.bios(self.node))
        self.abort()
        # Ironic still has in mind what was aborted: the next service only
        # verifies that, and what it asks for is not done.
        seen = self.serve(other)
        self.assertNotIn('service wait', {state for state, _, _ in seen})
        self.wait_for_node(self.node, 'active')
        self.assertEqual(value, self.bios(self.node))

    def abort_in_time(self) -> tuple[str, str]:
        """Abort a service that waits; return its value, and the other one.

        A service waits for a second or so.  Where it was over before the
        abort, which a busy machine allows, another is begun.
        """
        path = f'/nodes/{self.node}/states/provision'
        pairs = (('Enabled', 'Disabled'), ('Disabled', 'Enabled')) * 3
        for value, other in pairs:
            self.wait_for_node(self.node, 'active')
            steps = cloud.steps(value)
            answer = self.service('mona', self.node, service_steps=steps)
            self.assert_answer(202, answer)
            self.watch(
                lambda: (self.show_node(self.node)['provision_state'],),
                lambda now: now[0] in {'service wait', 'active'},
            )
            answer = self.ironic('mona', 'PUT', path, {'target': 'abort'})
            if answer.status == 202:
                return value, other
        raise AssertionError('no service of six was aborted in time')

    def bad_value(self) -> None:
        """Check that a bad value fails before anything is touched."""
        self.wait_for_node(self.node, 'active')
        steps = cloud.steps('Maybe')
        shown = steps[0] | {'abortable': False, 'priority': 0}
        why = f'Redfish BIOS apply_configuration failed for node {self.node}: '
        why += 'invalid value for setting(s): LogicalProc'
        if not self.cloud.release.validates:
            why = 'Redfish exception occurred. Error: Redfish BIOS apply '
            why += f'configuration failed for node {self.node}.'
        self.fails(steps, f'Node {self.node} failed step {shown}: {why}')
