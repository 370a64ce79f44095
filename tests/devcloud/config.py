"""Render the services' configuration files from ``templates/``.

Owns which template becomes which file, and the state's password.  Must
never start anything.  All files are the owner's alone to read, because most
of them hold the password.
"""

import collections.abc
import os
import pathlib
import secrets
import shutil
import string

from tests.devcloud import errors, releases
from tests.devcloud import layout as layouts

TEMPLATES = layouts.HERE / 'templates'
# Template, file below etc/, the service's user in Keystone.
FILES = (
    ('mysql-init.sql', 'mysql/init.sql', None),
    ('mysql-client.cnf', 'mysql/client.cnf', None),
    ('rabbitmq.conf', 'rabbitmq/rabbitmq.conf', None),
    ('emulator.conf', 'redfish/emulator.conf', None),
    ('keystone.conf', 'keystone/keystone.conf', None),
    ('placement.conf', 'placement/placement.conf', 'placement'),
    ('glance-api.conf', 'glance/glance-api.conf', 'glance'),
    ('neutron.conf', 'neutron/neutron.conf', 'neutron'),
    ('nova.conf', 'nova/nova.conf', 'nova'),
    ('nova-resizable.conf', 'nova/nova-resizable.conf', 'nova'),
    ('ironic.conf', 'ironic/ironic.conf', 'ironic'),
)
# Paste files that the packages bring along, below venv/etc.
PASTE = (
    'glance/glance-api-paste.ini',
    'neutron/api-paste.ini',
    'nova/api-paste.ini',
)
FOLDERS = (
    'done',
    'glance/images',
    'glance/staging',
    'glance/tasks',
    'ironic/httpboot',
    'ironic/images',
    'ironic/master_images',
    'ironic/tftp',
    'ironic/tmp',
    'lock',
    'log',
    'neutron',
    'nova',
    'nova-resizable',
    'rabbitmq',
    'redfish',
    'run',
    'tmp',
)


def make_folders(layout: layouts.Layout) -> None:
    """Make the folders that the services expect."""
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.state.chmod(0o700)
    releases.keep(layout.state, layout.release)
    for name in FOLDERS:
        (layout.state / name).mkdir(parents=True, exist_ok=True)


def write_private(path: pathlib.Path, text: str) -> None:
    """Write a file that nobody else may read, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f'{path.name}.new')
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, 'w') as file:
        file.write(text)
    new.replace(path)


def password(layout: layouts.Layout) -> str:
    """Return the state's one password; make it if there is none."""
    if not layout.password_file.exists():
        write_private(layout.password_file, secrets.token_hex(16))
    return layout.password_file.read_text()


def render_all(layout: layouts.Layout, *, debug: bool = False) -> None:
    """Write every configuration file anew.

    :param debug: let the services log everything.
    :raises DevcloudError: a template is broken.
    """
    secret = password(layout)
    for template, name, user in FILES:
        text = (TEMPLATES / f'{template}.tmpl').read_text()
        values = settings(layout, secret, user, debug=debug)
        try:
            rendered = render(text, values)
        except (KeyError, ValueError) as exc:
            raise errors.DevcloudError(
                f'{TEMPLATES / template}.tmpl cannot be filled in: {exc!r}'
            ) from exc
        write_private(layout.etc / name, rendered)
    for name in PASTE:
        shutil.copyfile(layout.venv / 'etc' / name, layout.etc / name)


def render(text: str, values: collections.abc.Mapping[str, str]) -> str:
    """Fill in a template.

    :raises KeyError: it names a value that there is not.
    :raises ValueError: a ``$`` of it stands for nothing.
    """
    return string.Template(text).substitute(values)


def settings(
    layout: layouts.Layout, secret: str, user: str | None, *, debug: bool
) -> dict[str, str]:
    """Return what the templates may name.

    :param user: the service's user in Keystone; None if it has none.
    """
    values = {
        f'{name.replace("-", "_")}_port': str(port)
        for name, port in layout.ports.items()
    }
    values |= {
        'state': str(layout.state),
        'etc': str(layout.etc),
        'password': secret,
        'debug': str(debug).lower(),
        'db': database_url(layout, secret),
        'rabbit': f'rabbit://devcloud:{secret}@127.0.0.1:'
        f'{layout.ports["amqp"]}/',
        'glance': layout.url('glance'),
        'ironic': layout.url('ironic'),
        'restrict_lookup': str(not layout.release.boots_agent).lower(),
        'power_sync_s': str(layout.release.power_sync_s),
        'deploy_interfaces': ','.join(layout.release.deploy_interfaces),
    }
    if user:
        values |= _login(layout.url('keystone'), user, secret)
    return values


def database_url(layout: layouts.Layout, secret: str) -> str:
    """Return SQLAlchemy's address of MariaDB, without a database's name."""
    return f'mysql+pymysql://root:{secret}@127.0.0.1:{layout.ports["mysql"]}'


def _login(keystone: str, user: str, secret: str) -> dict[str, str]:
    auth = '\n'.join(
        (
            'auth_type = password',
            f'auth_url = {keystone}/v3',
            f'username = {user}',
            f'password = {secret}',
            'user_domain_name = Default',
            'region_name = RegionOne',
        )
    )
    project = f'{auth}\nproject_name = service\nproject_domain_name = Default'
    token = (
        f'[keystone_authtoken]\nwww_authenticate_uri = {keystone}/v3\n'
        f'{project}'
    )
    return {'auth': auth, 'project_auth': project, 'authtoken': token}
