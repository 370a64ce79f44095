"""Print what the commands cost, and write a plot of it.

``tox -e bench`` runs all of it, ``--only`` some; what is measured on the real
cloud needs that to be up. Figures are those of the machine and of what else
it is at: repeat before believing.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import client, fleet, loop, one, plot, real, startup

_PARTS = ('startup', 'one', 'fleet', 'loop', 'real')
_PLOT = Path(__file__).parents[2] / 'doc/source/howto/fleet.svg'


def main(argv: Sequence[str]) -> int:
    """Return 0 if all could be measured, whatever the figures."""
    parsed = _parse(argv)
    load = os.getloadavg()[0]
    print(f'{os.cpu_count()} cores, load {load:.1f} before it began')
    began = time.monotonic()
    points: list[fleet.Point] = []
    loops: list[loop.Loop] = []
    one_s = None
    try:
        if 'startup' in parsed.only:
            startup.run(parsed.startup_runs)
        if 'one' in parsed.only:
            one_s = one.run(parsed.runs)
        if 'fleet' in parsed.only:
            points = fleet.run(parsed.sizes)
        if 'loop' in parsed.only:
            loops = loop.run(
                parsed.loop_servers, parsed.loop_at_once, parsed.sizes, one_s
            )
        if 'real' in parsed.only:
            real.run(
                parsed.real_servers,
                parsed.runs,
                parsed.loop_servers,
                parsed.loop_at_once,
            )
    except client.Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if len(points) > 1:
        parsed.plot.write_text(plot.draw(_lines(points, loops)))
        print(f'plot: {os.path.relpath(parsed.plot)}')
    print(f'{time.monotonic() - began:.0f} s')
    return 0


def _lines(
    points: Sequence[fleet.Point], loops: Sequence[loop.Loop]
) -> list[plot.Line]:
    sizes = [point.servers for point in points]
    limits = [(point.servers, point.limit_s) for point in points]
    ours = [(point.servers, point.ran.seconds) for point in points]
    lines = [
        plot.Line('limit of the nodes', '#888', limits, is_measured=False),
        plot.Line('server config set', '#06c', ours),
    ]
    for each, color in zip(loops, ('#c30', '#e80'), strict=False):
        by_hand = [
            (size, each.each_s * size)
            for size in sizes
            if size >= each.at_once
        ]
        if not by_hand:
            continue
        lines.append(
            plot.Line(f'loop, {each.name}', color, by_hand, is_measured=False)
        )
    return lines


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='tests.bench', description=__doc__)
    parser.add_argument(
        '--only', type=_parts, default=_PARTS, metavar=','.join(_PARTS)
    )
    parser.add_argument(
        '--sizes',
        type=_sizes,
        default=[1, 10, 100, 1000],
        metavar='<number>,…',
        help='of the fleet (default: 1,10,100,1000)',
    )
    for name, default, text in (
        ('startup-runs', 15, 'of the start-up, with and without the plugin'),
        ('runs', 3, 'of show, list and set'),
        ('loop-servers', 2, 'in the sequential loop'),
        ('loop-at-once', 8, 'in the loop with xargs'),
        ('real-servers', 20, 'in the fleet on the real cloud'),
    ):
        parser.add_argument(
            f'--{name}',
            type=int,
            default=default,
            metavar='<number>',
            help=f'{text} (default: {default})',
        )
    parser.add_argument('--plot', type=Path, default=_PLOT, metavar='<path>')
    return parser.parse_args(argv)


def _parts(text: str) -> list[str]:
    parts = text.split(',')
    if unknown := set(parts) - set(_PARTS):
        raise argparse.ArgumentTypeError(f'unknown: {", ".join(unknown)}')
    return parts


def _sizes(text: str) -> list[int]:
    return sorted({int(size) for size in text.split(',')})


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
