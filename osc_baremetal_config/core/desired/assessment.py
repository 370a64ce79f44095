"""What a server's configuration should be, and what it is.

Owns the order of the sources of what is desired, and how a value is read out
of BIOS settings. Never says what to do about a difference.
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config.core.desired.catalogue import Catalogue, ConfigType
from osc_baremetal_config.core.desired.firmware import Kinds
from osc_baremetal_config.core.facts import (
    deferred,
    metadata,
    profiles,
    registry,
    steps,
    values,
)
from osc_baremetal_config.core.facts.deferred import Deferred
from osc_baremetal_config.core.facts.effects import Effect
from osc_baremetal_config.core.facts.model import (
    Bios,
    Image,
    Node,
    Server,
    Snapshot,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.profiles import Profiles

_METADATA = 'server metadata'
_DEFERRED = 'deferred'
# Values of a type, each with the settings that mean it.
Readings = Sequence[tuple[str, Mapping[str, Value]]]


@dataclass(frozen=True, slots=True)
class Desired:
    """The value that an item should have.

    :param value: None if nothing asks for one.
    :param source: what asks for it, in words.
    :param is_contested: image and flavor ask for different values.
    :param deferred: the request that was left for later; None for none.
    :param profile: the name of the profile that it is of; empty for none.
    """

    value: str | None
    source: str
    is_contested: bool = False
    deferred: Deferred | None = None
    profile: str = ''


@dataclass(frozen=True, slots=True)
class Actual:
    """The value that an item has.

    :param value: as it was read in the BIOS; None if it cannot be told.
    :param reason: why it cannot; empty if it can.
    :param settings: what it was read by, as that is; empty if nothing tells.
    """

    value: str | None
    reason: str = ''
    settings: str = ''


@enum.unique
class Drift(enum.StrEnum):
    """Whether a server differs from what was asked for.

    Unknown where nothing was asked for, or where it cannot be told.
    """

    NO = 'no'
    YES = 'yes'
    UNKNOWN = 'unknown'

    @property
    def as_bool(self) -> bool | None:
        """Return whether there is drift, None if that is unknown."""
        return {Drift.YES: True, Drift.NO: False}.get(self)


@dataclass(frozen=True, slots=True)
class Row:
    """One type of configuration of one server."""

    type: str
    desired: Desired
    actual: Actual
    drift: Drift


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a server should be and is, in every type: computed once.

    :param rows: type → row, by name, of every type that is known here: those
        that are desired, that this cloud has a template for, and those of the
        catalogue.
    :param profiles: of the cloud and of the catalogue.
    """

    snapshot: Snapshot
    catalogue: Catalogue
    rows: Mapping[str, Row]
    profiles: Profiles

    def actual(self, name: str) -> str | None:
        """Return the value that a type has, None if that is unknown."""
        row = self.rows.get(name)
        return row.actual.value if row else None

    def desired(self, name: str) -> str | None:
        """Return the value that a type should have, None for none."""
        row = self.rows.get(name)
        return row.desired.value if row else None

    @property
    def vendor(self) -> str:
        """Return whose BIOS the node has; empty if nobody knows."""
        return self.catalogue.vendor(self.snapshot.bios, self.snapshot.node)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return what is known of what its firmware changes besides."""
        vendor = self.vendor
        return tuple(
            one for one in self.catalogue.effects if one.is_of(vendor)
        )

    def readings(self, name: str) -> 'tuple[Readings, ...]':
        """Return what values of a type are read by, the best source first."""
        meant = self.catalogue.meant(self.snapshot.bios, self.snapshot.node)
        return _readings(name, self.snapshot, meant.get(name, ()))

    def of(self, snapshot: Snapshot) -> 'Assessment':
        """Return the assessment of another state of the server."""
        return assess(snapshot, self.catalogue)

    def without(self, types: Collection[str]) -> 'Assessment':
        """Return the assessment as if some types were not in the metadata.

        Neither recorded, by itself or by a profile, nor deferred.
        """
        if not types:
            return self
        server = self.snapshot.server
        kinds = (metadata.DESIRED, metadata.DEFERRED)
        keys = {kind + name for kind in kinds for name in types}
        profile = self.profiles.of(server.metadata)
        if profile is None or not profile.values.keys().isdisjoint(types):
            keys.add(metadata.PROFILE)
        return self.less(keys)

    def less(self, keys: Collection[str]) -> 'Assessment':
        """Return the assessment as if some keys were not in the metadata."""
        server = self.snapshot.server
        kept = {k: v for k, v in server.metadata.items() if k not in keys}
        return self.of(
            replace(self.snapshot, server=replace(server, metadata=kept))
        )


def assess(snapshot: Snapshot, catalogue: Catalogue) -> Assessment:
    """Return what a server should be and is, in every type."""
    server, image = snapshot.server, snapshot.image
    meant = catalogue.meant(snapshot.bios, snapshot.node)
    known = {t.item.type for t in snapshot.templates if t.item}
    named = profiles.of_cloud(snapshot.templates, catalogue.profiles)
    known |= desired_types(server, image, named) | set(catalogue.types)
    rows = {
        name: _row(
            name,
            desired(name, server, image, named),
            _actual(name, snapshot, meant.get(name, ())),
        )
        for name in sorted(known)
    }
    return Assessment(snapshot, catalogue, rows, named)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one server stands, without what it was told by.

    :param unknown: the profiles that it should have and that are not known,
        in words.
    """

    server: Server
    node: Node
    rows: tuple[Row, ...]
    unknown: tuple[str, ...] = ()


def standing(snapshot: Snapshot, catalogue: Catalogue) -> Standing:
    """Return how a server stands in every type that is known here."""
    assessed = assess(snapshot, catalogue)
    return Standing(
        snapshot.server,
        snapshot.node,
        tuple(assessed.rows.values()),
        tuple(unknown_profiles(assessed)),
    )


def unknown_profiles(assessed: Assessment) -> list[str]:
    """Return which profiles are desired and give no item, in words."""
    snapshot, known = assessed.snapshot, assessed.profiles
    found = []
    for properties, source in _sources(snapshot.server, snapshot.image):
        name = known.unknown(properties)
        if name is None:
            continue
        if differing := known.ambiguous.get(name):
            why = f'{" and ".join(map(str, differing))} define it differently'
        else:
            why = 'nothing that is shown to you defines it'
        found.append(f'{_of(name, source)} gives no items: {why}.')
    return found


def desired_types(
    server: Server, image: Image | None, known: Profiles
) -> set[str]:
    """Return the types that a server, its image or its flavor names."""
    return deferred.types(server.metadata) | {
        name
        for properties, _ in _sources(server, image)
        for name in known.desired(properties)
    }


def desired(
    name: str, server: Server, image: Image | None, known: Profiles
) -> Desired:
    """Return what an item should be: server's, else image's, else flavor's.

    What was deferred comes before them all. Where image and flavor differ and
    the server's metadata does not say, the source names both.

    :param known: the profiles, of which each of them may name one.
    """
    if later := deferred.of(name, server.metadata):
        source = _of(later.profile, _DEFERRED) if later.profile else _DEFERRED
        return Desired(
            later.value, source, deferred=later, profile=later.profile
        )
    found = [
        _asked(name, value, properties, source, known)
        for properties, source in _sources(server, image)
        if (value := known.desired(properties).get(name)) is not None
    ]
    if not found:
        return Desired(None, 'not asked for')
    first, *others = found
    if name in known.desired(server.metadata) or all(
        o.value == first.value for o in others
    ):
        return first
    against = ', '.join(f'{o.source} says {o.value}' for o in others)
    return Desired(
        first.value,
        f'{first.source} (but {against})',
        is_contested=True,
        profile=first.profile,
    )


def _asked(
    name: str,
    value: str,
    properties: Mapping[str, str],
    source: str,
    known: Profiles,
) -> Desired:
    """Return what properties ask for, which may be by their profile."""
    profile = known.of(properties)
    if profile is None or profile.values.get(name) != value:
        return Desired(value, source)
    return Desired(value, _of(profile.name, source), profile=profile.name)


def _of(profile: str, source: str) -> str:
    """Return a source that names a profile, in words."""
    return f'profile {profile} ({source})'


def _actual(name: str, snapshot: Snapshot, kinds: Kinds) -> Actual:
    """Return what an item is, read through the settings that would set it.

    The cloud's templates tell; where none of them does, the catalogue. That
    a node lacks the trait of a capability tells nothing: its BIOS may have
    the setting under a name that nobody here knows.
    """
    return read(_readings(name, snapshot, kinds), snapshot.bios)


def _readings(
    name: str, snapshot: Snapshot, kinds: Kinds
) -> tuple[Readings, ...]:
    by_catalogue = [each for kind in kinds for each in kind.values.items()]
    return _by_templates(name, snapshot.templates), by_catalogue


def read(sources: Sequence[Readings], bios: Bios) -> Actual:
    """Return what an item is by the first source that tells."""
    now = _as_it_is([each for source in sources for each in source], bios)
    for source in sources:
        fitting = _fitting(source, bios)
        values = sorted({value for value, _ in fitting})
        if len(values) == 1:
            return Actual(values[0], settings=_as_it_is(fitting, bios))
        if values:
            why = f'{now} is {" and ".join(values)} at once'
            return Actual(None, why, now)
    if now:
        return Actual(None, now, now)
    if not bios:
        return Actual(None, 'Ironic has read no BIOS settings of this node')
    return Actual(
        None, 'no setting of its BIOS is one that is known to tell it'
    )


def missing_traits(
    config_type: ConfigType, value: str, node: Node
) -> tuple[frozenset[str], ...]:
    """Return the sets of traits of which a node should have one.

    :returns: empty if the node has one, or if the value needs none.
    """
    needed = config_type.needs.get(value, ())
    if any(traits <= node.traits for traits in needed):
        return ()
    return needed


def _sources(
    server: Server, image: Image | None
) -> list[tuple[Mapping[str, str], str]]:
    found = [(server.metadata, _METADATA)]
    if image:
        found.append((image.properties, f'image {image.name}'))
    found.append((server.flavor.extra_specs, f'flavor {server.flavor.name}'))
    return found


def _row(name: str, request: Desired, found: Actual) -> Row:
    if request.value is None or found.value is None:
        drift = Drift.UNKNOWN
    else:
        drift = Drift.YES if request.value != found.value else Drift.NO
    return Row(name, request, found, drift)


def _by_templates(name: str, known: Sequence[Template]) -> Readings:
    return [
        (template.item.value, steps.settings(template.steps))
        for template in sorted(known, key=lambda one: (one.kind, one.name))
        if template.item
        and template.item.type == name
        and not steps.contradictions(template.steps)
    ]


def _fitting(readings: Readings, bios: Bios) -> Readings:
    """Return those all of whose settings are as they are in the BIOS."""
    return [
        (value, settings)
        for value, settings in _readable(readings, bios)
        if all(registry.holds(bios, n, to) for n, to in settings.items())
    ]


def _as_it_is(readings: Readings, bios: Bios) -> str:
    """Return the settings that tell, as they are; empty if none tells."""
    told = {
        n: v
        for _, known in _readable(readings, bios)
        for n, v in known.items()
    }
    return ', '.join(
        f'{name}={values.shown(values.current(bios[name], told[name]))}'
        for name in sorted(told)
    )


def _readable(readings: Readings, bios: Bios) -> Readings:
    return [(v, s) for v, s in readings if s and s.keys() <= bios.keys()]
