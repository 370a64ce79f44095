"""What is wrong with flavors and images.

Owns the findings about their items, their traits, and how a variant compares
to its base. Of several that have one cause only the nearest to it is told.
"""

import functools
from collections.abc import Callable, Iterator, Set

from osc_baremetal_config.core.check.findings import Code, Finding
from osc_baremetal_config.core.check.survey import Survey, of_node, offering
from osc_baremetal_config.core.facts import (
    metadata,
    profiles,
    quoting,
    registry,
)
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Image,
    Item,
    Kind,
)
from osc_baremetal_config.core.offer import listing, scope, variants
from osc_baremetal_config.core.offer.scope import TRAIT

# Nova takes it for a request for a policy of CPU pinning, and refuses it on
# bare metal (``_get_hyperthreading_trait`` in nova/virt/hardware.py).
_PINNING = 'HW_CPU_HYPERTHREADING'
_DESIRED = metadata.DESIRED.rstrip(':')


def check(survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with the flavors and images of a cloud."""
    for flavor in survey.estate.flavors:
        if scope.is_bare_metal(flavor) or listing.own_items(flavor):
            found = _first(flavor, survey)
            if found:
                yield found
    for image in survey.estate.images:
        yield from _image(image, survey)


def _first(flavor: Flavor, survey: Survey) -> Finding | None:
    """Return what is wrong with a flavor: the nearest to the cause."""
    about = f'flavor {flavor}'
    if _has_slip(flavor, survey):
        return None
    for key, value in flavor.extra_specs.items():
        if found := _key(flavor, key, value):
            return found
    own = listing.own_items(flavor)
    for trait in sorted(scope.traits(flavor)):
        unset = _unset(flavor, TRAIT + trait)
        require = functools.partial(_require, flavor)
        if found := _trait(about, trait, set(own), survey, unset, require):
            return found
    for item in own:
        if not _is_given(item, survey):
            return _without_template(flavor, item, survey)
    if found := _variant(flavor, survey):
        return found
    return _without_nodes(flavor, about, survey)


def _key(flavor: Flavor, key: str, value: str) -> Finding | None:
    """Return that a property was meant to ask for an item, and does not."""
    kind, _, name = key.partition(':')
    right = metadata.DESIRED + name
    if not name or key == right or not registry.near(kind, [_DESIRED]):
        return None
    return Finding(
        Code.KEY_MISSPELT,
        f'flavor {flavor}',
        f'it has the property {key}, which means nothing'
        + registry.hint(right),
        quoting.both(_unset(flavor, key), _set(flavor, f'{right}={value}')),
    )


def _has_slip(flavor: Flavor, survey: Survey) -> bool:
    """Return whether it is a flavor's template that is for a wrong type."""
    required = scope.traits(flavor)
    return any(
        one.item and one.name in required and survey.slip(one.item)
        for one in survey.estate.templates
    )


def _trait(
    about: str,
    trait: str,
    own: Set[Item],
    survey: Survey,
    unset: str,
    require: Callable[[str], str],
) -> Finding | None:
    """Return what is wrong with a trait that a flavor or an image requires.

    :param own: the items that it has.
    :param unset: the command that has it require the trait no longer.
    :param require: returns the command that has it require another one.
    """
    if trait == _PINNING:
        return Finding(
            Code.TRAIT_PINNING,
            about,
            f'it requires the trait {trait}, which Nova takes for CPU '
            f'pinning and refuses on bare metal',
            unset,
        )
    meant = survey.meant(trait)
    if meant is None:
        return _foreign(about, trait, own, survey, unset)
    return Finding(
        Code.TRAIT_MISSPELT,
        about,
        f'it requires the trait {trait}, which is none' + registry.hint(meant),
        quoting.both(unset, require(meant) if meant else ''),
    )


def _foreign(
    about: str, trait: str, own: Set[Item], survey: Survey, fix: str
) -> Finding | None:
    """Return that a template is required of an item that is not had.

    :param own: the items of the flavor or image that requires it.
    """
    given = {
        item
        for one in survey.estate.templates
        if one.name == trait
        and one.kind is Kind.DEPLOY_TEMPLATE
        and (item := profiles.given(one))
    }
    if not given or given & own:
        return None
    told = ', '.join(map(str, sorted(given)))
    return Finding(
        Code.VARIANT_TRAIT,
        about,
        f'it requires {trait}, whose template gives {told} at the first boot, '
        f'and should have {", ".join(map(str, sorted(own))) or "no item"}',
        fix,
    )


def _is_given(item: Item, survey: Survey) -> bool:
    """Return whether a deploy template gives an item.

    Or one each of those of a profile.
    """
    templates = survey.estate.templates
    given = {
        profiles.given(one)
        for one in templates
        if one.kind is Kind.DEPLOY_TEMPLATE
    }
    known = profiles.of_cloud(templates, survey.catalogue.profiles).known
    profile = known.get(item.value) if item.type == metadata.PROFILE else None
    return item in given or bool(profile and given.issuperset(profile.items))


def _without_template(flavor: Flavor, item: Item, survey: Survey) -> Finding:
    config_type = survey.catalogue.types.get(item.type)
    is_known = config_type and item.value in config_type.values
    base = _likely_base(flavor, survey)
    fix = _unset(flavor, metadata.key(item))
    if meant := survey.slip(item):
        right = Item(meant, item.value)
        if config_type:
            right = Item(item.type, meant)
        setting = _set(flavor, f'{metadata.key(right)}={right.value}')
        fix = setting if config_type else quoting.both(fix, setting)
    elif is_known and base:
        fix = offering(item, [base.name])
    return Finding(
        Code.ITEM_WITHOUT_TEMPLATE,
        f'flavor {flavor}',
        f'it should give {item}, and no deploy template does'
        + registry.hint(meant),
        fix,
    )


def _variant(flavor: Flavor, survey: Survey) -> Finding | None:
    """Return in what a variant differs from its base besides the items.

    Which flavor is its base is by its name: others may equal it by chance.
    """
    items = listing.own_items(flavor)
    base = _named_base(flavor, survey)
    if not items or base is None:
        return None
    every, known = survey.estate.flavors, survey.estate.templates
    bases = [
        own
        for item in items
        if (own := variants.base_of(flavor, item, every, known))
        and flavor.name.startswith(f'{own.name}.')
    ]
    if not bases:
        return _different(flavor, base, survey)
    base = max(bases, key=lambda one: len(one.name))
    is_unlike = base.is_public != flavor.is_public or (
        None not in (base.projects, flavor.projects)
        and base.projects != flavor.projects
    )
    if not is_unlike:
        return None
    return Finding(
        Code.VARIANT_ACCESS,
        f'flavor {flavor}',
        f'not the same projects may use it as its base {base.name}: '
        f'{_access(flavor)} instead of {_access(base)}',
        _granting(flavor, base),
    )


def _different(flavor: Flavor, base: Flavor, survey: Survey) -> Finding | None:
    """Return that a flavor is not the variant that its name says."""
    shapes = (variants.shape(one, survey.names) for one in (flavor, base))
    if len({str(shape) for shape in shapes}) == 1:
        return None
    new, own = (variants.plain(one, survey.names) for one in (base, flavor))
    added = {k: v for k, v in new.items() if own.get(k) != v}
    gone = own.keys() - new.keys()
    fixes = []
    if added:
        properties = [f'{key}={value}' for key, value in sorted(added.items())]
        fixes.append(_set(flavor, *properties))
    if gone:
        fixes.append(_unset(flavor, *sorted(gone)))
    differences = [*sorted(added), *sorted(gone)]
    if variants.size(flavor)[:-1] != variants.size(base)[:-1]:
        # Nova cannot change that, and it may be in use.
        differences, fixes = ['its size', *differences], []
    return Finding(
        Code.VARIANT_DIFFERS,
        f'flavor {flavor}',
        f'it is no variant of {base.name}, as it differs in more than its '
        f'items: {", ".join(differences)}',
        quoting.both(*fixes),
    )


def _set(flavor: Flavor, *properties: str) -> str:
    """Return the command that gives a flavor properties."""
    told = [word for one in properties for word in ('--property', one)]
    return quoting.command('openstack', 'flavor', 'set', *told, flavor.id)


def _require(flavor: Flavor, trait: str) -> str:
    """Return the command that has a flavor require a trait."""
    return _set(flavor, f'{TRAIT}{trait}=required')


def _unset(flavor: Flavor, *keys: str) -> str:
    """Return the command that takes properties from a flavor."""
    told = [word for one in keys for word in ('--property', one)]
    return quoting.command('openstack', 'flavor', 'unset', *told, flavor.id)


def _named_base(flavor: Flavor, survey: Survey) -> Flavor | None:
    """Return the base that a flavor is a variant of by its name."""
    named = [b for b in survey.bases if flavor.name.startswith(f'{b.name}.')]
    return max(named, key=lambda one: len(one.name), default=None)


def _likely_base(flavor: Flavor, survey: Survey) -> Flavor | None:
    """Return the base that a flavor may be meant to be a variant of."""
    if named := _named_base(flavor, survey):
        return named
    own = scope.classes(flavor)
    found = [base for base in survey.bases if scope.classes(base) == own]
    alike = [
        base for base in found if variants.size(base) == variants.size(flavor)
    ]
    return max(alike or found, key=lambda one: len(one.name), default=None)


def _access(flavor: Flavor) -> str:
    if flavor.is_public:
        return 'all'
    return ', '.join(sorted(flavor.projects or ())) or 'none'


def _granting(flavor: Flavor, base: Flavor) -> str:
    """Return the command that has a variant be used by the same projects."""
    if base.is_public != flavor.is_public:
        # Nova cannot change that, and it may be in use.
        return ''
    none = frozenset[str]()
    own, wanted = flavor.projects or none, base.projects or none
    fixes = [
        quoting.command(
            *('openstack', 'flavor', how, '--project', project, flavor.id)
        )
        for how, projects in (('set', wanted - own), ('unset', own - wanted))
        for project in sorted(projects)
    ]
    return quoting.both(*fixes)


def _without_nodes(
    flavor: Flavor, about: str, survey: Survey
) -> Finding | None:
    """Return that no node has the traits that a flavor requires."""
    nodes = survey.estate.nodes
    required = scope.traits(flavor)
    of_class = [node for node in nodes if scope.is_of_class(flavor, node)]
    if not of_class or any(required <= node.traits for node in of_class):
        return None
    lacking = sorted(required - survey.node_traits) or sorted(required)
    likely = [
        node
        for template in survey.estate.templates
        if template.name in lacking
        for node in survey.fitting(template)
        if node in of_class
    ]
    fixes = [
        of_node(node, 'add trait', *lacking) for node in dict.fromkeys(likely)
    ]
    return Finding(
        Code.FLAVOR_WITHOUT_NODES,
        about,
        f'none of the {len(of_class)} nodes of its resource class has all '
        f'traits that it requires: {", ".join(lacking)}',
        quoting.both(*fixes),
    )


def _image(image: Image, survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with an image."""
    about = f'image {image.name} ({image.id})'
    items = [
        Item(*pair) for pair in metadata.desired(image.properties).items()
    ]
    if profile := image.properties.get(metadata.PROFILE):
        items.append(Item(metadata.PROFILE, profile))
    for key, value in image.properties.items():
        if key.startswith(TRAIT) and value == 'required':
            trait = key.removeprefix(TRAIT)
            unset = _unset_image(image, key)
            require = functools.partial(_require_of_image, image)
            if found := _trait(
                about, trait, set(items), survey, unset, require
            ):
                yield found
    for item in items:
        if not _is_given(item, survey):
            yield Finding(
                Code.ITEM_WITHOUT_TEMPLATE,
                about,
                f'it should give {item}, and no deploy template does',
                _unset_image(image, metadata.key(item)),
            )


def _require_of_image(image: Image, trait: str) -> str:
    """Return the command that has an image require a trait."""
    words = (
        'image',
        'set',
        '--property',
        f'{TRAIT}{trait}=required',
        image.id,
    )
    return quoting.command('openstack', *words)


def _unset_image(image: Image, key: str) -> str:
    """Return the command that takes a property from an image."""
    words = ('image', 'unset', '--property', key, image.id)
    return quoting.command('openstack', *words)
