"""The planner's cases, which are data: ``cases/*.yaml``."""

import dataclasses
import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import forward, observation
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts import registry, steps
from osc_baremetal_config.core.facts.model import Bios, Node
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.facts.steps import settings
from osc_baremetal_config.core.plan import model as plan
from osc_baremetal_config.core.plan import options, planner
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import snapshots

CASES = Path(__file__).with_name('cases')
C = TypeVar('C', bound='type[Any]')


def of(name: str) -> Callable[[C], C]:
    """Return what gives a class one test for each case of a file."""

    def decorate(cls: C) -> C:
        text = (CASES / name).read_text(encoding='utf-8')
        for case in yaml.safe_load(text):
            slug = re.sub(r'\W+', '_', case['name'])
            method = functools.partialmethod(cls.check, case)
            setattr(cls, f'test_{slug}', method)
        return cls

    return decorate


@of('plan.yaml')
class PlanCases(base.TestCase):
    def check(self, case: dict[str, Any]) -> None:
        wish = [snapshots.item(text) for text in case['set']]
        snapshot = snapshots.snapshot(case.get('snapshot', {}))
        chosen = self.options(case.get('options', {}))
        if 'refused' in case:
            refused = self.assertRaises(
                errors.Refused,
                planner.make,
                wish,
                assess(snapshot, files.load(())),
                chosen,
            )
            self.check_reasons(case['refused'], refused.details)
            return
        made = planner.make(wish, assess(snapshot, files.load(())), chosen)
        seen = {
            'run': [str(step) for step in made.steps],
            'runbook': made.runbook,
            'steps': settings(made.steps),
            'settled': [str(item) for item in made.unchanged],
            'record': [str(item) for item in made.record],
            'variants': [flavor.name for flavor in made.variants or ()],
            'power': made.power,
            'stops': made.stops,
            'forget': list(made.forget),
            'risks': [str(risk) for risk in made.risks],
            'warnings': list(made.warnings),
        }
        expected = {key: case[key] for key in seen if key in case}
        self.assertTrue(expected, 'a case that expects nothing')
        self.assertEqual(expected, {key: seen[key] for key in expected})
        self.assertEqual(bool(seen['steps']), bool(made.steps))

    def options(self, words: dict[str, Any]) -> options.Options:
        method = options.Method(words.get('method', 'auto'))
        on_failure = options.OnFailure(words.get('on_failure', 'rollback'))
        accepted = frozenset(map(Risk, words.get('accepted', ())))
        chosen = {'method': method, 'on_failure': on_failure}
        return options.Options(**words | chosen | {'accepted': accepted})

    def check_reasons(
        self, expected: list[str], reasons: tuple[str, ...]
    ) -> None:
        self.assertEqual(len(expected), len(reasons), str(reasons))
        for words, reason in zip(expected, reasons, strict=True):
            self.assertIn(words, reason)


@of('registry.yaml')
class RegistryCases(base.TestCase):
    def check(self, case: dict[str, Any]) -> None:
        bios = snapshots.bios({'It': {'value': None} | case['setting']})
        verdict = registry.judge('It', case['value'], bios)
        self.assertEqual(
            (case['possible'], case.get('reason', '')),
            (verdict.possible.name.lower(), verdict.reason),
        )


@of('sequence.yaml')
class SequenceCases(base.TestCase):
    def check(self, case: dict[str, Any]) -> None:
        wish = [snapshots.item('hyperthreading=enabled')]
        was = {'server': {'status': case.get('was', 'ACTIVE')}}
        words = case.get('options', {})
        on_failure = options.OnFailure(words.get('on_failure', 'rollback'))
        made = planner.make(
            wish,
            assess(snapshots.snapshot(was), files.load(())),
            options.Options(**words | {'on_failure': on_failure}),
            plan.Aim[case.get('aim', 'SET')],
        )
        seen = self.seen(case)
        seen = dataclasses.replace(
            observation.look(made, seen, seen.server, seen.node, 0.0),
            bios=seen.bios,
            agreed_s=seen.agreed_s,
            journaled_s=seen.journaled_s,
        )
        move = forward.next_move(made, seen)
        self.assertEqual(case['move'], self.words(move))

    def seen(self, case: dict[str, Any]) -> observation.Observation:
        notes = {}
        if case.get('noted'):
            notes['deploy-config-pending:hyperthreading'] = json.dumps(
                {'value': 'enabled', 'since': '2026-06-01T00:00:00+00:00'}
            )
        if 'failed' in case:
            notes['deploy-config-pending:hyperthreading'] = json.dumps(
                {
                    'value': 'enabled',
                    'failure': case['failed'],
                    'unapplied': case.get('unapplied', False),
                }
            )
        if 'other' in case:
            notes['deploy-config-pending:turbo'] = json.dumps(
                {
                    'value': 'enabled',
                    'since': f'{case["other"]}T00:00:00+00:00',
                    'wish': '0123abcd',
                }
            )
        if case.get('recorded'):
            notes['deploy-config:hyperthreading'] = 'enabled'
        server = {'metadata': notes} | case.get('server', {})
        value = case.get('bios', 'Disabled')
        tried = case.get('tried', {})
        return observation.Observation(
            server=snapshots.server(server),
            node=self.node(dict(case.get('node', {}))),
            bios=self.bios(value),
            tried={observation.Action[name]: n for name, n in tried.items()},
            agreed_s=case.get('agreed_s'),
            journaled_s=case.get('noted_s'),
            checked=case.get('checked', True),
            failure=case.get('failure'),
            refusal=case.get('refusal'),
        )

    def node(self, words: dict[str, Any]) -> Node:
        """Return the node; a step is named by the value that it sets."""
        if value := words.get('service_step'):
            [words['service_step']] = steps.apply({'LogicalProc': value})
        return snapshots.node(words)

    def bios(self, value: str | None) -> Bios | None:
        """Return what was read; ``none`` is that nothing is shown."""
        if value is None:
            return None
        shown = {} if value == 'none' else {'LogicalProc': value}
        return snapshots.bios(shown)

    def words(self, move: observation.Move) -> str:
        match move:
            case observation.Wait(doing):
                return f'wait: {doing}'
            case observation.Perform(action, reason):
                return ': '.join(filter(None, [action.name, reason]))
            case observation.Finish(result, reason):
                return ': '.join(filter(None, [result.name, reason]))


class MemoryTest(base.TestCase):
    def test_a_plan_keeps_of_a_bios_only_what_it_changes(self) -> None:
        many = {f'Setting{n}': 'Enabled' for n in range(300)}
        made = planner.make(
            [snapshots.item('hyperthreading=enabled')],
            assess(
                snapshots.snapshot(
                    {'bios': many | {'LogicalProc': 'Disabled'}}
                ),
                files.load(()),
            ),
        )
        self.assertEqual({'LogicalProc'}, set(made.bios))
        # Of the others digests, under names that all plans share.
        again = planner.make(
            [snapshots.item('hyperthreading=enabled')],
            assess(
                snapshots.snapshot(
                    {'bios': many | {'LogicalProc': 'Disabled'}}
                ),
                files.load(()),
            ),
        )
        self.assertEqual(300 * 8, len(made.rest.marks))
        for name, other in zip(made.rest.names, again.rest.names, strict=True):
            self.assertIs(name, other)
