"""What is tried on a release, as the operator and as a manager.

Owns the operations and how each is checked. An operation ends as it should,
is refused, or is not in the release; anything else is an error. Must never
know which release it runs on: it asks the cloud what there is.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests import people, runs
from tests.devcloud import api, resources
from tests.functional import base

ENABLE = ('--hyperthreading', 'enabled')
PASSED, ABSENT = 'passed', 'not in this release'
# Nova runs these servers itself, so their BIOS is that of a node beside it.
_KNOB_S = 4


@dataclass(frozen=True)
class Outcome:
    """How an operation ended.

    :param result: ``passed``, ``not in this release``, or ``refused`` with
        the code of the reason.
    :param words: what the person read of a refusal, else empty.
    """

    result: str
    words: str = ''


class Cell(base.TestCase):
    """One operation, by one person, on a cloud that is up."""

    def __init__(self, operation: str, who: str) -> None:
        super().__init__('test_cell')
        self.operation, self.name = operation, who
        self.outcome: Outcome | None = None

    def setUp(self) -> None:
        """Meet the person, and ask what the cloud's Ironic is."""
        super().setUp()
        self.who = self.person(self.name)
        self.version = api.newest(self.layout)

    def test_cell(self) -> None:
        self.outcome = OPERATIONS[self.operation](self)

    def of(self, flavor: str) -> Any:
        """Return a new server with hyper-threading off, to be seen by all."""
        server = self.server(f'{flavor}.ht-off', 'compat-1')
        self.let_see(server.id)
        return server

    def let_see(self, server_id: str) -> None:
        """Make the project the lessee of the node where Ironic does not."""
        node = self.node_of(server_id)
        if node.lessee is None:
            project = self.mona.connect().current_project_id
            change = {'op': 'add', 'path': '/lessee', 'value': project}
            self.lab.patch(node.id, change)
            # Ironic takes back only what it has set itself.
            undo = {'op': 'remove', 'path': '/lessee'}
            self.addCleanup(self.lab.patch, node.id, undo)

    def enable(self, server_id: str, *argv: str) -> runs.Ran:
        """Return how hyper-threading is switched on."""
        return self.set(self.who, *ENABLE, *argv, '-f', 'json', server_id)

    def assert_enabled(self, ran: runs.Ran, server_id: str, how: str) -> None:
        """Check that the change was made, by this method, and verified."""
        self.assert_ended(0, ran)
        [row] = ran.json()
        self.assertEqual((how, 'verified'), (row['Method'], row['Result']))
        self.assertEqual('Enabled', self.bios_value(server_id))

    def refused(self, ran: runs.Ran, server_id: str) -> Outcome:
        """Return the refusal; nothing was touched.

        :raises AssertionError: it is none.
        """
        self.assert_refused(ran)
        self.assertEqual('Disabled', self.bios_value(server_id))
        self.assertEqual({}, self.nova.get_server(server_id).metadata)
        [row] = ran.json()
        codes = ', '.join(row['Codes'])
        return Outcome(f'refused ({codes})', ran.err.strip())

    def changed(self, server_id: str, *argv: str, how: str) -> Outcome:
        """Return how a change is made, or refused."""
        ran = self.enable(server_id, *argv)
        if ran.code == 3:
            return self.refused(ran, server_id)
        self.assert_enabled(ran, server_id, how)
        return Outcome(PASSED)


def _see(cell: Cell) -> Outcome:
    """Look at a new server, with nothing done by hand."""
    server = cell.server(f'{base.FAKE}.ht-off', 'compat-1')
    ran = cell.who.openstack(
        *('server', 'config', 'show', server.id, '-f', 'json')
    )
    if ran.code == 3:
        return Outcome('refused (no-node)', ran.err.strip())
    cell.assert_ended(0, ran)
    [row] = [r for r in ran.json() if r['Config'] == 'hyperthreading']
    cell.assertEqual(
        ('disabled', 'disabled', False),
        (row['Desired'], row['Actual'], row['Drift']),
    )
    return Outcome(PASSED)


def _list(cell: Cell) -> Outcome:
    server = cell.of(base.FAKE)
    ran = cell.who.openstack(
        *('server', 'config', 'list', '--server', server.id, '-f', 'json'),
        *(('--all-projects',) if cell.name == 'operator' else ()),
    )
    cell.assert_ended(0, ran)
    [row] = [r for r in ran.json() if r['Config'] == 'hyperthreading']
    cell.assertEqual(('disabled', 'disabled'), (row['Desired'], row['Actual']))
    return Outcome(PASSED)


def _steps(cell: Cell) -> Outcome:
    server = cell.of(base.FAKE)
    argv = ('--method', 'service')
    return cell.changed(server.id, *argv, how='service')


def _runbook(cell: Cell) -> Outcome:
    """Use a public runbook as operator, the project's own as manager."""
    server = cell.of(base.FAKE)
    argv = ('--method', 'runbook')
    if cell.version < resources.RUNBOOKS:
        found = cell.refused(cell.enable(server.id, *argv), server.id)
        return Outcome(ABSENT, found.words)
    if cell.name == 'mona':
        _own_runbook(cell)
    return cell.changed(server.id, *argv, how='runbook')


def _own_runbook(cell: Cell) -> None:
    """Let the project own the runbook until the end of the cell."""
    [item] = [one for one in resources.ITEMS if one.runbook == 'ht-on']
    name = item.runbook_at(cell.version)
    project = cell.mona.connect().current_project_id

    def patch(*changes: dict[str, Any]) -> None:
        cell.system.baremetal.patch(
            f'/runbooks/{name}',
            json=list(changes),
            microversion='.'.join(map(str, min(cell.version, api.IRONIC))),
        ).raise_for_status()

    patch(
        {'op': 'replace', 'path': '/public', 'value': False},
        {'op': 'replace', 'path': '/owner', 'value': project},
    )
    cell.addCleanup(
        patch,
        {'op': 'remove', 'path': '/owner'},
        {'op': 'replace', 'path': '/public', 'value': True},
    )


def _redfish(cell: Cell) -> Outcome:
    server = cell.of(base.REDFISH)
    bmc = cell.bmc_of(server.id)
    argv = ('--method', 'service')
    outcome = cell.changed(server.id, *argv, how='service')
    wanted = 'Enabled' if outcome.result == PASSED else 'Disabled'
    cell.assertEqual(wanted, bmc.bios()['LogicalProc'])
    return outcome


def _verify(cell: Cell) -> Outcome:
    """Have a BMC that says yes and does nothing."""
    server = cell.of(base.FAKE)
    cell.knob(server.id, 'fake_bios_ignore', True)
    ran = cell.enable(server.id)
    if ran.code == 3:
        return cell.refused(ran, server.id)
    cell.assert_ended(5, ran)
    cell.assertEqual('incomplete', ran.json()[0]['Result'])
    cell.assertIn('the node has LogicalProc=Disabled', ran.err)
    return Outcome(PASSED)


def _roll_back(cell: Cell) -> Outcome:
    """Have a BMC that refuses the value."""
    server = cell.of(base.FAKE)
    before = cell.state(server.id)
    cell.addCleanup(cell.lab.leave_failure, server.id)
    cell.knob(server.id, 'fake_bios_refuses', 'LogicalProc=Enabled')
    ran = cell.enable(server.id)
    if ran.code == 3:
        return cell.refused(ran, server.id)
    cell.assertIn('the BMC refuses LogicalProc=Enabled', ran.err)
    cell.assert_ended(4, ran)
    cell.assertEqual('rolled back', ran.json()[0]['Result'])
    cell.assertEqual(before, cell.state(server.id))
    return Outcome(PASSED)


def _recover(cell: Cell) -> Outcome:
    """Kill a change while the node is serviced, and go on with it."""
    server = cell.of(base.FAKE)
    cell.knob(server.id, 'fake_bios_seconds', _KNOB_S)
    argv = ('server', 'config', 'set', *ENABLE, server.id, '-f', 'json')
    process = cell.who.start(*argv)

    def is_serviced() -> bool:
        state = cell.node_of(server.id).provision_state
        return process.poll() is not None or state == 'servicing'

    people.wait('the node is serviced', is_serviced)
    if process.poll() is not None:
        out, err = process.communicate()
        ran = runs.Ran(process.returncode, out, err)
        return cell.refused(ran, server.id)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    ran = cell.who.openstack(
        *('server', 'config', 'recover', '--retry', server.id, '-f', 'json')
    )
    cell.assert_ended(0, ran)
    cell.assertEqual([], json.loads(ran.out)['change'])
    cell.assertEqual('Enabled', cell.bios_value(server.id))
    return Outcome(PASSED)


def _resize(cell: Cell) -> Outcome:
    server = cell.resizable('compat-rz')
    ran = cell.enable(server.id, '--method', 'resize')
    if ran.code == 3:
        return cell.refused(ran, server.id)
    cell.assert_enabled(ran, server.id, 'resize')
    return Outcome(PASSED)


OPERATIONS: dict[str, Callable[[Cell], Outcome]] = {
    'show': _see,
    'list': _list,
    'set by steps': _steps,
    'set by runbook': _runbook,
    'set on Redfish': _redfish,
    'verify': _verify,
    'roll back': _roll_back,
    'recover': _recover,
    'resize': _resize,
}
PEOPLE = {'operator': 'operator', 'manager': 'mona'}
