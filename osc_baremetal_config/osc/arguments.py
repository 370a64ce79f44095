"""The options of the commands, and the frozen values that they become.

Owns every option's name, help and meaning. Imported when a parser is asked
for, not at start-up.
"""

import argparse
import contextlib
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core.check.findings import Severity
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import metadata, profiles
from osc_baremetal_config.core.facts.model import Item, Profile, Query
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.offer.model import Marks, Offer
from osc_baremetal_config.core.plan.model import Aim
from osc_baremetal_config.core.plan.options import Method, OnFailure, Options
from osc_baremetal_config.core.rollout.scheduler import Failures, Limits
from osc_baremetal_config.osc import streams, until
from osc_baremetal_config.osc.until import Until

# How long the cloud is waited for: twice Ironic's own limit for a service.
_LIMIT_S = 3600.0
# How many nodes may be out of service at once.
_AT_ONCE = 10
# What completion can offer: a shell expands each word, and argparse takes its
# usage apart at blanks.
_WORD = re.compile(r'[^\s|\'"\\$`]+')


@dataclass(frozen=True, slots=True)
class Output:
    """Who reads the output.

    :param columns: that are asked for; empty for all.
    """

    formatter: str
    columns: tuple[str, ...]

    @property
    def is_for_script(self) -> bool:
        """Return whether a program reads it rather than a person.

        It gets the requests of a plan then, not its summary.
        """
        return self.formatter in ('json', 'yaml')

    @property
    def is_for_person(self) -> bool:
        """Return whether a person reads it, and has not chosen columns."""
        return self.formatter == 'table' and not self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeArguments:
    """What is asked of a command that changes servers.

    :param items: for each server; empty where a file or the cloud tells.
    :param file: a path, None for none.
    :param group_by: None for no groups.
    :param defer: leave it for later, once it is checked.
    :param until: when no other server is started any more; None for never.
    :param deprecated: what a person should know of the options used.
    """

    query: Query
    options: Options
    limits: Limits
    output: Output
    timeout_s: float
    items: tuple[Item, ...] = ()
    file: str | None = None
    group_by: str | None = None
    dry_run: bool = False
    wait: bool = True
    detailed_exit_code: bool = False
    defer: bool = False
    until: Until | None = None
    deprecated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecoverArguments:
    """What is asked of ``recover``.

    :param aim: None to explain only.
    """

    server: str
    aim: Aim | None
    options: Options
    timeout_s: float


@dataclass(frozen=True, slots=True)
class SettingArguments:
    """What is asked of ``setting list``.

    :param patterns: of names; empty for all.
    :param type_name: only its settings; None for all.
    :param differs_from: a server or a file to compare with, None for none.
    :param template: name → value of the settings of a template; empty for
        none.
    """

    server: str
    patterns: tuple[str, ...]
    type_name: str | None
    differs_from: str | None
    template: Mapping[str, str]
    output: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportArguments:
    """What is asked of ``export``.

    :param has_settings: not the items only.
    :param file: a path, None for none.
    :param replaces: a file that is there is overwritten.
    """

    server: str
    has_settings: bool
    file: str | None
    replaces: bool
    output: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferArguments:
    """What is asked of ``option create``.

    :param offer: whose owner, and server to be like, are as they were given;
        None where a file has the offers.
    :param file: a path, None for none.
    """

    offer: Offer | None
    file: str | None
    updates: bool
    prunes: bool
    dry_run: bool
    output: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalArguments:
    """What is asked of ``option delete``.

    :param values: of the type; empty for all.
    :param flavors: only their variants; empty for all that there is.
    """

    type: str
    values: tuple[str, ...]
    flavors: tuple[str, ...]
    dry_run: bool
    output: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckArguments:
    """What is asked of ``check``.

    :param sample: the BIOS settings of how many nodes are read; None for all.
    :param offline: files; empty for the cloud.
    """

    fail_on: Severity
    sample: int | None
    offline: tuple[str, ...]
    output: Output


def output(parsed_args: argparse.Namespace) -> Output:
    """Return who reads the output."""
    return Output(parsed_args.formatter, tuple(parsed_args.columns))


def change(
    parsed_args: argparse.Namespace,
    *,
    records: bool = True,
    forgets: Sequence[str] = (),
) -> ChangeArguments:
    """Return what is asked of a command that changes servers.

    :param records: what is verified is written into the metadata.
    :param forgets: the types whose record is removed at the end.
    :raises Usage: two of the options cannot go together.
    """
    if parsed_args.canary and not parsed_args.wait:
        raise errors.Usage(
            '--canary requires --wait: only who waits knows whether the '
            'first servers are verified.'
        )
    if parsed_args.until and not parsed_args.wait:
        raise errors.Usage(
            '--until requires --wait: only who waits knows how long a server '
            'takes.'
        )
    if parsed_args.defer:
        _check_deferred(parsed_args)
    if parsed_args.group_by == '':
        raise errors.Usage('--group-by requires the name of a key.')
    flavor = parsed_args.target_flavor or parsed_args.old_flavor
    old = '--flavor is deprecated here; use --target-flavor instead.'
    return ChangeArguments(
        query=query(parsed_args),
        options=Options(
            method=Method(parsed_args.method),
            stop=parsed_args.stop,
            strict=parsed_args.strict,
            allow_data_loss=parsed_args.allow_data_loss,
            accepted=frozenset(map(Risk, parsed_args.accept_risk)),
            records=records,
            forgets=tuple(forgets),
            allow_move=parsed_args.allow_move,
            on_failure=OnFailure(parsed_args.on_failure),
            max_reboots=parsed_args.max_reboots,
            require_flavor=parsed_args.require_flavor,
            flavor=flavor,
            only_off=parsed_args.only_off,
            profile=parsed_args.profile,
        ),
        limits=Limits(
            at_once=parsed_args.max_concurrent,
            failures=parsed_args.max_failures,
            canary=parsed_args.canary,
        ),
        output=output(parsed_args),
        timeout_s=parsed_args.timeout,
        items=tuple(parsed_args.config or ()),
        file=parsed_args.file,
        group_by=parsed_args.group_by,
        dry_run=parsed_args.dry_run,
        wait=parsed_args.wait,
        detailed_exit_code=parsed_args.detailed_exit_code,
        defer=parsed_args.defer,
        until=parsed_args.until,
        deprecated=(old,) if parsed_args.old_flavor else (),
    )


def _check_deferred(parsed_args: argparse.Namespace) -> None:
    """Raise unless the other options can go with ``--defer``.

    :raises Usage: one of them would say how it is carried out, or shown.
    """
    meaningless = {
        '--dry-run': parsed_args.dry_run,
        '--no-wait': not parsed_args.wait,
        '--no-stop': not parsed_args.stop,
        '--allow-move': parsed_args.allow_move,
        '--canary': parsed_args.canary,
        '--group-by': parsed_args.group_by is not None,
        '--max-concurrent': parsed_args.max_concurrent != _AT_ONCE,
        '--timeout': parsed_args.timeout != _LIMIT_S,
    }
    if given := [name for name, is_given in meaningless.items() if is_given]:
        raise errors.Usage(
            f'--defer cannot go with {", ".join(given)}: it changes nothing '
            f'but the metadata. Give such options to "server config apply"; '
            f'to see the plan, use --dry-run alone.'
        )


def query(parsed_args: argparse.Namespace) -> Query:
    """Return which servers are selected; each name once."""
    return Query(
        names=tuple(dict.fromkeys(parsed_args.server)),
        tags=tuple(parsed_args.tag),
        flavor=parsed_args.server_flavor,
        all_projects=parsed_args.all_projects,
    )


def recovery(parsed_args: argparse.Namespace) -> RecoverArguments:
    """Return what is asked of ``recover``."""
    return RecoverArguments(
        server=parsed_args.server,
        aim=parsed_args.aim,
        options=Options(
            stop=parsed_args.stop, trust_metadata=parsed_args.trust_metadata
        ),
        timeout_s=parsed_args.timeout,
    )


def settings(parsed_args: argparse.Namespace) -> SettingArguments:
    """Return what is asked of ``setting list``.

    :raises Usage: two of the options cannot go together.
    """
    filters = (parsed_args.name, parsed_args.item, parsed_args.differs_from)
    template = parsed_args.as_template
    if template and any(filters):
        raise errors.Usage(
            '--as-template cannot go with --name, --item or --differs-from.'
        )
    if len(dict(template)) < len(set(template)):
        raise errors.Usage('--as-template gives one setting several values.')
    return SettingArguments(
        server=parsed_args.server,
        patterns=tuple(parsed_args.name),
        type_name=parsed_args.item,
        differs_from=parsed_args.differs_from,
        template=dict(template),
        output=output(parsed_args),
    )


def export(parsed_args: argparse.Namespace) -> ExportArguments:
    """Return what is asked of ``export``.

    :raises Usage: an option lacks another one, or its value.
    """
    if parsed_args.file == '':
        raise errors.Usage('--file requires a path.')
    if parsed_args.force and parsed_args.file is None:
        raise errors.Usage('--force requires --file.')
    return ExportArguments(
        server=parsed_args.server,
        has_settings=parsed_args.settings,
        file=parsed_args.file,
        replaces=parsed_args.force,
        output=output(parsed_args),
    )


def baseline(parsed_args: argparse.Namespace) -> str | None:
    """Return the file that ``list`` compares with, None for none.

    :raises Usage: another option cannot go with it.
    """
    path: str | None = parsed_args.baseline
    if path is not None and (parsed_args.drift or parsed_args.long):
        raise errors.Usage('--baseline cannot go with --drift or --long.')
    if path == '':
        raise errors.Usage('--baseline requires a path.')
    return path


def offering(parsed_args: argparse.Namespace) -> OfferArguments:
    """Return what is asked of ``option create``.

    :raises Usage: two of the options cannot go together.
    """
    if parsed_args.prune and parsed_args.file is None:
        raise errors.Usage('--prune requires --file.')
    if parsed_args.file == '':
        raise errors.Usage('--file requires a path.')
    return OfferArguments(
        offer=None if parsed_args.file is not None else _offer(parsed_args),
        file=parsed_args.file,
        updates=parsed_args.update,
        prunes=parsed_args.prune,
        dry_run=parsed_args.dry_run,
        output=output(parsed_args),
    )


def _offer(parsed_args: argparse.Namespace) -> Offer:
    settings = dict(parsed_args.setting)
    values = tuple(dict.fromkeys(parsed_args.value))
    profile = _profile(parsed_args)
    if profile:
        values = (profile.name,)
    if not parsed_args.flavor:
        what = '--profile' if profile else '--type'
        raise errors.Usage(f'{what} requires --flavor.')
    if settings and len(values) != 1:
        raise errors.Usage(
            '--setting tells how one value is set: it requires one --value.'
        )
    if len(settings) < len(set(parsed_args.setting)):
        raise errors.Usage('--setting gives one setting several values.')
    if settings and parsed_args.like_server:
        raise errors.Usage('--setting cannot go with --like-server.')
    return Offer(
        type=metadata.PROFILE if profile else parsed_args.type,
        values=values,
        profile=profile,
        flavors=tuple(dict.fromkeys(parsed_args.flavor)),
        vendors=tuple(dict.fromkeys(parsed_args.vendor)),
        like=parsed_args.like_server,
        settings=settings,
        owner_name=parsed_args.owner or '',
        is_public=parsed_args.public,
        first_boot=parsed_args.first_boot,
        marks_nodes=Marks(parsed_args.node_traits),
    )


def _profile(parsed_args: argparse.Namespace) -> Profile | None:
    """Return the profile that is to be offered, None for a type.

    :raises Usage: it has no items, or one type twice, or a type has some.
    """
    items = parsed_args.config
    if parsed_args.profile is None:
        if items:
            raise errors.Usage('--config requires --profile.')
        return None
    if parsed_args.value:
        raise errors.Usage('--value cannot go with --profile.')
    if not items:
        raise errors.Usage('--profile requires --config, for each item.')
    profile = profiles.make(parsed_args.profile, items)
    if len(profile.values) < len(profile.items):
        raise errors.Usage('--config gives one type several values.')
    return profile


def removal(parsed_args: argparse.Namespace) -> RemovalArguments:
    """Return what is asked of ``option delete``.

    :raises Usage: a profile has no values.
    """
    profile = parsed_args.profile
    if profile is not None and parsed_args.value:
        raise errors.Usage('--value cannot go with --profile.')
    values = parsed_args.value if profile is None else [profile]
    return RemovalArguments(
        type=parsed_args.type if profile is None else metadata.PROFILE,
        values=tuple(dict.fromkeys(values)),
        flavors=tuple(dict.fromkeys(parsed_args.flavor)),
        dry_run=parsed_args.dry_run,
        output=output(parsed_args),
    )


def check(parsed_args: argparse.Namespace) -> CheckArguments:
    """Return what is asked of ``check``.

    :raises Usage: a file has no name.
    """
    if not all(parsed_args.offline):
        raise errors.Usage('--offline requires paths.')
    return CheckArguments(
        fail_on=Severity(parsed_args.fail_on),
        sample=parsed_args.sample,
        offline=tuple(parsed_args.offline),
        output=output(parsed_args),
    )


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the server that a command is for."""
    parser.add_argument(
        'server', metavar='<server>', help='Server (name or ID).'
    )


def add_show(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``show``."""
    add_server(parser)
    parser.add_argument(
        '--long',
        action='store_true',
        help='Show every type that is known, not only those that are desired, '
        'offered or in the BIOS, and by which settings each was read.',
    )


def add_setting_list(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``setting list``."""
    add_server(parser)
    parser.add_argument(
        '--name',
        action='append',
        default=[],
        metavar='<pattern>',
        help='Only settings whose name matches, with the wildcards of a shell '
        '(repeat option for any of several).',
    )
    parser.add_argument(
        '--item',
        metavar='<type>',
        help='Only the settings of this type of configuration.',
    )
    parser.add_argument(
        '--differs-from',
        metavar='<server-or-file>',
        help='Only settings that another server (name or ID) has otherwise, '
        'or that one of the two lacks; or instead of the server a file that '
        'this command or "server config export --settings" has written (a '
        'path with a slash, or .json or .yaml).',
    )
    parser.add_argument(
        '--as-template',
        action='extend',
        nargs='+',
        default=[],
        type=_setting,
        metavar='<name>=<value>',
        help='Check these settings against the BIOS registry of the server, '
        'and print the steps of a deploy template that sets them; with '
        '-f json as Ironic takes them.',
    )


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``export``."""
    add_server(parser)
    parser.add_argument(
        '--settings',
        action='store_true',
        help='Export the BIOS settings as well, but for those that no other '
        'server can have: those that are read-only, change by themselves, or '
        'belong to one machine, and passwords and keys.',
    )
    parser.add_argument(
        '--file',
        metavar='<path>',
        help='Write into this file, as YAML, rather than to stdout.',
    )
    parser.add_argument(
        '--force',
        action='store_true',
        help='With --file: overwrite a file that is there.',
    )


def add_list(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``list``."""
    servers = parser.add_argument_group('servers')
    servers.add_argument(
        '--server',
        action='append',
        default=[],
        metavar='<server>',
        help='Only this server (name or ID; repeat option for several).',
    )
    # The second as of the commands that change.
    _add_filters(servers, '--flavor', '--server-flavor')
    parser.add_argument(
        '--drift',
        action='store_true',
        help='List only what differs from what it should be.',
    )
    parser.add_argument(
        '--long',
        action='store_true',
        help='List every type whose value the BIOS tells, with node and '
        'times.',
    )
    parser.add_argument(
        '--baseline',
        metavar='<path>',
        help='Compare with a golden server instead, of which "server config '
        'export" has written this file: list what servers have otherwise, '
        'first what the fewest have.',
    )


def add_option_list(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``option list``."""
    parser.add_argument(
        '--server',
        metavar='<server>',
        help='Tell for each whether it can be set on this server (name '
        'or ID), and if not, why.',
    )
    parser.add_argument(
        '--type',
        action='append',
        default=[],
        metavar='<type>',
        help='Only this type of configuration (repeat option for several).',
    )
    parser.add_argument(
        '--definitions',
        action='store_true',
        help='List what an operator has defined: deploy templates, runbooks '
        'and flavor variants; with -f yaml as a file for "option create '
        '--file".',
    )


def add_option_create(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``option create``."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        '--type', metavar='<type>', help='Type of configuration to offer.'
    )
    what.add_argument(
        '--profile',
        metavar='<profile>',
        help='Profile to offer: a named set of items, each by --config.',
    )
    what.add_argument(
        '--file',
        metavar='<path>',
        help='YAML file with what is to be offered, as "option list '
        '--definitions -f yaml" writes it.',
    )
    offer = parser.add_argument_group('offer')
    _add_several(offer, '--value', 'Value to offer (default: all).')
    offer.add_argument(
        '--config',
        action='append',
        default=[],
        metavar='<type>=<value>',
        type=_item,
        help='Item of the profile (repeat option for several).',
    )
    _add_several(
        offer, '--flavor', 'Flavor that gets a variant for each value.'
    )
    offer.add_argument(
        '--vendor',
        action='extend',
        type=_words,
        default=[],
        metavar='<vendor>[,...]',
        help='Whose BIOS it is offered for (default: that of the nodes on '
        'which servers of the flavors can be).',
    )
    offer.add_argument(
        '--like-server',
        metavar='<server>',
        help='Take the names of the BIOS settings from the node of this '
        'server (name or ID).',
    )
    offer.add_argument(
        '--setting',
        action='extend',
        nargs='+',
        default=[],
        type=_setting,
        metavar='<name>=<value>',
        help='The BIOS settings that give the value, instead of those that '
        'the catalogue knows.',
    )
    runbook = offer.add_mutually_exclusive_group()
    runbook.add_argument(
        '--owner',
        metavar='<project>',
        type=_name,
        help='Project (name or ID) whose managers may use the runbooks.',
    )
    runbook.add_argument(
        '--public',
        action='store_true',
        help='Show the runbooks to all projects; only administrators of the '
        'system may use such.',
    )
    offer.add_argument(
        '--first-boot',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Have a server of a variant get the value when it is made, which '
        'is the default: the variant requires the name of the deploy template '
        'as a trait.',
    )
    offer.add_argument(
        '--node-traits',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Give the nodes that it fits the name of the deploy template as '
        'a trait, which is the default; variants and runbooks need it.',
    )
    parser.add_argument(
        '--update',
        action='store_true',
        help='Change what is there and different.',
    )
    parser.add_argument(
        '--prune',
        action='store_true',
        help='With --file: also remove what the file does not have and '
        'nobody uses.',
    )
    _add_dry_run(parser)


def add_option_delete(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``option delete``."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        '--type',
        metavar='<type>',
        help='Type of configuration to offer no longer.',
    )
    what.add_argument(
        '--profile',
        metavar='<profile>',
        help='Profile to offer no longer.',
    )
    _add_several(parser, '--value', 'Only this value (default: all).')
    _add_several(
        parser,
        '--flavor',
        'Only the variants of this flavor (default: all variants, the deploy '
        'templates, the runbooks, and the traits of nodes).',
    )
    _add_dry_run(parser)


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``check``."""
    parser.add_argument(
        '--fail-on',
        choices=[severity.value for severity in Severity],
        default=Severity.WARNING.value,
        help='How severe a finding has to be for the command to end with 3 '
        f'(default: {Severity.WARNING.value}).',
    )
    parser.add_argument(
        '--sample',
        type=_at_least(1),
        metavar='<number>',
        help='Read the BIOS settings of so many nodes, some of each kind '
        '(default: of all).',
    )
    parser.add_argument(
        '--offline',
        nargs='+',
        default=[],
        metavar='<file>',
        help='Check these catalogue files and files of offers instead of a '
        'cloud; no login is needed.',
    )


def _add_several(
    parser: argparse._ActionsContainer, name: str, text: str
) -> None:
    """Add an option that can be given several words, or several times."""
    parser.add_argument(
        name,
        action='extend',
        nargs='+',
        default=[],
        metavar=f'<{name.removeprefix("--")}>',
        help=text,
    )


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='Show the requests that would be sent, and send none.',
    )


def add_set(parser: argparse.ArgumentParser, catalogue: Catalogue) -> None:
    """Add the options of ``set``."""
    _add_servers(parser)
    items = parser.add_argument_group('items')
    items.add_argument(
        '--config',
        action='append',
        metavar='<type>=<value>',
        type=_item,
        help='Any type of configuration that this cloud has a template '
        'for (repeat option to set several).',
    )
    items.add_argument(
        '--profile',
        metavar='<profile>',
        help='All items of a named set, as a deploy template, a runbook or '
        'the catalogue defines it; single items beside it win.',
    )
    items.add_argument(
        '--file',
        metavar='<path>',
        help='YAML file with the items of each server: '
        '"web-1: {hyperthreading: enabled}"; or with those of a golden '
        'server, as "server config export" writes it.',
    )
    _add_change(parser)
    parser.add_argument_group('later').add_argument(
        '--defer',
        action='store_true',
        help='Check everything, and leave the request in the metadata of the '
        'server for a later "server config apply"; touch nothing else. '
        'Risks have to be accepted again then.',
    )
    parser.set_defaults(only_off=False, until=None)
    # The last, so that no type takes the name of another option.
    _add_types(items, catalogue)


def add_apply(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``apply``."""
    _add_servers(parser)
    _add_change(parser)
    window = parser.add_argument_group('window')
    window.add_argument(
        '--only-off',
        action='store_true',
        help='Only servers that are off because their users have stopped '
        'them; they are left off. The others are left alone.',
    )
    window.add_argument(
        '--until',
        type=_until,
        metavar='<time>|<duration>',
        help='Start no server that would not be finished by then, by the '
        'longest that one has taken so far: a time (ISO 8601, or HH:MM of '
        'today, of tomorrow if that has passed) or a duration such as 90m, '
        '1h30m or 45s. Those under way are finished.',
    )
    parser.set_defaults(config=None, profile=None, file=None, defer=False)


def add_unset(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``unset``."""
    # A list of one, as the other commands that change have a list.
    parser.add_argument(
        'server', metavar='<server>', nargs=1, help='Server (name or ID).'
    )
    parser.add_argument(
        '--config',
        action='append',
        dest='types',
        required=True,
        metavar='<type>',
        help='Type of configuration whose record is removed (repeat option '
        'for several).',
    )
    parser.add_argument(
        '--apply',
        action='store_true',
        help='Also bring the server to what it should be then.',
    )
    _add_change(parser)
    parser.set_defaults(
        config=None,
        profile=None,
        file=None,
        tag=[],
        server_flavor=None,
        all_projects=False,
        max_concurrent=1,
        max_failures=Failures(0),
        canary=0,
        group_by=None,
        defer=False,
        only_off=False,
        until=None,
    )


def add_recover(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``recover``."""
    add_server(parser)
    ways = parser.add_mutually_exclusive_group()
    for aim, words in (
        (Aim.RETRY, 'Retry the failed change.'),
        (Aim.ROLLBACK, 'Restore everything as it was before the change.'),
        (
            Aim.ABORT,
            'Drop the change: make the node active and the server as it was, '
            'and leave the settings as they are.',
        ),
    ):
        ways.add_argument(
            f'--{aim.value}',
            dest='aim',
            action='store_const',
            const=aim,
            help=words,
        )
    parser.add_argument(
        '--trust-metadata',
        action='store_true',
        help="With --rollback, also set again what only the server's metadata "
        'gives as the values before: settings that neither the catalogue nor '
        'a template that you can see names for the type. Check them first.',
    )
    _add_stop(parser)
    _add_timeout(parser)


def _add_filters(parser: argparse._ActionsContainer, *flavor: str) -> None:
    """Add the options that choose servers by what they have in common.

    :param flavor: the option that names a flavor.
    """
    parser.add_argument(
        '--tag',
        action='append',
        default=[],
        metavar='<tag>',
        type=_sent,
        help='Only servers with this tag (repeat option for all of several).',
    )
    parser.add_argument(
        *flavor,
        dest='server_flavor',
        metavar='<flavor>',
        help='Only servers of this flavor (name or ID).',
    )
    parser.add_argument(
        '--all-projects',
        action='store_true',
        help='Servers of all projects (by default administrators only).',
    )


def _add_servers(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the servers of a rollout."""
    parser.add_argument(
        'server',
        metavar='<server>',
        nargs='*',
        help='Server (name or ID); several are changed at the same time.',
    )
    _add_filters(parser.add_argument_group('servers'), '--server-flavor')
    rollout = parser.add_argument_group('rollout')
    rollout.add_argument(
        '--max-concurrent',
        metavar='<number>',
        type=_at_least(1),
        default=_AT_ONCE,
        help='How many nodes may be out of service at once, including those '
        f'that failed partway (default: {_AT_ONCE}).',
    )
    rollout.add_argument(
        '--max-failures',
        metavar='<number>[%]',
        type=_failures,
        default=Failures(0),
        help='Stop starting servers after more than this many failures, or '
        'this percentage; those under way are finished (default: 0).',
    )
    rollout.add_argument(
        '--canary',
        metavar='<number>',
        type=_at_least(0),
        default=0,
        help='Change so many first, and the rest only if all of these are '
        'verified.',
    )
    rollout.add_argument(
        '--group-by',
        metavar='<key>',
        help='Never change two servers at once that have the same value of '
        'this key of their metadata, or are in the same availability-zone '
        'or server-group.',
    )


def _add_change(parser: argparse.ArgumentParser) -> None:
    """Add how a change is planned, made, and waited for."""
    group = parser.add_argument_group('change')
    group.add_argument(
        '--dry-run',
        action='store_true',
        help='Show what would be done, and do nothing; with -f json or yaml '
        'the requests that would be sent.',
    )
    group.add_argument(
        '--method',
        choices=[method.value for method in Method],
        default=Method.AUTO.value,
        help='What carries the change out: a runbook, service steps, or a '
        'runbook where one does exactly this and you may use it, else service '
        'steps (auto, the default). With resize, Nova first resizes the '
        'server to the flavor variant; most clouds cannot resize bare metal.',
    )
    group.add_argument(
        '--on-failure',
        choices=[choice.value for choice in OnFailure],
        default=OnFailure.ROLLBACK.value,
        help='What becomes of a change that fails partway: everything is '
        'restored, where every step can be undone (rollback, the default), '
        'or it is left as it is.',
    )
    group.add_argument(
        '--max-reboots',
        type=_at_least(1),
        default=1,
        metavar='<number>',
        help='How many services, each with a reboot, a change of one server '
        'may take, where some settings can be set only once others are in '
        'force (default: 1). Each is verified before the next; what it takes '
        'to undo a change that fails is not counted.',
    )
    group.add_argument(
        '--allow-move',
        action='store_true',
        help='Continue where a resize has moved the server to another node, '
        'instead of reverting it.',
    )
    _add_stop(group)
    group.add_argument(
        '--strict',
        action='store_true',
        help='Refuse what cannot be checked beforehand, such as a setting '
        'that Ironic has no registry entry for.',
    )
    group.add_argument(
        '--allow-data-loss',
        action='store_true',
        help='Run steps that can lose data on the disks of the server.',
    )
    group.add_argument(
        '--accept-risk',
        action='append',
        default=[],
        choices=[Risk.BOOT.value, Risk.KEYS.value],
        help='Change settings that can keep the installed system from booting '
        '(boot), or destroy keys and so what they encrypt (keys; repeat '
        'option for both).',
    )
    group.add_argument(
        '--target-flavor',
        metavar='<flavor>',
        help='The flavor variant (name or ID): it equals the flavor of the '
        'server but for these items; refuse if it does not.',
    )
    group.add_argument('--flavor', dest='old_flavor', help=argparse.SUPPRESS)
    group.add_argument(
        '--require-flavor',
        action='store_true',
        help='Refuse unless there is exactly one flavor variant.',
    )
    group.add_argument(
        '--wait',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Wait for the end, verify and record, which is the default, or '
        'return when the service has started; the same command then finishes '
        'what is left.',
    )
    _add_timeout(group)
    group.add_argument(
        '--detailed-exit-code',
        action='store_true',
        help='End with 10 instead of 0 if something was changed, or would '
        'be with --dry-run.',
    )


def _add_timeout(parser: argparse._ActionsContainer) -> None:
    """Add how long is waited."""
    parser.add_argument(
        '--timeout',
        metavar='<seconds>',
        type=_seconds,
        default=_LIMIT_S,
        help='How long to wait for each server; the operation continues in '
        f'the cloud afterwards (default: {_LIMIT_S:.0f}).',
    )


def _add_stop(parser: argparse._ActionsContainer) -> None:
    """Add whether the server is shut down."""
    parser.add_argument(
        '--stop',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Shut the server down before its node is serviced, which is the '
        'default, or let Ironic reset it while it runs.',
    )


def _add_types(
    parser: argparse._ActionsContainer, catalogue: Catalogue
) -> None:
    """Add an option for each type of the catalogue.

    A type whose name another option has is set with --config only.
    """
    # The help may be for a pager, whose escape codes have to pass.
    visible = streams.Stream(sys.stdout).visible
    for config_type in catalogue.types.values():
        with contextlib.suppress(argparse.ArgumentError):
            parser.add_argument(
                f'--{config_type.name}',
                dest='config',
                action='append',
                metavar=_metavar(config_type.values),
                type=_item_of(config_type.name),
                help=visible(config_type.help).replace('%', '%%'),
            )


def _metavar(words: Sequence[str]) -> str:
    """Return what stands for the value of an option in its help."""
    is_plain = all(
        word.isprintable() and _WORD.fullmatch(word) for word in words
    )
    return f'<{"|".join(words)}>' if is_plain else '<value>'


def paragraphs(
    formatter: type[argparse.HelpFormatter],
) -> type[argparse.HelpFormatter]:
    """Return a formatter that keeps paragraphs, and literal blocks.

    :param formatter: the one of cliff, which makes one paragraph of all.
    """

    class Formatter(formatter):  # type: ignore[misc, valid-type]
        def _fill_text(self, text: str, width: int, indent: str) -> str:
            found = text.strip().split('\n\n')
            return '\n\n'.join(
                part.rstrip()
                if part.startswith('    ')
                else super(Formatter, self)
                ._fill_text(part, width, indent)
                .replace('::', ':')
                for part in found
            )

    return Formatter


def complete_values(parser: argparse.ArgumentParser) -> None:
    """Let the shell complete the values of the options as well.

    ``openstack complete`` offers the option strings of a parser's actions and
    no values. So this adds an action whose option strings are the values; it
    is not registered, hence never parsed, and does not show in the help. It
    is the first one, because what the shell is given offers anything else but
    options only if the first word is none.
    """
    words = {
        str(word)
        for action in parser._actions
        for word in action.choices or _values(action)
        # Any other would end the quotes that they are handed over in.
        if shlex.quote(str(word)) == str(word)
    }
    hidden = argparse.SUPPRESS
    action = argparse.Action(sorted(words), dest=hidden, help=hidden)
    parser._actions.insert(0, action)


def _values(action: argparse.Action) -> list[str]:
    """Return the values that an option's metavar lists."""
    metavar = action.metavar if isinstance(action.metavar, str) else ''
    listed = metavar.strip('<>').split('|')
    return listed if len(listed) > 1 else []


def _item_of(name: str) -> Callable[[str], Item]:
    """Return what makes an item of the value of a type's own option."""
    return lambda value: Item(name, value)


def _setting(text: str) -> tuple[str, str]:
    """Return name and value of a setting; its value may be empty."""
    name, equals, value = text.partition('=')
    if not (name and equals):
        raise argparse.ArgumentTypeError(f'{text!r} is not <name>=<value>')
    return name, value


def _words(text: str) -> list[str]:
    """Return the words that commas separate."""
    words = [_name(word.strip()) for word in text.split(',')]
    return words


def _name(text: str) -> str:
    """Return a name or an ID that can be sent as a part of an address."""
    if text in ('', '.', '..'):
        raise argparse.ArgumentTypeError(f'{text!r} is neither name nor ID')
    return _sent(text)


def _item(text: str) -> Item:
    """Return the item that ``type=value`` names."""
    name, equals, value = text.partition('=')
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f'{text!r} is not <type>=<value>')
    return Item(name, value)


def _sent(text: str) -> str:
    """Return a text that can be sent as it is."""
    with contextlib.suppress(UnicodeEncodeError):
        text.encode()
        return text
    raise argparse.ArgumentTypeError(f'{text!r} is not UTF-8')


def _at_least(least: int) -> Callable[[str], int]:
    """Return what makes an integer of an option's text."""

    def number(text: str) -> int:
        with contextlib.suppress(ValueError):
            if int(text) >= least:
                return int(text)
        raise argparse.ArgumentTypeError(
            f'{text!r} must be an integer of at least {least}'
        )

    return number


def _failures(text: str) -> Failures:
    """Return how many may fail."""
    number = text.removesuffix('%')
    if not number.isdecimal() or (text != number and int(number) > 100):
        raise argparse.ArgumentTypeError(
            f'{text!r} must be a number or a percentage'
        )
    return Failures(int(number), is_percent=text != number)


def _until(text: str) -> Until:
    """Return when no other server is started any more."""
    if found := until.parse(text):
        return found
    raise argparse.ArgumentTypeError(
        f'{text!r} is neither a time (ISO 8601 or HH:MM) nor a duration such '
        f'as 90m, 1h30m or 45s'
    )


def _seconds(text: str) -> float:
    """Return a number of seconds that can be waited."""
    with contextlib.suppress(ValueError):
        seconds = float(text)
        if 0 < seconds < float('inf'):
            return seconds
    raise argparse.ArgumentTypeError(f'{text!r} must be a number of seconds')
