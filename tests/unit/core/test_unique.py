"""Which settings belong to one machine, by those of real machines."""

import os
import re

from osc_baremetal_config.core.facts import patterns
from osc_baremetal_config.osc import files
from tests.bios import machines
from tests.unit import base

# What the name of such a setting has; after a small letter or none, so that
# "Machine" has no MAC and "Multiplier" no IP.
_OWN = re.compile(
    r'[Ss]erial(No|Num)|(?i:uuid)$|(?i:guid)$|Asset(?i:tag)$|ServiceTag'
    r'|(?<![a-z])[Mm]ac(?:[0-9]|Addr)|MACAddr|Ip[0-9]*$|Ip(v[46])?Address'
    r'|IPAddress|IPv[46]Address|[hH]ostIP|[hH]ost(Name|Id)|ServerName'
    r'|i(?i:scsi)Name|InitiatorName|TargetName|(?i:nqn)$|(?i:iqn)$|WWP?N'
)
_MAC = re.compile(r'(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}', re.IGNORECASE)
_IN_NAME = re.compile(r'_[0-9A-F]{12}__')
# The BMC's own, on a network that ends within the machine.
SHARED = {'RFServiceIpAddress'}
# The longest of real machines are not in the excerpt, nor are their hosts.
NOT_IN_EXCERPT = {
    *('BootOrder', 'BootOption###'),
    *('NvmeofHostId', 'NvmeofHostNqn'),
}
# Before a test hides the environment.
IS_WHOLE = machines.FOLDER in os.environ
SETTINGS = tuple(
    setting
    for machine in machines.machines()
    for setting in machines.bios(machine).values()
)


class UniqueTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.catalogue = files.load(())
        self.unique = patterns.any_of(self.catalogue.unique)

    def test_what_a_name_or_a_value_gives_away(self) -> None:
        seen = set()
        for one in SETTINGS:
            is_own = (
                _OWN.search(one.name)
                or _IN_NAME.search(one.name)
                or _MAC.search(str(one.value))
            )
            if is_own and one.name not in SHARED:
                self.assertTrue(self.unique.match(one.name), one)
                seen.add(one.name)
        self.assertGreater(len(seen), 50)

    def test_no_pattern_is_of_nothing(self) -> None:
        names = {one.name for one in SETTINGS}
        for pattern in self.catalogue.unique:
            if IS_WHOLE or pattern not in NOT_IN_EXCERPT:
                found = [n for n in names if patterns.matches(n, pattern)]
                self.assertTrue(found, pattern)

    def test_no_setting_of_a_type_is_one(self) -> None:
        for config_type in self.catalogue.types.values():
            for kind in config_type.bios:
                for name in kind.names:
                    self.assertFalse(self.unique.match(name), name)
