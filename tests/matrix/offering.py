"""What an operator offers, hit at every request, and the same command again.

Owns the commands, and what they leave on a cloud: definitions and the traits
of nodes. A run that ends with 1 or 3 has left nothing.
"""

import pathlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests import runs
from tests.matrix.points import FAULTS, Outcome, Verdict
from tests.model import fixture
from tests.model.faults import Fault, Killed
from tests.model.world import World

CRASHES = ('kill before', 'kill after')
_FAULTS = tuple(one for one in FAULTS if one != 'cell down')
_AGAIN = 3
_CREATE = ('option', 'create', '--type', 'hyperthreading', '--flavor')


@dataclass(frozen=True)
class Case:
    """One command of an operator.

    :param before: the commands that are given before it.
    """

    name: str
    argv: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()


_OFFER = (*_CREATE, 'bm.large', 'bm.private', '--owner', 'acme')
_UPDATE = (
    *(*_CREATE, 'bm.large', '--owner', 'acme', '--update'),
    *('--setting', 'LogicalProc=Enabled', 'ProcTurboMode=Enabled'),
    *('--value', 'enabled'),
)
_PROFILE = (
    *('option', 'create', '--profile', 'hpc', '--flavor', 'bm.large'),
    *('--config', 'hyperthreading=disabled', '--config', 'turbo=enabled'),
    *('--owner', 'acme'),
)
_FILE = str(pathlib.Path(__file__).with_name('offers.yaml'))
CASES = (
    Case('create', _OFFER),
    Case('file', ('option', 'create', '--file', _FILE)),
    Case('profile', _PROFILE),
    Case('update', _UPDATE, ((*_CREATE, 'bm.large', '--owner', 'acme'),)),
    Case(
        'delete', ('option', 'delete', '--type', 'hyperthreading'), (_OFFER,)
    ),
)


def empty() -> World:
    """Return a cloud on which nothing is offered, with a private flavor."""
    world = World.standard()
    world.templates.clear()
    world.runbooks.clear()
    for flavor in list(world.flavors.values()):
        if '.ht-' in flavor.name:
            world.remove_flavor(flavor)
    base = world.flavor('bm.large')
    assert base is not None
    private = world.add_flavor('bm.private', dict(base.extra_specs))
    [acme] = [p.id for p in world.projects.values() if p.name == 'acme']
    world.change_flavor(
        private,
        is_public=False,
        projects=frozenset({acme}),
        description='for acme',
    )
    return world


def state(world: World) -> dict[str, object]:
    """Return all that offers can leave on a cloud."""
    flavors = {f.name: replace(f, id='') for f in world.flavors.values()}
    return {
        'flavors': flavors,
        'templates': sorted(
            (t.name, str(t.steps), str(sorted(t.extra.items())))
            for t in world.templates.values()
        ),
        'runbooks': sorted(
            (
                *(r.name, str(r.steps), str(sorted(r.extra.items()))),
                *(str(r.owner), r.public, tuple(sorted(r.traits))),
            )
            for r in world.runbooks.values()
        ),
        'traits': {n.name: sorted(n.traits) for n in world.nodes.values()},
    }


class Stage:
    """A new world for one point."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.model = fixture.Model(empty())

    def __enter__(self) -> 'Stage':
        self.model.setUp()
        for argv in self.case.before:
            ran = self.run(argv)
            assert ran is not None and ran.code == 0, str(ran)
        return self

    def __exit__(self, *error: object) -> None:
        self.model.cleanUp()

    def run(self, argv: tuple[str, ...] | None = None) -> runs.Ran | None:
        """Return how a command ended, None if it was killed."""
        words = ('server', 'config', *(argv or self.case.argv))
        try:
            return self.model.openstack('operator', *words)
        except Killed:
            return None

    def hit(self, nth: int, fault: str) -> runs.Ran | None:
        """Return how the command ends that is hit at a request."""
        faults = self.model.faults
        faults.arm(nth, Fault.parse(fault), counts_login=True)
        ran = self.run()
        faults.disarm()
        return ran

    @property
    def state(self) -> dict[str, object]:
        """Return what there is."""
        return state(self.model.world)


def points(
    case: Case, faults: tuple[str, ...] = (*CRASHES, *_FAULTS)
) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Yield every request with every fault, and what plays it."""
    with Stage(case) as stage:
        before = stage.state
        first = len(stage.model.faults.requests)
        ran = stage.run()
        assert ran is not None and ran.code == 0, str(ran)
        after = stage.state
        count = len(stage.model.faults.requests) - first
    for nth in range(1, count + 1):
        for fault in faults:

            def play(nth: int = nth, fault: str = fault) -> Outcome:
                return _hit(case, nth, fault, before, after)

            yield f'{case.name}, request {nth}, {fault}', play


def _hit(
    case: Case,
    nth: int,
    fault: str,
    before: dict[str, object],
    after: dict[str, object],
) -> Outcome:
    with Stage(case) as stage:
        ran = stage.hit(nth, fault)
        if ran is not None:
            if 'Traceback' in ran.err or ran.code not in (0, 1, 3, 5):
                return Outcome(Verdict.LOST, f'ended wrongly: {ran}')
            if ran.code in (1, 3) and stage.state != before:
                return Outcome(Verdict.LOST, f'something was touched: {ran}')
            if ran.code == 0 and stage.state == after:
                return Outcome(Verdict.THROUGH)
        told = [str(ran)]
        for _ in range(_AGAIN):
            again = stage.run()
            told.append(str(again))
            if again is not None and again.code == 0:
                break
        if stage.state != after:
            return Outcome(Verdict.LOST, str(told))
        return Outcome(Verdict.CONVERGED)
