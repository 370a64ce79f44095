"""The planner's cases, which are data: ``cases/*.yaml``."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core import options, planner, registry, sequence
from osc_baremetal_config.core.model import Bios
from osc_baremetal_config.core.steps import settings
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
                snapshot,
                files.load(()),
                chosen,
            )
            self.check_reasons(case['refused'], refused.details)
            return
        made = planner.make(wish, snapshot, files.load(()), chosen)
        seen = {
            'run': [str(step) for step in made.steps],
            'runbook': made.runbook,
            'steps': settings(made.steps),
            'settled': [str(item) for item in made.settled],
            'record': [str(item) for item in made.record],
            'variants': [flavor.name for flavor in made.variants or ()],
            'power': made.power,
            'warnings': list(made.warnings),
        }
        expected = {key: case[key] for key in seen if key in case}
        self.assertTrue(expected, 'a case that expects nothing')
        self.assertEqual(expected, {key: seen[key] for key in expected})
        self.assertEqual(bool(seen['steps']), bool(made.steps))

    def options(self, words: dict[str, Any]) -> options.Options:
        method = options.Method(words.get('method', 'auto'))
        return options.Options(**words | {'method': method})

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
        made = planner.make(wish, snapshots.snapshot(was), files.load())
        move = sequence.next_move(made, self.seen(case))
        self.assertEqual(case['move'], self.words(move))

    def seen(self, case: dict[str, Any]) -> sequence.Seen:
        notes = {}
        if case.get('noted'):
            notes['deploy-config-pending:hyperthreading'] = 'enabled'
        if case.get('recorded'):
            notes['deploy-config:hyperthreading'] = 'enabled'
        server = {'metadata': notes} | case.get('server', {})
        value = case.get('bios', 'Disabled')
        tried = case.get('tried', {})
        return sequence.Seen(
            server=snapshots.server(server),
            node=snapshots.node(case.get('node', {})),
            bios=self.bios(value),
            tried={sequence.Do[name]: n for name, n in tried.items()},
            agreed=case.get('agreed', 0),
            failure=case.get('failure'),
            refusal=case.get('refusal'),
        )

    def bios(self, value: str | None) -> Bios | None:
        """Return what was read; ``none`` is that nothing is shown."""
        if value is None:
            return None
        shown = {} if value == 'none' else {'LogicalProc': value}
        return snapshots.bios(shown)

    def words(self, move: sequence.Move) -> str:
        match move:
            case sequence.Wait(doing):
                return f'wait: {doing}'
            case sequence.Act(do):
                return do.name
            case sequence.End(result, reason):
                return ': '.join(filter(None, [result.name, reason]))
