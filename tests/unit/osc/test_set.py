"""``server config set``, whole: what it sends, prints and ends with."""

import json
import os
from pathlib import Path
from typing import Any

import fixtures
import requests

from osc_baremetal_config.osc import files
from tests import runs
from tests.unit import base, canned, documents
from tests.unit.canned import PROJECT, SYSTEM, Exchange, ironic, nova
from tests.unit.conversations import Part, find, look, read, verify
from tests.unit.documents import NODE_ID, SERVER_ID

SET = ('server', 'config', 'set', 'web-1')
ENABLE = (*SET, '--hyperthreading', 'enabled')
RESCUE = (
    '"rescue_password" is only valid when setting target provision state to '
    'rescue'
)
PENDING = 'deploy-config-pending:hyperthreading'
PREVIOUS = 'deploy-config-previous:hyperthreading'
WISH = 'deploy-config:hyperthreading'
NOTES = {
    PENDING: json.dumps(
        {
            'value': 'enabled',
            'power': 'on',
            'since': '2026-11-22T14:02:00.000+00:00',
            'wish': '252ae663',
            'node': NODE_ID,
            'record': '',
            'bios': documents.REST,
        }
    ),
    PREVIOUS: json.dumps(
        {
            'value': 'disabled',
            'at': '2026-11-22T14:02:00.000+00:00',
            'settings': {'LogicalProc': 'Disabled'},
        }
    ),
}
# Of what is so already and only recorded.
SETTLED = {
    PENDING: json.dumps(
        {
            'value': 'enabled',
            'power': 'on',
            'since': '2026-11-22T14:02:00.000+00:00',
            'wish': '252ae663',
            'settled': True,
            'node': NODE_ID,
            'record': '',
            'bios': documents.REST_OF_ALL,
        }
    )
}
OFF = {'status': 'SHUTOFF', 'metadata': NOTES}
ON = {'status': 'ACTIVE', 'metadata': NOTES}
NOTED = {'metadata': NOTES}
NODE_OFF = {'power_state': 'power off'}
NODE_ON = {'power_state': 'power on'}
FAILED = {
    'provision_state': 'service failed',
    'maintenance': True,
    'fault': 'service failure',
    'maintenance_reason': 'the BMC says no',
}


def service(value: str = 'Enabled', **more: Any) -> Exchange:
    """Return the exchange that begins the service."""
    body = {'target': 'service', 'service_steps': documents.steps(value)}
    more = {'status': 202} | more
    return ironic(
        'PUT', f'/nodes/{NODE_ID}/states/provision', json=body, **more
    )


def may(token: str, status: int, denied: str, **what: Any) -> Exchange:
    """Return an exchange that asks whether a service would be allowed."""
    told = denied if status == 403 else RESCUE
    body = {'target': 'service', 'rescue_password': 'only-a-question'}
    return ironic(
        'PUT',
        f'/nodes/{NODE_ID}/states/provision',
        documents.fault(told),
        json=body | what,
        token=token,
        status=status,
        version='1.112' if 'runbook' in what else '1.87',
    )


def may_service(token: str = PROJECT, status: int = 400) -> Exchange:
    """Return the exchange that asks whether steps would be allowed."""
    denied = 'baremetal:node:set_provision_state'
    return may(token, status, denied, service_steps=documents.steps('Enabled'))


def may_use(token: str = PROJECT, status: int = 403) -> Exchange:
    """Return the exchange that asks whether the runbook would be."""
    return may(token, status, 'baremetal:runbook:use', runbook='ht-on')


def action(name: str, **more: Any) -> Exchange:
    """Return an exchange that has Nova do something with the server."""
    more = {'status': 202} | more
    return nova(
        'POST', f'/servers/{SERVER_ID}/action', json={name: None}, **more
    )


def in_parts(key: str, text: str) -> dict[str, str]:
    """Return an entry as Nova can hold it."""
    return {key: text[:255], f'{key}:1': text[255:]}


def note(
    metadata: dict[str, str] = NOTES, had: dict[str, str] = NOTES
) -> Exchange:
    """Return the exchange that sets metadata; Nova answers with all of it."""
    body = {'metadata': metadata}
    return nova(
        'POST',
        f'/servers/{SERVER_ID}/metadata',
        {'metadata': had | metadata},
        json=body,
        version=None,
    )


def forget(key: str = PENDING) -> Exchange:
    """Return the exchange that removes the note of what is pending."""
    return nova(
        'DELETE',
        f'/servers/{SERVER_ID}/metadata/{key}',
        status=204,
        version=None,
    )


def rights(token: str = PROJECT) -> list[Part]:
    """Return what is asked first: a project may not use a public runbook."""
    if token == SYSTEM:
        return [may_use(SYSTEM, 400)]
    return [may_use(), may_service()]


def run_runbook() -> Exchange:
    """Return the exchange that begins the runbook."""
    return ironic(
        'PUT',
        f'/nodes/{NODE_ID}/states/provision',
        json={'target': 'service', 'runbook': 'ht-on'},
        token=SYSTEM,
        version='1.112',
        status=202,
    )


def change(token: str = PROJECT) -> list[Part]:
    """Return all that follows the reading where nothing goes wrong."""
    return [
        *rights(token),
        note(),
        *look(NOTED, token=token),
        action('os-stop'),
        *look(ON | {'OS-EXT-STS:task_state': 'powering-off'}, token=token),
        *look(OFF, NODE_OFF, token),
        service(token=token) if token == PROJECT else run_runbook(),
        *look(OFF, {'provision_state': 'servicing'}, token),
        *look(OFF, NODE_OFF, token),
        verify(documents.bios('Enabled'), token),
        action('os-start'),
        *look(OFF | {'OS-EXT-STS:task_state': 'powering-on'}, token=token),
        *look(ON, token=token),
        note({WISH: 'enabled'}),
        forget(),
    ]


class SetTest(base.TestCase):
    def run_(
        self, *script: Part, argv: tuple[str, ...] = ENABLE, **cloud: Any
    ) -> runs.Ran:
        self.cloud = self.useFixture(canned.Cloud(*script, **cloud))
        return self.cloud.openstack(*argv)

    def test_manager_changes_a_server(self) -> None:
        ran = self.run_(
            *read(flavors=True), *change(), argv=(*ENABLE, '-f', 'json')
        )
        self.assert_ended(0, ran)
        [row] = ran.json()
        seconds = row.pop('Seconds')
        self.assertEqual(round(self.cloud.clock.now(), 1), seconds)
        self.assertEqual(
            {
                'Server': 'web-1',
                'ID': SERVER_ID,
                'Config': 'hyperthreading',
                'From': 'disabled',
                'To': 'enabled',
                'Method': 'service',
                'Result': 'verified',
                'Codes': [],
            },
            row,
        )
        self.assertEqual(
            [
                'saving the change record',
                'stopping the server',
                'Nova: powering-off',
                'requesting the service',
                'servicing',
                'reading the BIOS settings back',
                'starting the server',
                'Nova: powering-on',
                'recording what was verified',
                'removing the change record',
            ],
            [
                line.removeprefix('web-1: ').rpartition(' (')[0]
                for line in ran.err.splitlines()
            ],
        )

    def test_operator_changes_a_server_with_one_login(self) -> None:
        ran = self.run_(
            *read(flavors=True, is_operator=True),
            *change(SYSTEM),
            has_system_role=True,
        )
        self.assert_ended(0, ran)

    def test_quiet_says_nothing_but_the_result(self) -> None:
        ran = self.run_(
            *read(flavors=True),
            *change(),
            argv=('--quiet', *ENABLE, '-f', 'value', '-c', 'Result'),
        )
        self.assert_ended(0, ran, out='verified\n', err='')

    def test_what_could_not_be_checked_is_said(self) -> None:
        bios = documents.bios()
        del bios['bios'][0]['attribute_type']
        ran = self.run_(*read(flavors=True, bios=bios), *change())
        self.assert_ended(0, ran)
        self.assertEqual(
            'web-1: hyperthreading=enabled: cannot be checked beforehand, as '
            'Ironic has no registry entry for LogicalProc',
            ran.err.splitlines()[0],
        )

    def test_dry_run_reads_and_asks(self) -> None:
        for token, what in (
            (PROJECT, 'run service steps'),
            (SYSTEM, 'run runbook ht-on'),
        ):
            ran = self.run_(
                *read(flavors=True, is_operator=token == SYSTEM),
                *rights(token),
                argv=(*ENABLE, '--dry-run'),
                has_system_role=token == SYSTEM,
            )
            self.assert_ended(0, ran)
            self.assertIn(
                '| bios.apply_configuration: LogicalProc Disabled -> '
                'Enabled |',
                ran.out,
            )
            self.assertIn('1 change, 1 reboot', ran.err)
            self.assertIn(
                f'Sequence: stop web-1, {what} on node rack3-07, verify, '
                'start web-1, record in the metadata.',
                ran.err,
            )
            self.assertIn('Flavor variant: bm.large.ht-on.', ran.err)

    def test_dry_run_of_who_may_not_shows_the_plan_and_is_refused(
        self,
    ) -> None:
        ran = self.run_(
            *read(flavors=True),
            may_use(),
            may_service(status=403),
            argv=(*ENABLE, '--dry-run'),
        )
        self.assert_ended(3, ran)
        self.assertIn('LogicalProc Disabled -> Enabled', ran.out)
        self.assertIn('baremetal:node:set_provision_state', ran.err)

    def test_a_service_that_is_away_while_reading_is_asked_again(
        self,
    ) -> None:
        away = nova('GET', '/servers/detail?name=web-1', {}, status=503)
        script = read(flavors=True)
        ran = self.run_(away, away, away, *script, argv=(*SET, '--turbo', 'x'))
        self.assert_refused(ran, 'turbo=x')
        self.assertIn('Nova: ', ran.err.splitlines()[0])
        self.assertIn('still trying', ran.err.splitlines()[0])

    def test_a_service_that_stays_away_while_reading(self) -> None:
        away = nova('GET', '/servers/detail?name=web-1', {}, status=503)
        ran = self.run_(*[away] * 26)
        self.assert_ended(1, ran, result='failed')
        self.assertEqual(10, self.cloud.clock.now())

    def test_dry_run_shows_scripts_the_requests_that_are_sent(self) -> None:
        argv = (*ENABLE, '--method', 'service', '--dry-run', '-f', 'json')
        told = self.run_(*read(flavors=True), may_service(), argv=argv).json()
        script = change()
        del script[0]  # the runbook
        ran = self.run_(
            *read(flavors=True),
            *script,
            argv=(*ENABLE, '--method', 'service'),
        )
        self.assert_ended(0, ran)
        sent = [
            {
                'Service': exchange.url.partition('/')[0],
                'Method': exchange.method,
                'Path': '/' + exchange.url.partition('/')[2],
                'Body': exchange.json,
            }
            for exchange in script[1:]
            if isinstance(exchange, Exchange) and exchange.method != 'GET'
        ]
        for request in told:
            self.assertTrue(request.pop('Undo'))
            server = (request.pop('Server'), request.pop('ID'))
            self.assertEqual(('web-1', SERVER_ID), server)
        now = '2026-11-22T14:02:00.000+00:00'
        self.assertEqual(
            sent, json.loads(json.dumps(told).replace('<now>', now))
        )

    def test_detailed_exit_code(self) -> None:
        detailed = (*ENABLE, '--detailed-exit-code')
        would = self.run_(
            *read(flavors=True), *rights(), argv=(*detailed, '--dry-run')
        )
        self.assert_ended(10, would)
        did = self.run_(*read(flavors=True), *change(), argv=detailed)
        self.assert_ended(10, did)
        nothing = self.run_(
            *read(flavors=True),
            argv=(
                *SET,
                '--hyperthreading',
                'disabled',
                '--detailed-exit-code',
            ),
        )
        self.assert_ended(0, nothing)

    def test_no_stop_lets_ironic_reset_the_server(self) -> None:
        script = change()
        stop = script.index(action('os-stop'))
        begun = script.index(service())
        del script[stop:begun]
        ran = self.run_(
            *read(flavors=True), *script, argv=(*ENABLE, '--no-stop')
        )
        self.assert_ended(0, ran)

    def test_no_wait_ends_when_the_service_has_begun(self) -> None:
        script = change()
        begun = script.index(service()) + 1
        ran = self.run_(
            *read(flavors=True),
            *script[:begun],
            argv=(*ENABLE, '--no-wait', '-f', 'value', '-c', 'Result'),
        )
        self.assert_ended(0, ran, out='started\n')
        self.assertIn(
            'web-1 is neither verified nor recorded and is off', ran.err
        )
        self.assertIn(
            f'--config hyperthreading=enabled {SERVER_ID}\n', ran.err
        )

    def test_what_no_wait_has_begun_is_finished_by_the_same_command(
        self,
    ) -> None:
        script = change()
        done = script.index(verify(documents.bios('Enabled'))) + 1
        script[-2:-2] = [verify(documents.bios('Enabled'))]
        server = documents.server(**OFF)
        ran = self.run_(
            *read(
                flavors=True,
                server=server,
                node=documents.node(**NODE_OFF),
                bios=documents.bios('Enabled'),
            ),
            *script[done:],
        )
        self.assert_ended(0, ran)

    def test_runbook_that_may_not_be_used(self) -> None:
        ran = self.run_(
            *read(flavors=True),
            may_use(),
            may_service(),
            argv=(*ENABLE, '--method', 'runbook'),
        )
        self.assert_refused(
            ran,
            'baremetal:runbook:use (403, req-1)',
            'a manager of the project that owns it',
            'use --method service',
        )

    def test_no_hint_names_what_would_be_refused_as_well(self) -> None:
        ran = self.run_(
            *read(flavors=True),
            may_use(),
            may_service(status=403),
            argv=(*ENABLE, '--method', 'runbook'),
        )
        self.assert_refused(ran, 'baremetal:runbook:use (403, req-1)')
        self.assertNotIn('--method service', ran.err)

    def test_runbook_of_an_older_cloud_is_approved_by_its_name(self) -> None:
        # Before 1.112 the name itself has to be a trait of the node.
        runbooks = documents.runbooks()
        for runbook in runbooks['runbooks']:
            del runbook['traits']
        ran = self.run_(
            *read(flavors=True, runbooks=runbooks),
            argv=(*ENABLE, '--method', 'runbook'),
        )
        self.assert_refused(
            ran,
            'runbook ht-on is not approved for node rack3-07',
            'which lacks the trait ht-on',
        )

    def test_nothing_to_do_touches_nothing(self) -> None:
        ran = self.run_(
            *read(flavors=True), argv=(*SET, '--hyperthreading', 'disabled')
        )
        self.assert_ended(0, ran)
        self.assertIn('| unchanged |', ran.out)
        self.assertEqual(
            'web-1: hyperthreading is disabled already; nothing to do.\n',
            ran.err,
        )

    def test_what_is_so_but_not_desired_is_only_recorded(self) -> None:
        ran = self.run_(
            *read(flavors=True, bios=documents.bios('Enabled')),
            note(SETTLED),
            *look({'metadata': SETTLED}),
            verify(documents.bios('Enabled')),
            note({WISH: 'enabled'}, SETTLED),
            forget(),
            argv=(*ENABLE, '-f', 'value', '-c', 'Result'),
        )
        self.assert_ended(0, ran, out='recorded\n')

    def test_stopped_server_stays_stopped(self) -> None:
        # Redfish powers the node on for the change, and Nova follows.
        notes = NOTES | {PENDING: NOTES[PENDING].replace('"on"', '"off"')}
        off = {'status': 'SHUTOFF', 'metadata': notes}
        ran = self.run_(
            *read(
                flavors=True,
                server=documents.server(status='SHUTOFF'),
                node=documents.node(**NODE_OFF),
            ),
            *rights(),
            note(notes),
            *look(off, NODE_OFF),
            service(),
            *look({'status': 'ACTIVE', 'metadata': notes}),
            verify(documents.bios('Enabled')),
            action('os-stop'),
            *look(off, NODE_OFF),
            note({WISH: 'enabled'}),
            forget(),
        )
        self.assert_ended(0, ran)

    def test_server_that_is_active_by_itself_is_no_error(self) -> None:
        conflict = {'conflictingRequest': {'message': 'it is active'}}
        script = change()
        start = script.index(action('os-start'))
        script[start:-2] = [
            nova(
                'POST',
                f'/servers/{SERVER_ID}/action',
                conflict,
                json={'os-start': None},
                status=409,
            ),
            *look(ON),
        ]
        ran = self.run_(*read(flavors=True), *script)
        self.assert_ended(0, ran)

    def test_run_that_was_cut_off_goes_on(self) -> None:
        # Killed after the service had started: the server is still stopped.
        server = documents.server(**OFF)
        node = documents.node(provision_state='servicing', **NODE_OFF)
        script = change()
        ran = self.run_(
            *read(flavors=True, server=server, node=node),
            may_service(status=409),
            *script[script.index(service()) + 1 :],
            argv=(*ENABLE, '-f', 'json'),
        )
        self.assert_ended(0, ran)
        [row] = ran.json()
        self.assertEqual(
            ('disabled', 'enabled', 'verified'),
            (row['From'], row['To'], row['Result']),
        )

    def test_who_may_not_service_does_not_attach_to_a_service(self) -> None:
        server = documents.server(**OFF)
        node = documents.node(provision_state='servicing', **NODE_OFF)
        ran = self.run_(
            *read(flavors=True, server=server, node=node),
            may_service(status=403),
        )
        self.assert_refused(ran, 'baremetal:node:set_provision_state')

    def test_dry_run_of_what_ironic_is_at_already(self) -> None:
        server = documents.server(**OFF)
        node = documents.node(provision_state='servicing', **NODE_OFF)
        ran = self.run_(
            *read(flavors=True, server=server, node=node),
            may_service(status=409),
            argv=(*ENABLE, '--dry-run', '-f', 'json'),
        )
        self.assert_ended(0, ran)
        self.assertIn('1 change, the service is already running', ran.err)
        self.assertIn('Sequence: wait for node rack3-07, verify,', ran.err)
        self.assertEqual(
            ['action', 'metadata', PENDING],
            [r['Path'].rpartition('/')[2] for r in ran.json()],
        )

    def test_record_that_may_not_be_written_where_nothing_changes(
        self,
    ) -> None:
        denied = {'forbidden': {'message': 'Policy says no', 'code': 403}}
        bios = documents.bios('Enabled')
        ran = self.run_(
            *read(flavors=True, bios=bios),
            nova(
                'POST',
                f'/servers/{SERVER_ID}/metadata',
                denied,
                json={'metadata': SETTLED},
                status=403,
                version=None,
            ),
        )
        self.assert_refused(ran, 'Policy says no', 'nothing was changed')

    def test_record_that_does_not_fit_until_the_notes_are_gone(self) -> None:
        script = change()
        full = {'forbidden': {'message': 'Maximum number exceeded'}}
        refused = nova(
            'POST',
            f'/servers/{SERVER_ID}/metadata',
            full,
            json={'metadata': {WISH: 'enabled'}},
            status=403,
            version=None,
        )
        gone = {PREVIOUS: NOTES[PREVIOUS]}
        record = note({WISH: 'enabled'}, gone)
        script[-2:] = [refused, *look(ON), forget(), record]
        ran = self.run_(*read(flavors=True), *script)
        self.assert_ended(0, ran)

    def test_setting_that_was_not_applied_may_come_true_yet(self) -> None:
        reason = (
            'Ironic reports success, but the node has LogicalProc=Disabled'
        )
        noted = json.loads(NOTES[PENDING]) | {
            'failure': reason,
            'unapplied': True,
        }
        metadata = in_parts(PENDING, json.dumps(noted))
        script = change()
        verified = script.index(verify(documents.bios('Enabled')))
        script[verified : verified + 1] = [
            verify(),
            *look(OFF, NODE_OFF),
            note(metadata),
        ]
        on = ON | {'metadata': NOTES | metadata}
        ran = self.run_(*read(flavors=True), *script[:-3], *look(on))
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn(reason, ran.err)
        self.assertIn('The BMC may still apply it', ran.err)
        self.assertNotIn('Put back', ran.err)
        self.assertIn(f'--rollback {SERVER_ID}', ran.err)

    def test_service_that_is_refused_is_put_back(self) -> None:
        script = change()
        begun = script.index(service())
        script[begun : begun + 4] = [
            service(status=400, answer=documents.fault('no such step'))
        ]
        script[begun + 1 : begun + 1] = [*look(OFF, NODE_OFF), verify()]
        script[-2:] = [forget(), forget(PREVIOUS)]
        ran = self.run_(*read(flavors=True), *script)
        self.assert_ended(4, ran)
        self.assertIn('Ironic: no such step (400, req-1)', ran.err)

    def test_step_that_fails_is_put_back(self) -> None:
        script = change()
        begun = script.index(service()) + 1
        start = script.index(action('os-start'))
        noted = json.loads(NOTES[PENDING]) | {'failure': 'the BMC says no'}
        metadata = {PENDING: json.dumps(noted)}
        off = OFF | {'metadata': NOTES | metadata}
        active_again = {'provision_updated_at': 'later', **NODE_OFF}
        ran = self.run_(
            *read(flavors=True),
            *script[:begun],
            *look(OFF, FAILED),
            note(metadata),
            ironic('DELETE', f'/nodes/{NODE_ID}/maintenance', status=202),
            *look(off, {'provision_state': 'service failed'}),
            service('Disabled'),
            *look(off, {'provision_state': 'servicing'}),
            *look(off, active_again),
            verify(),
            *script[start : start + 1],
            *look(off | {'status': 'ACTIVE'}, active_again | NODE_ON),
            forget(),
            forget(PREVIOUS),
        )
        self.assert_ended(4, ran, result='rolled back')
        self.assertIn(
            f'web-1 ({SERVER_ID}): the BMC says no\n'
            '  Rolled back: hyperthreading is disabled, the server is on as '
            'before.\n',
            ran.err,
        )

    def test_step_that_fails_is_left_where_that_is_asked_for(self) -> None:
        script = change()
        begun = script.index(service()) + 1
        ran = self.run_(
            *read(flavors=True),
            *script[:begun],
            *look(OFF, FAILED),
            argv=(*ENABLE, '--on-failure', 'leave'),
        )
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn(
            f'web-1 ({SERVER_ID}): the BMC says no\n'
            '  Left as is: server SHUTOFF, node rack3-07 "service failed" '
            'and in maintenance, fault: service failure.\n'
            '  Continue with: openstack server config recover --retry '
            f'{SERVER_ID}\n'
            '  Other ways out: openstack server config recover '
            f'{SERVER_ID}\n',
            ran.err,
        )

    def test_blips_do_not_end_the_wait(self) -> None:
        script = change()
        wait = script.index(service()) + 1
        [both] = look(OFF, {'provision_state': 'servicing'})
        assert isinstance(both, list)
        server, node = both
        locked = ironic(
            node.method,
            node.url.removeprefix('baremetal/v1'),
            {},
            status=409,
        )
        reset = requests.ConnectionError('reset by peer')
        script[wait:wait] = [
            [nova('GET', f'/servers/{SERVER_ID}', {}, status=503), node],
            [server, locked],
            [nova('GET', f'/servers/{SERVER_ID}', reset), node],
            [nova('GET', f'/servers/{SERVER_ID}', {}, status=502), locked],
        ]
        ran = self.run_(*read(flavors=True), *script)
        self.assert_ended(0, ran)
        self.assertEqual(1, ran.err.count('still trying'))

    def test_time_is_up(self) -> None:
        script = change()
        begun = script.index(service()) + 1
        waiting = look(OFF, {'provision_state': 'service wait'})
        ran = self.run_(*read(flavors=True), *script[:begun], *(waiting * 400))
        self.assert_ended(6, ran)
        self.assertIn('not finished after 3600 s', ran.err)
        self.assertIn('Continue with: openstack server config set', ran.err)


class RefusedTest(base.TestCase):
    """What bad input gets: exit 3, each reason on a line, nothing touched."""

    def refused(
        self,
        *reasons: str,
        script: list[Part] | None = None,
        argv: tuple[str, ...] = ENABLE,
        cloud: dict[str, Any] | None = None,
        **reading: Any,
    ) -> None:
        script = read(flavors=True, **reading) if script is None else script
        canned_cloud = self.useFixture(canned.Cloud(*script, **(cloud or {})))
        ran = canned_cloud.openstack(*argv)
        self.assert_refused(ran, *reasons)

    def test_unknown_server(self) -> None:
        self.refused(
            'No server with the name web-1 exists in this project.',
            script=[
                nova('GET', '/servers/detail?name=web-1', {'servers': []}),
                nova('GET', '/servers/detail', {'servers': []}),
            ],
        )

    def test_login_that_nova_does_not_serve(self) -> None:
        denied = {'forbidden': {'message': 'Policy does not allow it'}}
        self.refused(
            'Nova shows this login no servers:\n'
            '  Nova: Policy does not allow it (403, req-1)\n'
            '  Servers are shown to a login to their project.',
            script=[
                nova('GET', '/servers/detail?name=web-1', denied, status=403),
            ],
        )

    def test_name_of_several_servers(self) -> None:
        two = [documents.server(), documents.server(id='other')]
        self.refused(
            'More than one server has the name web-1',
            script=[
                nova('GET', '/servers/detail?name=web-1', {'servers': two}),
            ],
        )

    def test_server_that_is_not_bare_metal(self) -> None:
        script = read(flavors=True)
        group = script[-1]
        assert isinstance(group, list)
        gone = next(e for e in group if '/nodes/?' in e.url)
        path = gone.url.removeprefix('baremetal/v1')
        self.refused(
            'runs on no bare-metal node that you can see',
            'It is a virtual machine, or',
            script=[*find(), ironic('GET', path, documents.nodes())],
        )

    def test_cloud_without_ironic(self) -> None:
        self.refused(
            'This cloud has no Ironic',
            script=find(),
            cloud={'ironic': None},
        )

    def test_unknown_type_with_the_nearest_name(self) -> None:
        self.refused(
            'hyperthreding=enabled: no such type of configuration (did you '
            'mean hyperthreading?)',
            argv=(*SET, '--config', 'hyperthreding=enabled'),
        )

    def test_unknown_value_with_the_nearest_name(self) -> None:
        self.refused(
            'hyperthreading=enabld: allowed values: disabled, enabled (did '
            'you mean enabled?)',
            argv=(*SET, '--hyperthreading', 'enabld'),
        )

    def test_all_reasons_at_once(self) -> None:
        self.refused(
            f'node rack3-07 ({NODE_ID}) is in maintenance: "DIMM B4"',
            'the server is locked: "audit"',
            'Nova is busy with the server (rebooting)',
            server=documents.server(
                **{
                    'locked': True,
                    'locked_reason': 'audit',
                    'OS-EXT-STS:task_state': 'rebooting',
                }
            ),
            node=documents.node(
                maintenance=True, maintenance_reason='DIMM B4'
            ),
        )

    def test_node_without_the_trait(self) -> None:
        self.refused(
            f'node rack3-07 ({NODE_ID}) lacks the trait '
            'HW_CPU_HYPERTHREADING '
            '(its BIOS does list LogicalProc',
            'openstack baremetal node add trait rack3-07 '
            'HW_CPU_HYPERTHREADING',
            node=documents.node(traits=['CUSTOM_HT_ON']),
        )

    def test_locked_node(self) -> None:
        self.refused(
            'is locked by the conductor conductor-1',
            node=documents.node(reservation='conductor-1'),
        )

    def test_node_that_is_not_active(self) -> None:
        self.refused(
            'is in state "rescue"; it must be active',
            node=documents.node(provision_state='rescue'),
        )

    def test_no_template(self) -> None:
        self.refused(
            'no runbook that you can see sets this',
            runbooks={'runbooks': []},
        )

    def test_template_that_the_registry_does_not_know(self) -> None:
        self.refused(
            'runbook ht-on sets LogicalProc=Enabled: its BIOS knows no '
            'LogicalProc (did you mean LogicalProcs?)',
            bios={'bios': [{'name': 'LogicalProcs', 'value': 'x'}]},
        )

    def test_member_whose_roles_do_not_suffice(self) -> None:
        self.refused(
            'Ironic does not let you service its node rack3-07',
            'baremetal:runbook:use (403, req-1)',
            'baremetal:node:set_provision_state (403, req-1)',
            script=[
                *read(flavors=True),
                may_use(),
                may_service(status=403),
            ],
        )

    def test_reader_whose_roles_do_not_suffice_for_metadata(self) -> None:
        denied = {'forbidden': {'message': 'Policy does not allow it'}}
        self.refused(
            'saving the change record is refused; nothing was changed',
            'Policy does not allow it (403, req-1)',
            script=[
                *read(flavors=True),
                *rights(),
                nova(
                    'POST',
                    f'/servers/{SERVER_ID}/metadata',
                    denied,
                    json={'metadata': NOTES},
                    version=None,
                    status=403,
                ),
            ],
        )

    def test_other_change_that_has_not_ended(self) -> None:
        metadata = {PENDING: NOTES[PENDING].replace('enabled', 'disabled')}
        self.refused(
            'another change was started and has not finished: '
            'hyperthreading=disabled (at 2026-11-22T14:02:00.000+00:00) '
            '(to resolve it: openstack server config recover ',
            server=documents.server(metadata=metadata),
        )


class AwayTest(base.TestCase):
    """A service that does not answer is not called an old one."""

    def away(self, service: str, script: list[Part]) -> runs.Ran:
        cloud = self.useFixture(canned.Cloud(*script, away=service))
        return cloud.openstack('server', 'config', 'show', 'web-1')

    def test_nova(self) -> None:
        ran = self.away('compute', [])
        self.assert_ended(1, ran, out='')
        self.assertIn('Nova: cannot be reached: ', ran.err)

    def test_ironic(self) -> None:
        ran = self.away('baremetal', find())
        self.assert_ended(1, ran, out='')
        self.assertIn('Ironic: cannot be reached: ', ran.err)

    def test_region_that_is_not_in_the_catalogue(self) -> None:
        cloud = self.useFixture(canned.Cloud())
        self.assert_refused(
            cloud.openstack('--os-region-name', 'Nope', *ENABLE),
            'This cloud has no Nova',
        )


class OldCloudTest(base.TestCase):
    def test_nova_that_shows_no_extra_specs(self) -> None:
        cloud = self.useFixture(canned.Cloud(nova='2.60'))
        self.assert_refused(
            cloud.openstack(*ENABLE),
            "This cloud's Nova speaks 2.60 (Queens); seeing the extra specs "
            'of the flavor of a server needs 2.61 (Rocky).',
        )

    def test_ironic_without_the_service_verb(self) -> None:
        script = read(flavors=True)
        group = script[-1]
        assert isinstance(group, list)
        group[:] = [
            ironic(
                e.method,
                e.url.removeprefix('baremetal/v1').replace(
                    ',service_step', ''
                ),
                e.answer,
                version='1.86' if e.version == '1.87' else e.version,
                status=e.status,
            )
            if e.url.startswith('baremetal')
            else e
            for e in group
            if 'runbooks' not in e.url
        ]
        for exchange in group:
            if 'deploy_templates' in exchange.url:
                group.remove(exchange)
                group.append(
                    ironic(
                        'GET',
                        '/deploy_templates/?detail=True',
                        documents.deploy_templates(),
                        version='1.55',
                    )
                )
        cloud = self.useFixture(canned.Cloud(*script, ironic='1.86'))
        ran = cloud.openstack(*ENABLE)
        self.assert_ended(3, ran, result='refused')
        self.assertIn(
            "hyperthreading=enabled: this cloud's Ironic speaks 1.86 (before "
            '2023.2); changing the configuration of a running server needs '
            '1.87 (2023.2)',
            ran.err,
        )


class UsageTest(base.TestCase):
    def test_column_that_the_result_does_not_have(self) -> None:
        for argv, first in (
            (ENABLE, 'Server, ID, Config'),
            ((*ENABLE, '--dry-run'), 'Server, ID, Config'),
            ((*ENABLE, '--dry-run', '-f', 'json'), 'Server, ID, Service'),
            (('server', 'config', 'show', 'web-1'), 'Config'),
        ):
            cloud = self.useFixture(canned.Cloud())
            ran = cloud.openstack(*argv, '-c', 'Nope')
            self.assert_ended(2, ran, out='')
            self.assertIn(
                f'No such column: Nope; available are {first},', ran.err
            )

    def test_no_number_of_seconds(self) -> None:
        for text in ('0', '-1', 'inf', 'nan', 'soon'):
            cloud = self.useFixture(canned.Cloud())
            ran = cloud.openstack(*ENABLE, '--timeout', text)
            self.assert_ended(2, ran, out='')
            self.assertIn(f"'{text}' must be a number of seconds", ran.err)

    def test_broken_catalogue_is_told_but_not_to_who_asks_for_help(
        self,
    ) -> None:
        path = Path(os.environ['HOME']) / 'site.yaml'
        path.write_text('turbo: {values: [on]}', encoding='utf-8')
        self.useFixture(
            fixtures.EnvironmentVariable(files.VARIABLE, str(path))
        )
        cloud = self.useFixture(canned.Cloud())
        self.assert_refused(
            cloud.openstack(*ENABLE), f'{path}:1: turbo.values: not a list'
        )
        ran = cloud.openstack('help', 'server', 'config', 'set')
        self.assert_ended(0, ran, err='')
        self.assertIn('--turbo', ran.out)

    def test_type_with_the_name_of_an_option_is_set_with_config(self) -> None:
        path = Path(os.environ['HOME']) / 'site.yaml'
        path.write_text('flavor: {values: [sweet]}', encoding='utf-8')
        self.useFixture(
            fixtures.EnvironmentVariable(files.VARIABLE, str(path))
        )
        cloud = self.useFixture(canned.Cloud(*read(flavors=True)))
        self.assert_refused(
            cloud.openstack(*SET, '--config', 'flavor=sour'),
            'flavor=sour: allowed values: sweet',
        )

    def test_target_flavor_by_its_old_name(self) -> None:
        for option, deprecated in (('--target-flavor', 0), ('--flavor', 1)):
            cloud = self.useFixture(canned.Cloud(*read(flavors=True)))
            ran = cloud.openstack(*ENABLE, option, 'nope', '--dry-run')
            self.assert_refused(ran, 'flavor nope is no variant for this')
            told = ran.err.count('--flavor is deprecated here; use --target')
            self.assertEqual(deprecated, told)

    def test_nothing_asked(self) -> None:
        cloud = self.useFixture(canned.Cloud())
        ran = cloud.openstack(*SET)
        self.assert_ended(2, ran, out='')
        self.assertIn('Nothing to set', ran.err)

    def test_no_value(self) -> None:
        cloud = self.useFixture(canned.Cloud())
        ran = cloud.openstack(*SET, '--config', 'hyperthreading')
        self.assert_ended(2, ran, out='')
        self.assertIn("'hyperthreading' is not <type>=<value>", ran.err)
