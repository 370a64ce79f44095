"""A recording of a terminal session on the real cloud, as an animated SVG.

Owns the session, the timing and the drawing. The last frame is what is seen
where a picture does not move.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pyte

from tests.devcloud import layout as layouts
from tests.tutorials import stage

_ROWS, _COLUMNS = 23, 110
_CHARACTER, _LINE, _MARGIN = 7.25, 17, 14
# Waiting is shortened, so that the whole takes less than a minute.
_LONGEST_S, _KEY_S, _READ_S, _LAST_S = 0.8, 0.035, 2.2, 6.0
_FRAME_S = 0.12
_SERVERS = {f'web-{n}': 'bm.large.ht-off' for n in (1, 2, 3)}
_BROKEN: Mapping[str, str | None] = {
    'fake_bios_fail': 'the BMC does not answer'
}
_MENDED: Mapping[str, str | None] = {'fake_bios_fail': None}
_SET = 'openstack server config set --hyperthreading'
# What is typed, and what is done to the node of web-2 before it.
_SESSION: Sequence[tuple[str, Mapping[str, str | None] | None]] = (
    (f'{_SET} enabled --dry-run web-1', None),
    (f'{_SET} enabled web-1', None),
    ('clear', None),
    (f'{_SET} enabled --max-concurrent 1 web-1 web-2 web-3', _BROKEN),
    (f'{_SET} enabled web-1 web-2 web-3', _MENDED),
)


@dataclass(frozen=True)
class Frame:
    """What the terminal shows from a time on.

    :param at_s: since the beginning, with what is waited shortened.
    """

    at_s: float
    lines: tuple[str, ...]


def made() -> str:
    """Return the picture of a session."""
    layout = layouts.Layout.load()
    with stage.folder() as folder, stage.Stage(layout, folder) as staged:
        staged.set({'servers': _SERVERS})
        environ = stage.environment(layout, folder) | {
            'OS_CLOUD': 'mona',
            'TERM': 'xterm-256color',
            'LC_ALL': 'C.UTF-8',
        }
        return svg(list(_frames(environ, folder, staged)))


def _frames(
    environ: Mapping[str, str], folder: Path, staged: stage.Stage
) -> Iterator[Frame]:
    screen = pyte.Screen(_COLUMNS, _ROWS)
    stream = pyte.ByteStream(screen)
    at = 0.0

    def frame() -> Frame:
        return Frame(at, tuple(line.rstrip() for line in screen.display))

    for command, knobs in _SESSION:
        if knobs is not None:
            staged.set({'knobs': {'web-2': knobs}})
        if command == 'clear':
            screen.reset()
            continue
        stream.feed(b'$ ')
        for letter in command:
            stream.feed(letter.encode())
            at += _KEY_S
            yield frame()
        stream.feed(b'\r\n')
        for waited_s, data in _printed(command, environ, folder):
            at += min(waited_s, _LONGEST_S)
            stream.feed(data)
            yield frame()
        at += _READ_S
    yield frame()


def _printed(
    command: str, environ: Mapping[str, str], folder: Path
) -> Iterator[tuple[float, bytes]]:
    """Yield what a command prints, with the seconds since what was before."""
    terminal, side = pty.openpty()
    size = struct.pack('HHHH', _ROWS, _COLUMNS, 0, 0)
    fcntl.ioctl(side, termios.TIOCSWINSZ, size)
    process = subprocess.Popen(
        ['bash', '-c', command],
        stdin=side,
        stdout=side,
        stderr=side,
        cwd=folder,
        env=dict(environ),
        start_new_session=True,
    )
    os.close(side)
    last = time.monotonic()
    while True:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:
                break
            if not data:
                break
            now = time.monotonic()
            yield now - last, data
            last = now
        elif process.poll() is not None:
            break
    process.wait()
    os.close(terminal)


def svg(frames: Sequence[Frame]) -> str:
    """Return an SVG that shows one frame after the other, again and again."""
    kept: list[Frame] = []
    for frame in frames:
        if kept and frame.at_s - kept[-1].at_s < _FRAME_S:
            kept[-1] = Frame(kept[-1].at_s, frame.lines)
        elif not kept or frame.lines != kept[-1].lines:
            kept.append(frame)
    total = kept[-1].at_s + _LAST_S
    width = round(_COLUMNS * _CHARACTER + 2 * _MARGIN)
    height = _ROWS * _LINE + 2 * _MARGIN
    ends = [*(each.at_s for each in kept[1:]), total]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} '
        f'{height}" font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" '
        'font-size="12">',
        '<style>text{fill:#d6dee6;white-space:pre}'
        'g{visibility:hidden}g:last-of-type{visibility:visible}'
        '@media (prefers-reduced-motion:no-preference){'
        'g,g:last-of-type{visibility:hidden;'
        f'animation:{total:.2f}s step-end infinite}}',
        *(
            f'#f{n}{{animation-name:k{n}}}@keyframes k{n}{{'
            + ('' if not each.at_s else '0%{visibility:hidden}')
            + f'{100 * each.at_s / total:.3f}%{{visibility:visible}}'
            + f'{100 * end / total:.3f}%{{visibility:hidden}}}}'
            for n, (each, end) in enumerate(zip(kept, ends, strict=True))
        ),
        '}</style>',
        f'<rect width="{width}" height="{height}" rx="8" fill="#1b2530"/>',
    ]
    for number, each in enumerate(kept):
        lines = ''.join(
            f'<text x="{_MARGIN}" y="{_MARGIN + _LINE * (row + 1) - 4}" '
            f'xml:space="preserve">{escape(line)}</text>'
            for row, line in enumerate(each.lines)
            if line
        )
        parts.append(f'<g id="f{number}">{lines}</g>')
    return '\n'.join((*parts, '</svg>')) + '\n'
