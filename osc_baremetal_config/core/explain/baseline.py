"""What a golden server is, and how others differ from it.

Owns what of a server is a baseline for others, how one is compared with it,
and in which order many are told: what the fewest have otherwise comes first.
Never says what should be done about a difference.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.explain import bios_settings
from osc_baremetal_config.core.facts import values
from osc_baremetal_config.core.facts.model import Server, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a server was when it was taken for a golden one.

    :param vendor: whose BIOS it has; empty if nobody knew.
    :param items: type → value, as its BIOS told.
    :param settings: name → value of its BIOS settings; None if only the items
        were taken.
    """

    server: str
    id: str
    vendor: str
    items: Mapping[str, str]
    settings: Mapping[str, Value | None] | None = None


@enum.unique
class Kind(enum.StrEnum):
    """What it is that differs."""

    ITEM = 'item'
    SETTING = 'setting'
    VENDOR = 'vendor'


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that a server has otherwise than the baseline.

    :param value: None if the server has nothing of the kind.
    """

    kind: Kind
    name: str
    baseline: Value | None
    value: Value | None


@dataclass(frozen=True, slots=True)
class Compared:
    """How one server differs, without what it was told by.

    :param untold: the types whose value its BIOS does not tell.
    :param is_read: Ironic has read its BIOS; nothing is known otherwise.
    """

    server: Server
    differences: tuple[Difference, ...]
    untold: tuple[str, ...] = ()
    is_read: bool = True

    @property
    def is_foreign(self) -> bool:
        """Return whether its BIOS is another vendor's than the baseline's."""
        return any(one.kind is Kind.VENDOR for one in self.differences)


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that some servers have otherwise than the baseline.

    :param found: each of these servers with its value, by name.
    """

    kind: Kind
    name: str
    baseline: Value | None
    found: tuple[tuple[Server, Value | None], ...]

    @property
    def counts(self) -> list[tuple[Value | None, int]]:
        """Return each value with how many have it, the rarest first."""
        shown = {_key(value): value for _, value in self.found}
        counted = Counter(_key(value) for _, value in self.found)
        ordered = sorted(counted.items(), key=lambda one: (one[1], one[0]))
        return [(shown[key], count) for key, count in ordered]


def of(assessed: Assessment, *, has_settings: bool) -> Baseline:
    """Return what a server is, as a baseline for others.

    :param has_settings: with its BIOS settings, but for those that no other
        server can have.
    """
    server = assessed.snapshot.server
    return Baseline(
        server=server.name,
        id=server.id,
        vendor=assessed.vendor,
        items={
            name: row.actual.value
            for name, row in assessed.rows.items()
            if row.actual.value is not None
        },
        settings=bios_settings.portable(assessed) if has_settings else None,
    )


def compare(baseline: Baseline, assessed: Assessment) -> Compared:
    """Return how a server differs from a baseline.

    What the baseline does not have is not compared, and of another vendor's
    BIOS nothing but the items: it has other settings.
    """
    server, bios = assessed.snapshot.server, assessed.snapshot.bios
    if not bios:
        return Compared(server, (), is_read=False)
    told = {name: assessed.actual(name) for name in baseline.items}
    differences = [
        Difference(Kind.ITEM, name, baseline.items[name], value)
        for name, value in told.items()
        if value not in (None, baseline.items[name])
    ]
    vendor = assessed.vendor
    if baseline.vendor and vendor and vendor != baseline.vendor:
        differences.append(
            Difference(Kind.VENDOR, 'vendor', baseline.vendor, vendor)
        )
    elif baseline.settings:
        differing = bios_settings.differing(bios, baseline.settings)
        differences += [
            Difference(Kind.SETTING, name, baseline.settings[name], value)
            for name, value in differing.items()
        ]
    untold = tuple(name for name, value in told.items() if value is None)
    return Compared(server, tuple(differences), untold)


def deviations(found: Iterable[Compared]) -> list[Deviation]:
    """Return what differs anywhere: first what the fewest have otherwise."""
    servers: dict[tuple[str, Kind], list[tuple[Server, Difference]]] = {}
    for one in found:
        for each in one.differences:
            told = servers.setdefault((each.name, each.kind), [])
            told.append((one.server, each))
    ordered = sorted(servers.items(), key=lambda one: (len(one[1]), one[0]))
    return [
        Deviation(kind, name, told[0][1].baseline, _by_name(told))
        for (name, kind), told in ordered
    ]


def _by_name(
    told: Sequence[tuple[Server, Difference]],
) -> tuple[tuple[Server, Value | None], ...]:
    ordered = sorted(told, key=lambda one: (one[0].name, one[0].id))
    return tuple((server, each.value) for server, each in ordered)


def _key(value: Value | None) -> tuple[bool, str]:
    """Return what two values have alike if they are the same to Ironic."""
    return value is not None, '' if value is None else values.stored(value)
