"""What has to be on the machine: Debian's packages, the releases of PyPI.

Owns apt, the virtual environment and its stamp.  Must never change a thing
before ``check`` has said that the machine will do.
"""

import collections.abc
import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import os
import pathlib
import shutil
import sys
import threading

from tests.devcloud import errors, processes, tasks
from tests.devcloud import layout as layouts
from tests.devcloud import progress as progresses

REQUIREMENTS = layouts.HERE / 'requirements.txt'
CONSTRAINTS = layouts.CHECKOUT / 'upper-constraints.txt'
PLUGIN = layouts.HERE / 'ironic_plugin'
# Package, a program of it.
PACKAGES = (
    ('mariadb-server', '/usr/sbin/mariadbd'),
    ('rabbitmq-server', '/usr/lib/rabbitmq/bin/rabbitmq-server'),
    # The pages that are run on the cloud use these.
    ('jq', '/usr/bin/jq'),
    ('openssl', '/usr/bin/openssl'),
)
MEMORY_MIB, DISK_MIB = 3 * 1024, 3 * 1024
POLICY = pathlib.Path('/usr/sbin/policy-rc.d')
POLICY_TEXT = '#!/bin/sh\n# devcloud: start no service on install\nexit 101\n'


def missing_packages() -> list[str]:
    """Return the Debian packages that are not there."""
    return [
        package
        for package, program in PACKAGES
        if not pathlib.Path(program).exists()
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class Venv:
    """A virtual environment, and what pip installs into it.

    :param words: requirements and constraints, as pip's arguments.
    :param sources: the files that these words name.
    """

    path: pathlib.Path
    words: tuple[str, ...]
    sources: tuple[pathlib.Path, ...]

    @property
    def stamp_file(self) -> pathlib.Path:
        return self.path / '.devcloud-stamp'

    @property
    def stamp(self) -> str:
        """What stands for all that should be installed."""
        digest = hashlib.sha256(sys.version.encode())
        plugin = [*sorted(PLUGIN.rglob('*.py')), PLUGIN / 'pyproject.toml']
        for path in (*self.sources, *plugin):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @property
    def is_installed(self) -> bool:
        """Whether it holds what it should."""
        try:
            return self.stamp_file.read_text() == self.stamp
        except OSError:
            return False


def venvs(layout: layouts.Layout) -> list[Venv]:
    """Return what a cloud runs in: an older Ironic has one of its own."""
    found = [
        Venv(
            layout.venv,
            (f'--requirement={REQUIREMENTS}', f'--constraint={CONSTRAINTS}'),
            (REQUIREMENTS, CONSTRAINTS),
        )
    ]
    if not layout.release.is_newest:
        pins = layout.release.pins
        found.append(
            Venv(layout.ironic_venv, (f'--requirement={pins}',), (pins,))
        )
    return found


def stamp(layout: layouts.Layout) -> str:
    """Return what stands for the releases that should be installed."""
    return ' '.join(venv.stamp for venv in venvs(layout))


def is_installed(layout: layouts.Layout) -> bool:
    """Say whether the virtual environments hold what they should."""
    return all(venv.is_installed for venv in venvs(layout))


def version(layout: layouts.Layout, package: str) -> str:
    """Return the version of what is installed where Ironic runs."""
    [folder] = layout.ironic_venv.glob('lib/python*/site-packages')
    found = importlib.metadata.distributions(name=package, path=[str(folder)])
    return next(iter(found)).version


def check(layout: layouts.Layout) -> None:
    """Find out whether this machine will do; touch nothing.

    :raises CannotRun: it will not, for all these reasons.
    """
    reasons = [*_check_packages(), *_check_memory()]
    for path in {layout.venv, layout.state}:
        reasons += _check_disk(path, is_installed(layout))
    if reasons:
        raise errors.CannotRun('\n'.join(reasons))


def check_ours(layout: layouts.Layout) -> None:
    """Make sure that no folder is taken over that is somebody else's.

    :raises CannotRun: one is.
    """
    marks = [(layout.state, layout.done)]
    marks += [(one.path, one.path / 'pyvenv.cfg') for one in venvs(layout)]
    for folder, mark in marks:
        if folder.exists() and any(folder.iterdir()) and not mark.exists():
            raise errors.CannotRun(
                f'{folder} is not empty, and not of devcloud: choose another'
            )


def _check_packages() -> collections.abc.Iterator[str]:
    missing = ' '.join(missing_packages())
    if not missing:
        return
    if not sys.platform.startswith('linux') or not shutil.which('apt-get'):
        yield (
            f'Missing: {missing}. They are installed with apt-get, which is '
            'not here: this needs Debian 12 or its like.'
        )
    elif os.geteuid() != 0:
        yield (
            f'Missing: {missing}. Only root can install them. Run:\n'
            f'  sudo apt-get install --no-install-recommends {missing}'
        )


def _check_memory() -> collections.abc.Iterator[str]:
    available = available_memory_mib()
    if available < MEMORY_MIB:
        yield (
            f'Memory: {available} MiB are available, {MEMORY_MIB} MiB are '
            'needed.'
        )


def available_memory_mib(
    meminfo: pathlib.Path = pathlib.Path('/proc/meminfo'),
) -> int:
    """Return what the kernel says could be had without swapping."""
    for line in meminfo.read_text().splitlines():
        if line.startswith('MemAvailable:'):
            return int(line.split()[1]) // 1024
    return 0


def _check_disk(
    path: pathlib.Path, installed: bool
) -> collections.abc.Iterator[str]:
    while not path.exists():
        path = path.parent
    if not os.access(path, os.W_OK):
        yield f'{path} is not yours to write.'
        return
    free = shutil.disk_usage(path).free >> 20
    needed = DISK_MIB // 3 if installed else DISK_MIB
    if free < needed:
        yield f'Disk: {free} MiB are free below {path}, {needed} are needed.'


def install(
    layout: layouts.Layout,
    progress: progresses.Progress,
    cancel: threading.Event,
) -> None:
    """Install what is missing: Debian's part and PyPI's at once."""
    work = []
    if packages := missing_packages():
        progress.say(f'apt-get install {" ".join(packages)}')
        apt = functools.partial(_install_packages, layout, packages, cancel)
        work.append(tasks.Task('apt-get', apt))
    for venv in venvs(layout):
        if not venv.is_installed:
            progress.say(f'pip install into {venv.path}')
            pip = functools.partial(_install_venv, layout, venv, cancel)
            work.append(tasks.Task(f'pip {venv.path.name}', pip))
    if work:
        begin = progress.elapsed_s()
        tasks.run_all(work, cancel)
        took = progress.elapsed_s() - begin
        progress.say(f'installed in {took:.0f} s')


def _environment(layout: layouts.Layout) -> dict[str, str]:
    # The person's own, because it says how to reach the indexes.
    return {**os.environ, processes.MARK: str(layout.state)}


def _install_packages(
    layout: layouts.Layout, packages: list[str], cancel: threading.Event
) -> None:
    run = functools.partial(
        processes.run,
        'apt-get',
        environment=_environment(layout)
        | {'DEBIAN_FRONTEND': 'noninteractive'},
        log=layout.log_of('apt-get'),
        cancel=cancel,
        patient=True,
    )
    with no_services_started():
        run(command=['apt-get', 'update', '--error-on=any'])
        run(
            command=[
                'apt-get',
                'install',
                '--yes',
                '--no-install-recommends',
                '--option=Dpkg::Options::=--force-unsafe-io',
                *packages,
            ]
        )


@contextlib.contextmanager
def no_services_started(
    policy: pathlib.Path = POLICY,
) -> collections.abc.Iterator[None]:
    """Keep Debian's packages from starting what they install.

    A policy that is somebody else's is left as it is.
    """
    ours = not policy.exists() or policy.read_text() == POLICY_TEXT
    if ours:
        policy.write_text(POLICY_TEXT)
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def _install_venv(
    layout: layouts.Layout, venv: Venv, cancel: threading.Event
) -> None:
    run = functools.partial(
        processes.run,
        environment=_environment(layout),
        log=layout.log_of(f'pip-{venv.path.name}'),
        cancel=cancel,
    )
    venv.stamp_file.unlink(missing_ok=True)
    python = str(venv.path / 'bin' / 'python')
    base = f'{sys.base_prefix}/bin/python{sys.version_info.major}'
    run('venv', [base, '-m', 'venv', '--clear', str(venv.path)])
    pip = [python, '-m', 'pip', 'install', '--no-compile']
    run('pip', [*pip, *venv.words])
    source = layout.state / 'tmp' / f'plugin-{venv.path.name}'
    shutil.rmtree(source, ignore_errors=True)
    # A copy, because building leaves folders in the source.
    shutil.copytree(PLUGIN, source)
    run('pip', [*pip, '--no-deps', '--no-build-isolation', str(source)])
    shutil.rmtree(source)
    # pip compiles in one process; this takes all cores.  A file for another
    # Python does not compile, which is no failure.
    compileall = [python, '-m', 'compileall', '-q', '-j0']
    with contextlib.suppress(errors.Failed):
        run('compileall', [*compileall, str(venv.path / 'lib')])
    venv.stamp_file.write_text(venv.stamp)
