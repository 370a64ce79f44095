"""What a page needs of the cloud that it does not show.

Owns servers that are there already, faults of nodes, and that all of it has
gone when the page has ended. Never runs a command of a page.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests import lab, offered, people
from tests.devcloud import layout as layouts
from tests.devcloud import redfish
from tests.tutorials import tls


class Stage:
    """What pages need, on one cloud.

    :param folder: in which the files of the page are.
    """

    def __init__(self, layout: layouts.Layout, folder: Path) -> None:
        self._layout = layout
        self._folder = folder
        self._lab = lab.Lab(layout)
        self._undo = contextlib.ExitStack()
        self._keys: Mapping[str, Callable[[Any], None]] = {
            'servers': self._have_servers,
            'knobs': self._turn_knobs,
            'offered': self._put_away,
            'offer': self._offer,
            'policy': self._have_policies,
            'service': self._service,
            'tls': self._have_tls,
        }

    def __enter__(self) -> 'Stage':
        """Have the project without servers."""
        self._delete_all()
        self._undo.callback(self._delete_all)
        return self

    def __exit__(self, *exception: object) -> None:
        """Undo what was done."""
        self._undo.close()

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Do what a page needs, by the keys of its comment."""
        for key, value in wanted.items():
            self._keys[key](value)

    def _delete_all(self) -> None:
        for server in list(self._lab.nova.servers()):
            self._lab.delete(server.id)

    def _have_servers(self, flavors: Mapping[str, str]) -> None:
        """Have servers, each as a new one.

        :param flavors: by the names of the servers.
        """
        for server in self._lab.boot_all(flavors).values():
            node = self._lab.node_of(server)
            if node is None:
                continue
            if node.name.startswith('bm-'):
                self._lab.as_new(server)
            else:
                bmc = people.Bmc.of(node.name, self._layout)
                self._undo.callback(bmc.deliver)
                if node.name not in redfish.PLAIN:
                    self._lab.as_delivered(server, bmc)

    def _turn_knobs(self, knobs: Mapping[str, Mapping[str, Any]]) -> None:
        """Have the nodes of servers behave badly, or well again."""
        for server, wanted in knobs.items():
            node = self._lab.node_of(self._id_of(server))
            for name, value in wanted.items():
                self._lab.turn(node.id, name, value)
                self._undo.callback(self._lab.turn, node.id, name, None)

    def _service(self, services: Mapping[str, Mapping[str, Any]]) -> None:
        """Have somebody else set the BIOS of servers."""
        for server, settings in services.items():
            server_id = self._id_of(server)
            self._lab.service(server_id, settings)
            # Nova has seen the power go, and may have believed it.
            self._lab.have_on(server_id)

    def _put_away(self, what: str) -> None:
        """Have nothing offered."""
        if what != 'nothing':
            raise ValueError(f'offered: {what}')
        self._undo.callback(offered.make_again, self._layout)
        offered.put_away(self._layout)

    def _offer(self, types: Mapping[str, list[str]]) -> None:
        """Have types offered to the project.

        :param types: with the flavors for whose servers each is.
        """
        operator = people.Person('operator', self._layout)
        create = ('server', 'config', 'option', 'create', '--owner', 'acme')
        for name, flavors in types.items():
            ran = operator.openstack(
                *create, '--type', name, '--flavor', *flavors
            )
            assert ran.code == 0, ran

    def _have_policies(self, files: Mapping[str, str]) -> None:
        """Have services follow the policies of files of the page.

        They look at their file with each request, and at none that is gone.
        """
        for service, name in files.items():
            path = self._layout.etc / service / 'policy.yaml'
            shutil.copy(self._folder / name, path)
            self._undo.callback(path.write_text, '{}\n')

    def _have_tls(self, port: int) -> None:
        """Have Keystone on another port as well, with TLS."""
        keystone = self._layout.ports['keystone']
        self._undo.enter_context(tls.front(self._folder, port, keystone))

    def _id_of(self, server: str) -> str:
        found = self._lab.nova.find_server(server, ignore_missing=False)
        return str(found.id)


def environment(layout: layouts.Layout, folder: Path) -> dict[str, str]:
    """Return the environment of a reader of a page.

    :param folder: the reader's home.
    """
    environ = people.Person('', layout).environment()
    del environ['OS_CLOUD'], environ['COLUMNS']
    paths = (str(people.program().parent), environ['PATH'])
    return environ | {'PATH': ':'.join(paths), 'HOME': str(folder)}


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Have the folder in which a page's files are."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
