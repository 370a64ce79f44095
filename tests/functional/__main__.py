"""``python -m tests.functional``: the tests, on two clouds at once.

They wait for the services most of the time. With arguments, which stestr
takes to choose tests, one cloud is enough. The first cloud stays up, as it
was perhaps up before; the second one goes.
"""

import contextlib
import os
import signal
import subprocess
import sys
import types
from collections.abc import Iterator, Sequence

from tests.devcloud import layout as layouts
from tests.functional import claim

# Whoever sets it takes the second cloud down.
KEEP = 'DEVCLOUD_KEEP'
_STESTR = ('stestr', '--test-path', 'tests/functional', 'run')
# stestr divides by numbers where it has no times yet, and one worker would
# end long before the other.
_WORKERS = 'tests/functional/workers.yaml'


def main(argv: Sequence[str]) -> int:
    """Return how stestr has ended."""
    # Else the second cloud would be left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if argv:
        with up(1):
            return subprocess.run([*_STESTR, '--serial', *argv]).returncode
    with up(2) as states:
        return subprocess.run(
            [*_STESTR, '--worker-file', _WORKERS],
            env=os.environ | {claim.VARIABLE: os.pathsep.join(states)},
        ).returncode


@contextlib.contextmanager
def up(count: int) -> Iterator[list[str]]:
    """Have one cloud up, or two; yield their states.

    The first one stays up, as it was perhaps up before; so does the second
    where somebody else takes it down.
    """
    _devcloud('up')
    first = str(layouts.Layout.load().state)
    if count == 1:
        yield [first]
        return
    with _second(f'{first}-2') as second:
        yield [first, second]


def _end(number: int, frame: types.FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def _second(state: str) -> Iterator[str]:
    """Have another cloud up meanwhile."""
    try:
        _devcloud('up', DEVCLOUD_STATE=state)
        yield state
    finally:
        if KEEP not in os.environ:
            _devcloud('wipe', DEVCLOUD_STATE=state)


def _devcloud(command: str, **environ: str) -> None:
    """Run a command of the devcloud.

    :raises subprocess.CalledProcessError: it has failed, and has said why.
    """
    subprocess.run(
        [sys.executable, '-m', 'tests.devcloud', command],
        env=os.environ | environ,
        check=True,
    )


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
