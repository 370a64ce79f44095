"""Systems with a BIOS, for sushy-emulator's fake driver, which has none.

Owns the systems' state: what is set in the BIOS is pending until the next
power on or restart, as on a real server, and power changes take POWER_S
instead of the driver's one to eleven seconds.  Values are JSON's own, true
and false among them.
"""

import threading
import time

from devcloud_ironic import attributes
from sushy_tools import error
from sushy_tools.emulator.resources.systems import fakedriver

POWER_S = 1.0
COUNTERS = ('PowerOn', 'PowerOff', 'Restart', 'BiosApplied')


class Systems(fakedriver.FakeDriver):
    """The systems; every method is one request's."""

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
                changes['bios'] = attributes.restarted(self._started(system))
            if pending == 'On' and system.get('bios_pending'):
                changes['bios_pending'] = {}
                system['counters'] = changes['counters']
                changes['counters'] = self._count(system, 'BiosApplied')
            self._update(system, **changes)

    def get_bios(self, identity):
        """Return the settings that are in force."""
        return self._bios(self._get(identity))

    def get_pending_bios(self, identity):
        """Return the settings as they will be after the next start."""
        system = self._get(identity)
        return self._bios(system) | (system.get('bios_pending') or {})

    def set_bios(self, identity, settings):
        """Keep settings for the next start; refuse what a BMC refuses."""
        with self._lock:
            system = self._get(identity)
            try:
                parsed = attributes.parse(settings, self._bios(system))
            except ValueError as exc:
                raise error.BadRequest(str(exc)) from exc
            pending = (system.get('bios_pending') or {}) | parsed
            self._update(system, bios_pending=pending)

    def reset_bios(self, identity):
        """Put all settings back at the next start."""
        with self._lock:
            defaults = dict(attributes.DEFAULTS)
            self._update(self._get(identity), bios_pending=defaults)

    def counters(self, identity):
        """Return how often what happened since the state was made."""
        kept = self._get(identity).get('counters') or {}
        return dict.fromkeys(COUNTERS, 0) | kept

    def _bios(self, system):
        return attributes.DEFAULTS | (system.get('bios') or {})

    def _started(self, system):
        """Return the settings once what pends is applied."""
        pending = system.get('bios_pending') or {}
        return attributes.after(self._bios(system), pending)

    def _count(self, system, name):
        counters = dict(system.get('counters') or {})
        counters[name] = counters.get(name, 0) + 1
        return counters
