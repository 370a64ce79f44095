"""The plan: everything that would be done to one server, as a value.

What ``--dry-run`` prints is what is carried out. How a plan is made is for
:mod:`.planner`.
"""

import enum
from dataclasses import dataclass, replace

from osc_baremetal_config.core.facts import metadata, registry, values
from osc_baremetal_config.core.facts import steps as steps_
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Item,
    Node,
    Profile,
    Server,
    Step,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.provision_state import SERVICING
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.plan.options import Method, OnFailure, Options
from osc_baremetal_config.core.plan.power import OFF, ON
from osc_baremetal_config.core.plan.side_effects import NO_REST, Kept, Rest

__all__ = ['OFF', 'ON', 'Aim', 'ItemChange', 'Plan', 'SettingChange']


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A BIOS setting with its value before and after, as a BMC has them.

    :param before: None if it is not known.
    :param later: how many services of the plan come before it can be set.
    :param rank: the same, of the change as it was begun; the way back is in
        the reverse order.
    :param is_hidden: it was not shown before the change began, so it need not
        be shown once that is undone.
    """

    name: str
    before: Value | None
    after: Value
    later: int = 0
    rank: int = 0
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item that changes, and what changes it.

    :param before: its value before, None if that cannot be told.
    :param template: None for a change that is only undone, of which nothing
        matters but what was before.
    """

    item: Item
    before: str | None
    template: Template | None
    settings: tuple[SettingChange, ...]


@enum.unique
class Aim(enum.Enum):
    """Where a plan leads.

    ``SET`` to what is requested, or back if it fails partway; ``RETRY`` to
    the same, although it has failed before; ``ROLLBACK`` to what was before;
    ``ABORT`` to a server that can be used, with the settings as they are.
    """

    SET = 'set'
    RETRY = 'retry'
    ROLLBACK = 'rollback'
    ABORT = 'abort'


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that would be done to one server.

    :param origin: the uuid of the node that the server was on when the
        change began; a resize may have moved it.
    :param bios: the BIOS settings that change, as they were read.
    :param unchanged: the items that are as requested already.
    :param steps: what Ironic is to run, in order; empty if nothing changes.
    :param later: the steps of each service after that one. Only what can be
        told now: the plan is made again before each.
    :param why_later: why these have to wait, in words.
    :param undo: the steps that put the settings back, one for each service
        that this takes, in order; None if none can.
    :param no_rollback: why none can.
    :param runbook: the name of a runbook that does exactly the steps, if one
        is to be used.
    :param is_loose: the runbook writes as text what the BMC takes as an
        integer or a boolean, and some releases of Ironic do not convert it;
        the steps are the better way.
    :param undo_runbook: the same for the undoing.
    :param resize_to: the flavor that the server is to have; None if it is
        not resized.
    :param variants: the flavors that equal the server's but for the items;
        None if flavors were not read.
    :param power: ``on`` or ``off``: how the server is at the end.
    :param record: the items to write into the server's metadata at the end.
    :param profile: the one to write there with them; None for none.
    :param forget: the keys to remove from it at the end.
    :param rest: the settings that the change does not name.
    :param kept: the items that are as desired, and that it does not name.
    :param claims: the items that are claimed at the end: what their values are
        read by.
    :param entries: types whose entries of an earlier run are to be removed.
    :param digest: tells the entries of this request from those of others.
    :param vendor: whose BIOS it is; empty if its settings do not tell.
    :param risks: what can be lost by the settings that change.
    :param failure: why the change is rolled back, though nothing has failed
        on the way yet; None if it is not.
    :param warnings: what the person should know, without being refused.
    """

    server: Server
    node: Node
    origin: str
    bios: Bios
    changes: tuple[ItemChange, ...]
    unchanged: tuple[Item, ...]
    steps: tuple[Step, ...]
    later: tuple[tuple[Step, ...], ...]
    why_later: tuple[str, ...]
    undo: tuple[Step, ...] | None
    no_rollback: tuple[str, ...]
    runbook: str | None
    undo_runbook: str | None
    resize_to: Flavor | None
    options: Options
    variants: tuple[Flavor, ...] | None
    power: str
    record: tuple[Item, ...]
    entries: tuple[str, ...]
    digest: str
    warnings: tuple[str, ...]
    aim: Aim = Aim.SET
    failure: str | None = None
    is_loose: bool = False
    forget: tuple[str, ...] = ()
    vendor: str = ''
    risks: tuple[Risk, ...] = ()
    rest: Rest = NO_REST
    kept: tuple[Kept, ...] = ()
    claims: tuple[Kept, ...] = ()
    profile: Profile | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """Return the items that are asked for."""
        changing = [change.item for change in self.changes]
        return tuple(sorted([*changing, *self.unchanged]))

    @property
    def recorded(self) -> dict[str, str]:
        """Return the metadata that records what was verified."""
        record = metadata.record(self.record)
        if self.profile:
            record[metadata.PROFILE] = self.profile.name
        return record

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing at all to do."""
        if self.aim is Aim.ABORT:
            # A node can be left in "service failed" by somebody else.
            return False
        return not (self.recorded or self.forget or self.touches_power)

    @property
    def touches_power(self) -> bool:
        """Return whether the server is, or may have been, stopped."""
        return bool(
            self.changes or self.entries or self.is_to_resize(self.server)
        )

    @property
    def is_resumed(self) -> bool:
        """Return whether an earlier run has started this."""
        return bool(self.entries)

    @property
    def is_started(self) -> bool:
        """Return whether Ironic is at the service already."""
        return self.node.provision_state in SERVICING

    @property
    def needs_service(self) -> bool:
        """Return whether Ironic has to be asked for the service."""
        if self.is_started or not self.steps:
            return False
        is_applied = all(
            registry.holds(self.bios, name, value)
            for name, value in self.wanted.items()
        )
        return self.runs_unread or not is_applied

    @property
    def reboots(self) -> int:
        """Return how many services are still to be run, each with a reboot."""
        return int(self.needs_service) + len(self.later)

    @property
    def runs_unread(self) -> bool:
        """Return whether steps have to run that leave no trace in the BIOS.

        Of those that an earlier run has started nobody knows whether they ran.
        """
        is_due = self.aim is Aim.RETRY or not self.is_resumed
        return is_due and bool(self.unreadable_steps)

    @property
    def needs_leave(self) -> bool:
        """Return whether a failure would have to be undone, and cannot be."""
        wants_rollback = self.options.on_failure is OnFailure.ROLLBACK
        return wants_rollback and self.aim is Aim.SET and self.needs_service

    @property
    def stops(self) -> bool:
        """Return whether the server is running and will be shut down."""
        needed = self.needs_service or self.is_to_resize(self.server)
        return needed and self.stop and self.server.status == 'ACTIVE'

    @property
    def may_use_steps(self) -> bool:
        """Return whether the steps may be sent without a runbook."""
        return self.options.method is not Method.RUNBOOK

    @property
    def stop(self) -> bool:
        """Return whether the server is shut down before."""
        return self.options.stop

    @property
    def method(self) -> Method:
        """Return what carries the change out."""
        if self.resize_to:
            return Method.RESIZE
        return Method.RUNBOOK if self.runbook else Method.SERVICE

    @property
    def what(self) -> tuple[Step, ...] | str:
        """Return what Ironic is asked to run: steps, or a runbook's name."""
        return self.runbook or self.steps

    @property
    def what_undoes(self) -> tuple[Step, ...] | str:
        """Return the same for restoring the settings, for the first of all."""
        by_runbook = self.undo_runbook if self.runbook else None
        return by_runbook or (self.undo or ())[:1]

    @property
    def unreadable_steps(self) -> tuple[Step, ...]:
        """Return the steps that leave no trace in the BIOS settings."""
        return tuple(s for s in self.steps if not steps_.is_apply(s))

    def is_to_resize(self, server: Server) -> bool:
        """Return whether a server has still to get its flavor."""
        return bool(
            self.resize_to and server.flavor.name != self.resize_to.name
        )

    def ways(self) -> list['Plan']:
        """Return this plan with and without its runbook, the better first."""
        if self.runbook and self.may_use_steps:
            ways = [self, replace(self, runbook=None)]
            return ways[::-1] if self.is_loose else ways
        return [self]

    @property
    def wanted(self) -> dict[str, Value]:
        """Return the BIOS settings that must be read back, name → value.

        Those that are set by the next service, and before it.
        """
        return {s.name: s.after for s in self._settings}

    @property
    def was(self) -> dict[str, Value | None]:
        """Return the same settings as they were before."""
        return {s.name: s.before for s in self._settings}

    @property
    def read(self) -> dict[str, Value]:
        """Return all settings of the change as they were before, if known."""
        return {
            s.name: s.before
            for c in self.changes
            for s in c.settings
            if s.before is not None
        }

    @property
    def hidden(self) -> frozenset[str]:
        """Return those of the settings that were not shown before."""
        return frozenset(s.name for s in self._settings if s.is_hidden)

    @property
    def _settings(self) -> list[SettingChange]:
        return [s for c in self.changes for s in c.settings if not s.later]

    def is_running(self, steps: tuple[Step, ...]) -> bool:
        """Return whether steps set what this plan sets, however typed."""
        running = _stored(steps_.settings(steps))
        return running == _stored(self.wanted)


def _stored(settings: dict[str, Value]) -> dict[str, str]:
    return {name: values.stored(value) for name, value in settings.items()}
