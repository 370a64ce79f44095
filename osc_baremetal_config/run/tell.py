"""Telling a person how it goes, which keeps no change from its end.

Owns what becomes of a fault in the telling. Never decides what is told.
"""

import logging
from collections.abc import Callable

LOG = logging.getLogger(__name__)


def safely(tell: Callable[..., None], *args: object) -> None:
    """Tell something if that can be done; a server must not stay off by it."""
    try:
        tell(*args)
    except Exception:
        LOG.debug('%s', tell, exc_info=True)
