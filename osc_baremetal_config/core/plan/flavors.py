"""Which flavor is the variant of a server's flavor with other items.

Only compares. Whether one is needed is for the planner to say.
"""

from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config.core.facts import metadata, violations
from osc_baremetal_config.core.facts.model import Flavor, Item, Template
from osc_baremetal_config.core.facts.profiles import NONE, Profiles
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.options import Options

_TRAIT = 'trait:'


def is_for_some(flavor: Flavor) -> bool:
    """Return whether a flavor could be a variant, for some projects only."""
    specs = flavor.extra_specs
    is_variant = metadata.PROFILE in specs or bool(metadata.desired(specs))
    return not flavor.is_public and is_variant


def usable(flavors: Iterable[Flavor], project_id: str | None) -> list[Flavor]:
    """Return the flavors that a project may use, as far as that is known.

    An administrator is shown those of all projects.
    """
    return [
        flavor
        for flavor in flavors
        if flavor.projects is None or project_id in flavor.projects
    ]


def variants(
    current: Flavor,
    flavors: Iterable[Flavor],
    items: Iterable[Item],
    templates: Iterable[Template] | None,
    profiles: Profiles = NONE,
) -> list[Flavor]:
    """Return the flavors that equal the current one but for these items.

    Nova hands only traits to Ironic, so a flavor names the deploy template
    of its item as a required trait; such traits belong to the item. Where
    this user sees no templates, every required trait may be such a one.

    :param current: the server's own flavor.
    :param flavors: all flavors that this user can see.
    :param items: the items that are to change; others stay as they are.
    :param templates: all that there are; None where none is shown.
    :param profiles: of which flavors may have one instead of its items.
    :returns: by name; one if the cloud's flavors are well kept.
    """
    names = None
    if templates is not None:
        names = frozenset(template.name for template in templates)
    wanted = asked(current, profiles)
    wanted.update((item.type, item.value) for item in items)
    shape = _shape(current, names)
    found = [
        flavor
        for flavor in flavors
        if asked(flavor, profiles) == wanted and _shape(flavor, names) == shape
    ]
    return sorted(found, key=lambda flavor: flavor.name)


def meant(
    variants: Sequence[Flavor] | None, options: Options
) -> tuple[Flavor, ...] | None:
    """Return the variants, or the one of them that is named."""
    if variants is None:
        return None
    return tuple(v for v in variants if _is_named(v, options))


def target(
    variants: Sequence[Flavor] | None, options: Options, current: Flavor
) -> Flavor | None:
    """Return the variant that a server is to be resized to.

    :returns: the server's own flavor if that is one already; None if it is
        not clear which.
    """
    found = meant(variants, options) or ()
    own = tuple(flavor for flavor in found if flavor.name == current.name)
    if own or len(found) == 1:
        return (own or found)[0]
    return None


def unclear(
    variants: Sequence[Flavor] | None,
    options: Options,
    current: Flavor,
    *,
    is_one: bool,
) -> list[Violation]:
    """Return why it is not clear which flavor is the variant.

    :param is_one: it has to be exactly one, named or not.
    """
    names = [variant.name for variant in variants or ()]
    if options.flavor:
        if meant(variants, options):
            return []
        return [violations.flavor_not_variant(options.flavor, names)]
    if not is_one or target(variants, options, current):
        return []
    if names:
        return [violations.flavor_ambiguous(names)]
    return [violations.flavor_missing(current.name)]


def asked(flavor: Flavor, profiles: Profiles = NONE) -> dict[str, str]:
    """Return type → value of what a flavor asks for.

    With the name of a profile that nobody knows: no item makes up for that.
    """
    unknown = profiles.unknown(flavor.extra_specs)
    more = {metadata.PROFILE: unknown} if unknown else {}
    return profiles.desired(flavor.extra_specs) | more


def _is_named(flavor: Flavor, options: Options) -> bool:
    return options.flavor in (None, flavor.name, flavor.id)


def _shape(
    flavor: Flavor, templates: frozenset[str] | None
) -> tuple[object, ...]:
    return (
        flavor.vcpus,
        flavor.ram_mib,
        flavor.disk_gib,
        flavor.ephemeral_gib,
        flavor.swap_mib,
        sorted(_other_specs(flavor.extra_specs, templates).items()),
    )


def _other_specs(
    specs: Mapping[str, str], templates: frozenset[str] | None
) -> dict[str, str]:
    """Return the extra specs that do not belong to a config item."""

    def belongs(key: str) -> bool:
        if key.startswith(_TRAIT):
            name = key.removeprefix(_TRAIT)
            return templates is None or name in templates
        return metadata.is_desired(key)

    return {key: value for key, value in specs.items() if not belongs(key)}
