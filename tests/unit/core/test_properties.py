"""What holds for every input, not only for the cases that were thought of."""

import dataclasses
import functools
import random
from typing import Any

import hypothesis
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents as cloud_documents
from osc_baremetal_config.cloud import fields
from osc_baremetal_config.core.apply import api_calls
from osc_baremetal_config.core.desired import catalogue
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts import journal, metadata
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Flavor,
    Item,
    Kind,
    Node,
    Server,
    Snapshot,
    Step,
    Template,
)
from osc_baremetal_config.core.plan import model as plan
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.rollout.rollout_plan import RolloutPlan
from osc_baremetal_config.osc import files
from osc_baremetal_config.osc.views import plans as plans_view
from tests.unit import base

TYPES = ('hyperthreading', 'turbo', 'sriov')
VALUES = ('enabled', 'disabled')
SETTINGS = ('LogicalProc', 'Turbo', 'Sriov', 'Extra')
BIOS_VALUES = ('Enabled', 'Disabled')
TRAITS = ('HW_CPU_HYPERTHREADING', 'HW_NIC_SRIOV', 'CUSTOM_A', 'CUSTOM_B')


@functools.cache
def packaged() -> catalogue.Catalogue:
    """Return the catalogue, which is read once for all the examples."""
    return files.load(())


items = st.builds(Item, st.sampled_from(TYPES), st.sampled_from(VALUES))
traits = st.frozensets(st.sampled_from(TRAITS))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    wanted = draw(
        st.dictionaries(
            st.sampled_from(SETTINGS), st.sampled_from(BIOS_VALUES), min_size=1
        )
    )
    listed = [{'name': n, 'value': v} for n, v in wanted.items()]
    return Step(
        interface=draw(st.sampled_from(['bios', 'bios', 'bios', 'raid'])),
        step='apply_configuration',
        args={'settings': listed},
    )


@st.composite
def templates(draw: st.DrawFn) -> list[Template]:
    names = draw(st.lists(st.integers(0, 99), unique=True, max_size=6))
    return [
        Template(
            kind=draw(st.sampled_from(Kind)),
            name=f'T{number}',
            item=draw(items),
            steps=tuple(draw(st.lists(steps(), max_size=2))),
            required_traits=draw(traits),
        )
        for number in names
    ]


def flavor(name: str, specs: dict[str, str]) -> Flavor:
    return Flavor(name=name, vcpus=1, ram_mib=1, disk_gib=1, extra_specs=specs)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    properties = st.dictionaries(
        st.sampled_from([f'deploy-config:{t}' for t in TYPES]),
        st.sampled_from(VALUES),
    )
    bios = draw(
        st.dictionaries(
            st.sampled_from(SETTINGS), st.sampled_from(BIOS_VALUES)
        )
    )
    return Snapshot(
        server=Server(
            id='s',
            name='web-1',
            status=draw(st.sampled_from(['ACTIVE', 'SHUTOFF'])),
            flavor=flavor('own', draw(properties)),
            metadata=draw(properties),
        ),
        node=Node(
            uuid='n',
            name=None,
            provision_state='active',
            traits=draw(traits),
        ),
        bios={n: BiosSetting(name=n, value=v) for n, v in bios.items()},
        templates=tuple(draw(templates())),
        flavors=tuple(
            flavor(f'F{number}', draw(properties)) for number in range(3)
        ),
    )


SETTING_OF = dict(zip(TYPES, SETTINGS, strict=False))
wishes = st.dictionaries(
    st.sampled_from(TYPES), st.sampled_from(VALUES), min_size=1
)


def switch(name: str, value: str, *traits: str, **more: str) -> Template:
    """Return a template that sets the type's own BIOS setting, and more."""
    wanted = {SETTING_OF[name]: value.title(), **more}
    listed = [{'name': n, 'value': v} for n, v in wanted.items()]
    step = Step(
        interface='bios',
        step='apply_configuration',
        args={'settings': listed},
    )
    return Template(
        kind=Kind.DEPLOY_TEMPLATE,
        name=f'{name}-{value}-{len(traits)}',
        item=Item(name, value),
        steps=(step,),
        required_traits=frozenset(traits),
    )


@st.composite
def well_kept(draw: st.DrawFn) -> Snapshot:
    """Return a server of a cloud in which every item can be set.

    Each switch has a template for every node, and some a more specific one.
    """
    snapshot = draw(snapshots())
    every = [(name, value) for name in TYPES for value in VALUES]
    special = draw(st.sets(st.sampled_from(every)))
    bios = {n: draw(st.sampled_from(BIOS_VALUES)) for n in SETTINGS}
    return dataclasses.replace(
        snapshot,
        node=dataclasses.replace(snapshot.node, traits=frozenset(TRAITS)),
        bios={n: BiosSetting(name=n, value=v) for n, v in bios.items()},
        templates=(
            *(switch(name, value) for name, value in every),
            *(
                switch(name, value, 'CUSTOM_A', Extra='Enabled')
                for name, value in special
            ),
        ),
    )


def outcome(wish: list[Item], snapshot: Snapshot) -> Any:
    """Return the plan, or the reasons against it as a set."""
    try:
        return planner.make(wish, assess(snapshot, packaged()))
    except errors.Refused as refused:
        return frozenset(refused.details)


def applied(made: plan.Plan, snapshot: Snapshot) -> Snapshot:
    """Return what a cloud looks like after a plan was carried out."""
    new = {n: BiosSetting(name=n, value=v) for n, v in made.wanted.items()}
    record = metadata.record(made.record)
    server = dataclasses.replace(
        snapshot.server, metadata={**snapshot.server.metadata, **record}
    )
    return dataclasses.replace(
        snapshot, server=server, bios={**snapshot.bios, **new}
    )


class PlanProperties(base.TestCase):
    @hypothesis.given(st.lists(items, min_size=1), snapshots(), st.randoms())
    def test_no_order_matters(
        self, wish: list[Item], snapshot: Snapshot, dice: random.Random
    ) -> None:
        shuffled = {
            name: tuple(dice.sample(known, len(known)))
            for name, known in (
                ('templates', snapshot.templates),
                ('flavors', snapshot.flavors or ()),
            )
        }
        other = dataclasses.replace(snapshot, **shuffled)  # type: ignore[arg-type]
        self.assertEqual(
            outcome(wish, snapshot),
            outcome(dice.sample(wish, len(wish)), other),
        )

    @hypothesis.given(wishes, well_kept())
    def test_planning_after_applying_gives_nothing_to_do(
        self, wish: dict[str, str], snapshot: Snapshot
    ) -> None:
        asked = [Item(name, value) for name, value in wish.items()]
        made = planner.make(asked, assess(snapshot, packaged()))
        again = planner.make(
            asked, assess(applied(made, snapshot), packaged())
        )
        self.assertTrue(again.is_empty)
        self.assertEqual((), again.steps)

    @hypothesis.given(wishes, well_kept())
    def test_one_step_and_only_if_something_changes(
        self, wish: dict[str, str], snapshot: Snapshot
    ) -> None:
        asked = [Item(name, value) for name, value in wish.items()]
        made = planner.make(asked, assess(snapshot, packaged()))
        self.assertEqual(1 if made.changes else 0, len(made.steps))
        changing = {
            SETTING_OF[name]
            for name, value in wish.items()
            if snapshot.bios[SETTING_OF[name]].value != value.title()
        }
        self.assertEqual(changing, made.wanted.keys() - {'Extra'})

    @hypothesis.given(st.lists(items, min_size=1), snapshots())
    def test_no_step_ever_can_lose_data(
        self, wish: list[Item], snapshot: Snapshot
    ) -> None:
        made = outcome(wish, snapshot)
        if isinstance(made, plan.Plan):
            self.assertNotIn('raid', {s.interface for s in made.steps})


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.none(), inner)
    ),
    max_leaves=20,
)
KEYS = (
    *('help', 'values', 'needs', 'bios', 'locks', 'effects', 'volatile'),
    'unique',
)
entries = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, documents))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@st.composite
def wild_templates(draw: st.DrawFn) -> dict[str, Any]:
    """Return a body that Ironic's schema lets through, whatever it means."""
    settings = values | st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                'name': values | st.sampled_from(SETTINGS),
                'value': values | st.sampled_from(BIOS_VALUES),
            },
        )
    )
    step = st.fixed_dictionaries(
        {
            'interface': st.sampled_from(['bios', 'raid', 'vendor']),
            'step': st.sampled_from(['apply_configuration', 'x']),
            'args': st.dictionaries(st.just('settings'), settings),
        },
        optional={'priority': st.integers(0), 'order': st.integers(0)},
    )
    item = draw(items)
    return {
        'name': 'WILD',
        'steps': draw(st.lists(step, max_size=3)),
        'extra': {
            'config-type': draw(st.just(item.type) | values),
            'config-value': draw(st.just(item.value) | values),
            'required-traits': draw(values | st.just(['CUSTOM_A'])),
        },
    }


printable = st.characters(categories=['L', 'N', 'P'])


class DocumentProperties(base.TestCase):
    @hypothesis.settings(max_examples=50)
    @hypothesis.given(
        wild_templates(), st.sampled_from(Kind), items, snapshots()
    )
    def test_no_template_makes_a_traceback(
        self,
        document: dict[str, Any],
        kind: Kind,
        item: Item,
        snapshot: Snapshot,
    ) -> None:
        wild = cloud_documents.template(kind, fields.Document(document))
        snapshot = dataclasses.replace(
            snapshot, templates=(*snapshot.templates, wild)
        )
        known = packaged()
        assess(snapshot, known)
        try:
            made = planner.make([item], assess(snapshot, known))
        except errors.Refused as refused:
            self.assertTrue(refused.details)
        else:
            api_calls.of(made)
            plans_view.plans(RolloutPlan((made,)))
            plans_view.summary(made)

    # Few, as "tox -e fuzz" breaks files by the thousand.
    @hypothesis.settings(max_examples=25)
    @hypothesis.given(documents | st.dictionaries(st.text(), entries))
    def test_no_catalogue_makes_a_traceback(self, document: Any) -> None:
        parsed = catalogue.parse(document)
        if isinstance(parsed, list):
            self.assertTrue(parsed)
        else:
            self.assertEqual({}, parsed.types)

    @hypothesis.given(st.text())
    def test_no_note_makes_a_traceback(self, text: str) -> None:
        notes = journal.pending({metadata.PENDING + 'x': text})
        self.assertEqual(['x'], list(notes))

    @hypothesis.given(
        st.builds(
            journal.Pending,
            value=st.sampled_from(VALUES),
            power=st.sampled_from(['on', 'off']),
            since=st.none() | st.just('2026-11-22T14:02:00.000+00:00'),
            digest=st.none() | st.just('0123abcd'),
            unchanged=st.booleans(),
            resize=st.booleans(),
            failure=st.none() | st.text(printable, max_size=300),
            unapplied=st.booleans(),
            record=st.none() | st.sampled_from(['', *VALUES]),
        ),
        st.builds(
            journal.Previous,
            value=st.sampled_from(VALUES),
            settings=st.dictionaries(
                st.text('abcXYZ_09', min_size=1, max_size=96),
                st.text(max_size=120) | st.integers() | st.booleans(),
                max_size=5,
            ),
            at=st.none() | st.just('2026-11-22T14:02:00.000+00:00'),
        ),
        st.text(max_size=40),
    )
    def test_a_note_is_read_as_it_was_written(
        self, note: journal.Pending, was: journal.Previous, stale: str
    ) -> None:
        written = journal.begin({'x': note}, {'x': was})
        for text in written.values():
            self.assertLessEqual(len(text), 255)
        if not note.failure:
            note = dataclasses.replace(note, unapplied=False)
            written = journal.begin({'x': note}, {'x': was})
        # What a longer entry has left there before.
        first = metadata.PREVIOUS + 'x'
        after_it = f'{first}:{sum(first in key for key in written)}'
        there = {after_it: stale} | written
        [read] = journal.pending(there).values()
        [before] = journal.previous(there).values()
        self.assertEqual(dataclasses.replace(note, failure=read.failure), read)
        self.assertEqual(bool(note.failure), bool(read.failure))
        if journal.too_much({}, written) is None:
            self.assertEqual(was, before)
            for name, value in was.settings.items():
                self.assertIs(type(value), type(before.settings[name]))
