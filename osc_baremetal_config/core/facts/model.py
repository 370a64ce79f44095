"""The values that decisions are made of.

Owns what the cloud said, in the field's words, and what the user asks for.
Everything is frozen; nothing here decides, converts or talks to a service.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.releases import Version

T = TypeVar('T')

# What a BIOS setting can have; :mod:`.values` converts and compares.
Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Unread:
    """A server that could not be read, or of which nothing could be made.

    :param id: None where only the name is known by which it was asked for.
    :param name: None where Nova shows no more than the ID.
    """

    id: str | None
    name: str | None
    error: errors.ConfigError

    def __str__(self) -> str:
        if self.name and self.id:
            return f'{self.name} ({self.id})'
        return self.name or self.id or '?'

    @property
    def lines(self) -> list[str]:
        """Return what is told of it."""
        first, *details = self.error.lines()
        return [f'{self}: not read: {first}', *details]


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """What a list of a service has.

    :param found: server id → what is listed.
    :param unread: server id → why it could not be read; the others could.
        Where only a name is known, that is the key.
    """

    found: Mapping[str, T]
    unread: Mapping[str, Unread] = field(default_factory=dict)


# The property that names a profile, which stands for several items.
PROFILE = 'deploy-config-profile'


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """A config item: one type and the value that it should have.

    Or a profile as one: its name, and the key of properties as the type.
    """

    type: str
    value: str

    def __str__(self) -> str:
        if self.type == PROFILE:
            return f'profile {self.value}'
        return f'{self.type}={self.value}'


@dataclass(frozen=True, slots=True, order=True)
class Profile:
    """A named set of items.

    :param items: sorted, each once.
    """

    name: str
    items: tuple[Item, ...]

    def __str__(self) -> str:
        return f'profile {self.name}'

    @property
    def values(self) -> dict[str, str]:
        """Return type → value."""
        return {item.type: item.value for item in self.items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """A flavor, or the copy of one that is embedded in a server.

    :param id: empty for an embedded copy, which does not tell it.
    :param is_public: every project may use it.
    :param projects: the ids of those that may; None if that is not known.
    :param description: None for none.
    """

    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    id: str = ''
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    is_public: bool = True
    projects: frozenset[str] | None = None
    description: str | None = None

    def __str__(self) -> str:
        return f'{self.name} ({self.id})' if self.id else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image that a server was made from."""

    id: str
    name: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as Nova shows it.

    :param status: Nova's status, such as ``ACTIVE`` or ``SHUTOFF``.
    :param task_state: what Nova is doing with it, None if nothing.
    :param image_id: None for a server that boots from a volume.
    """

    id: str
    name: str
    status: str
    flavor: Flavor
    task_state: str | None = None
    image_id: str | None = None
    is_locked: bool = False
    locked_reason: str | None = None
    availability_zone: str | None = None
    project_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_being_deleted(self) -> bool:
        """Return whether Nova is deleting it, or has just done so."""
        return self.task_state == 'deleting' or self.status == 'DELETED'

    def __str__(self) -> str:
        return f'{self.name} ({self.id})'


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which servers are meant.

    :param names: names or ids; empty for all.
    :param tags: a server must have all of them.
    :param flavor: name or id, None for any.
    :param all_projects: not only those of the login's project.
    """

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    flavor: str | None = None
    all_projects: bool = False

    @property
    def is_for_one(self) -> bool:
        """Return whether one server is named, and nothing else selects it."""
        is_filtered = self.tags or self.flavor or self.all_projects
        return len(self.names) == 1 and not is_filtered


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened with a server or its node.

    :param at: ISO 8601, UTC.
    :param source: who remembers it.
    :param project: the id of the project that it was asked for in, None if
        unknown.
    :param who: the id of the user who asked for it, None if unknown.
    :param result: empty where nothing is said of it.
    """

    at: str
    source: str
    what: str
    who: str | None = None
    result: str = ''
    project: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAction:
    """Something that was done with a server, as Nova remembers it.

    :param message: empty where it went well.
    :param failures: the events of it that went wrong, with the reason where
        this user may see it.
    :param request_id: of the request that asked for it.
    """

    name: str
    message: str
    failures: tuple[str, ...]
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as Ironic shows it to this user.

    :param power_state: ``power on``, ``power off``, None if unknown.
    :param reservation: the conductor that holds the lock, None if none
        does or if the user may not see it.
    :param is_redacted: Ironic hides the lock and the last error.
    :param service_step: what is running, None if nothing is.
    :param provision_updated_at: when the provision state last changed, as
        Ironic writes it.
    :param owner: the id of the project that owns it, None for none.
    :param lessee: the id of the project that it is leased to.
    :param driver: its hardware type, such as ``idrac``; empty if not shown.
    :param vendor: who has built it, as its BMC has told Ironic; empty if
        that is not known.
    :param resource_class: which flavors land on it; empty if not shown.
    :param instance_uuid: the ID of the server on it; None for none.
    """

    uuid: str
    name: str | None
    provision_state: str
    target_provision_state: str | None = None
    power_state: str | None = None
    target_power_state: str | None = None
    traits: frozenset[str] = frozenset()
    maintenance: bool = False
    maintenance_reason: str | None = None
    fault: str | None = None
    reservation: str | None = None
    last_error: str | None = None
    is_redacted: bool = False
    service_step: 'Step | None' = None
    provision_updated_at: str | None = None
    owner: str | None = None
    lessee: str | None = None
    driver: str = ''
    vendor: str = ''
    resource_class: str = ''
    instance_uuid: str | None = None

    def __str__(self) -> str:
        return f'{self.name} ({self.uuid})' if self.name else self.uuid

    @property
    def handle(self) -> str:
        """The name if there is one, for a line that is about it."""
        return self.name or self.uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class BiosSetting:
    """A BIOS setting as Ironic last read it, with its registry entry.

    The registry's fields are None where Ironic has no registry for it.

    :param value: as Ironic shows it, which is text whatever its type.
    :param updated_at: when Ironic last read another value than before, ISO
        8601; None if it never did.
    """

    name: str
    value: Value | None
    attribute_type: str | None = None
    allowable_values: tuple[str, ...] = ()
    lower_bound: int | None = None
    upper_bound: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    read_only: bool | None = None
    updated_at: str | None = None


Bios = Mapping[str, BiosSetting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step that Ironic runs on a node.

    :param priority: of several steps the highest runs first.
    """

    interface: str
    step: str
    args: Mapping[str, Any] = field(default_factory=dict)
    priority: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f'{self.interface}.{self.step}'


@enum.unique
class Kind(enum.StrEnum):
    """Where a template is kept in Ironic."""

    DEPLOY_TEMPLATE = 'deploy template'
    RUNBOOK = 'runbook'


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Steps that an operator has put together: a template or a runbook.

    :param item: the config item that they give a node, which its ``extra``
        names; None if it names none. Such a runbook can still do exactly
        what several items come to.
    :param steps: in the order in which Ironic would run them.
    :param required_traits: a node must have all of them.
    :param approved_for: a runbook runs on a node that has one of these
        traits; empty for a deploy template.
    :param owner: the ID of the project whose runbook it is; None for none.
    :param is_public: a runbook is shown to all projects.
    :param id: its UUID; empty for one that there is not yet.
    :param extra: what else its ``extra`` has, which is of no meaning here.
    :param profile: the set of items that they give a node, which its ``extra``
        names; None if it names none. There is no single item then, but in
        what a plan takes for one of its items.
    """

    kind: Kind
    name: str
    item: Item | None
    steps: tuple[Step, ...]
    required_traits: frozenset[str] = frozenset()
    approved_for: frozenset[str] = frozenset()
    owner: str | None = field(default=None, compare=False)
    is_public: bool = field(default=False, compare=False)
    id: str = field(default='', compare=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)
    profile: Profile | None = None

    def __str__(self) -> str:
        return f'{self.kind} {self.name}'

    @property
    def handle(self) -> str:
        """The UUID: another one may have that for its name."""
        return self.id or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that one plan is made from, read once.

    :param image: None if there is none or it cannot be read.
    :param flavors: None if they were not asked for.
    :param actions: what Nova remembers of the server; None if it was not
        asked, as no change is recorded, or does not tell.
    :param templates: deploy templates and runbooks.
    :param hidden: the kinds of template that this user may not see.
    :param ironic: its newest microversion, None if that is not known.
    """

    server: Server
    node: Node
    bios: Bios
    templates: tuple[Template, ...]
    hidden: frozenset[Kind] = frozenset()
    image: Image | None = None
    flavors: tuple[Flavor, ...] | None = None
    actions: tuple[Event, ...] | None = None
    ironic: Version | None = None


@dataclass(frozen=True, slots=True)
class Survey(Generic[T]):
    """What was read of many servers.

    :param made: what was made of each whose node is seen, by name.
    :param others: the servers without one: virtual machines, or hidden.
    :param missing: the names that no server has.
    :param excluded: those that are named and lack the tag or the flavor.
    :param elsewhere: those that are named and of another project.
    :param unread: those that could not be read; the others could.
    :param hidden: the kinds of template that this user may not see.
    :param left: those that are not wanted as they are now, and so not read.
    """

    made: tuple[T, ...] = ()
    others: tuple[Server, ...] = ()
    missing: tuple[str, ...] = ()
    excluded: tuple[Server, ...] = ()
    elsewhere: tuple[Server, ...] = ()
    unread: tuple[Unread, ...] = ()
    hidden: frozenset[Kind] = frozenset()
    left: tuple[Server, ...] = ()
