"""The releases of OpenStack that the model plays, as sets of switches.

Owns in what their Ironics differ for one who changes the configuration of a
server. Each switch was read in the source of that release, and the contract
suite holds the model to the real ones. How a switch is played is for the other
modules.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Release:
    """What an Ironic does.

    :param ironic: its newest microversion.
    :param tells_request: answers have the request's ID under the name that
        other services use.
    :param has_schemas: what is asked for is checked by a schema.
    :param sets_lessee: the project of a server becomes the lessee of its node.
    :param has_step_policy: a policy of its own allows service steps.
    :param checks_each_step: with one for each step, which is looked at before
        the steps are validated.
    :param skips_ramdisk: a service may be told to, so one by a runbook, which
        always does tell, is not refused.
    :param knows_steps_first: steps that no driver has, and what is wrong with
        their arguments, fail a service without a maintenance.
    :param aborts_failed: a service that has failed can be aborted.
    :param aborts_later: one that waits is aborted after its step; else at
        once, with no word of it.
    :param boots_ramdisk: a node with Redfish boots the agent ramdisk for any
        service, and again where settings need a restart.
    :param validates: Redfish settings are judged by the cached registry.
    :param converts: text is made what the registry says.
    :param skips_same: settings that are so already take no restart.
    :param tells_services: the history has what was begun, not only errors.
    """

    ironic: str
    tells_request: bool = True
    has_schemas: bool = True
    sets_lessee: bool = True
    has_step_policy: bool = True
    checks_each_step: bool = True
    skips_ramdisk: bool = True
    knows_steps_first: bool = False
    aborts_failed: bool = True
    aborts_later: bool = True
    boots_ramdisk: bool = False
    validates: bool = True
    converts: bool = True
    skips_same: bool = True
    tells_services: bool = True

    @property
    def version(self) -> tuple[int, int]:
        """Return its newest microversion as numbers."""
        major, _, minor = self.ironic.partition('.')
        return int(major), int(minor)


NEWEST = Release(ironic='1.115')
_2026_1 = dataclasses.replace(
    NEWEST, ironic='1.111', checks_each_step=False, converts=False
)
_2025_2 = dataclasses.replace(
    _2026_1,
    ironic='1.101',
    tells_request=False,
    skips_ramdisk=False,
    boots_ramdisk=True,
    validates=False,
    skips_same=False,
)
_2025_1 = dataclasses.replace(
    _2025_2,
    ironic='1.96',
    has_schemas=False,
    knows_steps_first=True,
    aborts_failed=False,
    aborts_later=False,
    tells_services=False,
)
_2024_1 = dataclasses.replace(
    _2025_1, ironic='1.90', sets_lessee=False, has_step_policy=False
)
_2023_1 = dataclasses.replace(_2024_1, ironic='1.82')

RELEASES = {
    '2023.1': _2023_1,
    '2024.1': _2024_1,
    '2025.1': _2025_1,
    '2025.2': _2025_2,
    '2026.1': _2026_1,
    'newest': NEWEST,
}
