"""What is wrong with deploy templates and runbooks.

Owns the findings about what they do and for which nodes. Of several that have
one cause only the nearest to it is told.
"""

import collections
import json
from collections.abc import Iterable, Iterator, Sequence

from osc_baremetal_config.core.check.findings import Code, Finding
from osc_baremetal_config.core.check.survey import Survey, command, offering
from osc_baremetal_config.core.facts import (
    order,
    profiles,
    quoting,
    registry,
    steps,
    templates,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Item,
    Kind,
    Node,
    Step,
    Template,
    Value,
)
from osc_baremetal_config.core.offer import definitions, recipes, scope


def check(survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with the templates of a cloud."""
    for template in survey.estate.templates:
        yield from _keys(template)
        if profiles.given(template):
            yield from _of_one(template, survey)
    yield from _ties(survey)
    yield from _alone(survey)


def _keys(template: Template) -> Iterator[Finding]:
    """Yield what of its ``extra`` was meant to tell an item, and does not."""
    for key, value in template.extra.items():
        meant = registry.near(key.replace('_', '-'), templates.KEYS)
        if key in templates.KEYS:
            yield Finding(
                Code.EXTRA_INCOMPLETE,
                str(template),
                f'its extra has {key} without the keys that go with it, so '
                f'it gives nothing',
                command(template, 'unset', '--extra', key),
            )
        elif meant and key.startswith(('config', 'required')):
            text = value if isinstance(value, str) else json.dumps(value)
            yield Finding(
                Code.KEY_MISSPELT,
                str(template),
                f'its extra has {key}, which means nothing'
                + registry.hint(meant),
                quoting.both(
                    extra(template, meant, text),
                    command(template, 'unset', '--extra', key),
                ),
            )


def _of_one(template: Template, survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with one template."""
    yield from _misspelt(template, survey)
    if not template.steps:
        yield Finding(
            Code.TEMPLATE_EMPTY,
            str(template),
            'it has no step that is run: of a deploy template those of '
            'priority 0 are not',
            _rewriting(template, survey),
        )
        return
    found = list(_steps(template, survey))
    yield from found
    if not found:
        yield from _opposite(template, survey)
        yield from _settings(template, survey)
    yield from _required(template, survey)


def _misspelt(template: Template, survey: Survey) -> Iterator[Finding]:
    """Yield that an item of a template is none that the catalogue knows."""
    types = survey.catalogue.types
    for item in items(template):
        meant = survey.slip(item)
        if item.type not in types and meant:
            yield Finding(
                Code.TYPE_MISSPELT,
                str(template),
                f'it is for {item.type}, which no catalogue has'
                f'{registry.hint(meant)}',
                _renaming(template, item, Item(meant, item.value), survey),
            )
        elif item.type in types and item.value not in types[item.type].values:
            values = types[item.type].values
            yield Finding(
                Code.VALUE_UNDEFINED,
                str(template),
                f'it is for {item}, and the catalogue knows only '
                f'{", ".join(values)}{registry.hint(meant)}',
                _renaming(template, item, Item(item.type, meant), survey),
            )


def items(template: Template) -> tuple[Item, ...]:
    """Return the item that a template gives, or those of its profile."""
    if template.profile:
        return template.profile.items
    return (template.item,) if template.item else ()


def _renaming(
    template: Template, item: Item, meant: Item, survey: Survey
) -> str:
    """Return the command that gives a template the item that is meant.

    Where that is not known, or another one gives it, the one that deletes it.

    :param meant: without a value if it is not known.
    """
    if not meant.value:
        return command(template, 'delete')
    if template.profile:
        values = template.profile.values
        del values[item.type]
        values[meant.type] = meant.value
        return extra(template, 'config-items', json.dumps(values))
    if meant.type != item.type:
        return extra(template, 'config-type', meant.type)
    if any(
        one.kind is template.kind and one.item == meant
        for one in survey.estate.templates
    ):
        return command(template, 'delete')
    return extra(template, 'config-value', meant.value)


def _steps(template: Template, survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with the steps, whatever the node."""
    fix = _rewriting(template, survey)
    for code, reason in step_faults(template.steps):
        yield Finding(code, str(template), reason, fix)


def step_faults(wanted: Sequence[Step]) -> list[tuple[Code, str]]:
    """Return what is wrong with steps, whatever the node, in words."""
    counts = collections.Counter(map(str, wanted))
    found = [
        (Code.STEP_REPEATED, f'it has step {name} {count} times')
        for name, count in counts.items()
        if count > 1
    ]
    found = found or [one for step in wanted for one in _step(step)]
    return found + [
        (Code.SETTING_CONTRADICTS, f'it sets {name} to {" and ".join(texts)}')
        for name, texts in steps.contradictions(wanted).items()
    ]


def _step(step: Step) -> Iterator[tuple[Code, str]]:
    """Yield what is wrong with a step."""
    if steps.is_lossy(step):
        reason = f'step {step} can lose data on the disks of a server'
        yield Code.STEP_LOSSY, reason
    elif not steps.is_known(step):
        reason = f'{step} is no service step whose effect is known'
        yield Code.STEP_UNKNOWN, reason
    elif missing := steps.missing(step):
        reason = f'step {step} lacks {", ".join(missing)}'
        yield Code.STEP_INCOMPLETE, reason


def _opposite(template: Template, survey: Survey) -> Iterator[Finding]:
    """Yield that a template gives another value than it says it does."""
    wanted = steps.settings(template.steps)
    for item in items(template):
        config_type = survey.catalogue.types.get(item.type)
        if not (config_type and item.value in config_type.values):
            continue
        for node, bios in survey.of(template):
            meant = survey.catalogue.meant(bios, node).get(item.type, ())
            given = {
                value
                for kind in meant
                for value, settings in kind.values.items()
                if settings and settings.items() <= wanted.items()
            }
            if given and item.value not in given:
                yield Finding(
                    Code.SETTING_OPPOSITE,
                    str(template),
                    f'it is for {item}, and what it sets is '
                    f'{item.type}={" and ".join(sorted(given))} on {node}',
                    _rewriting(template, survey),
                )
                break


def _settings(template: Template, survey: Survey) -> Iterator[Finding]:
    """Yield the settings that no node's BIOS can be given."""
    wanted = steps.settings(template.steps)
    if not survey.read:
        return
    fix = _rewriting(template, survey)
    nodes = survey.of(template)
    known = {name for _, bios in nodes for name in bios}
    for name, value in wanted.items():
        if name not in known:
            every = {n for _, bios in survey.read for n in bios}
            yield Finding(
                Code.SETTING_UNKNOWN,
                str(template),
                f'no node has a BIOS setting {name}'
                f'{registry.nearest(name, every)}'
                if name not in every
                else f'no node that it is for has a BIOS setting {name}',
                fix,
            )
            continue
        yield from _unsupported(template, name, value, survey, fix)


def _unsupported(
    template: Template, name: str, value: Value, survey: Survey, fix: str
) -> Iterator[Finding]:
    """Yield why no node that has a setting can be given a value."""
    judged = [
        (bios[name].read_only, verdict)
        for _, bios in survey.of(template)
        if name in bios
        for verdict in [_judged(template, name, value, bios, survey)]
    ]
    if any(verdict.is_possible for _, verdict in judged):
        return
    is_read_only = all(read_only for read_only, _ in judged)
    yield Finding(
        Code.SETTING_READ_ONLY if is_read_only else Code.SETTING_VALUE,
        str(template),
        f'{judged[0][1].reason}'
        if is_read_only
        else f'{name} cannot be {value} on any node: {judged[0][1].reason}',
        fix,
    )


def _judged(
    template: Template, name: str, value: Value, bios: Bios, survey: Survey
) -> registry.Judgement:
    locks = survey.catalogue.locks
    opened = order.openers(steps.settings(template.steps), bios, locks)
    if name in order.ranks(opened):
        return registry.judge_later(name, value, bios)
    return registry.judge(name, value, bios, locks)


def _required(template: Template, survey: Survey) -> Iterator[Finding]:
    """Yield that no node has the traits that a template requires."""
    required = template.required_traits
    for trait in sorted(required):
        meant = survey.meant(trait)
        if meant is not None:
            right = sorted(required - {trait} | ({meant} if meant else set()))
            yield Finding(
                Code.TRAIT_MISSPELT,
                str(template),
                f'it requires the trait {trait}, which is none'
                + registry.hint(meant),
                extra(template, 'required-traits', json.dumps(right)),
            )
            return
    nodes = survey.estate.nodes
    if required and not any(required <= node.traits for node in nodes):
        yield Finding(
            Code.TEMPLATE_TRAITS,
            str(template),
            f'no node has the traits that it requires: '
            f'{", ".join(sorted(required))}',
            extra(
                template,
                'required-traits',
                json.dumps(_needed(template, survey)),
            ),
        )


def _needed(template: Template, survey: Survey) -> list[str]:
    """Return the traits that a template should require."""
    needed = (recipes.needed(one, survey.catalogue) for one in items(template))
    return sorted(frozenset[str]().union(*needed))


def _ties(survey: Survey) -> Iterator[Finding]:
    """Yield the templates between which nothing decides on some node."""
    told: dict[tuple[str, ...], tuple[list[Template], list[Node]]] = {}
    for item in sorted(survey.items):
        own = [one for one in survey.estate.templates if one.item == item]
        for group in _visible_together(own):
            for node, _ in survey.read:
                winners = templates.most_specific(
                    [one for one in group if survey.fits(one, node)]
                )
                if len(winners) > 1:
                    key = tuple(map(str, winners))
                    told.setdefault(key, (winners, []))[1].append(node)
    for winners, nodes in told.values():
        first, *others = winners
        names = ', '.join(map(str, others))
        yield Finding(
            Code.TEMPLATE_TIE,
            str(first),
            f'on {nodes[0]} it is in a tie with {names}: both are for '
            f'{first.item}, and nothing decides between them',
            command(_superfluous(winners, survey), 'delete'),
        )


def _superfluous(tied: Sequence[Template], survey: Survey) -> Template:
    """Return one of several templates that no flavor needs, or the last."""
    required = [scope.traits(flavor) for flavor in survey.estate.flavors]
    free = [one for one in tied if not any(one.name in s for s in required)]
    return (free or list(tied))[-1]


def _visible_together(own: Iterable[Template]) -> Iterator[list[Template]]:
    """Yield the templates that one user chooses among.

    An operator takes deploy templates; each project has the public runbooks
    and its own.
    """
    own = list(own)
    yield [one for one in own if one.kind is Kind.DEPLOY_TEMPLATE]
    runbooks = [one for one in own if one.kind is Kind.RUNBOOK]
    for owner in sorted({one.owner or '' for one in runbooks}):
        yield [
            one
            for one in runbooks
            if one.is_public or (one.owner or '') == owner
        ]


def _alone(survey: Survey) -> Iterator[Finding]:
    """Yield the items from which there is no way back."""
    by_type: dict[str, set[str]] = collections.defaultdict(set)
    for item in survey.items:
        by_type[item.type].add(item.value)
    for name, values in sorted(by_type.items()):
        config_type = survey.catalogue.types.get(name)
        known = set(config_type.values) if config_type else values
        missing = sorted(known - values)
        if len(values) > 1 or not missing or not values <= known:
            continue
        [value] = values
        item = Item(name, value)
        yield Finding(
            Code.VALUE_ALONE,
            f'item {item}',
            f'nothing gives {name} another value, so there is no way back',
            _way_back(item, missing, survey),
        )


def _way_back(item: Item, missing: Iterable[str], survey: Survey) -> str:
    """Return the command that offers another value, where one can be."""
    others = [Item(item.type, value) for value in missing]
    bases = survey.bases_of(item)
    # What can be offered nowhere would only be refused.
    found = ((one, bases or survey.base_for(one)) for one in others)
    one, flavors = next((pair for pair in found if pair[1]), (item, []))
    return offering(one, flavors, _owners(item.type, survey))


def _owners(name: str, survey: Survey) -> list[str]:
    """Return the projects that own runbooks of a type."""
    found = {
        one.owner
        for one in survey.estate.templates
        if one.item and one.item.type == name and one.owner
    }
    return sorted(found)


def _rewriting(template: Template, survey: Survey) -> str:
    """Return the command that has a template do what it should.

    Where that is not known, the one that deletes it.
    """
    recipe, own = survey.recipe(template), template.steps
    if recipe:
        wanted = recipe.steps
        is_as_it_is = definitions.is_same(wanted, own)
    else:
        # What is there twice is all that can be mended without the catalogue.
        wanted = steps.merge([own])
        is_as_it_is = len(wanted) == len(own) or bool(
            steps.contradictions(own)
        )
    if is_as_it_is:
        return command(template, 'delete')
    document = json.dumps(definitions.documents(template.kind, wanted))
    return command(template, 'set', '--steps', document)


def extra(template: Template, key: str, value: str) -> str:
    """Return the command that changes what a template says of itself."""
    return command(template, 'set', '--extra', f'{key}={value}')
