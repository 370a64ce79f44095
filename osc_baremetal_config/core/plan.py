"""The plan: everything that would be done to one server, as a value.

What ``--dry-run`` prints is what is carried out. How a plan is made is for
:mod:`.planner`.
"""

from dataclasses import dataclass, replace

from osc_baremetal_config.core.lifecycle import SERVICING
from osc_baremetal_config.core.model import (
    Bios,
    Flavor,
    Item,
    Node,
    Server,
    Step,
    Template,
)
from osc_baremetal_config.core.options import Method, Options

ON, OFF = 'on', 'off'


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A BIOS setting with its value before and after."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An item that changes, and what changes it.

    :param before: its value now, None if that cannot be told.
    """

    item: Item
    before: str | None
    template: Template
    settings: tuple[SettingChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that would be done to one server.

    :param bios: the BIOS settings that it was made from.
    :param settled: the items that are as they should be already.
    :param steps: what Ironic is to run, in order; empty if nothing changes.
    :param runbook: the name of a runbook that does exactly that, if one is
        to be used.
    :param variants: the flavors that equal the server's but for the items;
        None if flavors were not read.
    :param power: ``on`` or ``off``: how the server is at the end.
    :param record: the items to write into the server's metadata at the end.
    :param notes: types whose notes of an earlier run are to be cleared.
    :param warnings: what the person should know, without being refused.
    """

    server: Server
    node: Node
    bios: Bios
    changes: tuple[Change, ...]
    settled: tuple[Item, ...]
    steps: tuple[Step, ...]
    runbook: str | None
    options: Options
    variants: tuple[Flavor, ...] | None
    power: str
    record: tuple[Item, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing at all to do."""
        return not (self.changes or self.record or self.notes)

    @property
    def is_begun(self) -> bool:
        """Return whether Ironic is at the service already."""
        return self.node.provision_state in SERVICING

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
        """Return what carries the steps out."""
        return Method.RUNBOOK if self.runbook else Method.SERVICE

    @property
    def what(self) -> tuple[Step, ...] | str:
        """Return what Ironic is asked to run: steps, or a runbook's name."""
        return self.runbook or self.steps

    def ways(self) -> list['Plan']:
        """Return this plan, and then the same without a runbook if it may."""
        if self.runbook and self.may_use_steps:
            return [self, replace(self, runbook=None)]
        return [self]

    @property
    def wanted(self) -> dict[str, str]:
        """Return the BIOS settings that must be read back, name → value."""
        return {s.name: s.after for c in self.changes for s in c.settings}

    @property
    def was(self) -> dict[str, str | None]:
        """Return the same settings as they are now."""
        return {s.name: s.before for c in self.changes for s in c.settings}
