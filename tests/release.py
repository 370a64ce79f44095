"""``python -m tests.release``: what a release consists of, built and used.

Builds sdist and wheel, looks at what they contain and tell of themselves, and
installs the wheel into an environment of its own, where it does the client's
part of the demo on the real cloud. Never publishes anything.
"""

import email.message
import email.parser
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests import lab, people
from tests.devcloud import cloud
from tests.devcloud import layout as layouts

ROOT = Path(__file__).parents[1]
_PACKAGE = 'osc_baremetal_config'
# What has to be in the metadata of the wheel.
_FIELDS = (
    *('Name', 'Version', 'Summary', 'License', 'Requires-Python'),
    *('Author', 'Classifier', 'Requires-Dist', 'Project-URL', 'Description'),
)
_FLAVOR, _SERVER = 'bm.large.ht-off', 'web-1'


def main() -> int:
    """Return 0 if all is as it should be."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(sys.executable, '-m', 'build', '--outdir', folder, ROOT)
        [wheel], [sdist] = folder.glob('*.whl'), folder.glob('*.tar.gz')
        faults += _of_wheel(wheel)
        faults += _of_sdist(sdist)
        faults += _used(wheel, folder / 'bare')
        print(f'{wheel.name}: {wheel.stat().st_size >> 10} KiB')
        print(f'{sdist.name}: {sdist.stat().st_size >> 10} KiB')
    for fault in faults:
        print(fault)
    print(f'{len(faults)} faults.')
    return 1 if faults else 0


def _tracked(*paths: str) -> set[str]:
    """Return the files of the repository below some paths."""
    listed = _run('git', '-C', ROOT, 'ls-files', '--', *paths)
    return set(listed.splitlines())


def _of_wheel(path: Path) -> list[str]:
    """Return what is wrong with the wheel."""
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
        [metadata] = [n for n in names if n.endswith('.dist-info/METADATA')]
        told = email.parser.Parser().parsestr(wheel.read(metadata).decode())
    info = metadata.partition('/')[0]
    found = {name for name in names if not name.startswith(info)}
    return [
        *_differences(path.name, _tracked(_PACKAGE), found),
        *_metadata_faults(told),
    ]


def _metadata_faults(told: email.message.Message) -> list[str]:
    body = told.get_payload()
    told['Description'] = str(body).strip()
    missing = [name for name in _FIELDS if not told.get_all(name)]
    faults = [f'the metadata lacks {name}' for name in missing]
    if '.. image::' not in str(body):
        faults.append('its description is not the README')
    return faults


def _of_sdist(path: Path) -> list[str]:
    """Return what is wrong with the sdist."""
    with tarfile.open(path) as sdist:
        files = [one.name for one in sdist.getmembers() if one.isfile()]
    found = {name.partition('/')[2] for name in files}
    made = {name for name in found if name.startswith(f'{_PACKAGE}.egg-info')}
    made |= {'AUTHORS', 'ChangeLog', 'PKG-INFO', 'setup.cfg'}
    # What is for the repository only.
    kept_out = {name for name in _tracked() if name.endswith('.gitignore')}
    return _differences(
        path.name, _tracked() - kept_out - made, found - made - kept_out
    )


def _differences(name: str, wanted: set[str], found: set[str]) -> list[str]:
    return [
        *(f'{name} lacks {one}' for one in sorted(wanted - found)),
        *(f'{name} has {one}' for one in sorted(found - wanted)),
    ]


def _used(wheel: Path, folder: Path) -> Iterable[str]:
    """Yield what goes wrong where nothing but the wheel is installed."""
    venv.create(folder, with_pip=True)
    python = folder / 'bin/python'
    constraints = ROOT / 'upper-constraints.txt'
    wanted = ('python-openstackclient', wheel, '-c', constraints)
    _run(python, '-m', 'pip', 'install', '-q', *wanted)
    layout = cloud.up(layouts.Layout.load())
    on_cloud = lab.Lab(layout)
    for old in list(on_cloud.nova.servers(name=f'^{_SERVER}$')):
        on_cloud.delete(old.id)
    server = on_cloud.boot(_FLAVOR, _SERVER).id
    on_cloud.as_new(server)
    environ = people.Person('mona', layout).environment()
    config = (folder / 'bin/openstack', 'server', 'config')
    try:
        for argv, told in (
            (('show', server), 'disabled'),
            (('set', '--hyperthreading', 'enabled', server), 'verified'),
            (('show', server), 'enabled'),
        ):
            ran = subprocess.run(
                [*config, *argv],
                env=environ,
                cwd=folder,
                capture_output=True,
                text=True,
            )
            if ran.returncode or told not in ran.stdout:
                yield f'{argv}: {ran.returncode} {ran.stdout} {ran.stderr}'
    finally:
        on_cloud.delete(server)


def _run(*argv: str | Path) -> str:
    """Return what a command prints, which must succeed."""
    return subprocess.run(
        list(map(str, argv)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


if __name__ == '__main__':
    sys.exit(main())
