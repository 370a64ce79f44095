"""Where everything of one cloud lies: folders, files, ports, addresses.

Owns the names and nothing else.  Must never create, start or ask anything;
``Layout.load`` only reads the ports that the state keeps.
"""

import collections.abc
import dataclasses
import json
import os
import pathlib

from tests.devcloud import errors, releases

PORTS = (
    'mysql',
    'amqp',
    'erlang',
    'epmd',
    'keystone',
    'placement',
    'glance',
    'neutron',
    'nova-api',
    'ironic',
    'redfish',
)
HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One cloud's places.

    :param venv: what is installed; clouds may share it.
    :param state: all that this cloud writes.
    :param ports: port by name; empty before the first ``up``.
    :param release: whose Ironic it has.
    """

    venv: pathlib.Path
    state: pathlib.Path
    ports: collections.abc.Mapping[str, int]
    release: releases.Release

    @classmethod
    def load(
        cls, environ: collections.abc.Mapping[str, str] | None = None
    ) -> 'Layout':
        """Read DEVCLOUD_RELEASE, _STATE and _VENV, and what the state keeps.

        :param environ: None takes the process's own.
        :raises CannotRun: there is no such release, or the state is that of
            a cloud of another one.
        """
        environ = os.environ if environ is None else environ
        home = CHECKOUT / '.devcloud'
        asked = environ.get('DEVCLOUD_RELEASE') or ''
        release = releases.named(asked)
        own = 'state' if release.is_newest else f'state-{release.name}'
        state = pathlib.Path(environ.get('DEVCLOUD_STATE') or home / own)
        venv = pathlib.Path(environ.get('DEVCLOUD_VENV') or home / 'venv')
        kept = releases.kept(state)
        if asked and kept and kept != release:
            raise errors.CannotRun(
                f'{state} is of a cloud of {kept.name}: choose another '
                'DEVCLOUD_STATE, or wipe it'
            )
        layout = cls(
            venv=venv.absolute(),
            state=state.absolute(),
            ports={},
            release=kept or release,
        )
        return layout.with_kept_ports()

    def with_kept_ports(self) -> 'Layout':
        """Return the layout with the ports that the state keeps, if any."""
        try:
            kept = json.loads(self.ports_file.read_text())
        except (OSError, ValueError):
            return self
        if set(kept) != set(PORTS):
            return self
        return dataclasses.replace(self, ports=kept)

    @property
    def bin(self) -> pathlib.Path:
        return self.venv / 'bin'

    @property
    def ironic_venv(self) -> pathlib.Path:
        """What Ironic runs in: one of its own unless it is the newest."""
        if self.release.is_newest:
            return self.venv
        name = f'{self.venv.name}-{self.release.name}'
        return self.venv.with_name(name)

    @property
    def etc(self) -> pathlib.Path:
        return self.state / 'etc'

    @property
    def log(self) -> pathlib.Path:
        return self.state / 'log'

    @property
    def run(self) -> pathlib.Path:
        return self.state / 'run'

    @property
    def done(self) -> pathlib.Path:
        """The folder of marks for what need not be done again."""
        return self.state / 'done'

    @property
    def ports_file(self) -> pathlib.Path:
        return self.state / 'ports.json'

    @property
    def password_file(self) -> pathlib.Path:
        return self.state / 'password'

    @property
    def clouds_yaml(self) -> pathlib.Path:
        """The client configuration: OS_CLIENT_CONFIG_FILE."""
        return self.state / 'clouds.yaml'

    @property
    def ready(self) -> pathlib.Path:
        """The mark that the last ``up`` came to its end."""
        return self.run / 'ready'

    def url(self, name: str) -> str:
        """Return the address of a service, without a slash at the end."""
        return f'http://127.0.0.1:{self.ports[name]}'

    @property
    def redfish_url(self) -> str:
        """The Redfish emulator, for tests that look behind Ironic's back."""
        return self.url('redfish')

    def log_of(self, name: str) -> pathlib.Path:
        """Return the log of a service or a command."""
        return self.log / f'{name}.log'

    def pid_file(self, name: str) -> pathlib.Path:
        return self.run / f'{name}.pid'
