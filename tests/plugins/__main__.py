"""``python -m tests.plugins``: commands and options beside other plugins.

Looks at what is installed in this environment; never installs anything, and
makes no request. What others do to each other is theirs.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from osc_lib import clientmanager

from tests.plugins import conflicts, installed

_OWN = 'osc-baremetal-config'
_LISTED = Path(__file__).parent / 'requirements.txt'
_OPENSTACK = str(Path(sys.executable).with_name('openstack'))
# How messages name what is ours.
_OURS = re.compile(r'baremetal[_-]config|server[ _]config')
# What abbreviates nothing any more beside us, as reference/releases.rst tells.
_LOST = {
    's config c': 'software config create',
    's config list': 'software config list',
    's config s': 'software config show',
    's config show': 'software config show',
}


def main() -> int:
    """Return 0 if nothing is in the way of anything."""
    plugins = _LISTED.read_text(encoding='utf-8').split()
    found = list(metadata.distributions())
    commands = installed.commands(found)
    ours = {one for one in commands if one.by == _OWN}
    counts = {
        name: sum(one.by == name for one in commands) for name in plugins
    }
    # What the client has itself is taken as well.
    own_names = frozenset(dir(clientmanager.ClientManager))
    client = conflicts.Extension('osc-lib', own_names)
    faults = [
        *(f'{name} has no command' for name in plugins if not counts[name]),
        *conflicts.of_commands(_OWN, commands),
        *conflicts.of_names(_OWN, [client, *installed.extensions(found)]),
        *_abbreviated(conflicts.abbreviations(_OWN, commands)),
        *_unmet(),
        *_runs(ours),
    ]
    for name, count in counts.items():
        print(f'{name} {metadata.version(name)}: {count} commands')
    print(f'{len(commands)} commands in all, {len(ours)} of them ours.')
    for fault in faults:
        print(fault)
    print(f'{len(plugins)} plugins, {len(faults)} faults.')
    return 1 if faults or not ours else 0


def _abbreviated(found: Mapping[str, str]) -> list[str]:
    """Return where the documentation tells of other abbreviations."""
    return [
        f'{typed!r} for {meant!r}: lost beside us, or told to be, not both'
        for typed, meant in sorted(found.items() ^ _LOST.items())
    ]


def _unmet() -> list[str]:
    """Return what pip says of requirements that are not met."""
    ran = _run(sys.executable, '-m', 'pip', 'check')
    return ran.stdout.splitlines() if ran.returncode else []


def _runs(ours: Iterable[conflicts.Command]) -> Iterator[str]:
    """Yield what is wrong where the command runs, which needs no cloud."""
    usage = 'usage: openstack server config set '
    names = sorted(' '.join(one.words) for one in ours)
    for typed, told in (
        ('--help', 'server config set '),
        ('help server config set', usage),
        ('complete', "cmds_server_config='apply "),
        ('module list', 'openstackclient'),
        *((f'{name} --help', f'usage: openstack {name} ') for name in names),
    ):
        ran = _run(_OPENSTACK, *typed.split())
        if ran.returncode or told not in ran.stdout:
            yield f'openstack {typed}: {ran.returncode} {ran.stderr}'
        for line in filter(_OURS.search, ran.stderr.splitlines()):
            yield f'openstack {typed}: {line}'


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    """Return what a command does for a person who has set nothing."""
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            argv,
            env={'HOME': home, 'PATH': os.defpath},
            capture_output=True,
            text=True,
        )


if __name__ == '__main__':
    sys.exit(main())
