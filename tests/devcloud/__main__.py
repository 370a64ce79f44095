"""``python -m tests.devcloud``: the command.

Owns arguments, output and exit codes.  Must never do the work itself.
"""

import argparse
import collections.abc
import os
import shlex
import signal
import sys
import types

from tests.devcloud import cloud, errors
from tests.devcloud import layout as layouts

EXIT_FAILED, EXIT_NOT_UP = 1, 3
EXIT_SIGNAL = 128


class Interrupted(KeyboardInterrupt):
    """A signal that asks to end.

    :param number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(arguments: collections.abc.Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return the exit code."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return _run(options)
    except errors.Failed as exc:
        print(exc.explain(), file=sys.stderr)
        return EXIT_FAILED
    except errors.DevcloudError as exc:
        print(exc, file=sys.stderr)
        return EXIT_FAILED
    except Interrupted as exc:
        print('interrupted', file=sys.stderr)
        return EXIT_SIGNAL + exc.number


def _interrupt(number: int, frame: types.FrameType | None) -> None:
    raise Interrupted(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m tests.devcloud',
        description='A real bare-metal OpenStack on loopback.',
        epilog='DEVCLOUD_RELEASE says whose Ironic, such as 2024.1; '
        'DEVCLOUD_STATE and DEVCLOUD_VENV say where, instead of .devcloud/ in '
        'the checkout; DEVCLOUD_DEBUG=1 lets the services log everything.',
    )
    commands = parser.add_subparsers(dest='command', required=True)
    for name, text in (
        ('up', 'install and start what is missing'),
        ('down', 'stop everything; the state stays'),
        ('status', 'a row for each service; 3 if not all are up'),
        ('env', "the shell's exports for a client"),
        ('wipe', 'down, and remove the state'),
    ):
        commands.add_parser(name, help=text, description=text)
    restart = commands.add_parser('restart', help='restart services')
    restart.add_argument('names', nargs='+', metavar='NAME')
    return parser


def _run(options: argparse.Namespace) -> int:
    layout = layouts.Layout.load()
    match options.command:
        case 'up':
            debug = os.environ.get('DEVCLOUD_DEBUG', '') not in ('', '0')
            cloud.up(layout, debug=debug)
        case 'down':
            cloud.down(layout)
        case 'wipe':
            cloud.wipe(layout)
        case 'restart':
            cloud.restart(layout, options.names)
        case 'env':
            path = shlex.quote(str(layout.clouds_yaml))
            print(f'export OS_CLIENT_CONFIG_FILE={path}')
        case 'status':
            return _status(layout)
    return 0


def _status(layout: layouts.Layout) -> int:
    rows = cloud.status(layout)
    if not rows:
        print('nothing is here; run: python -m tests.devcloud up')
        return EXIT_NOT_UP
    ironic = cloud.ironic(layout)
    print(
        f'release {layout.release.name}: Ironic {ironic.package}, API '
        f'{ironic.api or "not up"}'
    )
    if ironic.lacks:
        print(f'lacks: {", ".join(ironic.lacks)}')
    print(f'{"service":16} {"pid":>8} {"port":>6} {"RSS MiB":>8}')
    for row in rows:
        print(
            f'{row.name:16} {row.pid or "-":>8} {row.port or "-":>6} '
            f'{row.rss_mib or "-":>8}'
        )
    print(f'{"sum":16} {"":8} {"":6} {sum(r.rss_mib for r in rows):>8}')
    return 0 if all(row.pid for row in rows) else EXIT_NOT_UP


if __name__ == '__main__':
    sys.exit(main())
