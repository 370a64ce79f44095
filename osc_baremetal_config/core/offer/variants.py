"""The flavor variants of an offer, and what has to be done about each.

Owns what a variant is called, what it copies from its base, and the requests
that make it, in the order in which a run may be killed: it gets its extra
specs last, so one that has none is not finished. Which flavor a server's is
the variant of is for :mod:`osc_baremetal_config.core.plan.flavors`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from osc_baremetal_config.core.facts import metadata, profiles
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Item,
    Kind,
    Template,
)
from osc_baremetal_config.core.offer import names
from osc_baremetal_config.core.offer.model import Change, Request, State
from osc_baremetal_config.core.offer.scope import (
    TRAIT,
    traits,
    without_traits,
)
from osc_baremetal_config.core.plan import flavors as flavors_

KIND = 'flavor'
# What Nova takes for an ID (nova/api/openstack/compute/schemas/flavors.py).
_NOT_IN_ID = re.compile('[^a-zA-Z0-9._-]')


def wanted(
    base: Flavor, item: Item, trait: str | None, templates: Iterable[Template]
) -> Flavor:
    """Return the variant that a flavor is to have for an item.

    :param trait: the name of the template that gives the item at the first
        boot; None for none.
    :param templates: that there are; the trait of another one for the same
        type is not copied.
    """
    is_profile = item.type == metadata.PROFILE
    kind = item.value if is_profile else f'{item.type}-{item.value}'
    name = f'{base.name}.{kind}'
    others = _traits_of(item.type, templates)
    specs = without_traits(base.extra_specs, others)
    specs[metadata.key(item)] = item.value
    if trait:
        specs[TRAIT + trait] = 'required'
    return replace(
        base, name=name, id=_NOT_IN_ID.sub('_', name), extra_specs=specs
    )


def giving(templates: Iterable[Template]) -> list[Template]:
    """Return the deploy templates that can give a server an item.

    One that has nothing to run gives nothing: its name is only a trait.
    """
    return [
        one
        for one in templates
        if one.kind is Kind.DEPLOY_TEMPLATE and one.steps
    ]


def renamed(variant: Flavor, name: str | None) -> Flavor:
    """Return a flavor that is to be made under a name, None for its own."""
    if name is None:
        return variant
    return replace(variant, name=name, id=_NOT_IN_ID.sub('_', name))


def change(
    base: Flavor,
    item: Item,
    trait: str | None,
    every: Iterable[Flavor],
    templates: Iterable[Template],
    name: str | None = None,
) -> tuple[Change, Flavor]:
    """Return what has to be done for a flavor to have a variant, and that.

    :param every: all flavors of the cloud.
    :param name: of the variant; None for one that is found, or made.
    """
    templates = giving(templates)
    every = tuple(every)
    new = renamed(wanted(base, item, trait, templates), name)
    details = (f'{base.name} with {item}',)
    if not name and _has(base, item):
        same = Change(
            kind=KIND, name=base.name, state=State.SAME, details=details
        )
        return same, base
    best = None if name else _nearest(new, base, item, every, templates)
    present = best or next((f for f in every if f.name == new.name), None)
    if present is None:
        missing = Change(
            kind=KIND,
            name=new.name,
            state=State.MISSING,
            details=details,
            requests=(*_creation(new), *_finish(new)),
        )
        return missing, new
    new = replace(new, name=present.name, id=present.id)
    if name and _is_another(present):
        found = Change(
            kind=KIND,
            name=name,
            state=State.DIFFERENT,
            details=details,
            unchangeable=('it is a flavor without items, and so no variant',),
        )
    elif best is None and not present.extra_specs and _is_alike(new, present):
        found = Change(
            kind=KIND,
            name=new.name,
            state=State.UNFINISHED,
            details=details,
            requests=tuple(_finish(new, present)),
        )
    else:
        found = _compared(new, present, details)
    return found, new


def _is_another(flavor: Flavor) -> bool:
    """Return whether a flavor is finished, and has no items."""
    specs = flavor.extra_specs
    return bool(specs) and not any(map(metadata.is_desired, specs))


def base_of(
    variant: Flavor,
    item: Item,
    every: Iterable[Flavor],
    templates: Iterable[Template],
) -> Flavor | None:
    """Return the flavor that one is a variant of, None if it is of none.

    Of several that are alike but for their names, the likeliest.

    :param templates: all that there are. The variant may require the trait of
        one that is for the item, and of none that is for another value.
    """
    templates = tuple(templates)
    own = _of(item, templates)
    mine = {one.name for one in own}
    others = _traits_of(item.type, templates) - mine
    if len(traits(variant) & mine) > 1 or traits(variant) & others:
        return None
    found = [
        base
        for base in every
        if item.type not in flavors_.asked(base)
        and flavors_.variants(base, [variant], [item], own)
    ]

    def unlikeliness(base: Flavor) -> tuple[bool, int, str]:
        is_named_so = variant.name.startswith(f'{base.name}.')
        return not is_named_so, -len(base.name), base.name

    return min(found, key=unlikeliness, default=None)


def _nearest(
    new: Flavor,
    base: Flavor,
    item: Item,
    every: Iterable[Flavor],
    templates: Iterable[Template],
) -> Flavor | None:
    """Return the variant that there is, the nearest to what is to be."""
    is_variant = item.type in flavors_.asked(base)
    every, templates = tuple(every), tuple(templates)
    found = [
        one
        for one in flavors_.variants(base, every, [item], templates)
        if is_variant or base_of(one, item, every, templates) == base
    ]
    return min(found, key=lambda one: _distance(new, one), default=None)


def _of(item: Item, templates: Iterable[Template]) -> list[Template]:
    return [
        one
        for one in templates
        if profiles.given(one) == item and one.kind is Kind.DEPLOY_TEMPLATE
    ]


def _has(flavor: Flavor, item: Item) -> bool:
    return flavors_.asked(flavor).get(item.type) == item.value


def shape(flavor: Flavor, names: Collection[str]) -> tuple[object, ...]:
    """Return all that a flavor has besides its items.

    :param names: of deploy templates, whose traits belong to items.
    """
    return size(flavor)[:-1], sorted(plain(flavor, names).items())


def plain(flavor: Flavor, names: Collection[str]) -> dict[str, str]:
    """Return the extra specs of a flavor that do not belong to an item.

    :param names: of deploy templates, whose traits belong to items.
    """
    specs = without_traits(flavor.extra_specs, names)
    return {k: v for k, v in specs.items() if not metadata.is_desired(k)}


def removal(flavor: Flavor) -> Change:
    """Return what removes a flavor."""
    return Change(
        kind=KIND,
        name=flavor.name,
        state=State.UNUSED,
        requests=(Request('Nova', 'flavors', 'DELETE', _path(flavor)),),
    )


def _compared(
    new: Flavor, present: Flavor, details: tuple[str, ...]
) -> Change:
    """Return what has to be done about a flavor that there is.

    The traits of templates, which are not the item's, may differ.
    """
    fixed = [
        f'{what} is {is_} and should be {to}'
        for what, is_, to in zip(
            ('vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'public'),
            size(present),
            size(new),
            strict=True,
        )
        if is_ != to
    ]
    differences, requests = list(fixed), list[Request]()
    path = _path(present)
    specs = dict(_differing(new.extra_specs, present.extra_specs))
    differences += [
        f'{key} is {_or_missing(present.extra_specs.get(key))} and should be '
        f'{_or_missing(to)}'
        for key, to in specs.items()
    ]
    if added := {key: to for key, to in specs.items() if to is not None}:
        requests.append(_specs(path, added))
    requests += [
        Request(
            *('Nova', 'flavors', 'DELETE'),
            f'{path}/os-extra_specs/{names.segment(key)}',
        )
        for key, to in specs.items()
        if to is None
    ]
    for action, more, fewer in (
        ('add', new.projects, present.projects),
        ('remove', present.projects, new.projects),
    ):
        for project in sorted((more or set()) - (fewer or set())):
            if None not in (more, fewer):
                is_added = action == 'add'
                differences.append(
                    f'project {project} may '
                    f'{"not use it and should" if is_added else "use it"}'
                    f'{"" if is_added else " and should not"}'
                )
                requests.append(_access(path, action, project))
    return Change(
        kind=KIND,
        name=present.name,
        state=State.DIFFERENT if differences else State.SAME,
        details=tuple(differences) or details,
        requests=() if fixed else tuple(requests),
        unchangeable=tuple(fixed),
    )


def _creation(new: Flavor) -> Iterator[Request]:
    """Yield what makes a flavor without access and extra specs."""
    body = {
        'name': new.name,
        'id': new.id,
        'vcpus': new.vcpus,
        'ram': new.ram_mib,
        'disk': new.disk_gib,
        'OS-FLV-EXT-DATA:ephemeral': new.ephemeral_gib,
        'swap': new.swap_mib,
        'os-flavor-access:is_public': new.is_public,
    }
    if new.description is not None:
        body['description'] = new.description
    yield Request('Nova', 'flavors', 'POST', '/flavors', {'flavor': body})


def _finish(new: Flavor, present: Flavor | None = None) -> Iterator[Request]:
    """Yield what a flavor lacks that has no extra specs yet."""
    path = _path(new)
    granted = (present.projects if present else None) or frozenset()
    for project in sorted((new.projects or frozenset()) - granted):
        yield _access(path, 'add', project)
    yield _specs(path, dict(sorted(new.extra_specs.items())))


def _path(flavor: Flavor) -> str:
    return f'/flavors/{names.segment(flavor.id)}'


def _specs(path: str, specs: Mapping[str, str]) -> Request:
    body = {'extra_specs': dict(specs)}
    return Request('Nova', 'flavors', 'POST', f'{path}/os-extra_specs', body)


def _access(path: str, action: str, project: str) -> Request:
    body = {f'{action}TenantAccess': {'tenant': project}}
    return Request('Nova', 'flavors', 'POST', f'{path}/action', body)


def _differing(
    wanted_: Mapping[str, str], present: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    """Yield the extra specs that differ, with what they should be."""
    for key in sorted(wanted_.keys() | present.keys()):
        if wanted_.get(key) != present.get(key):
            yield key, wanted_.get(key)


def _distance(new: Flavor, present: Flavor) -> tuple[int, bool, str]:
    """Return how far a variant is from the one that is to be there."""
    specs = len(list(_differing(new.extra_specs, present.extra_specs)))
    return specs, present.name != new.name, present.name


def _is_alike(new: Flavor, present: Flavor) -> bool:
    return size(new) == size(present)


def size(flavor: Flavor) -> tuple[int, int, int, int, int, bool]:
    """Return what Nova can never change of a flavor."""
    return (
        flavor.vcpus,
        flavor.ram_mib,
        flavor.disk_gib,
        flavor.ephemeral_gib,
        flavor.swap_mib,
        flavor.is_public,
    )


def _or_missing(value: str | None) -> str:
    return 'missing' if value is None else value


def _traits_of(name: str, templates: Iterable[Template]) -> set[str]:
    """Return the names of the templates for a type, which are traits."""
    return {
        one.name
        for one in templates
        if (item := profiles.given(one)) and item.type == name
    }
