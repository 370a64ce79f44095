"""What Ironic's conductor does to nodes: power, service steps, locks.

Owns the state machine of a node in time, after ``ironic/conductor`` and the
two kinds of nodes of the real cloud. Never checks who asks: that is done by
the API, in :mod:`.baremetal`.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oslo_utils import strutils

from tests.devcloud.ironic_plugin.devcloud_ironic import attributes
from tests.model import records, releases
from tests.model.records import OFF, ON, Document, Node

if TYPE_CHECKING:
    from tests.model.world import World

# The default of conductor.sync_power_state_interval.
_POWER_SYNC_S = 60
HOST = 'devcloud'
SERVICE_FAILURE = 'service failure'
ABORTED = 'By request, the service operation was aborted'
_TOO_LATE = (
    'Timeout reached while servicing the node. Please check if the ramdisk '
    'responsible for the servicing is running on the node. Failed on step'
)
_NOT_UPDATED = (
    'Redfish BIOS apply_configuration step failed. Attributes not updated:'
)
_KNOWN = {
    ('bios', 'apply_configuration'): {'settings'},
    ('bios', 'factory_reset'): set[str](),
}

# What the conductor itself does, or rather does not.
_RESERVED = frozenset({'power_on', 'power_off', 'reboot'})


class StepFailed(Exception):
    """A step ended badly; the text is the driver's own."""


class Conductor:
    """The one conductor of the cloud."""

    def __init__(self, world: World) -> None:
        self._world = world
        # Node UUID → how often it has waited: who calls back for an earlier
        # wait is not heard.
        self._waits: dict[str, int] = {}
        # An event of an operation that a restart has cut off must not happen.
        self._life = 0

    def begin_power(self, node: Node, target: str) -> None:
        """Switch a node; it is locked until that is done."""
        self._lock(node)
        node.last_error = None
        node.target_power_state = OFF if target.endswith('off') else ON
        self._after(
            node,
            self._world.settings.power_s,
            lambda: self._finish_power(node, target),
        )

    def _finish_power(self, node: Node, target: str) -> None:
        self._switch(node, node.target_power_state or ON, 'reboot' in target)
        node.target_power_state = None
        self._unlock(node)

    def switch(self, node: Node, power: str) -> None:
        """Have the node's power at once, as Nova's driver sees it done."""
        self._switch(node, power)

    def begin_service(
        self,
        node: Node,
        steps: list[Document],
        user_id: str | None,
        *,
        disable_ramdisk: bool,
    ) -> None:
        """Carry out service steps on a node."""
        self._lock(node)
        self._set_state(node, 'servicing', 'active')
        node.last_error = None
        node.steps = copy.deepcopy(steps)
        self._after(
            node,
            self._world.settings.between_s,
            lambda: self._start_steps(node, user_id, disable_ramdisk),
        )

    def begin_abort(self, node: Node) -> None:
        """Make a node active again whose service has failed."""
        self._set_state(node, 'active', None)
        self._lock(node)
        self._after(
            node, self._world.settings.between_s, lambda: self._aborted(node)
        )

    def _aborted(self, node: Node) -> None:
        node.last_error = ABORTED
        node.service_step = {}
        node.steps = []
        self._unlock(node)

    def begin_deploy(self, node: Node) -> None:
        """Make a node active that Nova has not been asked for."""
        self._lock(node)
        self._set_state(node, 'deploying', 'active')

        def deployed() -> None:
            self._switch(node, ON)
            self._set_state(node, 'active', None)
            self._unlock(node)

        self._after(node, self._world.settings.boot_s, deployed)

    def begin_undeploy(self, node: Node) -> None:
        """Make a node available again; a maintenance it is in stays."""
        self._lock(node)
        self._set_state(node, 'deleting', 'available')
        node.last_error = None

        def undeployed() -> None:
            self._switch(node, OFF)
            node.instance_uuid, node.instance_info = None, {}
            node.service_step = {}
            self._set_state(node, 'available', None)
            self._unlock(node)

        self._after(node, self._world.settings.delete_s, undeployed)

    def flag_abort(self, node: Node) -> None:
        """Take note that a service that waits is to end after its step."""
        node.service_step = node.service_step | {'abort_after': True}
        self._touch(node)

    def abort_at_once(self, node: Node) -> None:
        """End a service that waits; old releases tell nothing of it."""
        self._waits[node.uuid] = self._waits.get(node.uuid, 0) + 1
        if self._release.aborts_later:
            node.last_error = ABORTED
        self._set_state(node, 'service failed', 'active')

    def _abort_after_step(self, node: Node) -> None:
        """End a service that was flagged; what its step did stays."""
        step = f'{node.service_step["interface"]}.{node.service_step["step"]}'
        self._set_state(node, 'service failed', 'active')
        node.last_error = (
            f'{ABORTED} during or after the completion of step "{step}"'
        )
        node.service_step = {}
        self._unlock(node)

    def set_maintenance(self, node: Node, reason: str | None) -> None:
        """Put a node into maintenance."""
        node.maintenance, node.maintenance_reason = True, reason
        self._touch(node)

    def clear_maintenance(self, node: Node) -> None:
        """Take a node out of maintenance."""
        node.maintenance, node.maintenance_reason = False, None
        node.fault = None
        self._touch(node)

    def restart(self) -> None:
        """End as a conductor that is stopped, and begin anew.

        Nobody holds a lock any more, and what was being serviced has failed.
        """
        self._life += 1
        for node in self._world.nodes.values():
            node.reservation = None
            if node.target_power_state:
                node.target_power_state = None
                self._touch(node)
            if node.provision_state == 'servicing':
                node.last_error = (
                    f"The servicing state can't be resumed by conductor "
                    f'{HOST}. Moving to fail state.'
                )
                self._set_state(node, 'service failed', 'active')

    def cache_bios(self, node: Node) -> None:
        """Have Ironic's copy of the settings say what the BMC does.

        What the registry says of a setting is renewed with its value only,
        and the registry is what it was when Ironic connected to the BMC.
        """
        now = self._world.clock.utc()
        address = node.driver_info.get('redfish_address')
        if node.connected is None or node.connected[0] != address:
            node.connected = address, dict(node.bmc)
        for name, value in sorted(node.bmc.items()):
            kept = node.bios.get(name)
            if kept is None:
                read_only = _is_read_only(name, node)
                node.bios[name] = records.BiosSetting(
                    name, value, now, read_only=read_only
                )
            elif kept.value != value or _always_differs(name, node):
                read_only = _is_read_only(name, node)
                node.bios[name] = kept.rewritten(value, read_only, now)
        for name in node.bios.keys() - node.bmc.keys():
            del node.bios[name]

    def apply_template(self, node: Node, template: records.Template) -> None:
        """Carry out the BIOS settings of a template, as in a deployment.

        :raises StepFailed: a deployment would fail.
        """
        for step in template.steps:
            given = step.get('args', {}).get('settings', ())
            wanted = self._taken(node, {s['name']: s['value'] for s in given})
            node.bmc = attributes.after(node.bmc, wanted)
        self.cache_bios(node)

    def _start_steps(
        self, node: Node, user_id: str | None, disable_ramdisk: bool
    ) -> None:
        self.cache_bios(node)
        wrong = _why_not_known(node.steps)
        if disable_ramdisk and (wrong or _why_not_complete(node.steps)):
            # Nobody handles this in Ironic: the node stays so for good.
            reason = wrong or _why_not_complete(node.steps)
            node.last_error = (
                f'Async execution of do_node_service failed with error: '
                f'{reason}'
            )
            self._unlock(node)
            self._after(node, _POWER_SYNC_S, lambda: self._sync_power(node))
            return
        if not (wrong or self._release.knows_steps_first):
            more = {'abortable': False, 'priority': 0}
            node.steps = [step | more for step in _of_drivers(node.steps)]
        self._record(node, user_id, f'Starting servicing with {node.steps}')
        self._boot_ramdisk(node, lambda: self._run_steps(node))

    @property
    def _release(self) -> releases.Release:
        return self._world.settings.release

    def _boot_ramdisk(self, node: Node, done: Callable[[], None]) -> None:
        """Have a node boot the agent ramdisk, if this Ironic wants that."""
        if not (self._release.boots_ramdisk and node.is_redfish):
            done()
            return
        self._switch(node, OFF)

        def booting() -> None:
            self._switch(node, ON)
            self._wait_for_agent(node, done)

        self._after(node, self._world.settings.power_s, booting)

    def _wait_for_agent(self, node: Node, done: Callable[[], None]) -> None:
        """Wait until the agent ramdisk has called back, or in vain."""
        settings = self._world.settings
        self._set_state(node, 'service wait', 'active')
        self._unlock(node)
        this = self._waits[node.uuid] = self._waits.get(node.uuid, 0) + 1

        def is_heard() -> bool:
            is_waiting = node.provision_state == 'service wait'
            return is_waiting and self._waits[node.uuid] == this

        def called() -> None:
            if is_heard() and node.power_state == ON:
                self._lock(node)
                self.cache_bios(node)
                self._set_state(node, 'servicing', 'active')
                self._after(node, settings.between_s, done)

        def too_late() -> None:
            if is_heard():
                self._fail(node, f'{_TOO_LATE} {node.service_step}.')

        if not _is_set(node, 'fake_agent_silent'):
            self._world.clock.after(settings.ramdisk_s, called)
        self._world.clock.after(settings.service_wait_s, too_late)

    def _run_steps(self, node: Node) -> None:
        """Carry out the steps, if they are such as the drivers have."""
        if self._release.knows_steps_first:
            if wrong := _why_not(node.steps):
                self._fail(node, f'Cannot service node {node.uuid}: {wrong}')
                return
            more = {'abortable': False, 'priority': 0}
            node.steps = [step | more for step in _of_drivers(node.steps)]
        self._next_step(node, 0)

    def _sync_power(self, node: Node) -> None:
        """Forget an error, as Ironic does where the power is as it was."""
        if node.provision_state == 'servicing' and node.reservation is None:
            node.last_error = None

    def _next_step(self, node: Node, index: int) -> None:
        if index == len(node.steps):
            self._finish(node)
            return
        step = node.service_step = node.steps[index]
        self._touch(node)

        def done() -> None:
            self._next_step(node, index + 1)

        try:
            wanted = self._wanted(node, step)
        except StepFailed as error:
            self._fail(node, f'Node {node.uuid} failed step {step}: {error}')
            return
        if node.is_redfish:
            self._apply_by_redfish(node, wanted, done)
        else:
            self._apply_by_fake(node, wanted, done)

    def _wanted(self, node: Node, step: Document) -> dict[str, str]:
        """Return the settings that a step is to bring about.

        :raises StepFailed: its driver does not take it.
        """
        name, args = step['step'], step.get('args') or {}
        driver = 'RedfishBIOS' if node.is_redfish else 'Day2BIOS'
        if (step['interface'], name) not in _KNOWN:
            raise StepFailed(f"'{driver}' object has no attribute '{name}'")
        for unknown in sorted(set(args) - _KNOWN[step['interface'], name]):
            raise StepFailed(
                f'{driver}.{name}() got an unexpected keyword argument '
                f"'{unknown}'"
            )
        if name == 'factory_reset':
            return records.default_bios()
        if 'settings' not in args:
            raise StepFailed(
                f'{driver}.{name}() missing 1 required positional argument: '
                f"'settings'"
            )
        wanted = {s['name']: s['value'] for s in args['settings']}
        taken = self._taken(node, wanted)
        if node.driver_info.get('fake_bios_fail'):
            raise StepFailed(node.driver_info['fake_bios_fail'])
        return taken

    def _taken(self, node: Node, wanted: Document) -> dict[str, str]:
        """Return settings that driver and BMC take, as Ironic stores them.

        :raises StepFailed: one of them does not take them.
        """
        release = self._release
        if node.is_redfish and release.validates:
            wanted = _converted(node, wanted, converts=release.converts)
        stored = {name: attributes.stored(v) for name, v in wanted.items()}
        if node.is_redfish and release.skips_same and _is_so(node, stored):
            # The BMC is not even asked.
            return stored
        try:
            attributes.parse(wanted, node.bmc)
        except ValueError as error:
            raise StepFailed(_refusal(node, error)) from error
        return stored

    def _apply_by_fake(
        self, node: Node, wanted: dict[str, str], done: Callable[[], None]
    ) -> None:
        """Switch the node off, change the settings, and switch it on."""
        before = node.power_state
        self._switch(node, OFF)

        def start() -> None:
            if before == ON:
                self._switch(node, ON)

        def apply() -> None:
            self._apply(node, wanted, start)
            self.cache_bios(node)
            done()

        self._after(
            node, self._step_s(node, self._world.settings.step_s), apply
        )

    def _apply_by_redfish(
        self, node: Node, wanted: dict[str, str], done: Callable[[], None]
    ) -> None:
        """Have the settings pend, reboot, and look at them until they are so.

        No reboot for settings that are so already, but for a reset always.
        What an abort has left awaited is only verified, and what is wanted
        now is not done.
        """
        self.cache_bios(node)
        if node.awaited is not None:
            missing = sorted(node.awaited.items() - node.bmc.items())
            node.awaited = None
            if missing:
                self._fail(node, f'{_NOT_UPDATED} {dict(missing)}')
                return
        elif self._is_to_restart(node, wanted):
            node.target_power_state = ON
            reboot_s = self._step_s(node, self._world.settings.reboot_s)
            reboot = functools.partial(self._reboot, node, wanted, done)
            self._after(node, reboot_s, reboot)
            return
        self._after(node, self._world.settings.between_s, done)

    def _is_to_restart(self, node: Node, wanted: dict[str, str]) -> bool:
        """Return whether settings take a restart."""
        is_always = _is_reset(node) or not self._release.skips_same
        return is_always or not _is_so(node, wanted)

    def _reboot(
        self, node: Node, wanted: dict[str, str], done: Callable[[], None]
    ) -> None:
        """Have pending settings applied, and wait until they are so.

        What a reset brings is not waited for.
        """
        awaited = {} if _is_reset(node) else wanted
        node.awaited = awaited
        node.target_power_state = None
        self._apply(node, wanted, lambda: self._switch(node, ON, reboot=True))
        if self._release.boots_ramdisk:
            self._wait_for_agent(
                node, lambda: self._verify_once(node, awaited, done)
            )
            return
        self._set_state(node, 'service wait', 'active')
        self._unlock(node)
        end = self._world.clock.now() + self._world.settings.service_wait_s

        def verify() -> None:
            if node.provision_state != 'service wait':
                return
            if awaited.items() <= node.bmc.items():
                self._resume(node, done)
            elif self._world.clock.now() >= end:
                self.cache_bios(node)
                self._fail(node, f'{_TOO_LATE} {node.service_step}.')
            else:
                look_again()

        def look_again() -> None:
            # The BMC is asked by any conductor, after a restart as well.
            poll_s = self._world.settings.bios_poll_s
            self._world.clock.after(poll_s, verify)

        look_again()

    def _verify_once(
        self, node: Node, awaited: dict[str, str], done: Callable[[], None]
    ) -> None:
        """Go on, or fail where settings are not as they were to be."""
        node.awaited = None
        if missing := sorted(awaited.items() - node.bmc.items()):
            self._fail(node, f'{_NOT_UPDATED} {dict(missing)}')
        else:
            done()

    def _resume(self, node: Node, done: Callable[[], None]) -> None:
        """Go on with a service that has waited."""
        self._lock(node)
        self.cache_bios(node)
        if node.service_step.get('abort_after'):
            self._abort_after_step(node)
            return
        self._set_state(node, 'servicing', 'active')
        node.awaited = None
        self._after(node, self._world.settings.between_s, done)

    def _step_s(self, node: Node, default: float) -> float:
        return float(node.driver_info.get('fake_bios_seconds', default))

    def _apply(
        self, node: Node, wanted: dict[str, str], start: Callable[[], None]
    ) -> None:
        """Have a BMC take settings, and start the server for them.

        One that ignores does not; one that is late applies them at the start
        after this one.
        """
        if _is_set(node, 'fake_bios_ignore'):
            start()
            node.counters.bios_applied += 1
        elif _is_set(node, 'fake_bios_late'):
            start()
            node.pending |= wanted
        else:
            node.pending |= wanted
            self._apply_pending(node)
            start()

    def _apply_pending(self, node: Node) -> None:
        """Have a BMC apply what it has taken."""
        node.bmc = attributes.after(node.bmc, node.pending)
        node.pending = {}
        node.counters.bios_applied += 1

    def _finish(self, node: Node) -> None:
        node.service_step = {}
        if not (self._release.boots_ramdisk and node.is_redfish):
            self._finished(node)
            return
        self._switch(node, OFF)

        def booting() -> None:
            self._switch(node, ON)
            self._finished(node)

        self._after(node, self._world.settings.power_s, booting)

    def _finished(self, node: Node) -> None:
        self._record(node, None, f'Servicing completed with {node.steps}')
        node.steps = []
        self.cache_bios(node)
        self._set_state(node, 'active', None)
        self._unlock(node)

    def _fail(self, node: Node, reason: str) -> None:
        """End a service as Ironic does where a step was being carried out."""
        if node.service_step:
            node.fault, node.maintenance = SERVICE_FAILURE, True
            node.maintenance_reason = node.maintenance_reason or reason
        node.last_error = reason
        node.service_step = {}
        self._record(node, None, reason, severity='ERROR')
        self._set_state(node, 'service failed', 'active')
        self._unlock(node)

    def _switch(self, node: Node, power: str, reboot: bool = False) -> None:
        """Have the node's power, and tell Nova of it."""
        if node.power_state == power and not reboot:
            return
        counters = node.counters
        if reboot and node.power_state == ON:
            counters.reboots += 1
        elif power == ON:
            counters.power_on += 1
        else:
            counters.power_off += 1
        node.power_state = power
        if power == ON:
            self._started(node)
        self._touch(node)
        self._world.nova.hear_of_power(node.instance_uuid, power)

    def _started(self, node: Node) -> None:
        """Have a BMC do what it does at every start; Ironic is not told."""
        if node.pending:
            self._apply_pending(node)
        node.bmc = attributes.restarted(node.bmc)

    def _lock(self, node: Node) -> None:
        node.reservation = HOST
        self._touch(node)

    def _unlock(self, node: Node) -> None:
        node.reservation = None
        self._touch(node)

    def _set_state(self, node: Node, state: str, target: str | None) -> None:
        node.provision_state, node.target_provision_state = state, target
        node.provision_updated = self._world.clock.utc()
        self._touch(node)

    def _touch(self, node: Node) -> None:
        node.updated = self._world.clock.utc()

    def _record(
        self, node: Node, user: str | None, text: str, severity: str = 'INFO'
    ) -> None:
        if severity == 'INFO' and not self._release.tells_services:
            return
        entry = records.History(
            uuid=self._world.new_id(),
            created=self._world.clock.utc(),
            severity=severity,
            event=text,
            event_type='servicing',
            user_id=user,
            state=node.provision_state,
        )
        node.history.append(entry)

    def _after(
        self, node: Node, seconds: float, event: Callable[[], None]
    ) -> None:
        """Have a node's operation go on later.

        It does not where the conductor was restarted meanwhile, or where the
        node has become another's.
        """
        begun = self._life, node.instance_uuid

        def unless_cut_off() -> None:
            if begun == (self._life, node.instance_uuid):
                event()

        self._world.clock.after(seconds, unless_cut_off)


def _of_drivers(steps: list[Document]) -> list[Document]:
    """Return steps without those that Ironic's conductor keeps to itself.

    It takes them, and drops them when it validates the steps.
    """
    return [step for step in steps if step['step'] not in _RESERVED]


def _why_not(steps: list[Document]) -> str | None:
    """Return what is wrong with steps where it is looked at first."""
    why = []
    for step in _of_drivers(steps):
        needed = _KNOWN.get((step['interface'], step['step']))
        if needed is None:
            why.append(f'node does not support this service step: {step}')
            continue
        given = set(step.get('args') or {})
        if more := given - needed:
            why.append(
                f'service step {step} has these unexpected arguments: '
                f'{", ".join(sorted(more))}'
            )
        if needed - given:
            why.append(
                f'service step {step} is missing these required arguments: '
                f'settings (A list of BIOS settings to be applied)'
            )
    return '; '.join(why) or None


def _why_not_known(steps: list[Document]) -> str | None:
    steps = _of_drivers(steps)
    unknown = [s for s in steps if (s['interface'], s['step']) not in _KNOWN]
    if not unknown:
        return None
    return f'node does not support this service step: {unknown[0]}'


def _why_not_complete(steps: list[Document]) -> str | None:
    for step in steps:
        needed = _KNOWN.get((step['interface'], step['step']), set())
        missing = needed - set(step.get('args') or {})
        if missing:
            return (
                f'service step {step} is missing these required arguments: '
                f'{", ".join(sorted(missing))}'
            )
    return None


def _converted(node: Node, wanted: Document, *, converts: bool) -> Document:
    """Return settings as Ironic's Redfish driver sends them.

    It goes by what it has cached; Ironic's ``_validate_and_convert_settings``.

    :param converts: what is text is made what the registry says.
    :raises StepFailed: it does not.
    """
    converted, bad = dict(wanted), []
    for name, value in wanted.items():
        try:
            if name in node.bios:
                made = _by_registry(node.bios[name], value)
                converted[name] = made if converts else value
        except ValueError:
            bad.append(name)
    if bad:
        raise StepFailed(
            f'Redfish BIOS apply_configuration failed for node {node.uuid}: '
            f'invalid value for setting(s): {", ".join(bad)}'
        )
    return converted


def _by_registry(cached: records.BiosSetting, value: Any) -> Any:
    """Return a value in the type that the cached registry tells.

    :raises ValueError: it does not allow the value.
    """
    if cached.read_only:
        raise ValueError(f'{cached.name} is read-only')
    return attributes.converted(cached.name, value)


def _refusal(node: Node, error: ValueError) -> str:
    """Return how the driver words what its BMC refuses."""
    if not node.is_redfish:
        return str(error)
    return (
        f'Redfish exception occurred. Error: Redfish BIOS apply configuration '
        f'failed for node {node.uuid}. Error: {error}'
    )


def _is_so(node: Node, wanted: dict[str, str]) -> bool:
    """Return whether settings are in force, and nothing else pends."""
    to_be = node.bmc | node.pending
    return all(
        node.bmc.get(name) == value == to_be.get(name)
        for name, value in wanted.items()
    )


def _is_reset(node: Node) -> bool:
    return bool(node.service_step.get('step') == 'factory_reset')


def _is_set(node: Node, knob: str) -> bool:
    return bool(strutils.bool_from_string(node.driver_info.get(knob)))


def _is_read_only(name: str, node: Node) -> bool:
    """Return what the registry says, which Ironic reads from Redfish once."""
    attribute = attributes.BY_NAME.get(name)
    values = node.bmc
    if node.is_redfish and node.connected:
        _, values = node.connected
    return attribute is not None and bool(attribute.is_read_only(values))


def _always_differs(name: str, node: Node) -> bool:
    """Return whether Ironic writes a row anew, whatever its value.

    It compares the BMC's number or truth with the text that it has.
    """
    attribute = attributes.BY_NAME.get(name)
    return (
        node.is_redfish
        and attribute is not None
        and attribute.kind in ('Boolean', 'Integer')
    )
