"""What the model's world is made of: plain records.

Owns their fields and nothing else. Never changes one, and never knows how a
service shows it.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.devcloud.ironic_plugin.devcloud_ironic import attributes

Document = dict[str, Any]
ON, OFF = 'power on', 'power off'


@dataclass(frozen=True)
class Project:
    """A project of the default domain."""

    id: str
    name: str


@dataclass(frozen=True)
class User:
    """A user; ``grants`` has the roles by project id, None for the system."""

    id: str
    name: str
    password: str
    grants: Mapping[str | None, frozenset[str]]


@dataclass
class Token:
    """A login.

    :param project: None if it is for the system, or for nothing.
    :param expires: on the model's clock.
    """

    id: str
    user: User
    project: Project | None
    is_system: bool
    roles: frozenset[str]
    issued_at: datetime.datetime
    expires: float
    methods: tuple[str, ...] = ('password',)
    is_revoked: bool = False

    @property
    def is_admin(self) -> bool:
        """Return whether Nova takes this for an administrator."""
        return 'admin' in self.roles and not self.is_system


@dataclass(frozen=True)
class Flavor:
    """A flavor; memory and swap in MiB, disks in GiB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    ephemeral: int = 0
    swap: int = 0
    is_public: bool = True
    projects: frozenset[str] = frozenset()
    description: str | None = None


@dataclass
class Image:
    """An image with its custom properties."""

    id: str
    name: str
    created: datetime.datetime
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """A compute host.

    :param is_ironic: whether it has the nodes' power; else it is Nova's fake
        driver, as on the resizable host of the real cloud.
    :param can_resize: whether a resize ends in VERIFY_RESIZE there.
    """

    name: str
    is_ironic: bool = True
    can_resize: bool = False


@dataclass
class Event:
    """A part of an action."""

    name: str
    host: str
    began: datetime.datetime
    ended: datetime.datetime | None = None
    result: str | None = None
    details: str | None = None
    traceback: str | None = None


@dataclass
class Action:
    """What was asked of a server, and what came of it."""

    name: str
    request_id: str
    user_id: str
    project_id: str
    began: datetime.datetime
    updated: datetime.datetime
    message: str | None = None
    events: list[Event] = field(default_factory=list)


@dataclass
class Before:
    """What a server was before its resize, for the way back."""

    flavor: Flavor
    vm_state: str
    node_uuid: str | None


@dataclass(eq=False)
class Server:
    """A server; ``power`` is what Nova believes, one of ON and OFF."""

    id: str
    name: str
    number: int
    project_id: str
    user_id: str
    flavor: Flavor
    image_id: str | None
    host: Host
    created: datetime.datetime
    updated: datetime.datetime
    launched: datetime.datetime | None = None
    node_uuid: str | None = None
    vm_state: str = 'building'
    task_state: str | None = None
    power: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    locked_by: str | None = None
    locked_reason: str | None = None
    before: Before | None = None
    fault: str | None = None
    actions: list[Action] = field(default_factory=list)
    cell_is_down: bool = False


@dataclass(frozen=True)
class BiosSetting:
    """A BIOS setting as Ironic has it in its database.

    :param read_only: what the registry said when the row was written.
    """

    name: str
    value: str
    created: datetime.datetime
    updated: datetime.datetime | None = None
    read_only: bool = False

    def rewritten(
        self, value: str, read_only: bool, when: datetime.datetime
    ) -> 'BiosSetting':
        """Return the setting as Ironic writes its row anew."""
        return replace(self, value=value, read_only=read_only, updated=when)


@dataclass(frozen=True)
class History:
    """An entry of a node's history."""

    uuid: str
    created: datetime.datetime
    severity: str
    event: str
    event_type: str
    user_id: str | None
    state: str


@dataclass
class Counters:
    """What the hardware went through, as nobody can talk it over."""

    power_on: int = 0
    power_off: int = 0
    reboots: int = 0
    bios_applied: int = 0


@dataclass(eq=False)
class Node:
    """A node: what Ironic knows of it, and what its BMC holds.

    :param bios: Ironic's copy of the settings.
    :param bmc: the settings that are in force, as Ironic would store them.
    :param pending: what the BMC has taken and applies at the next start.
    :param steps: of the service that runs or has failed.
    :param awaited: what Ironic's Redfish driver has in mind to verify.
    :param connected: the address of the BMC that Ironic is connected to, and
        the settings for which its registry was made then.
    """

    uuid: str
    name: str
    is_redfish: bool
    created: datetime.datetime
    fields: Document
    traits: list[str]
    provision_state: str = 'available'
    target_provision_state: str | None = None
    power_state: str | None = OFF
    target_power_state: str | None = None
    maintenance: bool = False
    maintenance_reason: str | None = None
    fault: str | None = None
    reservation: str | None = None
    last_error: str | None = None
    instance_uuid: str | None = None
    owner: str | None = None
    lessee: str | None = None
    service_step: Document = field(default_factory=dict)
    driver_info: Document = field(default_factory=dict)
    extra: Document = field(default_factory=dict)
    instance_info: Document = field(default_factory=dict)
    updated: datetime.datetime | None = None
    provision_updated: datetime.datetime | None = None
    bios: dict[str, BiosSetting] = field(default_factory=dict)
    bmc: dict[str, str] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    history: list[History] = field(default_factory=list)
    steps: list[Document] = field(default_factory=list)
    awaited: dict[str, str] | None = None
    connected: tuple[str | None, dict[str, str]] | None = None


@dataclass
class Template:
    """A deploy template."""

    uuid: str
    name: str
    steps: list[Document]
    extra: Document
    created: datetime.datetime
    updated: datetime.datetime | None = None


@dataclass
class Runbook:
    """A runbook; ``owner`` is a project's id."""

    uuid: str
    name: str
    steps: list[Document]
    extra: Document
    created: datetime.datetime
    traits: list[str] = field(default_factory=list)
    public: bool = False
    owner: str | None = None
    disable_ramdisk: bool = False
    description: str | None = None
    updated: datetime.datetime | None = None


def default_bios() -> dict[str, str]:
    """Return what a BMC holds when it is new."""
    return {n: attributes.stored(v) for n, v in attributes.DEFAULTS.items()}
