"""The plot of the documentation: seconds by servers, both on a logarithm.

Owns the drawing. Never measures.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 20, 50


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the plot.

    :param points: servers and seconds.
    :param is_measured: with a dot for each point, else only dashes.
    """

    name: str
    color: str
    points: Sequence[tuple[float, float]]
    is_measured: bool = True


@dataclass(frozen=True, slots=True)
class _Axes:
    most_servers: float
    most_s: float

    def x(self, servers: float) -> float:
        width = _WIDTH - _LEFT - _RIGHT
        share = math.log10(servers) / math.log10(self.most_servers)
        return round(_LEFT + width * share, 1)

    def y(self, seconds: float) -> float:
        height = _HEIGHT - _TOP - _BOTTOM
        share = math.log10(max(seconds, 1)) / math.log10(self.most_s)
        return round(_HEIGHT - _BOTTOM - height * share, 1)


def draw(lines: Sequence[Line]) -> str:
    """Return an SVG."""
    axes = _Axes(
        _ten_above(x for line in lines for x, _ in line.points),
        _ten_above(y for line in lines for _, y in line.points),
    )
    parts = [
        *_grid(axes),
        *(part for one in lines for part in _line(one, axes)),
    ]
    body = '\n'.join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" '
        f'height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _ten_above(figures: Iterable[float]) -> float:
    """Return the power of ten that no figure is above; ten at least."""
    return float(10 ** max(1, math.ceil(math.log10(max(figures)))))


def _powers(most: float) -> list[int]:
    return [10**n for n in range(round(math.log10(most)) + 1)]


def _grid(axes: _Axes) -> Iterable[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for servers in _powers(axes.most_servers):
        x = axes.x(servers)
        yield _stroke([(x, _TOP), (x, bottom)], '#ddd')
        yield _text(x, bottom + 18, f'{servers:,}', 'middle')
    for seconds in _powers(axes.most_s):
        y = axes.y(seconds)
        yield _stroke([(_LEFT, y), (right, y)], '#ddd')
        yield _text(_LEFT - 8, y + 4, f'{seconds:,} s', 'end')
    yield _text((_LEFT + right) / 2, _HEIGHT - 10, 'servers', 'middle')


def _line(line: Line, axes: _Axes) -> Iterable[str]:
    points = [(axes.x(x), axes.y(y)) for x, y in line.points]
    dashes = '' if line.is_measured else ' stroke-dasharray="5 4"'
    yield _stroke(points, line.color, f' stroke-width="2"{dashes}')
    if line.is_measured:
        for x, y in points:
            yield f'<circle cx="{x}" cy="{y}" r="4" fill="{line.color}"/>'
    x, y = points[-1]
    yield _text(x + 8, y + 4, line.name, 'start', line.color)


def _stroke(
    points: Sequence[tuple[float, float]], color: str, more: str = ''
) -> str:
    path = ' '.join(f'{x},{y}' for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}"{more}/>'


def _text(
    x: float, y: float, text: str, anchor: str, color: str = '#333'
) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{color}">'
        f'{text}</text>'
    )
