"""The file that tells what each of many servers should be.

Owns its form, ``server: {type: value}``, and where in it a fault is.
"""

from pathlib import Path

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.model import Item


def load(path: str) -> dict[str, list[Item]]:
    """Return server name or id → the items that it should have.

    :raises Refused: the file cannot be read, or is of another form.
    """
    try:
        with Path(path).open(encoding='utf-8') as stream:
            document = yaml.safe_load(stream)
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
        or any(
            v is None or isinstance(v, dict | list) for v in wishes.values()
        )
    ]
    if faults:
        raise errors.Refused(f'{path}: the file of wishes is broken:', faults)
    return {
        str(name): [Item(str(t), _word(v)) for t, v in wishes.items()]
        for name, wishes in document.items()
    }


def _word(value: object) -> str:
    """Return a value as it was written, before it was read as YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)
