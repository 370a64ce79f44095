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


def read(path: str) -> yamlfile.File:
    """Return the document of a file, of offers or not.

    :raises Refused: it cannot be read.
    """
    return yamlfile.read(Path(path), 'The file', _SIZE)


def load(path: str) -> Sequence[Offer]:
    """Return the offers of a file.

    :raises Refused: it cannot be read, or is of another form.
    """
    return offers(read(path), path)


def offers(document_: yamlfile.File, path: str) -> Sequence[Offer]:
    """Return the offers of a document that was read from a file.

    :raises Refused: it is of another form.
    """
    listed = document_.document
    if not isinstance(listed, list):
        raise errors.Refused(f'{path}:1: not a list of offers')
    parsed = document.parse(listed)
    faults = list(document_.repeated)
    faults += [
        document_.told(fault.path, fault.text)
        for fault in parsed
        if isinstance(fault, Fault)
    ]
    if faults:
        raise errors.Refused(
            'The file of offers is broken:', yamlfile.some(faults)
        )
    return [offer for offer in parsed if isinstance(offer, Offer)]
