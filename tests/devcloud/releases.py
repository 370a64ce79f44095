"""The releases of OpenStack whose Ironic a cloud can have.

Owns their names, and what of Ironic is told by neither its API nor its
package. What a release can do is asked of the cloud, by microversion. Must
never install or start a thing.
"""

import dataclasses
import pathlib

from tests.devcloud import errors

# What pip installs for each release; see ``README.rst`` for how it was made.
PINS = pathlib.Path(__file__).resolve().parent / 'pins'
NEWEST = 'newest'
# In a cloud's state: of which release it is.
FILE = 'release'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release.

    :param name: as OpenStack calls it, or ``newest``.
    :param package: of Ironic's commands.
    :param boots_agent: whether a BIOS step of its Redfish driver boots the
        agent's ramdisk. Fixes of Ironic 35 ended that. The same releases do
        not tell the agent its node while that waits in a service, unless
        ``[api] restrict_lookup`` is off.
    """

    name: str
    package: str = 'ironic.command'
    boots_agent: bool = False

    @property
    def is_newest(self) -> bool:
        return self.name == NEWEST

    @property
    def deploy_interfaces(self) -> tuple[str, ...]:
        """What Ironic has for deploying, the one of Redfish nodes first."""
        found = ('fake-day2', 'fake', 'direct')
        return ('agent-day2', *found) if self.boots_agent else found

    @property
    def power_sync_s(self) -> int:
        """How often Nova compares the power of servers and nodes.

        Often, so that tests need not wait long for what it does; but where it
        switches a node off that boots the agent's ramdisk, as it does where
        the server is stopped, the service fails, and Nova's own interval
        makes that rare.
        """
        return 600 if self.boots_agent else 60

    @property
    def pins(self) -> pathlib.Path:
        """The file of what its Ironic is installed with."""
        return PINS / f'{self.name}.txt'


RELEASES = {
    release.name: release
    for release in (
        Release(name='2023.1', package='ironic.cmd', boots_agent=True),
        Release(name='2024.1', package='ironic.cmd', boots_agent=True),
        Release(name='2025.1', package='ironic.cmd', boots_agent=True),
        Release(name='2025.2', boots_agent=True),
        Release(name='2026.1'),
        Release(name=NEWEST),
    )
}


def named(name: str) -> Release:
    """Return a release; the newest where no name is given.

    :raises CannotRun: there is none of this name.
    """
    try:
        return RELEASES[name or NEWEST]
    except KeyError:
        known = ', '.join(RELEASES)
        raise errors.CannotRun(
            f'DEVCLOUD_RELEASE={name}: there is no such release; there are: '
            f'{known}'
        ) from None


def kept(state: pathlib.Path) -> Release | None:
    """Return the release of the cloud of this state, None if there is none."""
    if not (state / FILE).exists():
        return None
    return RELEASES.get((state / FILE).read_text())


def keep(state: pathlib.Path, release: Release) -> None:
    """Write down of which release the cloud of this state is."""
    (state / FILE).write_text(release.name)
