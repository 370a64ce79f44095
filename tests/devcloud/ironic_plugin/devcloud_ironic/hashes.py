"""Make Redfish cheap: Ironic hashes a BMC's password once, not each time.

Owns that and nothing else.  Ironic 39 looks for its session with a BMC by
600,000 rounds of PBKDF2, at every request of the driver, which is half a
second of a slow core, dozens of times in a service.  The result is the same
for the same password, so it is kept.
"""

import functools
import hashlib
import types

from ironic.drivers.modules.redfish import utils


def remember():
    """Have Ironic's Redfish driver keep the hashes that it has made."""
    kept = functools.lru_cache(maxsize=64)(hashlib.pbkdf2_hmac)
    # Ironic's own name for the module, not the module, which is everybody's.
    utils.hashlib = types.SimpleNamespace(pbkdf2_hmac=kept)
