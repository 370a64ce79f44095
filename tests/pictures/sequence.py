"""The requests of one change, drawn as a sequence.

Recorded from a run of the command on the model of the clouds, which sends what
it sends to a real one. Looks that find nothing new are one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.model.fixture import Model

_UUID = re.compile('[0-9a-f]{8}-[0-9a-f-]{27}')
_SERVICES = {
    'compute': 'Nova',
    'baremetal': 'Ironic',
    'image': 'Glance',
}
_LOOK = ('GET servers/…', 'GET nodes/…')
_LANES = ('openstack', 'Nova', 'Ironic', 'Glance')
_LANE, _ROW, _TOP, _LEFT = 210, 22, 60, 80


@dataclass(frozen=True)
class Call:
    """A request.

    :param is_look: one of those that are repeated until something is so.
    """

    service: str
    text: str
    is_look: bool = False

    @property
    def is_write(self) -> bool:
        """Whether it asks for something to be done."""
        return not (self.is_look or self.text.startswith('GET'))


def calls() -> list[Call]:
    """Return the requests of one change, in their order."""
    model = Model()
    model.setUp()
    try:
        model.world.boot('web-1')
        ran = model.openstack(
            'mona',
            *('server', 'config', 'set', '--hyperthreading', 'enabled'),
            'web-1',
        )
        assert ran.code == 0, ran
        found = [_call(seen.method, seen.url) for seen in model.faults.calls()]
    finally:
        model.cleanUp()
    return _in_order(found)


def text() -> str:
    """Return the sequence in words."""
    return '\n'.join(f'{one.service}: {one.text}' for one in calls())


def svg(made: Sequence[Call]) -> str:
    """Return the picture of a sequence."""
    height = _TOP + _ROW * (len(made) + 1)
    width = _LEFT + _LANE * (len(_LANES) - 1) + 80
    at = {name: _LEFT + _LANE * n for n, name in enumerate(_LANES)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} '
        f'{height}" font-family="sans-serif" font-size="11" fill="#222222">',
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0L8,4L0,8z" fill="#33607f"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for name, x in at.items():
        parts.append(
            f'<text x="{x}" y="24" text-anchor="middle" font-size="14" '
            f'font-weight="bold">{name}</text>'
            f'<line x1="{x}" y1="34" x2="{x}" y2="{height - 8}" '
            'stroke="#999999" stroke-dasharray="3 3"/>'
        )
    start = at['openstack']
    for row, one in enumerate(made):
        y = _TOP + _ROW * row
        end = at[one.service]
        look = ' stroke-dasharray="5 3"' if one.is_look else ''
        parts.append(
            f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" '
            f'stroke="#33607f"{look} marker-end="url(#end)"/>'
            f'<text x="{start + 8}" y="{y - 4}">'
            f'{escape(one.text)}</text>'
        )
    return '\n'.join((*parts, '</svg>')) + '\n'


def _call(method: str, url: str) -> Call:
    service, _, rest = url.strip('/').partition('/')
    rest = _UUID.sub('…', rest.partition('?')[0])
    rest = re.sub(r'^v[\d.]+/', '', rest).rstrip('/')
    if f'{method} {rest}' in _LOOK:
        return Call('Ironic', 'look at the server and its node', is_look=True)
    return Call(_SERVICES[service], f'{method} {rest}')


def _in_order(found: Sequence[Call]) -> list[Call]:
    """Return the calls, those that are made at once by their names.

    What is looked at again and again is told once.
    """
    first = next(n for n, one in enumerate(found) if one.is_write)
    reads = sorted(found[:first], key=lambda one: (one.service, one.text))
    merged: list[Call] = []
    for one in (*reads, *found[first:]):
        if not merged or one != merged[-1]:
            merged.append(one)
    return merged
