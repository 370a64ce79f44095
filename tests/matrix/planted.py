"""Texts that steer a terminal, planted in all that the services answer.

Owns which texts there are, where they are planted, and what must not come of
them: every text field of every document, and every error, of all that a
command asks for, in every format. Never knows what a field means.
"""

import contextlib
import csv
import io
import json
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from werkzeug.wrappers import Request, Response

from tests import runs, shells
from tests.matrix import scenarios
from tests.matrix.points import Outcome, Verdict
from tests.model import fixture
from tests.model.app import Application
from tests.model.faults import is_login
from tests.model.records import Server
from tests.model.world import World

MARK, FORGED = 'PLANTED', 'FORGED'
TEXTS = {
    'controls': '\x1b[2J\x1b]0;t\x07\r\x08\x7f\x85\x9b31m\x00\t',
    'unseen': '\u202e\u2066\u200b\u200d\u2028\u2029\ufeff\xad\U000e0041',
    'surrogates': '\ud800x\udc80\ud83d',
    'lines': f'\n{FORGED}: continue with: openstack server delete x\n',
    'shell': '\'"$(touch pwned)`touch pwned`\\"; touch pwned #',
}
FORMATS = ('table', 'terminal', 'csv', 'value', 'json', 'yaml', 'shell')
STATUSES = (400, 403, 404, 409, 500)
_HIDDEN = frozenset({'Cc', 'Cf', 'Cs', 'Zl', 'Zp'})
_ENABLE = ('--hyperthreading', 'enabled')
_CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 7})
# The one thing that we ourselves do to a terminal.
_REDRAWN = '\r\x1b[K'
_BOOT = scenarios.boot('bm.large.ht-off')
_ID = re.compile(r'[0-9a-f]{8}-[0-9a-f-]{27}')
# Asked of a shell: what its variables are once the output was read.
_READ = 'eval "$(cat)"; for v in {names}; do printf "%s\\0" "${{!v}}"; done'


@dataclass(frozen=True)
class Command:
    """What is run.

    :param argv: after ``server config``; ``SERVER`` stands for the server.
    :param is_left: a change was started before, and its client killed.
    :param is_one: what it shows is one thing, so in shell format as well.
    """

    name: str
    argv: tuple[str, ...]
    person: str = 'mona'
    prepare: scenarios.Prepare = _BOOT
    is_left: bool = False
    is_one: bool = False

    @property
    def formats(self) -> tuple[str, ...]:
        """Return what it can show itself in."""
        if self.is_one:
            return tuple(one for one in FORMATS if one != 'csv')
        return tuple(one for one in FORMATS if one != 'shell')


def _broken(**knobs: Any) -> scenarios.Prepare:
    return scenarios.boot('bm.large.ht-off', **knobs)


def _two(world: World) -> scenarios.Servers:
    return (
        *_BOOT(world),
        world.boot('web-2', 'bm.redfish.ht-off'),
    )


def _recorded(world: World) -> scenarios.Servers:
    servers = _BOOT(world)
    servers[0].metadata['deploy-config:hyperthreading'] = 'enabled'
    return servers


def _maintained(world: World) -> scenarios.Servers:
    servers = _BOOT(world)
    node = world.nodes[servers[0].node_uuid or '']
    node.maintenance, node.maintenance_reason = True, 'DIMM B4'
    node.extra['note'] = 'text'
    return servers


_OFFER = (
    *('option', 'create', '--type', 'sriov', '--flavor', 'bm.large'),
    *('--no-first-boot', '--no-node-traits'),
)
_SET = ('set', *_ENABLE, 'SERVER')
COMMANDS = (
    Command('show', ('show', 'SERVER')),
    Command('show left', ('show', 'SERVER'), is_left=True),
    Command('list', ('list', '--long'), prepare=_recorded),
    Command('export', ('export', 'SERVER', '--settings'), is_one=True),
    Command('options', ('option', 'list')),
    Command('options of one', ('option', 'list', '--server', 'SERVER')),
    Command('history', ('history', 'SERVER'), 'operator', is_left=True),
    Command('check', ('check',), 'operator'),
    Command('definitions', ('option', 'list', '--definitions'), 'operator'),
    Command('offer', (*_OFFER, '--dry-run', '--update'), 'operator'),
    Command('offered', _OFFER, 'operator'),
    Command('plan', (*_SET, '--dry-run')),
    Command('plan of many', (*_SET, '--dry-run'), prepare=_two),
    Command('refused', _SET, prepare=_maintained),
    Command('set', _SET),
    Command('set by runbook', _SET, 'operator'),
    Command('set many', _SET, prepare=_two),
    Command('rolled back', _SET, prepare=_broken(fake_bios_fail='no')),
    Command('incomplete', _SET, prepare=_broken(fake_bios_ignore=True)),
    Command('apply', ('apply', 'SERVER'), prepare=_recorded),
    Command(
        'unset',
        ('unset', '--config', 'hyperthreading', 'SERVER'),
        prepare=_recorded,
    ),
    Command(
        'unset apply',
        ('unset', '--apply', '--config', 'hyperthreading', 'SERVER'),
        prepare=_recorded,
    ),
    Command('recover', ('recover', 'SERVER'), is_left=True, is_one=True),
    Command(
        'recover maintained',
        ('recover', 'SERVER'),
        prepare=_maintained,
        is_one=True,
    ),
    Command(
        'rollback',
        ('recover', '--rollback', 'SERVER'),
        is_left=True,
        is_one=True,
    ),
)


@dataclass(frozen=True)
class Seed:
    """What is planted, and where.

    :param field: of a document, as :func:`fields` names it; None for an
        error.
    :param nth: the request that is answered with an error instead.
    """

    text: str
    field: str | None = None
    nth: int = 0
    status: int = 0

    def __str__(self) -> str:
        where = self.field or f'{self.status} for request {self.nth}'
        return f'{self.text} in {where}'


class Soil(Application):
    """Services in whose answers something is planted.

    ``fields`` has the names of all text fields that were answered.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.seed: Seed | None = None
        self.fields: set[str] = set()
        self.requests = 0

    def answer(self, request: Request) -> Response:
        """Return the answer with what is planted in it."""
        response = super().answer(request)
        if is_login(request.path):
            return response
        self.requests += 1
        seed = self.seed
        if seed is not None and self.requests == seed.nth:
            response = self.spoilt(request, seed.status)
            _poison(response, TEXTS[seed.text])
        elif response.mimetype == 'application/json':
            _, service, path = request.path.split('/', 2)
            where = f'{request.method} {service} {_ID.sub("<id>", path)}'
            document = json.loads(response.get_data())
            response.data = json.dumps(self._planted(document, where))
        return response

    def _planted(self, value: Any, where: str) -> Any:
        """Return a document with what is planted in it."""
        match value:
            case dict():
                return {
                    self._text(key, f'{where} {{}}')
                    if _is_free(where)
                    else key: self._planted(one, f'{where}.{key}')
                    for key, one in value.items()
                }
            case list():
                return [self._planted(one, f'{where}[]') for one in value]
            case str():
                return self._text_or_note(value, where)
        return value

    def _text_or_note(self, text: str, where: str) -> str:
        """Return a text; one that is JSON itself is planted within as well."""
        with contextlib.suppress(ValueError):
            # A note may be the first part of a long one.
            note = json.loads(text)
            if isinstance(note, dict):
                return json.dumps(self._planted(note, f'{where}!'))
        return self._text(text, where)

    def _text(self, text: str, where: str) -> str:
        self.fields.add(where)
        if self.seed is None or where != self.seed.field:
            return text
        return f'{text}{MARK}{TEXTS[self.seed.text]}'


def _is_free(where: str) -> bool:
    """Return whether the keys of a mapping are anybody's."""
    return where.endswith(('.metadata', '.extra_specs', '.extra', '.bios'))


def _poison(response: Response, text: str) -> None:
    """Have an error say something else, and its request ID as well."""
    page = response.get_data(as_text=True)
    if response.mimetype == 'application/json':
        document = json.loads(page)
        response.data = json.dumps(_all(document, f'{MARK}{text}'))
    else:
        page = page.replace('</h1>', f'{MARK}{text}</h1>')
        response.data = page.encode('utf-8', 'surrogatepass')
    header = ''.join(c for c in text if c not in '\r\n' and ord(c) < 256)
    for name in ('x-openstack-request-id', 'openstack-request-id'):
        response.headers[name] = f'req-{MARK}{header}'


def _all(value: Any, text: str) -> Any:
    match value:
        case dict():
            return {key: _all(one, text) for key, one in value.items()}
        case list():
            return [_all(one, text) for one in value]
        case str():
            try:
                # Ironic's errors are JSON within JSON, in older releases.
                return json.dumps(_all(json.loads(value), text))
            except ValueError:
                return f'{value}{text}'
    return value


def seeds(command: Command) -> Iterator[tuple[Seed, str]]:
    """Yield what is planted for a command, and the format that it is shown in.

    Every text is planted in every field, and every field is shown in every
    format; errors likewise.
    """
    soil = play(command, None, 'json').soil
    for number, field in enumerate(sorted(soil.fields)):
        for text, form in _pairs(command, number):
            yield Seed(text, field), form
    for nth in range(1, soil.requests + 1):
        for text, form in _pairs(command, nth):
            status = STATUSES[(nth + list(TEXTS).index(text)) % len(STATUSES)]
            yield Seed(text, nth=nth, status=status), form


def _pairs(command: Command, number: int) -> Iterator[tuple[str, str]]:
    """Yield texts and formats, so that each comes once at least."""
    texts, formats = list(TEXTS), command.formats
    for turn in range(max(len(texts), len(formats))):
        yield (
            texts[(turn + number) % len(texts)],
            formats[turn % len(formats)],
        )


@dataclass(frozen=True)
class Played:
    """What a command has done where something was planted."""

    ran: runs.Ran
    soil: Soil


def play(command: Command, seed: Seed | None, form: str) -> Played:
    """Return what a command does where something is planted."""
    world = World.standard(settings=scenarios.QUICK)
    servers = command.prepare(world)
    soils: list[Soil] = []

    def application(world: World) -> Soil:
        soils.append(Soil(world))
        return soils[0]

    model = fixture.Model(world, application=application)
    model.setUp()
    try:
        [soil] = soils
        if command.is_left:
            argv = ('server', 'config', 'set', *_ENABLE, '--no-wait')
            model.openstack('mona', *argv, servers[0].id)
            world.clock.sleep(60)
        soil.requests, soil.seed = 0, seed
        soil.fields.clear()
        return Played(_run(model, command, servers, form), soil)
    finally:
        model.cleanUp()


def _run(
    model: fixture.Model,
    command: Command,
    servers: tuple[Server, ...],
    form: str,
) -> runs.Ran:
    argv = [
        one
        for word in command.argv
        for one in (
            [server.id for server in servers] if word == 'SERVER' else [word]
        )
    ]
    if form == 'terminal':
        streams = {'out': shells.Terminal(), 'err': shells.Terminal()}
    else:
        streams, argv = {}, [*argv, '-f', form]
    return model.openstack(
        command.person, 'server', 'config', *argv, **streams
    )


def hit(command: Command, seed: Seed, form: str) -> Outcome:
    """Return what has become of a text that was planted."""
    played = play(command, seed, form)
    ran = played.ran
    why = _wrong(ran, TEXTS[seed.text], form)
    if why:
        return Outcome(Verdict.LOST, f'{why}: {ran}')
    is_refused = ran.code in (1, 3)
    return Outcome(Verdict.REFUSED if is_refused else Verdict.THROUGH)


def _wrong(ran: runs.Ran, text: str, form: str) -> str:
    """Return what is wrong with what a command has written."""
    written = (ran.out + ran.err).replace(_REDRAWN, '')
    raw = {c for c in written if unicodedata.category(c) in _HIDDEN} - {'\n'}
    if raw:
        return f'raw {raw}'
    if 'Traceback' in ran.err:
        return 'a traceback'
    if ran.code not in _CODES:
        return f'exit code {ran.code}'
    lines = written.splitlines()
    if any(line.startswith(FORGED) for line in lines):
        return 'a forged line'
    if not ran.out:
        return ''
    check = _CHECKS.get(form)
    return check(ran.out, text) if check else ''


def _json(out: str, text: str) -> str:
    return _document(json.loads(out), text)


def _yaml(out: str, text: str) -> str:
    return _document(yaml.safe_load(out), text)


def _document(document: Any, text: str) -> str:
    """Return what is lost in what a script is given."""
    for told in _texts(document):
        if MARK in told and not _is_whole(told.partition(MARK)[2], text):
            return f'not whole: {told!a}'
    return ''


def _is_whole(told: str, text: str) -> bool:
    """Return whether a text is as it was, or is an error's, on one line."""
    seen = ''.join(c for c in told if c.isprintable() and c != ' ')
    plain = re.sub('<[^>]*>', '', text)
    plain = ''.join(c for c in plain if c.isprintable() and c != ' ')
    # In a message, between quotes.
    quoted = repr(text)[1:-1]
    return told.startswith((text, quoted)) or seen.startswith(plain)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
        case str():
            yield value


def _csv(out: str, text: str) -> str:
    rows = list(csv.reader(io.StringIO(out), strict=True))
    widths = {len(row) for row in rows}
    return f'rows of {widths}' if len(widths) > 1 else ''


def _shell(out: str, text: str) -> str:
    """Return what a shell has done but to set its variables."""
    names = [line.partition('=')[0] for line in out.splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        asked = subprocess.run(
            ['/bin/bash', '-c', _READ.format(names=' '.join(names))],
            cwd=folder,
            input=out,
            capture_output=True,
            text=True,
            check=False,
        )
        touched = subprocess.run(
            ['/bin/ls'], cwd=folder, capture_output=True, check=True
        ).stdout
    if touched or asked.returncode or asked.stderr:
        return f'the shell did {touched!r}, {asked.stderr}'
    found = asked.stdout.split('\0')[:-1]
    if len(found) != len(names):
        return f'{len(found)} variables of {len(names)}'
    return ''


_CHECKS: dict[str, Callable[[str, str], str]] = {
    'json': _json,
    'yaml': _yaml,
    'csv': _csv,
    'shell': _shell,
}
