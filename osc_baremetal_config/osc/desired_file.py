"""The file that tells what each of many servers should be.

Owns its form, ``server: {type: value}``, and where in it a fault is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import naming
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.osc import yamlfile

# Ten thousand servers with two types each, in bytes.
_SIZE = 2**20


@dataclass(frozen=True, slots=True)
class File:
    """What a file says.

    :param servers: name or id → the items that the server should have.
    """

    path: str
    servers: Mapping[str, Sequence[Item]]

    def of(self, assessed: Assessment) -> Sequence[Item]:
        """Return the items that a server should have.

        :raises Refused: the file does not say, or says it twice.
        """
        server = assessed.snapshot.server
        # A server may have another's ID for its name.
        own = [server.id]
        own += [] if naming.is_id(server.name) else [server.name]
        found = [self.servers[name] for name in own if name in self.servers]
        if len(found) == 1:
            return found[0]
        how = 'both by its name and by its ID' if found else 'nowhere'
        raise errors.Refused(
            f'{server}: {self.path} must name it once, and names it {how}.'
        )


def load(path: str) -> File:
    """Return what a file says.

    :raises Refused: the file cannot be read, or is of another form.
    """
    read = yamlfile.read(Path(path), 'The file', _SIZE, as_text=True)
    document = read.document
    if not isinstance(document, dict) or not document:
        raise errors.Refused(f'{path}:1: not a mapping of servers')
    if faults := yamlfile.some(_faults(read)):
        raise errors.Refused('The file of items is broken:', faults)
    return File(
        path,
        {
            name: [Item(*request) for request in desired.items()]
            for name, desired in document.items()
        },
    )


def _faults(file: yamlfile.File) -> Iterator[str]:
    """Yield what is not ``server: {type: value}``, each with its line."""
    yield from file.repeated
    for name, desired in file.document.items():
        if not name:
            yield file.told((name,), 'a server without a name')
            continue
        if not (isinstance(desired, dict) and desired):
            yield file.told((name,), 'not a mapping of types to values')
            continue
        for kind, value in desired.items():
            if not (kind and isinstance(value, str) and value):
                yield file.told((name, kind), 'not a type with its value')
