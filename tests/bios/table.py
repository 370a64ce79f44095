"""``python -m tests.bios.table``: each type of configuration on each machine.

How it is read, what would set each of its values, what has to hold for that,
and whether a plan for it is made. The machines are those of the excerpt, and
of the folder that ``BIOS_REGISTRIES`` names. Exits with 1 if one is read other
than by hand (``readings.yaml``).
"""

import collections
import functools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import registry, steps, values
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Item,
    Kind,
    Node,
    Server,
    Snapshot,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.options import OnFailure, Options
from osc_baremetal_config.osc import files
from tests.bios import machines
from tests.bios.machines import Machine

BY_HAND = Path(__file__).with_name('readings.yaml')
_EVERYTHING = Options(
    accepted=frozenset(Risk),
    allow_data_loss=True,
    max_reboots=None,
    # Some values are none that could be restored.
    on_failure=OnFailure.LEAVE,
)
_SERVER = Server(
    id='s',
    name='web-1',
    status='ACTIVE',
    flavor=Flavor(name='bm', vcpus=1, ram_mib=1, disk_gib=1),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to give a machine a value.

    :param settings: what would set it.
    :param needs: what has to be set with it, as it does not hold.
    :param why_not: why it cannot be done; empty if it can.
    :param reboots: how many it takes.
    """

    value: str
    settings: Mapping[str, Value]
    needs: Mapping[str, Value]
    why_not: str = ''
    reboots: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One type on one machine.

    :param read: what it is read as, None if that cannot be told.
    :param told_by: the settings that tell, as they are.
    """

    machine: Machine
    type: str
    read: str | None
    told_by: str
    ways: tuple[Way, ...]


def rows(catalogue: Catalogue) -> Iterator[Row]:
    """Yield the types that each machine tells something of."""
    for machine in machines.machines():
        bios = machines.bios(machine)
        assessed = assess(snapshot(bios), catalogue)
        for name, row in assessed.rows.items():
            if row.actual.settings:
                yield Row(
                    machine,
                    name,
                    row.actual.value,
                    row.actual.settings,
                    tuple(_ways(name, assessed)),
                )


def snapshot(bios: Bios, *templates: Template) -> Snapshot:
    """Return a server whose node has a BIOS and every trait."""
    return Snapshot(
        server=_SERVER, node=_node(), bios=bios, templates=templates
    )


@functools.cache
def _node() -> Node:
    return Node(
        uuid='n',
        name='n',
        provision_state='active',
        power_state='power on',
        traits=frozenset(
            trait
            for config_type in files.load(()).types.values()
            for needed in config_type.needs.values()
            for one in needed
            for trait in one
        ),
    )


def _ways(name: str, assessed: Assessment) -> Iterator[Way]:
    for kind in assessed.catalogue.meant(
        assessed.snapshot.bios, assessed.snapshot.node
    )[name]:
        for value, settings in kind.values.items():
            needs = dict(_needed(settings, assessed))
            yield _tried(name, Way(value, settings, needs), assessed)


def _needed(
    settings: Mapping[str, Value], assessed: Assessment
) -> Iterator[tuple[str, Value]]:
    """Yield what would have to be set with settings."""
    bios = assessed.snapshot.bios
    for lock in assessed.catalogue.locks:
        if (
            lock.name in bios.keys() - settings.keys()
            and any(map(lock.is_of, settings))
            and not registry.holds(bios, lock.name, lock.value)
        ):
            yield lock.name, lock.value


def _tried(name: str, way: Way, assessed: Assessment) -> Way:
    """Return a way with what comes of a plan for it."""
    template = Template(
        kind=Kind.DEPLOY_TEMPLATE,
        name='CUSTOM_IT',
        item=Item(name, way.value),
        steps=steps.apply({**way.needs, **way.settings}),
    )
    bios = assessed.snapshot.bios
    try:
        plan = planner.make(
            [Item(name, way.value)],
            assessed.of(snapshot(bios, template)),
            _EVERYTHING,
        )
    except errors.Refused as refused:
        reasons = [one for one in refused.details if 'rollback' not in one]
        return replace(way, why_not='; '.join(map(str, reasons)))
    return replace(way, reboots=plan.reboots)


def wrong(found: list[Row]) -> list[str]:
    """Return which readings are other than by hand."""
    table = yaml.safe_load(BY_HAND.read_text(encoding='utf-8'))
    return [
        f'{row.machine}: {row.type} is read as {row.read}, and is {by_hand}'
        for row in found
        if (by_hand := str(table[row.machine.name].get(row.type)))
        != (row.read or 'none')
    ]


def _told(row: Row) -> Iterator[str]:
    """Yield the lines of a row."""
    read = row.read or 'unknown'
    yield f'{row.machine}  {row.type}: {read} by {row.told_by}'
    for way in row.ways:
        needs = f', needs {_words(way.needs)}' if way.needs else ''
        yield (
            f'    {way.value}: {_words(way.settings)}{needs}: {_verdict(way)}'
        )


def _verdict(way: Way) -> str:
    if way.why_not:
        return f'NO, {way.why_not}'
    words = f'{way.reboots} reboot{"" if way.reboots == 1 else "s"}'
    return words if way.reboots else 'as it is'


def _words(settings: Mapping[str, Value]) -> str:
    return ', '.join(f'{n}={values.shown(v)}' for n, v in settings.items())


def main() -> int:
    """Return 0 if every machine is read as by hand."""
    found = list(rows(files.load(())))
    for row in found:
        sys.stdout.write('\n'.join(_told(row)) + '\n')
    counts = collections.Counter(
        _verdict(way).partition(',')[0] for row in found for way in row.ways
    )
    faults = wrong(found)
    told = ', '.join(f'{count} {what}' for what, count in counts.items())
    sys.stdout.write(
        f'{len({row.machine.name for row in found})} machines, {len(found)} '
        f'readings, {len(faults)} wrong; values: {told}\n'
    )
    sys.stdout.write(''.join(f'WRONG: {fault}\n' for fault in faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
