"""Whole runs on each release: done, or refused with nothing touched."""

import dataclasses
import functools
from typing import Any

from osc_baremetal_config.core.facts import journal
from tests import runs
from tests.model import fixture
from tests.model.records import OFF, Node, Server
from tests.model.releases import RELEASES
from tests.model.world import Settings, World
from tests.unit import base

OLD = ('2023.1', '2024.1', '2025.1', '2025.2')
SERVICING = ('2024.1', '2025.1', '2025.2', '2026.1', 'newest')
ENABLE = ('set', '--hyperthreading', 'enabled')
NO_SERVICE = (
    "this cloud's Ironic speaks 1.82 (2023.1); changing the configuration of "
    'a running server needs 1.87 (2023.2) (until the cloud is upgraded, an '
    'operator can rebuild the server, which writes its disk anew: the deploy '
    'templates of its flavor and image are applied then)'
)
NO_RUNBOOKS = (
    "this cloud's Ironic speaks 1.90 (2024.1); seeing runbooks needs 1.92 "
    '(2024.2), and deploy templates are shown to operators only (ask an '
    'operator to make the change)'
)


class Stage:
    """A server on a cloud of a release."""

    def __init__(
        self, model: fixture.Model, server: Server, node: Node
    ) -> None:
        self.model, self.server, self.node = model, server, node

    def run(self, person: str, command: str, *argv: str) -> runs.Ran:
        """Return how a command for the server ends."""
        argv = ('server', 'config', command, *argv, self.server.id)
        return self.model.openstack(person, *argv)

    @property
    def touched(self) -> tuple[Any, ...]:
        """Return what a refusal must leave as it is."""
        return (
            dict(self.node.bmc),
            dict(self.server.metadata),
            dataclasses.astuple(self.node.counters),
            self.server.vm_state,
            self.node.provision_state,
        )


class ReleaseTest(base.TestCase):
    def stage(
        self,
        release: str,
        flavor: str = 'bm.large.ht-off',
        *,
        is_leased: bool = True,
        **knobs: Any,
    ) -> Stage:
        settings = Settings(release=RELEASES[release])
        world = World.standard(settings=settings)
        server = world.boot('web-1', flavor)
        node = world.nodes[server.node_uuid or '']
        if is_leased:
            node.lessee = server.project_id
        node.driver_info.update(knobs)
        model = self.useFixture(fixture.Model(world))
        return Stage(model, server, node)

    def refused(
        self, stage: Stage, text: str, person: str, *argv: str
    ) -> None:
        """Check that a command is refused, with nothing touched."""
        before = stage.touched
        ran = stage.run(person, *argv)
        self.assert_ended(3, ran)
        self.assertIn(text, ran.err)
        self.assertEqual(before, stage.touched)

    def test_what_is_seen(self) -> None:
        for release in RELEASES:
            stage = self.stage(release)
            for person in ('operator', 'mona'):
                ran = stage.run(person, 'show', '-f', 'json')
                self.assert_ended(0, ran)
                self.assertIn('"hyperthreading"', ran.out, release)
            ran = stage.model.openstack('mona', 'server', 'config', 'list')
            self.assert_ended(0, ran)
            self.assertIn('web-1', ran.out)
            self.assert_ended(0, stage.run('operator', 'history'))

    def test_the_id_of_a_request_that_was_refused(self) -> None:
        for release in RELEASES:
            ran = self.stage(release).run('mona', 'history')
            self.assertIn('Ironic: Access was denied', ran.err)
            self.assertRegex(ran.err, r'\(403, req-', release)

    def test_no_service_at_all(self) -> None:
        for flavor in ('bm.large.ht-off', 'bm.redfish.ht-off'):
            for person in ('operator', 'mona'):
                for argv in (
                    ENABLE,
                    (*ENABLE, '--dry-run'),
                    (*ENABLE, '--defer'),
                    (*ENABLE, '--method', 'runbook'),
                ):
                    stage = self.stage('2023.1', flavor)
                    self.refused(stage, NO_SERVICE, person, *argv)

    def test_no_service_for_what_drifts(self) -> None:
        stage = self.stage('2023.1')
        stage.model.world.set_bios(stage.node, {'LogicalProc': 'Enabled'})
        self.refused(stage, NO_SERVICE, 'operator', 'apply')
        ran = stage.run('operator', 'recover')
        self.assert_ended(0, ran)
        ran = stage.model.openstack(
            'operator', 'server', 'config', 'option', 'list',
            '--server', stage.server.id, '-f', 'json',
        )  # fmt: skip
        self.assert_ended(0, ran)
        self.assertIn('speaks 1.82 (2023.1)', ran.out)

    def test_offering_where_nothing_can_be_changed(self) -> None:
        stage = self.stage('2023.1')
        ran = stage.model.openstack(
            'operator', 'server', 'config', 'option', 'create',
            '--type', 'hyperthreading', '--flavor', 'bm.large', '--dry-run',
        )  # fmt: skip
        self.assertIn('applied when a server is created or rebuilt', ran.err)

    def test_steps_by_the_operator(self) -> None:
        for release in SERVICING:
            for flavor in ('bm.large.ht-off', 'bm.redfish.ht-off'):
                stage = self.stage(release, flavor)
                ran = stage.run('operator', *ENABLE, '--method', 'service')
                self.assert_ended(0, ran)
                self.assertEqual('Enabled', stage.node.bmc['LogicalProc'])
                self.assertEqual('active', stage.server.vm_state)
                is_slow = 'boots its agent ramdisk' in ran.err
                self.assertEqual(release in OLD, is_slow, release)

    def test_the_manager(self) -> None:
        stage = self.stage('2024.1')
        self.refused(stage, NO_RUNBOOKS, 'mona', *ENABLE)
        for release in SERVICING[1:]:
            stage = self.stage(release)
            self.assert_ended(0, stage.run('mona', *ENABLE))
            self.assertEqual('Enabled', stage.node.bmc['LogicalProc'])

    def test_by_a_runbook(self) -> None:
        for release, text in (
            ('2024.1', '1.90 (2024.1)'),
            ('2025.1', '1.96 (2025.1)'),
            ('2025.2', '1.101 (2025.2)'),
        ):
            text = f"this cloud's Ironic speaks {text}; servicing a node by a "
            text += 'runbook needs 1.108 (2026.1)'
            stage = self.stage(release)
            argv = (*ENABLE, '--method', 'runbook')
            self.refused(stage, text, 'operator', *argv)
        stage = self.stage('2026.1')
        argv = (*ENABLE, '--method', 'runbook')
        text = 'is not approved for node bm-0'
        self.refused(stage, text, 'operator', *argv)
        stage.node.traits.append('ht-on')
        self.assert_ended(0, stage.run('operator', *argv))

    def test_a_node_that_nobody_has_leased(self) -> None:
        stage = self.stage('2024.1', is_leased=False)
        text = 'openstack baremetal node set <node> --lessee '
        text += stage.server.project_id
        self.refused(stage, text, 'mona', *ENABLE)

    def test_a_failure_is_undone(self) -> None:
        for release in SERVICING:
            for flavor in ('bm.large.ht-off', 'bm.redfish.ht-off'):
                stage = self.stage(release, flavor, fake_bios_fail='no')
                ran = stage.run('operator', *ENABLE)
                self.assert_ended(4, ran)
                self.assertEqual(
                    ('Disabled', 'active', False, 'active'),
                    (
                        stage.node.bmc['LogicalProc'],
                        stage.node.provision_state,
                        stage.node.maintenance,
                        stage.server.vm_state,
                    ),
                    release,
                )
                self.assertEqual({}, journal.pending(stage.server.metadata))
                left = 'running a step that changes nothing' in ran.err
                self.assertEqual(release in ('2024.1', '2025.1'), left)

    def test_recovering(self) -> None:
        for release in SERVICING:
            for way, value in (
                ('--retry', 'Enabled'),
                ('--rollback', 'Disabled'),
                ('--abort', 'Disabled'),
            ):
                stage = self.stage(release, fake_bios_fail='no')
                argv = (*ENABLE, '--on-failure', 'leave')
                self.assert_ended(5, stage.run('operator', *argv))
                del stage.node.driver_info['fake_bios_fail']
                ran = stage.run('operator', 'recover', way)
                self.assert_ended(0, ran)
                self.assertEqual(
                    (value, 'active', 'active'),
                    (
                        stage.node.bmc['LogicalProc'],
                        stage.node.provision_state,
                        stage.server.vm_state,
                    ),
                    f'{release}, {way}',
                )

    def test_a_ramdisk_that_never_calls_back(self) -> None:
        stage = self.stage(
            '2024.1', 'bm.redfish.ht-off', fake_agent_silent=True
        )
        ran = stage.run('operator', *ENABLE, '--timeout', '20000')
        self.assert_ended(5, ran)
        self.assertIn('the agent ramdisk boots', ran.err)
        self.assertIn('cannot abort a service that has failed', ran.err)
        self.assertIn('Please check if the ramdisk', ran.err)
        del stage.node.driver_info['fake_agent_silent']
        self.assert_ended(0, stage.run('operator', 'recover', '--rollback'))
        self.assertEqual('active', stage.node.provision_state)

    def test_a_node_that_is_switched_off_under_the_ramdisk(self) -> None:
        """As Nova's power sync does to one that it believes to be off."""
        for release in ('2024.1', '2025.2'):
            stage = self.stage(release, 'bm.redfish.ht-off')
            world, node = stage.model.world, stage.node
            world.settings.ramdisk_s = 60.0
            off = functools.partial(world.conductor.switch, node, OFF)
            world.clock.after(20.0, off)
            ran = stage.run('operator', *ENABLE)
            self.assert_ended(4, ran)
            self.assertIn('the node was switched off while it booted', ran.err)
            self.assertEqual('active', node.provision_state)
            self.assertLess(world.clock.now(), 600.0)
            self.assert_ended(0, stage.run('operator', *ENABLE))

    def test_numbers_and_truth_are_sent_as_such(self) -> None:
        for release in SERVICING:
            stage = self.stage(release, 'bm.redfish.ht-off')
            step = {
                'interface': 'bios',
                'step': 'apply_configuration',
                'args': {
                    'settings': [
                        {'name': 'QuietBoot', 'value': 'false'},
                        {'name': 'NumaNodesPerSocket', 'value': '2'},
                    ]
                },
            }
            extra = {'config-type': 'quiet', 'config-value': 'no'}
            stage.model.world.add_template(
                'CUSTOM_QUIET', [step | {'priority': 150}], extra
            )
            ran = stage.run('operator', 'set', '--config', 'quiet=no')
            self.assert_ended(0, ran)
            self.assertEqual(
                ('0', '2'),
                (
                    stage.node.bmc['QuietBoot'],
                    stage.node.bmc['NumaNodesPerSocket'],
                ),
            )
