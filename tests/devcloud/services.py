"""The table of services: command, environment, health, what each needs.

Owns how every service is started.  Must never start one itself.
"""

import collections.abc
import dataclasses
import functools
import os

from tests.devcloud import health, processes
from tests.devcloud import layout as layouts

Strings = collections.abc.Mapping[str, str]
# As tests.bios has it.
REGISTRIES = 'BIOS_REGISTRIES'
# How long an agent's ramdisk boots.
AGENT_SECONDS = 'FAKE_AGENT_SECONDS'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service.

    :param command: program and arguments.
    :param environment: beside ``base_environment``.
    :param answers: whether it is of use; None if its log tells.
    :param says: what its log says once it is of use; for services that
        nobody connects to.
    :param needs: services, databases (``db-``) and opened APIs (``open-``)
        that have to be there before it is started.
    :param port: None if nobody connects to it.
    :param last: stopped only after all others that are not.
    """

    name: str
    command: tuple[str, ...]
    environment: Strings = dataclasses.field(default_factory=dict)
    answers: collections.abc.Callable[[], bool] | None = None
    says: str = ''
    needs: tuple[str, ...] = ()
    port: int | None = None
    last: bool = False


def base_environment(layout: layouts.Layout) -> dict[str, str]:
    """Return the environment of everything that a cloud runs.

    Nothing of the person's own: neither OS_* logins nor proxies.
    """
    return {
        'HOME': str(layout.state),
        'LANG': 'C.UTF-8',
        # glibc gives every thread an arena of its own, and keeps it.
        'MALLOC_ARENA_MAX': '2',
        'PATH': f'{layout.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:'
        '/usr/bin:/sbin:/bin',
        'TMPDIR': str(layout.state / 'tmp'),
        processes.MARK: str(layout.state),
    }


def table(layout: layouts.Layout) -> list[Service]:
    """Return all services; those on the way to the slowest come first."""
    return [
        _mysql(layout),
        _epmd(layout),
        _rabbitmq(layout),
        _wsgi(
            layout,
            'keystone',
            'keystone.wsgi.api',
            threads=8,
            environment={'OS_KEYSTONE_CONFIG_DIR': 'keystone'},
            needs=('db-keystone',),
        ),
        _ironic(layout),
        _wsgi(
            layout,
            'nova-api',
            'nova.wsgi.osapi_compute',
            threads=8,
            environment={'OS_NOVA_CONFIG_DIR': 'nova'},
            needs=('db-nova',),
        ),
        _nova(layout, 'nova-conductor', needs=('db-nova', 'open-placement')),
        _wsgi(
            layout,
            'placement',
            'placement.wsgi.api',
            threads=8,
            environment={'OS_PLACEMENT_CONFIG_DIR': 'placement'},
            needs=('db-placement',),
        ),
        _nova(
            layout,
            'nova-compute',
            needs=('nova-conductor', 'open-ironic'),
        ),
        _nova(
            layout,
            'nova-resizable',
            program='nova-compute',
            configs=('nova.conf', 'nova-resizable.conf'),
            needs=('nova-conductor',),
        ),
        _nova(layout, 'nova-scheduler', needs=('db-nova', 'open-placement')),
        _redfish(layout),
        _wsgi(
            layout,
            'glance',
            'glance.wsgi.api',
            threads=4,
            environment={'OS_GLANCE_CONFIG_DIR': 'glance'},
            needs=('db-glance',),
        ),
        _wsgi(
            layout,
            'neutron',
            'tests.devcloud.neutron_wsgi',
            threads=4,
            environment={
                'OS_NEUTRON_CONFIG_DIR': 'neutron',
                'OS_NEUTRON_CONFIG_FILES': 'neutron.conf',
            },
            needs=('db-neutron',),
        ),
    ]


def _mysql(layout: layouts.Layout) -> Service:
    data = layout.state / 'mysql'
    port = layout.ports['mysql']
    # Durability is given up for speed: a lost cloud is made anew.
    command = [
        'mariadbd',
        '--no-defaults',
        f'--datadir={data}',
        '--socket=mysql.sock',
        '--pid-file=mysql.pid',
        f'--init-file={layout.etc / "mysql/init.sql"}',
        '--bind-address=127.0.0.1',
        f'--port={port}',
        '--skip-name-resolve',
        '--skip-log-bin',
        '--innodb-flush-log-at-trx-commit=0',
        '--innodb-flush-method=nosync',
        '--innodb-doublewrite=0',
        '--innodb-buffer-pool-size=64M',
        '--innodb-log-file-size=64M',
        '--key-buffer-size=1M',
        '--aria-pagecache-buffer-size=8M',
        '--max-connections=600',
        '--performance-schema=OFF',
        '--character-set-server=utf8mb4',
        '--collation-server=utf8mb4_general_ci',
    ]
    if os.geteuid() == 0:
        command.append('--user=root')
    return Service(
        name='mysql',
        command=tuple(command),
        answers=functools.partial(health.port_greets, port),
        needs=('mysql-data',),
        port=port,
        last=True,
    )


def _erlang(layout: layouts.Layout) -> dict[str, str]:
    return {
        'ERL_EPMD_ADDRESS': '127.0.0.1',
        'ERL_EPMD_PORT': str(layout.ports['epmd']),
    }


def _epmd(layout: layouts.Layout) -> Service:
    port = layout.ports['epmd']
    return Service(
        name='epmd',
        command=('epmd',),
        environment=_erlang(layout),
        answers=functools.partial(health.port_open, port),
        port=port,
        last=True,
    )


def _rabbitmq(layout: layouts.Layout) -> Service:
    home = layout.state / 'rabbitmq'
    port = layout.ports['amqp']
    # One scheduler that does not spin: it serves a handful of clients.
    arguments = (
        '-kernel inet_dist_use_interface {127,0,0,1} '
        '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -noinput'
    )
    return Service(
        name='rabbitmq',
        command=('/usr/lib/rabbitmq/bin/rabbitmq-server',),
        environment=_erlang(layout)
        | {
            'HOME': str(home),
            # Replaces the shell around it, so that stopping is direct.
            'RABBITMQ_ALLOW_INPUT': '1',
            'RABBITMQ_CONF_ENV_FILE': '/dev/null',
            'RABBITMQ_CONFIG_FILE': str(layout.etc / 'rabbitmq/rabbitmq'),
            'RABBITMQ_DIST_PORT': str(layout.ports['erlang']),
            'RABBITMQ_ENABLED_PLUGINS_FILE': str(home / 'enabled_plugins'),
            'RABBITMQ_LOG_BASE': str(home / 'log'),
            'RABBITMQ_LOGS': '-',
            'RABBITMQ_MNESIA_BASE': str(home / 'mnesia'),
            'RABBITMQ_NODENAME': 'devcloud@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODE_PORT': str(port),
            'RABBITMQ_PID_FILE': str(home / 'pid'),
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': arguments,
        },
        answers=functools.partial(health.port_open, port),
        needs=('epmd',),
        port=port,
        last=True,
    )


def _wsgi(
    layout: layouts.Layout,
    name: str,
    module: str,
    *,
    threads: int,
    environment: Strings,
    needs: tuple[str, ...],
) -> Service:
    port = layout.ports[name]
    command = (
        str(layout.bin / 'uwsgi'),
        f'--venv={layout.venv}',
        f'--http-socket=127.0.0.1:{port}',
        f'--pythonpath={layouts.CHECKOUT}',
        f'--module={module}:application',
        f'--threads={threads}',
        '--enable-threads',
        '--processes=1',
        '--need-app',
        '--die-on-term',
        '--buffer-size=65535',
        # uWSGI closes, but does not say so: a client that keeps the
        # connection has its next POST reset.
        '--add-header=Connection: close',
        '--single-interpreter',
        '--disable-logging',
        f'--procname-prefix-spaced={name}',
    )
    return Service(
        name=name,
        command=command,
        environment={
            key: str(layout.etc / value) if key.endswith('_DIR') else value
            for key, value in environment.items()
        },
        answers=functools.partial(
            health.http_answers, port, '/v3' if name == 'keystone' else '/'
        ),
        needs=needs,
        port=port,
    )


def _ironic(layout: layouts.Layout) -> Service:
    port = layout.ports['ironic']
    config = layout.etc / 'ironic/ironic.conf'
    return Service(
        name='ironic',
        command=(
            str(layout.ironic_venv / 'bin' / 'ironic'),
            f'--config-file={config}',
        ),
        answers=functools.partial(health.http_answers, port),
        needs=('db-ironic',),
        port=port,
    )


# Conductor and scheduler end at once if Keystone answers and does not know
# their user or Placement; computes wait ten seconds for a late conductor.
def _nova(
    layout: layouts.Layout,
    name: str,
    *,
    needs: tuple[str, ...],
    program: str | None = None,
    configs: tuple[str, ...] = ('nova.conf',),
) -> Service:
    files = [f'--config-file={layout.etc / "nova" / file}' for file in configs]
    return Service(
        name=name,
        command=(str(layout.bin / (program or name)), *files),
        says='Join ServiceGroup membership',
        needs=needs,
    )


def _redfish(layout: layouts.Layout) -> Service:
    port = layout.ports['redfish']
    config = layout.etc / 'redfish/emulator.conf'
    return Service(
        name='redfish',
        command=(
            str(layout.bin / 'python'),
            '-m',
            'tests.devcloud.emulator',
            f'--config={config}',
        ),
        environment={
            'PYTHONPATH': str(layouts.CHECKOUT),
            'REDFISH_PORT': str(port),
        }
        | _registries()
        | _agent(layout),
        answers=functools.partial(
            health.http_answers, port, '/redfish/v1/Systems'
        ),
        port=port,
    )


def _agent(layout: layouts.Layout) -> dict[str, str]:
    """Return what the agent of a system has to know, if there is any."""
    if not layout.release.boots_agent:
        return {}
    seconds = os.environ.get(AGENT_SECONDS) or '1'
    return {AGENT_SECONDS: seconds, 'IRONIC_URL': layout.url('ironic')}


def _registries() -> dict[str, str]:
    """Return where whole registries of real machines are, if anywhere."""
    folder = os.environ.get(REGISTRIES)
    return {REGISTRIES: folder} if folder else {}
