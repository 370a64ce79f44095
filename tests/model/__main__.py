"""The model as a process: ``python -m tests.model --servers 100``.

Owns the command line, ``clouds.yaml`` and the end. Prints one line when it is
ready, ends on SIGTERM and leaves nothing.
"""

import argparse
import pathlib
import signal
import tempfile
import threading
from typing import Any

import yaml

from tests.devcloud import catalog, config
from tests.model import faults
from tests.model.app import Application
from tests.model.clock import RealClock
from tests.model.control import Control
from tests.model.server import Latency, Served, Server
from tests.model.world import PASSWORD, REGION, Settings, World


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m tests.model',
        description='A model of Keystone, Nova, Glance and Ironic.',
    )
    number = {'type': int, 'metavar': '<number>', 'default': 0}
    seconds = {'type': float, 'metavar': '<seconds>'}
    ms = {'type': float, 'metavar': '<ms>', 'default': 0.0}
    options: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ('port', 'the port, any that is free if it is 0', number),
        ('servers', 'servers fleet-00001 and so on, each on a node', number),
        ('flavors', 'flavors in all', number),
        ('read-ms', 'what a GET takes at least', ms),
        ('write-ms', 'what any other request takes at least', ms),
        ('service-seconds', 'what a service step takes', seconds),
    )
    for name, text, more in options:
        parser.add_argument(f'--{name}', help=text, **more)
    parser.add_argument(
        '--clouds',
        type=pathlib.Path,
        metavar='<folder>',
        help='where clouds.yaml is written; a new folder by default',
    )
    return parser.parse_args()


def _world(args: argparse.Namespace) -> World:
    settings = Settings(locked_tries=3)
    if args.service_seconds is not None:
        settings.step_s = settings.reboot_s = args.service_seconds
    world = World.standard(RealClock(), settings)
    world.populate(servers=args.servers, flavors=args.flavors)
    return world


def write_clouds(path: pathlib.Path, url: str) -> None:
    """Write the client configuration of all people, for its owner."""
    text = yaml.safe_dump(
        {'clouds': {one.cloud: _cloud(one, url) for one in catalog.LOGINS}}
    )
    config.write_private(path, text)


def _cloud(login: catalog.Login, url: str) -> dict[str, Any]:
    auth = {
        'auth_url': f'{url}/identity/v3',
        'username': login.user,
        'password': PASSWORD,
        'user_domain_id': 'default',
    }
    if login.project:
        auth |= {'project_name': login.project, 'project_domain_id': 'default'}
    else:
        auth['system_scope'] = 'all'
    return {'auth': auth, 'region_name': REGION, 'identity_api_version': 3}


def main() -> None:
    """Serve the model until SIGTERM or ^C."""
    args = _parse()
    ends = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.set())
    world, troubles = _world(args), faults.Faults()
    application = Application(world, Control(world, troubles))
    latency = Latency(args.read_ms, args.write_ms)
    server = Server(Served(application, troubles, latency), args.port)
    with tempfile.TemporaryDirectory(prefix='model-') as folder:
        clouds = (args.clouds or pathlib.Path(folder)) / 'clouds.yaml'
        write_clouds(clouds, server.url)
        server.start()
        print(f'ready {server.url} {clouds}', flush=True)
        try:
            ends.wait()
        finally:
            server.stop()
            clouds.unlink(missing_ok=True)


if __name__ == '__main__':
    main()
