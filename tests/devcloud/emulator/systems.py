"""Systems with a BIOS, for sushy-emulator's fake driver, which has none.

Owns the systems' state: what is set in the BIOS is pending until the next
power on or restart, or of the one after that, as on a real server, and power
changes take POWER_S instead of the driver's one to eleven seconds.  Values
are JSON's own, true and false among them.
"""

import threading
import time

from sushy_tools import error
from sushy_tools.emulator.resources.systems import fakedriver

from tests.devcloud import redfish
from tests.devcloud.emulator import bioses

POWER_S = 1.0
# Whose pending settings are only those that were set, as a Dell's are.
ALONE = frozenset((*redfish.PLAIN, 'rf-dell'))
COUNTERS = ('PowerOn', 'PowerOff', 'Restart', 'BiosApplied')


class Systems(fakedriver.FakeDriver):
    """The systems; every method is one request's."""

    # Who plays the agent; the program that serves says.
    agents = None

    def __init__(self):
        # A request reads a system, changes it and writes it back.
        self._lock = threading.RLock()
        super().__init__()

    def get_power_state(self, identity):
        """Return On or Off; what is due by now has happened."""
        with self._lock:
            return super().get_power_state(identity)

    def set_power_state(self, identity, state):
        """Begin a change; count it, and apply the BIOS when it is due."""
        with self._lock:
            system = self._get(identity)
            if 'Restart' in state or 'Cycle' in state:
                counted, pending = 'Restart', 'On'
                system['power_state'] = 'Off'
            elif 'On' in state:
                counted, pending = 'PowerOn', 'On'
            elif state in ('ForceOff', 'GracefulShutdown'):
                counted, pending = 'PowerOff', 'Off'
            else:
                raise error.NotSupportedError(f'no such reset: {state}')
            if system['power_state'] == pending:
                return
            changes = {
                'pending_power': {
                    'power_state': pending,
                    'apply_time': time.time() + POWER_S,
                },
                'counters': self._count(system, counted),
            }
            if pending == 'On':
                changes |= self._started(system, changes['counters'])
            boots_ramdisk = pending == 'On' and self._boots_ramdisk(system)
            if boots_ramdisk:
                # For one start, as Ironic asks for it.
                changes['boot_device'] = 'Hdd'
            self._update(system, **changes)
            if boots_ramdisk:
                self.agents.begin(identity, system['nics'][0]['mac'])
            else:
                self.agents.end(identity)

    def get_bios(self, identity):
        """Return the settings that are in force."""
        return self._bios(self._get(identity))

    def get_pending_bios(self, identity):
        """Return what is set for later; most vendors show all else as well."""
        system = self._get(identity)
        late = system.get('bios_late') or {}
        pending = late | (system.get('bios_pending') or {})
        if system['name'] in ALONE:
            return pending
        return self._bios(system) | pending

    def set_bios(self, identity, settings):
        """Keep settings for the next start; refuse what a BMC refuses."""
        with self._lock:
            system = self._get(identity)
            try:
                parsed = self._kind(system).parse(settings, self._bios(system))
            except ValueError as exc:
                raise error.BadRequest(str(exc)) from exc
            pending = (system.get('bios_pending') or {}) | parsed
            self._update(system, bios_pending=pending)

    def reset_bios(self, identity):
        """Put all settings back at the next start."""
        with self._lock:
            system = self._get(identity)
            defaults = dict(self._kind(system).defaults)
            self._update(system, bios_pending=defaults)

    def deliver(self, identity):
        """Have the BIOS as it is delivered, at once and behind all backs."""
        with self._lock:
            self._update(identity, bios={}, bios_pending={}, bios_late={})

    def entries(self, identity):
        """Return the entries of a system's registry."""
        system = self._get(identity)
        return self._kind(system).entries(self._bios(system))

    def counters(self, identity):
        """Return how often what happened since the state was made."""
        kept = self._get(identity).get('counters') or {}
        return dict.fromkeys(COUNTERS, 0) | kept

    def _boots_ramdisk(self, system):
        return system.get('boot_device') == 'Pxe'

    def _kind(self, system):
        return bioses.of(system['name'])

    def _bios(self, system):
        return self._kind(system).defaults | (system.get('bios') or {})

    def _started(self, system, counters):
        """Return what a start changes: what pended, and what was late."""
        kind, late = self._kind(system), system.get('bios_late') or {}
        pending = system.get('bios_pending') or {}
        later = {n: v for n, v in pending.items() if n in kind.late}
        due = late | {n: v for n, v in pending.items() if n not in later}
        values = kind.after(self._bios(system), due)
        changes = {'bios': kind.restarted(values), 'bios_late': later}
        if pending or late:
            changes['bios_pending'] = {}
            changes['counters'] = self._count(
                system | {'counters': counters}, 'BiosApplied'
            )
        return changes

    def _count(self, system, name):
        counters = dict(system.get('counters') or {})
        counters[name] = counters.get(name, 0) + 1
        return counters
