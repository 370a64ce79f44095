"""The file that tells what each of many servers should be.

Owns its form, ``server: {type: value}``, and where in it a fault is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.model import Item, Snapshot
from osc_baremetal_config.osc import files


@dataclass(frozen=True, slots=True)
class File:
    """What a file says.

    :param servers: name or id → the items that the server should have.
    """

    path: str
    servers: Mapping[str, Sequence[Item]]

    def of(self, snapshot: Snapshot) -> Sequence[Item]:
        """Return the items that a server should have.

        :raises Refused: the file does not say, or says it twice.
        """
        server = snapshot.server
        found = [
            self.servers[name]
            for name in (server.id, server.name)
            if name in self.servers
        ]
        if len(found) == 1:
            return found[0]
        how = 'by its name and by its ID' if found else 'not at all'
        raise errors.Refused(
            f'{server}: the file of wishes must name it once.',
            [f'{self.path} names it {how}.'],
        )


def load(path: str) -> File:
    """Return what a file says.

    :raises Refused: the file cannot be read, or is of another form.
    """
    try:
        text = Path(path).read_text(encoding='utf-8')
        # Takes every word as it is written: "on" is no truth here, nor is
        # "0x2" a number.
        document = yaml.load(text, yaml.BaseLoader)  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise errors.Refused(
            f'{path}: the file of wishes cannot be read:', [str(error)]
        ) from error
    if not isinstance(document, dict) or not document:
        raise errors.Refused(f'{path}: not a mapping of servers')
    faults = [
        f'{name}: not a mapping of types to values'
        for name, wishes in document.items()
        if not (isinstance(wishes, dict) and wishes)
        or not all(isinstance(v, str) and v for v in wishes.values())
    ]
    if not faults:
        root = yaml.compose(text, yaml.SafeLoader)
        faults = [
            f'line {line}: {".".join(key)} stands twice'
            for key, line in files.repeated_keys(root, ())
        ]
    if faults:
        raise errors.Refused(f'{path}: the file of wishes is broken:', faults)
    return File(
        path,
        {
            name: [Item(*wish) for wish in wishes.items()]
            for name, wishes in document.items()
        },
    )
