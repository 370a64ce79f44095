"""Named sets of items: where a cloud defines them, and what they come to.

Owns which definition of a profile counts: the cloud's goes before that of a
catalogue, and where a cloud has several that differ, none does. Never says
what is done with the items.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from osc_baremetal_config.core.facts import metadata
from osc_baremetal_config.core.facts.model import Item, Profile, Template


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of a cloud, and of a catalogue.

    :param known: by name.
    :param ambiguous: name → templates and runbooks whose definitions of it
        differ, by name.
    """

    known: Mapping[str, Profile] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[Template, ...]] = field(default_factory=dict)

    def of(self, properties: Mapping[str, str]) -> Profile | None:
        """Return the profile of a server, an image or a flavor.

        :returns: None if it names none, or one that is not known.
        """
        return self.known.get(properties.get(metadata.PROFILE, ''))

    def desired(self, properties: Mapping[str, str]) -> dict[str, str]:
        """Return type → value of what properties ask for.

        A single item goes before that of the profile.
        """
        profile = self.of(properties)
        return (profile.values if profile else {}) | metadata.desired(
            properties
        )

    def unknown(self, properties: Mapping[str, str]) -> str | None:
        """Return the profile that properties name and nobody knows."""
        name = properties.get(metadata.PROFILE)
        return name if name and name not in self.known else None


NONE = Profiles()


def of_cloud(
    templates: Iterable[Template], own: Mapping[str, Profile]
) -> Profiles:
    """Return the profiles that are known.

    :param own: of a catalogue, by name.
    """
    defining: dict[str, list[Template]] = {}
    for template in templates:
        if template.profile:
            defining.setdefault(template.profile.name, []).append(template)
    if not defining:
        return Profiles(own)
    known = dict(own)
    ambiguous = {}
    for name, found in defining.items():
        known.pop(name, None)
        first, *others = {one.profile for one in found if one.profile}
        if others:
            found.sort(key=lambda one: (one.name, one.kind))
            ambiguous[name] = tuple(found)
        else:
            known[name] = first
    return Profiles(known, ambiguous)


def given(template: Template) -> Item | None:
    """Return what a template gives, None for nothing that has a name.

    A profile as if it was an item, whose type is the key of properties.
    """
    if template.profile:
        return Item(metadata.PROFILE, template.profile.name)
    return template.item


def make(name: str, items: Iterable[Item]) -> Profile:
    """Return a profile, whatever the order of its items."""
    return Profile(name, tuple(sorted(set(items))))
