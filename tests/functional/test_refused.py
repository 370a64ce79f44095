"""What bad input and missing rights get: exit 3, and nothing is touched."""

from typing import Any

from tests.functional import base

ENABLE = ('--hyperthreading', 'enabled')


class NoServerTest(base.TestCase):
    def test_unknown_server(self) -> None:
        self.assert_refused(
            self.set(self.mona, *ENABLE, 'nobody'),
            'No server with the name nobody exists in this project.',
        )

    def test_virtual_server(self) -> None:
        server = self.server('rz.small', 'vm-1')
        for who in (self.mona, self.operator):
            self.assert_refused(
                self.set(who, *ENABLE, server.id),
                f'vm-1 ({server.id}) runs on no bare-metal node that you can '
                'see.',
            )


class RefusedTest(base.TestCase):
    """One server for the cases that leave it as it was."""

    def setUp(self) -> None:
        super().setUp()
        self.web = self.kept_server()
        self.node = self.node_of(self.web.id)

    def tearDown(self) -> None:
        self.assertEqual({}, self.nova.get_server(self.web).metadata)
        self.assertEqual('ACTIVE', self.nova.get_server(self.web).status)
        super().tearDown()

    def refused(self, *reasons: str, argv: tuple[str, ...] = ENABLE) -> None:
        self.assert_refused(self.set(self.mona, *argv, self.web.id), *reasons)

    def test_words_that_are_misspelt(self) -> None:
        self.refused(
            'allowed values: disabled, enabled (did you mean enabled?)',
            argv=('--hyperthreading', 'enabld'),
        )
        self.refused(
            'no such type of configuration (did you mean hyperthreading?)',
            argv=('--config', 'hyperthreding=enabled'),
        )

    def test_node_in_maintenance(self) -> None:
        with self.maintenance(self.web.id, 'DIMM B4 replaced'):
            self.refused(
                f'node {self.node.name} ({self.node.id}) is in maintenance: '
                '"DIMM B4 replaced"'
            )

    def test_node_without_the_trait(self) -> None:
        trait = 'HW_CPU_HYPERTHREADING'
        ironic = self.system.baremetal
        ironic.remove_node_trait(self.node, trait)
        self.addCleanup(ironic.add_node_trait, self.node, trait)
        self.refused(
            f'lacks the trait {trait} (its BIOS does list LogicalProc',
            f'openstack baremetal node add trait {self.node.name} {trait}',
        )

    def test_node_that_is_being_serviced(self) -> None:
        self.knob(self.web.id, 'fake_bios_seconds', 4)
        node = self.system.baremetal.get_node(self.node.id)
        settings = [{'name': 'ProcTurboMode', 'value': 'Disabled'}]
        step: dict[str, Any] = {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': settings},
        }
        node.set_provision_state(
            self.system.baremetal, 'service', service_steps=[step]
        )
        self.refused('is in state "servicing"; it must be active')
        self.system.baremetal.wait_for_nodes_provision_state(
            [self.node.id], 'active', timeout=30
        )
        # Nova may have seen it off while it was restarted.
        self.lab.settle(self.web.id)

    def test_server_that_is_locked(self) -> None:
        self.nova.lock_server(self.web, locked_reason='audit')
        self.addCleanup(self.nova.unlock_server, self.web)
        self.refused('the server is locked: "audit"')

    def test_no_template_that_a_manager_can_see(self) -> None:
        ironic = self.system.baremetal
        name = 'virtualization-off'
        [runbook] = [r for r in ironic.runbooks() if r.name == name]
        ironic.update_runbook(runbook, public=False)
        self.addCleanup(ironic.update_runbook, runbook, public=True)
        self.refused(
            'no runbook that you can see sets this',
            'deploy templates are shown to operators only',
            argv=('--virtualization', 'disabled'),
        )

    def test_template_that_the_registry_does_not_know(self) -> None:
        self.template('boot', 'uefi', 'BootMod', 'Uefi')
        ran = self.set(self.operator, '--config', 'boot=uefi', self.web.id)
        self.assert_refused(
            ran,
            'deploy template CUSTOM_BOOT sets BootMod=Uefi: its BIOS knows '
            'no BootMod (did you mean BootMode?)',
        )

    def test_value_that_the_registry_does_not_allow(self) -> None:
        self.template('boot', 'uefi', 'BootMode', 'UEFI')
        ran = self.set(self.operator, '--config', 'boot=uefi', self.web.id)
        self.assert_refused(ran, 'BootMode=UEFI: allowed values: ')

    def test_what_can_keep_a_system_from_booting(self) -> None:
        self.template('oldboot', 'enabled', 'BootMode', 'Bios')
        asked = ('--config', 'oldboot=enabled', self.web.id)
        ran = self.set(self.operator, *asked)
        self.assert_refused(
            ran,
            'BootMode=Bios can keep the installed system from booting',
            'use --accept-risk boot to permit this',
        )
        accepted = ('--accept-risk', 'boot', '--dry-run')
        ran = self.set(self.operator, *accepted, *asked)
        self.assert_ended(0, ran)
        self.assertIn('BOOT AT RISK', ran.err)

    def test_setting_that_is_read_only(self) -> None:
        self.template('tag', 'mine', 'SystemServiceTag', 'MINE')
        ran = self.set(self.operator, '--config', 'tag=mine', self.web.id)
        self.assert_refused(ran, 'SystemServiceTag is read-only')

    def template(self, name: str, value: str, setting: str, to: str) -> None:
        """Have a deploy template until the end of the test."""
        ironic: Any = self.system.baremetal
        args = {'settings': [{'name': setting, 'value': to}]}
        step = {'interface': 'bios', 'step': 'apply_configuration'}
        template = ironic.create_deploy_template(
            name=f'CUSTOM_{name.upper()}',
            steps=[step | {'args': args, 'priority': 150}],
            extra={'config-type': name, 'config-value': value},
        )
        self.addCleanup(ironic.delete_deploy_template, template)

    def test_roles_that_do_not_suffice(self) -> None:
        for name in ('alice', 'rita'):
            who = self.person(name)
            self.assertEqual('disabled', self.show(who, 'test-1')['Actual'])
            self.assert_refused(
                self.set(who, *ENABLE, 'test-1'),
                'Ironic does not let you service its node',
                'baremetal:node:set_provision_state (403, req-',
                'by a manager of the project that it is leased to',
            )

    def test_stranger_sees_no_server(self) -> None:
        self.assert_refused(
            self.set(self.person('oscar'), *ENABLE, self.web.id),
            f'No server with the ID {self.web.id}',
        )
