"""MariaDB's folder, and the schema of every service.

Owns the marks of what has been made.  A schema that was left half made is
dropped and made anew; a whole one of other releases is brought up to date.
"""

import base64
import json
import os
import pathlib
import secrets
import shutil
import threading

from tests.devcloud import config, processes, services
from tests.devcloud import layout as layouts

SCHEMAS = {
    'keystone': ('keystone',),
    'ironic': ('ironic',),
    'nova': ('nova_api', 'nova', 'nova_cell0'),
    'placement': ('placement',),
    'glance': ('glance',),
    'neutron': ('neutron',),
}
# Nothing waits long for these two.
LATER = ('glance', 'neutron')
# Nova keeps the addresses of its cells; these take them from nova.conf, so
# that ports can change.
CELL_DB = '{scheme}://{username}:{password}@{hostname}:{port}/%s?{query}'
CELL_MQ = '{scheme}://{username}:{password}@{hostname}:{port}/'


def make_data(layout: layouts.Layout, cancel: threading.Event) -> None:
    """Make MariaDB's folder if there is none."""
    mark = layout.done / 'mysql-data'
    if mark.exists():
        return
    data = layout.state / 'mysql'
    shutil.rmtree(data, ignore_errors=True)
    command = [
        'mariadb-install-db',
        '--no-defaults',
        f'--datadir={data}',
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        '--skip-name-resolve',
    ]
    if os.geteuid() == 0:
        command.append('--user=root')
    processes.run(
        'mariadb-install-db',
        command,
        services.base_environment(layout),
        layout.log_of('mariadb-install-db'),
        cancel,
    )
    mark.touch()


def sync(
    layout: layouts.Layout, name: str, release: str, cancel: threading.Event
) -> bool:
    """Make or upgrade one service's schema.

    :param release: stands for the installed releases.
    :returns: whether there was anything to do.
    """
    mark = layout.done / f'db-{name}'
    if mark.exists() and mark.read_text() == release:
        return False
    if not mark.exists():
        _recreate(layout, SCHEMAS[name], cancel)
    if name == 'keystone':
        _make_keys(layout)
    module, commands = _commands(layout, name)
    processes.run(
        f'db-{name}',
        [
            str(_bin(layout, name) / 'python'),
            '-m',
            'tests.devcloud.several',
            module,
            json.dumps(commands),
        ],
        services.base_environment(layout)
        | {
            'PYTHONPATH': str(layouts.CHECKOUT),
            'OS_BOOTSTRAP_PASSWORD': config.password(layout),
        },
        layout.log_of(f'db-{name}'),
        cancel,
        niceness=10 if name in LATER else 0,
    )
    mark.write_text(release)
    return True


def _bin(layout: layouts.Layout, name: str) -> pathlib.Path:
    return layout.ironic_venv / 'bin' if name == 'ironic' else layout.bin


def _recreate(
    layout: layouts.Layout, schemas: tuple[str, ...], cancel: threading.Event
) -> None:
    statements = ''.join(
        f'DROP DATABASE IF EXISTS {schema}; CREATE DATABASE {schema};'
        for schema in schemas
    )
    processes.run(
        'mariadb',
        [
            'mariadb',
            f'--defaults-file={layout.etc / "mysql/client.cnf"}',
            f'--execute={statements}',
        ],
        services.base_environment(layout),
        layout.log_of('mariadb'),
        cancel,
    )


def _make_keys(layout: layouts.Layout) -> None:
    """Make Keystone's Fernet keys: 0 is the next one, 1 signs.

    As ``keystone-manage fernet_setup`` and ``credential_setup`` do, which
    take four seconds for it.
    """
    for folder in ('fernet-keys', 'credential-keys'):
        path = layout.etc / 'keystone' / folder
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ('0', '1'):
            if not (path / name).exists():
                key = base64.urlsafe_b64encode(secrets.token_bytes(32))
                config.write_private(path / name, key.decode())


def _commands(
    layout: layouts.Layout, name: str
) -> tuple[str, list[list[str]]]:
    """Return the module of a service's command, and what to call it with.

    The option with the configuration file is always the second word.
    """

    def calls(program: str, file: str, *rest: str) -> list[list[str]]:
        option = f'--config-file={layout.etc / file}'
        return [[program, option, *words.split()] for words in rest]

    if name == 'keystone':
        url = f'{layout.url("keystone")}/v3'
        bootstrap = (
            'bootstrap --bootstrap-region-id RegionOne '
            f'--bootstrap-public-url {url} '
            f'--bootstrap-internal-url {url} --bootstrap-admin-url {url}'
        )
        return 'keystone.cmd.manage', calls(
            'keystone-manage', 'keystone/keystone.conf', 'db_sync', bootstrap
        )
    if name == 'nova':
        return 'nova.cmd.manage', calls(
            'nova-manage',
            'nova/nova.conf',
            'api_db sync',
            'cell_v2 map_cell0 '
            f'--database_connection {CELL_DB % "nova_cell0"}',
            'db sync',
            f'cell_v2 create_cell --name cell1 --transport-url {CELL_MQ} '
            f'--database_connection {CELL_DB % "nova"}',
        )
    module, program, file, words = {
        'ironic': (
            f'{layout.release.package}.dbsync',
            'ironic-dbsync',
            'ironic/ironic.conf',
            'upgrade',
        ),
        'placement': (
            'placement.cmd.manage',
            'placement-manage',
            'placement/placement.conf',
            'db sync',
        ),
        'glance': (
            'glance.cmd.manage',
            'glance-manage',
            'glance/glance-api.conf',
            'db_sync',
        ),
        'neutron': (
            'neutron.db.migration.cli',
            'neutron-db-manage',
            'neutron/neutron.conf',
            'upgrade head',
        ),
    }[name]
    return module, calls(program, file, words)
