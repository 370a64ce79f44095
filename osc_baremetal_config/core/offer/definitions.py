"""Deploy templates and runbooks, and the traits of the nodes they are for.

Owns what has to be done about each, and the requests, in the order in which a
run may be killed: a runbook gets its traits last. What is in them is for
:mod:`.recipes`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from osc_baremetal_config.core.facts import steps
from osc_baremetal_config.core.facts.model import (
    Kind,
    Node,
    Step,
    Template,
)
from osc_baremetal_config.core.offer import names
from osc_baremetal_config.core.offer.model import (
    Change,
    Estate,
    Recipe,
    Request,
    State,
)

TRAIT = 'trait'
# What a step has, so that it runs.
PRIORITY = 150
# MAX_TRAITS_PER_NODE in ironic/db/sqlalchemy/api.py.
_MOST_TRAITS = 50
_PATHS = {
    Kind.DEPLOY_TEMPLATE: '/deploy_templates',
    Kind.RUNBOOK: '/runbooks',
}


def change(
    recipe: Recipe, kind: Kind, estate: Estate, nodes: Sequence[Node]
) -> Change:
    """Return what has to be done for a deploy template or runbook.

    :param nodes: that the recipe fits.
    """
    new = recipe.as_template(kind)
    present = _present(new, estate.templates)
    details = (f'{_about(new)}: {told(new.steps)}',)
    if present is None:
        return Change(
            kind=kind,
            name=new.name,
            state=State.MISSING,
            details=details,
            requests=tuple(_creation(new, estate)),
        )
    if (
        kind is Kind.RUNBOOK
        and new.approved_for
        and not present.approved_for
        and not _differences(new, present)
    ):
        return Change(
            kind=kind,
            name=present.name,
            state=State.UNFINISHED,
            details=details,
            requests=(_traits(present.handle, new.approved_for),),
        )
    differences = _differences(new, present)
    if is_unapproved := not _is_approved(recipe, present, nodes):
        differences.append(
            f'it is approved for {_listed(present.approved_for)} and should '
            f'be for {_listed(new.approved_for)}'
        )
    requests: list[Request] = []
    if patch := _patch(new, present):
        path = f'{_PATHS[kind]}/{names.segment(present.handle)}'
        requests.append(Request('Ironic', f'{kind}s', 'PATCH', path, patch))
    if is_unapproved:
        approved = present.approved_for | new.approved_for
        requests.append(_traits(present.handle, approved))
    return Change(
        kind=kind,
        name=present.name,
        state=State.DIFFERENT if differences else State.SAME,
        details=tuple(differences) or details,
        requests=tuple(requests),
    )


def marking(trait: str, nodes: Sequence[Node], more: int = 0) -> Change | None:
    """Return what gives nodes a trait; None if all have it.

    :param more: how many other traits they are to get as well.
    """
    lacking = [node for node in nodes if trait not in node.traits]
    if not lacking:
        return None
    full = [n for n in lacking if len(n.traits) + more >= _MOST_TRAITS]
    return Change(
        kind=TRAIT,
        name=trait,
        state=State.MISSING,
        details=(f'for {", ".join(node.handle for node in lacking)}',),
        requests=tuple(
            Request('Ironic', 'node traits', 'PUT', _node_trait(node, trait))
            for node in lacking
        ),
        unchangeable=tuple(
            f'{node} has {len(node.traits)} traits, and Ironic lets a node '
            f'have {_MOST_TRAITS}'
            for node in full
        ),
    )


def unmarking(trait: str, nodes: Iterable[Node]) -> Change | None:
    """Return what takes a trait from nodes; None if none has it."""
    marked = [node for node in nodes if trait in node.traits]
    if not marked:
        return None
    return Change(
        kind=TRAIT,
        name=trait,
        state=State.UNUSED,
        details=(f'of {", ".join(node.handle for node in marked)}',),
        requests=tuple(
            Request(
                'Ironic', 'node traits', 'DELETE', _node_trait(node, trait)
            )
            for node in marked
        ),
    )


def removal(template: Template) -> Change:
    """Return what removes a deploy template or runbook."""
    kind = template.kind
    path = f'{_PATHS[kind]}/{names.segment(template.handle)}'
    return Change(
        kind=kind,
        name=template.name,
        state=State.UNUSED,
        details=(f'{_about(template)}: {told(template.steps)}',),
        requests=(Request('Ironic', f'{kind}s', 'DELETE', path),),
    )


def relies_on_name(
    recipe: Recipe, estate: Estate, nodes: Sequence[Node]
) -> bool:
    """Return whether nodes need a trait of their own for the runbook."""
    offer = recipe.offer
    if Kind.RUNBOOK not in offer.kinds or offer.traits is not None:
        return False
    present = _present(recipe.as_template(Kind.RUNBOOK), estate.templates)
    return not (
        present
        and present.approved_for
        and all(present.approved_for & node.traits for node in nodes)
    )


def told(wanted: Sequence[Step]) -> str:
    """Return what steps do, on one line."""
    settings = steps.settings(wanted)
    others = [str(step) for step in wanted if not steps.is_apply(step)]
    return ', '.join([*(f'{n}={v}' for n, v in settings.items()), *others])


def is_same(one: Sequence[Step], other: Sequence[Step]) -> bool:
    """Return whether two lists of steps do the same.

    A number and its digits as text are the same: Ironic has converted text
    only since the release after 37, and shows what was written.
    """
    return steps.is_same(
        steps.merge([map(_plain, one)]), steps.merge([map(_plain, other)])
    )


def documents(kind: Kind, wanted: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps as Ironic takes them in a template or a runbook."""
    found = steps.documents(wanted)
    for number, step in enumerate(found):
        if kind is Kind.RUNBOOK:
            step['order'] = number + 1
        else:
            own = wanted[number].priority
            step['priority'] = own if own > 0 else PRIORITY - number
    return found


def has_usual_priorities(wanted: Sequence[Step]) -> bool:
    """Return whether steps have the priorities that are given here."""
    usual = range(PRIORITY, PRIORITY - len(wanted), -1)
    return [step.priority for step in wanted] == list(usual)


def _plain(step: Step) -> Step:
    """Return a step with numbers as text."""
    settings = steps.settings([step])
    if not settings:
        return step
    [plain] = steps.apply(
        {n: str(v) if type(v) is int else v for n, v in settings.items()}
    )
    return replace(plain, priority=step.priority)


def _present(new: Template, every: Iterable[Template]) -> Template | None:
    """Return the template that does the same, or has the same name."""
    own = [one for one in every if one.kind is new.kind]
    for one in own:
        if one.name == new.name:
            return one
    same = [one for one in own if not _differences(new, one)]
    return min(same, key=lambda one: one.name, default=None)


def _differences(new: Template, present: Template) -> list[str]:
    """Return in what a template is not as it should be, but for approval."""
    found = []
    if (present.item, present.profile) != (new.item, new.profile):
        is_, to = _about(present), _about(new)
        found.append(f'it is for {is_} and should be for {to}')
    if not is_same(present.steps, new.steps):
        found.append(
            f'it does {told(present.steps) or "nothing"} and should do '
            f'{told(new.steps)}'
        )
    elif wanted := _priorities(new, present):
        found.append(f'its steps should have the priorities {wanted}')
    found += [
        f'its extra {key} is {present.extra.get(key)!r} and should be {to!r}'
        for key, to in new.extra.items()
        if present.extra.get(key) != to
    ]
    if present.required_traits != new.required_traits:
        found.append(
            f'it requires {_listed(present.required_traits)} and should '
            f'require {_listed(new.required_traits)}'
        )
    if present.owner != new.owner:
        found.append(
            f'its owner is {present.owner or "nobody"} and should be '
            f'{new.owner or "nobody"}'
        )
    if present.is_public != new.is_public:
        words = ('not public', 'public')
        found.append(
            f'it is {words[present.is_public]} and should be '
            f'{words[new.is_public]}'
        )
    return found


def _priorities(new: Template, present: Template) -> str:
    """Return the priorities that steps should have, empty if they have."""
    wanted = [step.priority for step in new.steps]
    if (
        new.kind is Kind.RUNBOOK
        or not all(priority > 0 for priority in wanted)
        or wanted == [step.priority for step in present.steps]
    ):
        return ''
    return ', '.join(map(str, wanted))


def _is_approved(
    recipe: Recipe, present: Template, nodes: Sequence[Node]
) -> bool:
    """Return whether what there is may be run on the nodes that it fits."""
    new = recipe.as_template(present.kind)
    if (
        new.kind is not Kind.RUNBOOK
        or new.approved_for <= present.approved_for
    ):
        return True
    is_for_all = all(present.approved_for & node.traits for node in nodes)
    return is_for_all and recipe.offer.traits is None


def _creation(new: Template, estate: Estate) -> Iterable[Request]:
    """Yield what makes a deploy template or runbook."""
    kind = new.kind
    body: dict[str, Any] = {
        'name': new.name,
        'steps': documents(new.kind, new.steps),
        'extra': {**new.extra, **_extra(new)},
    }
    if kind is Kind.RUNBOOK:
        body |= {'public': new.is_public}
        if new.owner:
            body['owner'] = new.owner
    yield Request('Ironic', f'{kind}s', 'POST', _PATHS[kind], body)
    if new.approved_for and not estate.names_are_traits:
        yield _traits(new.name, new.approved_for)


def _patch(new: Template, present: Template) -> list[dict[str, Any]]:
    """Return the JSON patch from what there is to what should be."""
    found: list[dict[str, Any]] = []
    if not is_same(present.steps, new.steps) or _priorities(new, present):
        found.append(_replacing('/steps', documents(new.kind, new.steps)))
    extra = _extra(new)
    if extra != _extra(present):
        found += [
            {'op': 'add', 'path': f'/extra/{key}', 'value': value}
            for key, value in extra.items()
        ]
        found += [
            {'op': 'remove', 'path': f'/extra/{key}'}
            for key in _extra(present)
            if key not in extra
        ]
    found += [
        {'op': 'add', 'path': f'/extra/{_pointer(key)}', 'value': value}
        for key, value in new.extra.items()
        if present.extra.get(key) != value
    ]
    if present.is_public != new.is_public:
        found.append(_replacing('/public', new.is_public))
    # One that becomes public loses its owner by that, and only so.
    if present.owner != new.owner and not new.is_public:
        found.append(_replacing('/owner', new.owner))
    return found


def _pointer(key: str) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901)."""
    return key.replace('~', '~0').replace('/', '~1')


def _replacing(path: str, value: Any) -> dict[str, Any]:
    return {'op': 'replace', 'path': path, 'value': value}


def _extra(new: Template) -> dict[str, Any]:
    """Return what tells which item, or which profile, a template gives."""
    found: dict[str, Any] = {'required-traits': sorted(new.required_traits)}
    if new.item:
        found['config-type'] = new.item.type
        found['config-value'] = new.item.value
    if new.profile:
        found['config-profile'] = new.profile.name
        found['config-items'] = new.profile.values
    return found


def _about(template: Template) -> str:
    """Return what a template gives, in words."""
    if not template.profile:
        return str(template.item)
    items = ', '.join(map(str, template.profile.items))
    return f'{template.profile} ({items})'


def _traits(name: str, traits: Iterable[str]) -> Request:
    path = f'{_PATHS[Kind.RUNBOOK]}/{names.segment(name)}/traits'
    return Request(
        'Ironic', 'runbooks', 'PUT', path, {'traits': sorted(traits)}
    )


def _node_trait(node: Node, trait: str) -> str:
    return f'/nodes/{node.uuid}/traits/{names.segment(trait)}'


def _listed(traits: Iterable[str]) -> str:
    return ', '.join(sorted(traits)) or 'no trait'
