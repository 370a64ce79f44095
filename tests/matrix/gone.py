"""A change that is killed, and its way forward gone before the way back.

Owns what becomes of templates, runbooks and traits in between, and who asks
for the way back: nothing of the way forward is needed for it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.matrix import points, scenarios
from tests.matrix.points import Outcome, Point, Verdict
from tests.matrix.scenarios import Scenario
from tests.model.records import Runbook, Template
from tests.model.world import World

Change = Callable[[World], None]
RECOVER = ('server', 'config', 'recover', '--rollback', '--trust-metadata')
_NAMES = ('service', 'boolean', 'redfish')


@dataclass(frozen=True)
class Case:
    """What has changed in between, and who asks for the way back."""

    scenario: Scenario
    what: str
    change: Change
    person: str

    def __str__(self) -> str:
        return f'{self.scenario.name}, {self.what}, {self.person}'


def _deleted(world: World) -> None:
    world.templates.clear()
    world.runbooks.clear()


def _hidden(world: World) -> None:
    for runbook in world.runbooks.values():
        runbook.public = False


def _edited(world: World) -> None:
    for one in _all(world):
        for step in one.steps:
            step['args'] = {'settings': [{'name': 'BootMode', 'value': 'X'}]}


def _renamed(world: World) -> None:
    for one in _all(world):
        one.extra = {'config-type': 'other', 'config-value': 'thing'}


def _incapable(world: World) -> None:
    for node in world.nodes.values():
        node.traits = ['CUSTOM_OTHER']


def _all(world: World) -> list[Template | Runbook]:
    return [*world.templates.values(), *world.runbooks.values()]


CHANGES: dict[str, Change] = {
    'deleted': _deleted,
    'hidden': _hidden,
    'edited': _edited,
    'renamed': _renamed,
    'incapable': _incapable,
}
PEOPLE = ('mona', 'operator')


def cases() -> Iterator[Case]:
    """Yield what can have changed, and for whom."""
    for scenario in scenarios.SCENARIOS:
        if scenario.name in _NAMES:
            for what, change in CHANGES.items():
                for person in PEOPLE:
                    yield Case(scenario, what, change, person)


def hit(reference: points.Reference, point: Point, case: Case) -> Outcome:
    """Return what becomes of a change that is killed and then put back.

    It is as before, or it was over when it was killed.
    """
    with points.Stage(case.scenario) as stage:
        stage.kill(point)
        case.change(stage.model.world)
        stage.model.clock.sleep(60)
        [server] = stage.servers
        is_noted = any('pending' in key for key in server.metadata)
        ran = stage.model.openstack(case.person, *RECOVER, server.id)
        if 'Traceback' in ran.err:
            return Outcome(Verdict.LOST, f'a traceback: {ran}')
        state = stage.state()
        if not is_noted:
            is_whole = state in (reference.before, reference.after)
            if ran.code == 3 and is_whole:
                return Outcome(Verdict.THROUGH)
        elif ran.code == 0 and state == reference.before:
            return Outcome(Verdict.CONVERGED)
        why = points.differing(state, reference.before)
        return Outcome(Verdict.LOST, f'{why}: {ran}')
