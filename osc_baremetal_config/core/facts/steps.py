"""What is known of the steps that Ironic can run on an active node.

Restates those of Ironic's own service steps whose effect can be told
beforehand, because Ironic accepts a step that does not exist or lacks an
argument, and then fails with the node in maintenance. Others are not run:
``bios.factory_reset`` changes what nobody has asked for, and what a vendor's
step does to a live server is not known here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from osc_baremetal_config.core.facts import values
from osc_baremetal_config.core.facts.model import Bios, Step, Value

APPLY = ('bios', 'apply_configuration')

# From the service steps in ironic/drivers/modules (redfish, agent), with the
# arguments that they require.
_REQUIRED: Mapping[tuple[str, str], tuple[str, ...]] = {
    APPLY: ('settings',),
    ('firmware', 'update'): ('settings',),
    ('management', 'update_firmware'): ('firmware_images',),
    ('raid', 'apply_configuration'): ('raid_config',),
    ('raid', 'delete_configuration'): (),
}
# SERVICING_INTERFACE_PRIORITY in ironic/conductor/steps.py: of steps with one
# priority the one on the first of these runs first.
_INTERFACES = (
    'network',
    'vendor',
    'power',
    'management',
    'firmware',
    'deploy',
    'bios',
    'raid',
)
# Steps on these interfaces, and steps with these words in their names, write
# to disks or make what is on them unreadable.
_LOSSY_INTERFACES = frozenset({'deploy', 'raid'})
_LOSSY_WORDS = ('erase', 'delete', 'clear', 'wipe', 'format')


def is_apply(step: Step) -> bool:
    """Return whether a step applies BIOS settings."""
    return (step.interface, step.step) == APPLY


def is_known(step: Step) -> bool:
    """Return whether it is known what a step does."""
    return (step.interface, step.step) in _REQUIRED


def is_lossy(step: Step) -> bool:
    """Return whether a step can lose data on the disks of a live server."""
    return step.interface in _LOSSY_INTERFACES or any(
        word in step.step for word in _LOSSY_WORDS
    )


def missing(step: Step) -> list[str]:
    """Return the arguments that a step requires and lacks."""
    required = _REQUIRED.get((step.interface, step.step), ())
    lacking = [name for name in required if not step.args.get(name)]
    if is_apply(step) and not lacking and not _is_settings(step):
        lacking = [
            'settings as a list of {name, value}, with text, an integer, '
            'true or false for a value'
        ]
    return lacking


def documents(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return steps as Ironic takes them."""
    return [
        {'interface': s.interface, 'step': s.step, 'args': dict(s.args)}
        for s in steps
    ]


def settings(steps: Iterable[Step]) -> dict[str, Value]:
    """Return the BIOS settings that steps apply, name → value.

    A step whose settings are none applies none.
    """
    return dict(_pairs(steps))


def contradictions(steps: Iterable[Step]) -> dict[str, list[str]]:
    """Return the settings that steps give several values, with these."""
    found: dict[str, set[str]] = {}
    for name, value in _pairs(steps):
        found.setdefault(name, set()).add(values.stored(value))
    return {n: sorted(texts) for n, texts in found.items() if len(texts) > 1}


def typed(steps: Iterable[Step], bios: Bios) -> tuple[Step, ...]:
    """Return steps with the BIOS settings as the node's BMC takes them.

    Ironic has converted them itself only since the release after 37.

    :param bios: tells the type of each; what is of none is left as it is.
    """

    def of(step: Step) -> Step:
        wanted = settings([step]) if is_apply(step) else {}
        if not wanted:
            return step
        [made] = apply({n: asked(n, v, bios) for n, v in wanted.items()})
        return replace(made, priority=step.priority)

    return tuple(map(of, steps))


def asked(name: str, value: Value, bios: Bios) -> Value:
    """Return a value as a node's BMC takes it; as it is if it cannot."""
    setting = bios.get(name)
    try:
        return values.asked(value, setting.attribute_type if setting else None)
    except values.WrongType:
        return value


def is_same(one: Iterable[Step], other: Iterable[Step]) -> bool:
    """Return whether steps are the same to the letter; true is not 1."""
    return _text(one) == _text(other)


def _text(steps: Iterable[Step]) -> str:
    return json.dumps(
        [(s.interface, s.step, dict(s.args)) for s in steps], sort_keys=True
    )


def merge(groups: Iterable[Iterable[Step]]) -> tuple[Step, ...]:
    """Return the steps of several templates as one list, in Ironic's order.

    All BIOS settings go into one step, hence one reboot; it stands where the
    first of them would. A step that several have runs once.
    """
    every = [step for group in groups for step in group]
    every.sort(
        key=lambda step: (
            -step.priority,
            _INTERFACES.index(step.interface)
            if step.interface in _INTERFACES
            else len(_INTERFACES),
        )
    )
    applied = apply(settings(every))
    merged: list[Step] = []
    for step in every:
        if applied and is_apply(step):
            step = applied[0]
        if step not in merged:
            merged.append(step)
    return tuple(merged)


def apply(wanted: Mapping[str, Value]) -> tuple[Step, ...]:
    """Return the one step that applies BIOS settings, none if none is."""
    if not wanted:
        return ()
    listed = [{'name': n, 'value': wanted[n]} for n in sorted(wanted)]
    interface, step = APPLY
    return (Step(interface=interface, step=step, args={'settings': listed}),)


def _pairs(steps: Iterable[Step]) -> Iterator[tuple[str, Value]]:
    """Yield the settings of steps, name and value, as they are listed."""
    for step in steps:
        if is_apply(step) and _is_settings(step):
            for setting in step.args['settings']:
                yield str(setting['name']), setting['value']


def _is_settings(step: Step) -> bool:
    listed = step.args.get('settings')
    return isinstance(listed, list) and all(
        isinstance(s, Mapping)
        and {'name', 'value'} <= s.keys()
        and values.is_value(s['value'])
        for s in listed
    )
