"""The values of an offer: what is to be there, what is there, what is sent.

Everything is frozen; nothing here decides.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from osc_baremetal_config.core.facts import releases
from osc_baremetal_config.core.facts import steps as steps_
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Image,
    Item,
    Kind,
    Node,
    Profile,
    Server,
    Step,
    Template,
    Unread,
    Value,
)
from osc_baremetal_config.core.facts.releases import Version
from osc_baremetal_config.core.offer import names

BOTH = frozenset(Kind)


@enum.unique
class Marks(enum.Enum):
    """Which of the nodes that it fits get a template's name as a trait.

    ``FIRST`` is all, as long as none of them has it: on a cloud where only
    some have it, it is left at that.
    """

    ALL = True
    NONE = False
    FIRST = 'first'


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One type that an operator offers, for some flavors.

    :param type: the type of configuration; for a profile the key of
        properties, its name being the one value.
    :param profile: what is offered, with its items; None for items.
    :param values: of it; empty for all that the catalogue has.
    :param flavors: names or IDs of flavors that get a variant.
    :param variants: flavor, as it is given, → the name of its variant; one
        is found or made for those that are missing.
    :param vendors: whose BIOS it is for; empty for all that the nodes have.
    :param like: the UUID of the node whose BIOS tells the settings; None for
        all nodes of the flavors.
    :param settings: what gives the value, where the catalogue does not say;
        empty for what the catalogue says.
    :param steps: other steps than such that apply settings; empty for those.
    :param name: of the deploy template; empty for one that is made.
    :param extra: what else the ``extra`` of both has; none for what it has.
    :param runbook: the name of the runbook; empty for one that is made.
    :param traits: for whose nodes the runbook is approved; None for those
        that have the template's name as a trait.
    :param required_traits: of the template and the runbook; None for those
        that the catalogue needs.
    :param kinds: what is to be there; none for flavors only.
    :param owner: the ID of the project whose runbook it is; None for none.
    :param owner_name: what the project is called; empty for none.
    :param is_public: the runbook is shown to all projects.
    :param first_boot: a server of a variant gets the item when it is made.
    :param marks_nodes: which nodes that it fits get the template's trait.
    """

    type: str
    values: tuple[str, ...] = ()
    profile: Profile | None = None
    flavors: tuple[str, ...] = ()
    variants: Mapping[str, str] = field(default_factory=dict)
    vendors: tuple[str, ...] = ()
    like: str | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    name: str = ''
    extra: Mapping[str, Any] = field(default_factory=dict)
    runbook: str = ''
    traits: frozenset[str] | None = None
    required_traits: frozenset[str] | None = None
    kinds: frozenset[Kind] = BOTH
    owner: str | None = None
    owner_name: str = ''
    is_public: bool = False
    first_boot: bool = True
    marks_nodes: Marks = Marks.ALL

    def items(self, item: Item) -> tuple[Item, ...]:
        """Return an item that is offered, or those of the profile."""
        return self.profile.items if self.profile else (item,)

    @property
    def own_steps(self) -> tuple[Step, ...]:
        """Return the steps that the offer gives itself, none for none."""
        return self.steps or steps_.apply(self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What an operator has: all definitions of a cloud, and its nodes.

    :param templates: deploy templates and runbooks.
    :param bios: node UUID → settings, of the nodes that were read.
    :param faults: node UUID → why its settings could not be read.
    :param unread: servers and nodes that could not be read themselves.
    :param servers: of all projects; none where they were not asked for.
    :param images: all that are seen; none where they were not asked for.
    :param ironic: its newest microversion, None if that is not known.
    """

    flavors: tuple[Flavor, ...]
    templates: tuple[Template, ...]
    nodes: tuple[Node, ...]
    bios: Mapping[str, Bios] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    servers: tuple[Server, ...] = ()
    images: tuple[Image, ...] = ()
    ironic: Version | None = None

    @property
    def has_runbooks(self) -> bool:
        """Return whether Ironic has runbooks."""
        return releases.has(self.ironic, releases.RUNBOOKS)

    @property
    def names_are_traits(self) -> bool:
        """Return whether a runbook has no traits but its name."""
        return not releases.has(self.ironic, releases.RUNBOOK_TRAITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Steps that give an item to one kind of BIOS.

    :param name: of the deploy template.
    :param vendor: whose BIOS it is; empty where nobody says.
    :param is_documented: nothing but a document says that there are such
        settings.
    """

    offer: Offer
    item: Item
    name: str
    steps: tuple[Step, ...]
    vendor: str = ''
    required_traits: frozenset[str] = frozenset()
    is_documented: bool = False

    def as_template(self, kind: Kind) -> Template:
        """Return the deploy template or the runbook."""
        is_runbook = kind is Kind.RUNBOOK
        return Template(
            kind=kind,
            name=self._runbook if is_runbook else self.name,
            item=None if self.offer.profile else self.item,
            profile=self.offer.profile,
            steps=self.steps,
            required_traits=self.required_traits,
            approved_for=self._approved if is_runbook else frozenset(),
            owner=self.offer.owner if is_runbook else None,
            is_public=self.offer.is_public if is_runbook else False,
            extra=self.offer.extra,
        )

    @property
    def _runbook(self) -> str:
        """Return the name of the runbook: each project has its own."""
        words = (self.name, names.upper(self.offer.owner_name))
        return self.offer.runbook or '_'.join(filter(None, words))

    @property
    def _approved(self) -> frozenset[str]:
        traits = self.offer.traits
        return frozenset({self.name}) if traits is None else traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Which nodes can be given an item that is offered, by which recipes.

    :param fitting: for each recipe the nodes that it fits.
    :param unfit: the others, each with why it cannot be given the item.
    """

    offer: Offer
    item: Item
    fitting: Sequence[tuple[Recipe, Sequence[Node]]] = ()
    unfit: Sequence[tuple[Node, str]] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that defines something.

    :param service: ``Nova`` or ``Ironic``.
    :param call: what it is, for the microversion.
    :param path: below the endpoint, or below ``/v1`` of Ironic.
    """

    service: str
    call: str
    method: str
    path: str
    body: Any = None


@enum.unique
class State(enum.StrEnum):
    """How what is to be there and what is there compare."""

    SAME = 'unchanged'
    MISSING = 'created'
    UNFINISHED = 'finished'
    DIFFERENT = 'updated'
    UNUSED = 'deleted'


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has to be done about one object.

    :param kind: what it is, such as ``flavor``.
    :param details: what it is for; or of one that is different, in what.
    :param requests: that make it as it is to be, in order.
    :param unchangeable: in what it cannot be made so; empty if it can.
    """

    kind: str
    name: str
    state: State
    details: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    unchangeable: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'{self.kind} {self.name}'


def to_do(changes: Iterable[Change]) -> list[Change]:
    """Return the changes for which something has to be sent."""
    return [change for change in changes if change.requests]
