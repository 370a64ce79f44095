"""Offers as a document: a list of mappings, as a file in git has it.

Owns the keys, and what is wrong with a document. Reading the file is for
:mod:`osc_baremetal_config.osc.offers_file`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from osc_baremetal_config.core.desired.catalogue import Fault, Path
from osc_baremetal_config.core.facts import (
    metadata,
    profiles,
    registry,
    templates,
    values,
)
from osc_baremetal_config.core.facts import steps as steps_
from osc_baremetal_config.core.facts.model import Item, Kind, Step
from osc_baremetal_config.core.offer.model import Marks, Offer

# In the order in which they are written.
KEYS = (
    'type',
    'value',
    'profile',
    'items',
    'flavors',
    'variants',
    'name',
    'settings',
    'steps',
    'extra',
    'required-traits',
    'kinds',
    'runbook',
    'traits',
    'owner',
    'public',
    'first-boot',
    'node-traits',
)
# What people write, and nothing is ever written as.
VENDORS, LIKE, VALUES = 'vendors', 'like-server', 'values'
_STEP = {'interface', 'step', 'args'}
_KINDS = ', '.join(Kind)


def written(offer: Offer) -> dict[str, Any]:
    """Return an offer of one value as a mapping, with all keys."""
    return {
        'type': None if offer.profile else offer.type,
        'value': None if offer.profile else offer.values[0],
        'profile': offer.profile.name if offer.profile else None,
        'items': (offer.profile.values or None) if offer.profile else None,
        'flavors': list(offer.flavors),
        'variants': dict(offer.variants) or None,
        'name': offer.name or None,
        'settings': dict(offer.settings) or None,
        'steps': _steps(offer) or None,
        'extra': dict(offer.extra) or None,
        'required-traits': _sorted(offer.required_traits),
        'kinds': [str(kind) for kind in Kind if kind in offer.kinds],
        'runbook': offer.runbook or None,
        'traits': _sorted(offer.traits),
        'owner': offer.owner_name or offer.owner,
        'public': offer.is_public,
        'first-boot': offer.first_boot,
        'node-traits': offer.marks_nodes.value,
    }


def parse(document: Any) -> list[Offer] | list[Fault]:
    """Return the offers of a document.

    The owner is as it was written, a name or an ID, and a server as well.

    :param document: a list of mappings; a key that is null is as if it was
        missing.
    :returns: all faults, if there are any.
    """
    if not isinstance(document, list):
        return [Fault((), 'not a list of offers')]
    faults: list[Fault] = []
    found = []
    for index, entry in enumerate(document):
        if isinstance(entry, Mapping):
            faults += _faults((index,), entry)
            found.append(entry)
        else:
            faults.append(Fault((index,), 'not a mapping'))
    return faults or [_offer(entry) for entry in found]


def _steps(offer: Offer) -> list[dict[str, Any]]:
    """Return the steps, each with its priority where it has one of its own."""
    documents = steps_.documents(offer.steps)
    return [
        document | ({'priority': step.priority} if step.priority > 0 else {})
        for step, document in zip(offer.steps, documents, strict=True)
    ]


def _sorted(traits: frozenset[str] | None) -> list[str] | None:
    return None if traits is None else sorted(traits)


def _faults(path: Path, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with an offer: first with each key by itself."""
    is_wrong = False
    for key, value in entry.items():
        if key not in _CHECKS:
            known = ', '.join(_CHECKS)
            hint = registry.nearest(str(key), _CHECKS)
            yield Fault((*path, key), f'unknown key{hint}; known are {known}')
        elif value is not None and not _CHECKS[key][0](value):
            is_wrong = True
            yield Fault((*path, key), f'not {_CHECKS[key][1]}')
    if not is_wrong:
        yield from _contradictions(path, entry)


def _contradictions(path: Path, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the keys that cannot go together, and those that are missing."""
    given = {key for key, value in entry.items() if value not in (None, [])}
    if not given & {'type', 'profile'}:
        yield Fault(path, 'an offer without a type')
    if ('profile' in given) is not ('items' in given) and not (
        'profile' in given and _is_bare(entry)
    ):
        yield Fault(path, 'a profile and its items go together')
    for one, other in (
        ('value', VALUES),
        ('profile', 'type'),
        ('profile', 'value'),
        ('profile', VALUES),
        ('settings', 'steps'),
        ('settings', VENDORS),
        ('steps', VENDORS),
        ('settings', LIKE),
        ('steps', LIKE),
    ):
        if {one, other} <= given:
            yield Fault((*path, other), f'cannot go with {one}')
    if entry.get('owner') and entry.get('public') is True:
        yield Fault((*path, 'public'), 'a public runbook has no owner')
    variants = entry.get('variants') or {}
    if 'variants' in given and not set(variants) <= set(
        entry.get('flavors') or ()
    ):
        yield Fault((*path, 'variants'), 'of flavors that are not listed')
    if 'variants' in given and not _has_one_value(entry):
        yield Fault((*path, 'variants'), 'for more than one value')
    names = [(s['interface'], s['step']) for s in entry.get('steps') or ()]
    if len(set(names)) < len(names):
        # Ironic refuses it (``duplicate_steps``).
        yield Fault((*path, 'steps'), 'a step twice')
    if len({'priority' in step for step in entry.get('steps') or ()}) > 1:
        yield Fault((*path, 'steps'), 'some with a priority, some without')
    if given & {'settings', 'steps'} and not _has_one_value(entry):
        yield Fault(path, 'settings and steps are for one value')
    if given & {'name', 'runbook'} and not (
        given & {'settings', 'steps'} or _is_bare(entry)
    ):
        yield Fault(path, 'a name is for given settings or steps')


def _is_bare(entry: Mapping[str, Any]) -> bool:
    """Return whether an offer has neither template nor runbook."""
    return entry.get('kinds') == []


def _has_one_value(entry: Mapping[str, Any]) -> bool:
    is_one = any(entry.get(key) is not None for key in ('value', 'profile'))
    return is_one or len(entry.get(VALUES) or ()) == 1


def _offer(entry: Mapping[str, Any]) -> Offer:
    """Return the offer of a mapping without faults."""
    given = {key: value for key, value in entry.items() if value is not None}
    listed = given.get(VALUES, [])
    if 'value' in given:
        listed = [given['value']]
    required, traits = given.get('required-traits'), given.get('traits')
    kinds = given.get('kinds', list(Kind))
    profile = None
    if name := given.get('profile'):
        items = given.get('items', {}).items()
        profile = profiles.make(name, (Item(n, str(v)) for n, v in items))
        listed = [name]
    return Offer(
        type=metadata.PROFILE if profile else given['type'],
        values=tuple(map(str, listed)),
        profile=profile,
        flavors=tuple(given.get('flavors', ())),
        variants=given.get('variants', {}),
        vendors=tuple(given.get(VENDORS, ())),
        like=given.get(LIKE),
        settings=given.get('settings', {}),
        steps=tuple(
            Step(
                interface=s['interface'],
                step=s['step'],
                args=s['args'],
                # Or in the order in which they are written.
                priority=s.get('priority', -number),
            )
            for number, s in enumerate(given.get('steps', ()))
        ),
        name=given.get('name', ''),
        extra=given.get('extra', {}),
        runbook=given.get('runbook', ''),
        traits=None if traits is None else frozenset(traits),
        required_traits=None if required is None else frozenset(required),
        kinds=frozenset(map(Kind, kinds)),
        owner_name=given.get('owner', ''),
        is_public=given.get('public', False),
        first_boot=given.get('first-boot', True),
        marks_nodes=Marks(given.get('node-traits', True)),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_word(value: Any) -> bool:
    return _is_text(value) or (
        isinstance(value, int) and not isinstance(value, bool)
    )


def _is_list_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def is_list(value: Any) -> bool:
        return isinstance(value, list) and all(map(check, value))

    return is_list


def _is_settings(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(map(_is_text, value))
        and all(map(values.is_value, value.values()))
    )


def _is_texts_by_text(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        map(_is_text, (*value, *value.values()))
    )


def _is_words_by_text(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(map(_is_text, value))
        and all(map(_is_word, value.values()))
    )


def _is_step(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) - {'priority'} == _STEP
        and _is_text(value['interface'])
        and _is_text(value['step'])
        and isinstance(value['args'], Mapping)
        and _is_priority(value.get('priority', 1))
    )


def _is_priority(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_extra(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and all(map(_is_text, value))
        and not templates.KEYS & value.keys()
    )


def _is_marks(value: Any) -> bool:
    return _is_truth(value) or value == Marks.FIRST.value


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


_TEXTS = _is_list_of(_is_text)
_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    'type': (_is_text, 'the name of a type'),
    'value': (_is_word, 'a word (quote yes, no, on, off)'),
    VALUES: (
        _is_list_of(_is_word),
        'a list of words (quote yes, no, on, off)',
    ),
    'profile': (_is_text, 'the name of a profile'),
    'items': (_is_words_by_text, 'a mapping of types to values'),
    'flavors': (_TEXTS, 'a list of names or IDs'),
    'variants': (_is_texts_by_text, 'a mapping of flavors to flavors'),
    VENDORS: (_TEXTS, 'a list of vendors'),
    LIKE: (_is_text, 'a server'),
    'name': (_is_text, 'the name of a deploy template'),
    'settings': (_is_settings, 'a mapping of BIOS settings to values'),
    'steps': (
        _is_list_of(_is_step),
        'a list of mappings of interface, step, args and, for some other '
        'order, a priority above 0',
    ),
    'extra': (
        _is_extra,
        'a mapping of other keys than those of items and profiles',
    ),
    'required-traits': (_TEXTS, 'a list of traits'),
    'kinds': (
        _is_list_of(lambda value: value in list(Kind)),
        f'a list of {_KINDS}',
    ),
    'runbook': (_is_text, 'the name of a runbook'),
    'traits': (_TEXTS, 'a list of traits'),
    'owner': (_is_text, 'a project'),
    'public': (_is_truth, 'true or false'),
    'first-boot': (_is_truth, 'true or false'),
    'node-traits': (_is_marks, 'true, false or first'),
}
