"""The crash matrix on the real cloud.

Every request of one ``set`` is hit twice: the client is killed just before
the service gets it, and just after the service has answered it. The same
command is then given again, past the proxy.
"""

import contextlib
import dataclasses
import queue
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import yaml

from tests import lab, people, runs
from tests.devcloud import layout as layouts
from tests.matrix.points import CRASHES, Outcome, Verdict
from tests.matrix.proxy import Proxy

_SERVICES = ('keystone', 'nova-api', 'glance', 'ironic')
_WISH = ('server', 'config', 'set', '--hyperthreading', 'enabled')
# How many servers are hit at the same time, each on a node of its own.
_BENCHES = 2
# How often the same command is given again before it counts as lost.
_AGAIN = 3
_EVERY = 10


@dataclasses.dataclass(frozen=True)
class Point:
    """One request of the command, and on which side of it the kill comes.

    :param nth: counted from 1, with login and discovery.
    """

    nth: int
    fault: str


@dataclasses.dataclass
class Summary:
    """What has become of all points.

    :param lost: for each lost point, which it was and why.
    """

    verdicts: Counter[Verdict] = dataclasses.field(default_factory=Counter)
    lost: list[str] = dataclasses.field(default_factory=list)

    @property
    def tried(self) -> int:
        """Return how many points were tried."""
        return self.verdicts.total()

    def __str__(self) -> str:
        counted = ', '.join(f'{self.verdicts[v]} {v.value}' for v in Verdict)
        return f'{self.tried} points tried: {counted}'


def proxy(layout: layouts.Layout) -> Proxy:
    """Return a way to the services of the cloud."""
    return Proxy({name: layout.url(name) for name in _SERVICES})


@dataclasses.dataclass(frozen=True)
class Caught(people.Person):
    """A person who reaches the cloud through a proxy."""

    clouds: Path

    @classmethod
    def of(
        cls, name: str, layout: layouts.Layout, way: Proxy, folder: Path
    ) -> 'Caught':
        """Return a person for whom Keystone is where the proxy is."""
        known = yaml.safe_load(layout.clouds_yaml.read_text())
        login = known['clouds'][name]
        login['auth']['auth_url'] = f'{way.url("keystone")}/v3'
        path = folder / f'clouds-{id(way)}.yaml'
        path.touch(0o600)
        path.write_text(yaml.safe_dump({'clouds': {name: login}}))
        return cls(name, layout, path)

    def environment(self) -> dict[str, str]:
        """Return the environment of this person's shell."""
        return super().environment() | {
            'OS_CLIENT_CONFIG_FILE': str(self.clouds)
        }


class Bench:
    """A server, its proxy, and its owner on both ways to the cloud."""

    def __init__(self, layout: layouts.Layout, folder: Path) -> None:
        self.lab = lab.Lab(layout)
        self.proxy = proxy(layout)
        self._layout = layout
        self._mona = people.Person('mona', layout)
        self._caught = Caught.of('mona', layout, self.proxy, folder)
        self._server: str | None = None

    def __enter__(self) -> 'Bench':
        self.proxy.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.proxy.__exit__(*error)
        if self._server:
            self.lab.delete(self._server)

    def prepare(self) -> dict[str, Any]:
        """Bring the server to the start, and return how all is there."""
        if self._server:
            try:
                self.lab.as_new(self._server)
            except AssertionError:
                self.lab.delete(self._server)
            else:
                return self.state()
        server = self.lab.boot(f'{lab.FAKE}.ht-off', 'matrix')
        self._server = str(server.id)
        return self.state()

    def state(self) -> dict[str, Any]:
        """Return all that a change may leave behind, but for the node."""
        assert self._server
        state = self.lab.state(self._server)
        del state['node']
        return state

    def run(self) -> runs.Ran:
        """Return what the command does, past the proxy."""
        assert self._server
        return self._mona.openstack(*_WISH, self._server)

    def run_caught(self, point: Point, *argv: str) -> runs.Ran:
        """Return what the command does, if it is killed at a point.

        :param argv: what is put before the command.
        """
        assert self._server
        started = threading.Event()
        process: list[subprocess.Popen[str]] = []

        def kill() -> None:
            started.wait()
            process[0].kill()
            process[0].wait()

        self.proxy.arm(point.nth, kill, after=point.fault == CRASHES[1])
        process.append(self._caught.start(*argv, *_WISH, self._server))
        started.set()
        out, err = process[0].communicate()
        return runs.Ran(process[0].returncode, out, err)


@dataclasses.dataclass(frozen=True)
class Reference:
    """The uninterrupted run.

    :param requests: how many it makes.
    """

    requests: int
    before: dict[str, Any]
    after: dict[str, Any]

    @classmethod
    def of(cls, bench: Bench, layout: layouts.Layout) -> 'Reference':
        """Return what an uninterrupted run does.

        :raises AssertionError: it does not end well, or it has reached the
            cloud on another way than through the proxy.
        """
        before = bench.prepare()
        ran = bench.run_caught(Point(0, CRASHES[0]), '--debug')
        assert ran.code == 0, str(ran)
        for name in _SERVICES:
            assert layout.url(name) not in ran.err, f'{name} past the proxy'
        return cls(len(bench.proxy.requests), before, bench.state())

    def points(self) -> list[Point]:
        """Return every point, those of one request beside each other."""
        return [
            Point(nth, fault)
            for nth in range(1, self.requests + 1)
            for fault in CRASHES
        ]

    def hit(self, bench: Bench, point: Point) -> Outcome:
        """Return what becomes of a point."""
        start = bench.prepare()
        if start != self.before:
            return Outcome(Verdict.LOST, f'no start: {start}')
        killed = bench.run_caught(point)
        if killed.code == 0:
            # It has looked less often this time, and so was never caught.
            told, verdict = [], Verdict.THROUGH
        else:
            told, verdict = _again(bench), Verdict.CONVERGED
        now = bench.state()
        if now == self.after and killed.code in (0, -9):
            return Outcome(verdict)
        differing = {k: v for k, v in now.items() if v != self.after[k]}
        return Outcome(Verdict.LOST, f'{differing}\n{killed}\n{told}')


def _again(bench: Bench) -> list[str]:
    """Give the same command again, and return what was told."""
    told = []
    for _ in range(_AGAIN):
        ran = bench.run()
        told.append(str(ran))
        if ran.code == 0:
            break
    return told


def run(write: Callable[[str], None]) -> Summary:
    """Hit every request of one ``set`` and return what has become of it.

    :param write: is given a line now and then.
    """
    layout = layouts.Layout.load()
    summary, began = Summary(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        with Bench(layout, Path(folder)) as bench:
            reference = Reference.of(bench, layout)
        points: queue.SimpleQueue[Point] = queue.SimpleQueue()
        for point in reference.points():
            points.put(point)
        write(
            f'devcloud: {reference.requests} requests, {points.qsize()} points'
        )

        def work() -> None:
            with Bench(layout, Path(folder)) as bench:
                for point in _drained(points):
                    _count(summary, point, bench, reference, write)

        with futures.ThreadPoolExecutor(_BENCHES) as pool:
            for done in [pool.submit(work) for _ in range(_BENCHES)]:
                done.result()
    write(f'devcloud: {summary}, in {time.monotonic() - began:.0f} s')
    return summary


def _drained(points: queue.SimpleQueue[Point]) -> Iterator[Point]:
    """Yield what is left, which others take from as well."""
    with contextlib.suppress(queue.Empty):
        while True:
            yield points.get_nowait()


def _count(
    summary: Summary,
    point: Point,
    bench: Bench,
    reference: Reference,
    write: Callable[[str], None],
) -> None:
    """Hit a point and count what becomes of it."""
    outcome = reference.hit(bench, point)
    summary.verdicts[outcome.verdict] += 1
    if outcome.verdict is Verdict.LOST:
        seen = bench.proxy.requests[: point.nth]
        at = seen[-1] if seen else 'none'
        lost = f'request {point.nth} ({at}), {point.fault}: {outcome.why}'
        summary.lost.append(lost)
        write(f'devcloud: LOST {lost}')
    if summary.tried % _EVERY == 0:
        write(f'devcloud: {summary}')
