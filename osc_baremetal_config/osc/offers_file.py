"""The file that has what an operator offers.

Owns reading it, and where in it a fault is. Its form is for
:mod:`osc_baremetal_config.core.offer.document`.
"""

from collections.abc import Sequence
from pathlib import Path

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.catalogue import Fault
from osc_baremetal_config.core.offer import document
from osc_baremetal_config.core.offer.model import Offer
from osc_baremetal_config.osc import yamlfile

# A thousand offers with all their keys, in bytes.
_SIZE = 2**20


def is_one(path: str) -> bool:
    """Return whether a file is a list, as one of offers is.

    :raises Refused: it cannot be read.
    """
    return isinstance(
        yamlfile.read(Path(path), 'The file', _SIZE).document, list
    )


def load(path: str) -> Sequence[Offer]:
    """Return the offers of a file.

    :raises Refused: it cannot be read, or is of another form.
    """
    read = yamlfile.read(Path(path), 'The file', _SIZE)
    if not isinstance(read.document, list) or not read.document:
        raise errors.Refused(f'{path}:1: not a list of offers')
    parsed = document.parse(read.document)
    faults = list(read.repeated)
    faults += [
        read.told(fault.path, fault.text)
        for fault in parsed
        if isinstance(fault, Fault)
    ]
    if faults:
        raise errors.Refused(
            'The file of offers is broken:', yamlfile.some(faults)
        )
    return [offer for offer in parsed if isinstance(offer, Offer)]
