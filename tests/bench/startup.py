"""What the plugin adds to a command that has nothing to do with it.

The same command with the plugin's entry points and without them, in turns.
Owns how they are hidden: a filter before the entry points are first looked
up, and a cache of stevedore's own for each of the two, as a user has one.
"""

import os
import re
import statistics
import sys
import tempfile
from collections.abc import Sequence

from tests.bench import client, tables

_OURS = 'osc_baremetal_config'
_NOBODY = 'nobody_at_all'
_COMMAND = ('flavor', 'list', '--help')
# stevedore keeps no cache for a Python that is somewhere below /tmp.
_HARNESS = """
import atexit, sys, time
from importlib import metadata
hidden, real = sys.argv.pop(1), sys.executable
sys.executable = ''
import stevedore
sys.executable = real
every = metadata.entry_points
def others(**params):
    # Until Python 3.12 these come by group, unless they are asked for by one.
    found = every()
    each = [e for g in found.groups for e in found.select(group=g)]
    kept = metadata.EntryPoints(e for e in each if hidden not in e.value)
    return kept.select(**params) if params else kept
metadata.entry_points = others
load, spent = metadata.EntryPoint.load, []
def timed(entry):
    began = time.process_time()
    try:
        return load(entry)
    finally:
        if 'osc_baremetal_config' in entry.value:
            spent.append(time.process_time() - began)
metadata.EntryPoint.load = timed
atexit.register(lambda: print('LOADED', sum(spent), file=sys.stderr))
from openstackclient import shell
sys.exit(shell.main(sys.argv[1:]))
"""
_LOADED = re.compile(r'LOADED (\S+)')


def run(times: int) -> None:
    """Print what it costs.

    :param times: runs with the plugin, and as many without it.
    """
    with (
        tempfile.TemporaryDirectory(prefix='bench-') as shown,
        tempfile.TemporaryDirectory(prefix='bench-') as hidden,
    ):
        _check(shown, hidden)
        with_us, without, loads = [], [], []
        for turn in range(times):
            for is_shown in (True, False) if turn % 2 else (False, True):
                if is_shown:
                    ran = _run(shown, _NOBODY, _COMMAND)
                    with_us.append(ran.cpu_s * 1000)
                    loads.append(_loading_ms(ran))
                else:
                    ran = _run(hidden, _OURS, _COMMAND)
                    without.append(ran.cpu_s * 1000)
    added = [a - b for a, b in zip(with_us, without, strict=True)]
    table = tables.Table(
        f'Start-up: CPU ms of "openstack {" ".join(_COMMAND)}", {times} runs',
        ('', 'lower quartile', 'median', 'upper quartile'),
    )
    for name, figures in (
        ('with the plugin', with_us),
        ('without it', without),
        ('added, by pairs', added),
        ('loading the plugin', loads),
    ):
        table.row(_row(name, figures))
    table.end(
        [
            'What is added is the difference of two processes, each with '
            'the noise of the machine:',
            'believe it only as far as its quartiles agree. The loading is '
            'measured within the process.',
        ],
    )


def _row(name: str, figures: Sequence[float]) -> tuple[tables.Cell, ...]:
    return name, *statistics.quantiles(figures, n=4)


def _check(shown: str, hidden: str) -> None:
    """Fill the caches; return if the plugin is seen as it should be.

    :raises Failed: it is not.
    """
    for cache, hides, is_seen in (
        (shown, _NOBODY, True),
        (hidden, _OURS, False),
    ):
        ran = _run(cache, hides, ('server', 'config', 'list', '--help'))
        # Without the command, those that begin alike are listed.
        if ('server config list [-h]' in ran.out) != is_seen:
            raise client.Failed('the plugin is not shown or hidden as asked')


def _run(cache: str, hidden: str, argv: Sequence[str]) -> client.Ran:
    # With the bytecode that a user's Python keeps.
    environment = os.environ | {'XDG_CACHE_HOME': cache}
    environment.pop('PYTHONDONTWRITEBYTECODE', None)
    return client.run(
        [sys.executable, '-c', _HARNESS, hidden, *argv], environment
    )


def _loading_ms(ran: client.Ran) -> float:
    """Return the CPU milliseconds of the loading of our entry points."""
    found = _LOADED.search(ran.err)
    if found is None:
        raise client.Failed(f'no time of the loading: {ran.err[:200]}')
    return float(found[1]) * 1000
