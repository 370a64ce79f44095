"""Every document of a conversation, spoilt in every way.

Owns what is done to a document, and what a command must not do about it.
Each point is a new world in which one answer, once, is not as its API
promises.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

from tests import runs
from tests.matrix import scenarios
from tests.matrix.points import Outcome, Verdict, differing
from tests.matrix.scenarios import Servers
from tests.model import fixture
from tests.model.faults import is_login
from tests.model.world import World

_CODES = frozenset({0, 1, 3, 4, 5, 6, 7})
# What other documents have where this one has something else.
_OTHERS: tuple[Any, ...] = (None, 'x', 7, True, [], {}, [7], {'x': []})
# As many of the things in a list are spoilt; the others are alike.
_OF_A_LIST = 2
_BODIES: dict[str, Callable[[bytes], bytes]] = {
    'cut': lambda body: body[: len(body) // 2],
    'empty': lambda body: b'',
    'html': lambda body: b'<html><body>It works!</body></html>',
    'null': lambda body: b'null',
    'list': lambda body: b'[]',
    'text': lambda body: b'"ok"',
    'nested': lambda body: b'[' * 100_000,
    'no utf-8': lambda body: b'\xff\xfe' + body,
}
_SERVICES = ('Nova', 'Ironic', 'Glance', 'Keystone')
_REMOVED = object()
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Command:
    """A command whose answers are spoilt."""

    name: str
    argv: tuple[str, ...]
    prepare: Callable[[World], Servers]
    person: str = 'mona'


@dataclass(frozen=True)
class Point:
    """One answer, and what is done to it.

    :param url: path and query of the request.
    :param nth: which of the requests with that, counted from 1.
    :param path: of the value in the document; None for the whole body.
    :param what: the value that it gets, or the name of what is done.
    """

    command: Command
    method: str
    url: str
    nth: int
    path: Path | None
    what: Any

    def __str__(self) -> str:
        what = 'removed' if self.what is _REMOVED else repr(self.what)
        where = '' if self.path is None else '.'.join(map(str, self.path))
        return (
            f'{self.command.name}: {self.method} {self.url} ({self.nth}): '
            f'{where} {what}'
        )


@dataclass
class _Recorder:
    """Keeps the documents that are answered, and lets them be."""

    found: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def __call__(self, request: Request, body: bytes) -> bytes:
        """Return the body."""
        url = _url(request)
        nth = self.counts.get((request.method, url), 0) + 1
        self.counts[request.method, url] = nth
        self.found[request.method, url, nth] = body
        return body


@dataclass
class _Spoiler:
    """Spoils the one answer of a point.

    :param is_hit: it has come, and is another now.
    """

    point: Point
    count: int = 0
    is_hit: bool = False

    def __call__(self, request: Request, body: bytes) -> bytes:
        """Return the body, spoilt if it is the one."""
        point = self.point
        if (request.method, _url(request)) != (point.method, point.url):
            return body
        self.count += 1
        if self.count != point.nth:
            return body
        spoilt = _spoilt(body, point)
        self.is_hit = spoilt != body
        return spoilt


def points(command: Command) -> Iterator[Point]:
    """Yield the points of a command's conversation.

    Of many looks at the same only the first two and the last are spoilt.
    """
    recorder = _Recorder()
    _play(command, recorder)
    for (method, url, nth), body in recorder.found.items():
        if nth not in (1, 2, recorder.counts[method, url]):
            continue
        for name in _BODIES:
            yield Point(command, method, url, nth, None, name)
        try:
            document = json.loads(body)
        except ValueError:
            continue
        for path, value in _values(document, ()):
            yield Point(command, method, url, nth, path, _REMOVED)
            for other in _OTHERS:
                if type(other) is not type(value):
                    yield Point(command, method, url, nth, path, other)


def hit(point: Point) -> Outcome:
    """Return what becomes of a command one of whose answers is spoilt."""
    before: dict[str, Any] = {}
    spoiler = _Spoiler(point)
    ran, after = _play(point.command, spoiler, before)
    if not spoiler.is_hit:
        return Outcome(Verdict.THROUGH)
    if is_login(point.url) and ran.code == 1:
        # That is for OpenStackClient to tell.
        return Outcome(Verdict.REFUSED)
    if wrong := _wrong(ran, before, after):
        return Outcome(Verdict.LOST, f'{wrong}\n{ran}')
    return Outcome(Verdict.REFUSED if ran.code else Verdict.THROUGH)


def _wrong(
    ran: runs.Ran, before: dict[str, Any], after: dict[str, Any]
) -> str | None:
    """Return what is wrong with how a command has ended."""
    if 'Traceback' in ran.err or 'fault of the program' in ran.err:
        return 'a fault of the program'
    if ran.code not in _CODES:
        return 'an exit code of its own'
    if ran.code == 1 and not any(map(ran.err.__contains__, _SERVICES)):
        return 'it does not say who has answered so'
    if ran.code in (1, 3) and before != after:
        return f'something was touched: {differing(after, before)}'
    return None


def _play(
    command: Command,
    spoil: Callable[[Request, bytes], bytes],
    before: dict[str, Any] | None = None,
) -> tuple[runs.Ran, dict[str, Any]]:
    """Return how a command ends in a new world, and what it has left."""
    world = World.standard(settings=scenarios.QUICK)
    servers = command.prepare(world)
    if before is not None:
        before.update(scenarios.state(world, servers))
    model = fixture.Model(world)
    model.setUp()
    try:
        model.faults.spoil = spoil
        argv = ('server', 'config', *command.argv)
        ran = model.openstack(command.person, *argv)
        return ran, scenarios.state(world, servers)
    finally:
        model.cleanUp()


def _url(request: Request) -> str:
    query = request.query_string.decode()
    return request.path + (f'?{query}' if query else '')


def _spoilt(body: bytes, point: Point) -> bytes:
    if point.path is None:
        return _BODIES[point.what](body)
    document = json.loads(body)
    inner = document
    try:
        for part in point.path[:-1]:
            inner = inner[part]
        if point.what is _REMOVED:
            del inner[point.path[-1]]
        else:
            inner[point.path[-1]]
            inner[point.path[-1]] = point.what
    except (IndexError, KeyError, TypeError):
        return body
    return json.dumps(document).encode()


def _values(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield every value in a document, with its path."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value[:_OF_A_LIST]))
    for key, one in inner:
        yield (*path, key), one
        yield from _values(one, (*path, key))


def _one(world: World) -> Servers:
    return (world.boot('web-1', 'bm.large.ht-off'),)


def _of_the_operator(world: World) -> Servers:
    return (world.boot('web-1', 'bm.large.ht-off', project='admin'),)


def _several(world: World) -> Servers:
    return (
        world.boot('web-1', 'bm.large.ht-off'),
        world.boot('web-2', 'bm.large.ht-off'),
    )


_ENABLE = ('--hyperthreading', 'enabled')
COMMANDS = (
    Command('show', ('show', 'web-1'), _one),
    Command(
        'show as operator', ('show', 'web-1'), _of_the_operator, 'operator'
    ),
    Command('list', ('list', '--long'), _several),
    Command('option list', ('option', 'list'), _one),
    Command('options of one', ('option', 'list', '--server', 'web-1'), _one),
    Command('history', ('history', 'web-1'), _one),
    Command('recover', ('recover', 'web-1'), _one),
    Command('dry run', ('set', *_ENABLE, '--dry-run', 'web-1'), _one),
    Command('set', ('set', *_ENABLE, 'web-1'), _one),
    Command('set several', ('set', *_ENABLE, 'web-1', 'web-2'), _several),
    Command('unset', ('unset', '--config', 'turbo', 'web-1'), _one),
    Command('apply', ('apply', 'web-1', 'web-2'), _several),
    Command('check', ('check',), _of_the_operator, 'operator'),
    Command(
        'definitions',
        ('option', 'list', '--definitions'),
        _of_the_operator,
        'operator',
    ),
    Command(
        'offer',
        (
            'option',
            'create',
            '--flavor',
            'bm.large',
            '--type',
            'hyperthreading',
            '--dry-run',
            '--update',
        ),
        _of_the_operator,
        'operator',
    ),
    Command(
        'offer no more',
        ('option', 'delete', '--type', 'turbo', '--dry-run'),
        _of_the_operator,
        'operator',
    ),
)
