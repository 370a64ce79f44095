"""What each call needs of a service, and in which release that came.

Owns the one table of microversions: the calls of ``cloud`` go by it, what a
cloud lacks is told by it, and doc/source/reference/releases.rst has it. Never
makes a call.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Version = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something that a service is asked for.

    :param needs: the microversion that it takes at least.
    :param wants: the one that is asked for at most; a service in between
        answers with what it has.
    :param doing: what a person does by it.
    :param without: what there is where it is missing, in whole sentences.
    """

    service: str
    needs: Version
    wants: Version
    doing: str
    without: str = ''


SERVICE, RUNBOOKS, RUNBOOK_TRAITS = 'service', 'runbooks', 'runbook traits'
RUN_RUNBOOK = 'service by a runbook'
REGISTRY, STEP_SHOWN = 'registry', 'step shown'

# From the histories of the services' REST APIs.
CALLS: Mapping[str, Call] = {
    'node traits': Call(
        service='Ironic',
        needs=(1, 37),
        wants=(1, 37),
        doing='giving traits to nodes',
    ),
    'bios': Call(
        service='Ironic',
        needs=(1, 40),
        wants=(1, 74),
        doing='reading the BIOS settings of a node',
    ),
    'deploy templates': Call(
        service='Ironic',
        needs=(1, 55),
        wants=(1, 55),
        doing='deploy templates',
        without='Runbooks and the catalogue alone tell what can be set.',
    ),
    'nodes': Call(
        service='Ironic',
        needs=(1, 65),
        wants=(1, 87),
        doing='seeing who a node is leased to',
    ),
    'power': Call(
        service='Ironic',
        needs=(1, 65),
        wants=(1, 87),
        doing='switching a node',
    ),
    'maintenance': Call(
        service='Ironic',
        needs=(1, 65),
        wants=(1, 87),
        doing='ending the maintenance of a node',
    ),
    REGISTRY: Call(
        service='Ironic',
        needs=(1, 74),
        wants=(1, 74),
        doing='seeing what the registry of a BIOS allows',
        without='Values cannot be checked beforehand, and are sent as the '
        'template writes them.',
    ),
    'history': Call(
        service='Ironic',
        needs=(1, 78),
        wants=(1, 87),
        doing='the history of a node',
        without='The history is what Nova remembers.',
    ),
    SERVICE: Call(
        service='Ironic',
        needs=(1, 87),
        wants=(1, 87),
        doing='changing the configuration of a running server',
        without='Until the cloud is upgraded, an operator can rebuild the '
        'server, which writes its disk anew: the deploy templates of its '
        'flavor and image are applied then.',
    ),
    STEP_SHOWN: Call(
        service='Ironic',
        needs=(1, 87),
        wants=(1, 87),
        doing='seeing which step runs on a node',
    ),
    RUNBOOKS: Call(
        service='Ironic',
        needs=(1, 92),
        wants=(1, 112),
        doing='seeing runbooks',
        without='Deploy templates tell what can be set, and these are shown '
        'to operators only.',
    ),
    RUN_RUNBOOK: Call(
        service='Ironic',
        # Until then a service by a runbook is refused for the
        # "disable_ramdisk" that every runbook has; see
        # check_allow_clean_disable_ramdisk in Ironic 29 and 32.
        needs=(1, 108),
        wants=(1, 112),
        doing='servicing a node by a runbook',
        without='The steps of the runbook are run, by who may run steps.',
    ),
    RUNBOOK_TRAITS: Call(
        service='Ironic',
        needs=(1, 112),
        wants=(1, 112),
        doing='runbooks with traits',
        without='A runbook is approved for the nodes that have its own name '
        'for a trait, so its name begins with ``CUSTOM_``.',
    ),
    'servers': Call(
        service='Nova',
        needs=(2, 61),
        wants=(2, 96),
        doing='seeing the extra specs of the flavor of a server',
    ),
    'flavors': Call(
        service='Nova',
        needs=(2, 61),
        wants=(2, 61),
        doing='seeing the extra specs of flavors',
    ),
    'server groups': Call(
        service='Nova',
        needs=(2, 61),
        wants=(2, 64),
        doing='``--group-by server-group``',
    ),
    'instance actions': Call(
        service='Nova',
        needs=(2, 61),
        wants=(2, 84),
        doing='the history of a server',
    ),
    'providers': Call(
        service='Placement',
        needs=(1, 22),
        wants=(1, 22),
        doing='comparing the traits of Placement',
        without='``config check`` leaves that out.',
    ),
}

# The newest microversion of each release, from the release mappings of Ironic
# and the histories of the others.
_RELEASES: Mapping[str, Mapping[str, Version]] = {
    'Ironic': {
        'Queens': (1, 38),
        'Rocky': (1, 46),
        'Stein': (1, 56),
        'Train': (1, 58),
        'Ussuri': (1, 65),
        'Victoria': (1, 68),
        'Wallaby': (1, 72),
        'Xena': (1, 78),
        'Yoga': (1, 78),
        'Zed': (1, 80),
        '2023.1': (1, 82),
        '2023.2': (1, 87),
        '2024.1': (1, 90),
        '2024.2': (1, 93),
        '2025.1': (1, 96),
        '2025.2': (1, 101),
        '2026.1': (1, 111),
        '2026.2': (1, 115),
    },
    'Nova': {
        'Queens': (2, 60),
        'Rocky': (2, 65),
        'Stein': (2, 72),
        'Train': (2, 79),
        'Ussuri': (2, 87),
        '2023.1': (2, 95),
        '2024.1': (2, 96),
    },
    'Placement': {'Queens': (1, 17), 'Rocky': (1, 30)},
}
# Up to this one Ironic boots the agent ramdisk for steps that a BMC carries
# out by itself. No microversion tells, so it goes by that of the release.
_BOOTS_RAMDISK = (1, 101)


def has(newest: Version | None, name: str) -> bool:
    """Return whether a service is new enough for a call.

    :param newest: the newest microversion that it has; None if that is not
        known, which speaks against nothing.
    """
    return newest is None or newest >= CALLS[name].needs


def boots_ramdisk(newest: Version | None) -> bool:
    """Return whether an Ironic boots the agent ramdisk before any step."""
    return newest is not None and newest <= _BOOTS_RAMDISK


def too_old(newest: Version, name: str) -> str:
    """Return that a service is too old for a call, as a sentence."""
    told = lack(newest, name)
    return f'{told[0].upper()}{told[1:]}.'


def lack(newest: Version, name: str) -> str:
    """Return the same for the middle of a sentence."""
    call = CALLS[name]
    since = since_release(call.service, call.needs)
    return (
        f"this cloud's {call.service} speaks {dotted(newest)}"
        f'{_spoken(call.service, newest)}; {call.doing} needs '
        f'{dotted(call.needs)} ({since})'
    )


def since_release(service: str, version: Version) -> str:
    """Return the first release that has a microversion."""
    releases = _RELEASES[service].items()
    return next(name for name, newest in releases if newest >= version)


def dotted(version: Version) -> str:
    """Return a microversion as it is written."""
    return '.'.join(map(str, version))


def _spoken(service: str, newest: Version) -> str:
    """Return which release a service is of, in brackets, if that is known."""
    releases = _RELEASES[service]
    named = [name for name, version in releases.items() if version == newest]
    if named:
        return f' ({" or ".join(named)})'
    later = [name for name, version in releases.items() if version > newest]
    return f' (before {later[0]})' if later else ''
