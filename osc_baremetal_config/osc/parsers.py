"""The options of the commands, and what they come to.

Imported by a command when its parser is asked for, not at start-up.
"""

import argparse
import contextlib
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.model import Item, Query
from osc_baremetal_config.core.plan.model import Aim
from osc_baremetal_config.core.plan.options import Method, OnFailure, Options
from osc_baremetal_config.core.rollout.scheduler import Failures, Limits
from osc_baremetal_config.osc import streams

# How long the cloud is waited for: twice Ironic's own limit for a service.
_LIMIT_S = 3600.0
# What completion can offer: a shell expands each word, and argparse takes its
# usage apart at blanks.
_WORD = re.compile(r'[^\s|\'"\\$`]+')


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the server that a command is for."""
    parser.add_argument(
        'server', metavar='<server>', help='Server (name or ID).'
    )


def add_query(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose servers."""
    parser.add_argument(
        '--server',
        action='append',
        default=[],
        metavar='<server>',
        help='Only this server (name or ID; repeat option for several).',
    )
    _add_filters(parser, '--flavor')


def _add_filters(parser: argparse.ArgumentParser, flavor: str) -> None:
    """Add the options that choose servers by what they have in common.

    :param flavor: the option that names a flavor, where another meaning of
        it is not taken.
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
        flavor,
        dest='server_flavor',
        metavar='<flavor>',
        help='Only servers of this flavor (name or ID).',
    )
    parser.add_argument(
        '--all-projects',
        action='store_true',
        help='Servers of all projects (by default administrators only).',
    )


def is_for_script(parsed_args: argparse.Namespace) -> bool:
    """Return whether a program reads the output rather than a person.

    It gets the requests of a plan then, not its summary.
    """
    return parsed_args.formatter in ('json', 'yaml')


def is_for_person(parsed_args: argparse.Namespace) -> bool:
    """Return whether a person reads the table, and has not chosen columns."""
    return parsed_args.formatter == 'table' and not parsed_args.columns


def query(parsed_args: argparse.Namespace) -> Query:
    """Return which servers are meant; each name once."""
    return Query(
        names=tuple(dict.fromkeys(parsed_args.server)),
        tags=tuple(parsed_args.tag),
        flavor=parsed_args.server_flavor,
        all_projects=parsed_args.all_projects,
    )


def add_servers(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the servers of a rollout."""
    parser.add_argument(
        'server',
        metavar='<server>',
        nargs='*',
        help='Server (name or ID); several are changed at the same time.',
    )
    # A change has a --flavor that names the variant.
    _add_filters(parser, '--server-flavor')
    parser.add_argument(
        '--max-concurrent',
        metavar='<number>',
        type=_at_least(1),
        default=10,
        help='How many nodes may be out of service at once, with those that '
        'a failure has left between (default: %(default)d).',
    )
    parser.add_argument(
        '--max-failures',
        metavar='<number>[%]',
        type=_failures,
        default=Failures(0),
        help='How many servers, or how many in a hundred, may fail before no '
        'other is begun; those that are under way end (default: 0).',
    )
    parser.add_argument(
        '--canary',
        metavar='<number>',
        type=_at_least(0),
        default=0,
        help='Change so many first, and the rest only if all of these are '
        'verified.',
    )
    parser.add_argument(
        '--group-by',
        metavar='<key>',
        help='Never change two servers at once that have the same value of '
        'this key of their metadata, or are in the same availability-zone '
        'or server-group.',
    )


def limits(parsed_args: argparse.Namespace) -> Limits:
    """Return how a change of many servers is rolled out.

    :raises Usage: two of the options cannot go together.
    """
    if parsed_args.canary and not parsed_args.wait:
        raise errors.Usage(
            '--canary goes with --wait: only who waits knows whether the '
            'first ones are verified.'
        )
    return Limits(
        at_once=parsed_args.max_concurrent,
        failures=parsed_args.max_failures,
        canary=parsed_args.canary,
    )


def add_items(parser: argparse.ArgumentParser) -> None:
    """Add the option that names any item."""
    parser.add_argument(
        '--config',
        action='append',
        metavar='<type>=<value>',
        type=_item,
        help='Any type of configuration that this cloud has a template '
        'for (repeat option to set several).',
    )


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add the file that names servers with their items."""
    parser.add_argument(
        '--file',
        metavar='<path>',
        help='YAML file that tells for each server what it should be: '
        '"web-1: {hyperthreading: enabled}".',
    )


def options(
    parsed_args: argparse.Namespace,
    *,
    records: bool = True,
    forgets: Sequence[str] = (),
) -> Options:
    """Return how a change is to be made.

    :param records: what is verified is written into the metadata.
    :param forgets: the types whose record is removed at the end.
    """
    return Options(
        method=Method(parsed_args.method),
        stop=parsed_args.stop,
        strict=parsed_args.strict,
        allow_data_loss=parsed_args.allow_data_loss,
        records=records,
        forgets=tuple(forgets),
        allow_move=parsed_args.allow_move,
        on_failure=OnFailure(parsed_args.on_failure),
        require_flavor=parsed_args.require_flavor,
        flavor=parsed_args.flavor,
    )


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides about the plan."""
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='Show what would be done, and do nothing; with -f json or yaml '
        'the requests that would be sent.',
    )
    parser.add_argument(
        '--method',
        choices=[method.value for method in Method],
        default=Method.AUTO.value,
        help='What carries the change out: a runbook, service steps, or a '
        'runbook where one does exactly what is wanted and you may use it, '
        'else service steps (auto, the default). With resize, Nova first '
        'resizes the server to the flavor that is the variant; most clouds '
        'cannot resize bare metal.',
    )
    parser.add_argument(
        '--on-failure',
        choices=[choice.value for choice in OnFailure],
        default=OnFailure.ROLLBACK.value,
        help='What becomes of a change that fails on the way: everything is '
        'put back as it was, where every step can be undone (rollback, the '
        'default), or it is left as it is.',
    )
    parser.add_argument(
        '--allow-move',
        action='store_true',
        help='Go on where a resize has moved the server to another node, '
        'instead of reverting it.',
    )
    add_stop(parser)
    parser.add_argument(
        '--strict',
        action='store_true',
        help='Refuse what cannot be checked beforehand, such as a setting '
        'that Ironic has no registry entry for.',
    )
    parser.add_argument(
        '--allow-data-loss',
        action='store_true',
        help='Run steps that can lose data on the disks of the server.',
    )
    parser.add_argument(
        '--flavor',
        metavar='<flavor>',
        help='The flavor (name or ID) that equals the one of the server but '
        'for these items; refuse if it does not.',
    )
    parser.add_argument(
        '--require-flavor',
        action='store_true',
        help='Refuse unless there is exactly one such flavor.',
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides about the waiting and the exit code."""
    parser.add_argument(
        '--wait',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Wait for the end, verify and record, which is the default, or '
        'return when the service has begun; the same command then finishes '
        'what is left.',
    )
    add_timeout(parser)
    parser.add_argument(
        '--detailed-exit-code',
        action='store_true',
        help='End with 10 instead of 0 if something was changed, or would '
        'be with --dry-run.',
    )


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Add how long is waited."""
    parser.add_argument(
        '--timeout',
        metavar='<seconds>',
        type=_seconds,
        default=_LIMIT_S,
        help='How long to wait for each server; the cloud works on afterwards '
        '(default: %(default).0f).',
    )


def add_stop(parser: argparse.ArgumentParser) -> None:
    """Add whether the server is shut down."""
    parser.add_argument(
        '--stop',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Shut the server down before its node is serviced, which is the '
        'default, or let Ironic reset it while it runs.',
    )


def add_aims(parser: argparse.ArgumentParser) -> None:
    """Add the ways out of a change that has not ended."""
    ways = parser.add_mutually_exclusive_group()
    for aim, words in (
        (Aim.RETRY, 'Make the change all the same, although it has failed.'),
        (Aim.ROLLBACK, 'Put everything back as it was before the change.'),
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


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add whether the journal is believed where nothing vouches for it."""
    parser.add_argument(
        '--trust-metadata',
        action='store_true',
        help="With --rollback, also set again what only the server's metadata "
        'says was before: settings that neither the catalogue nor a template '
        'that you can see names for the type. Look at them first.',
    )


def add_types(parser: argparse.ArgumentParser, catalogue: Catalogue) -> None:
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


def _item_of(name: str) -> Any:
    """Return what makes an item of the value of a type's own option."""
    return lambda value: Item(name, value)


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
    """Return what makes a whole number of an option's text."""

    def number(text: str) -> int:
        with contextlib.suppress(ValueError):
            if int(text) >= least:
                return int(text)
        raise argparse.ArgumentTypeError(
            f'{text!r} is no whole number from {least} on'
        )

    return number


def _failures(text: str) -> Failures:
    """Return how many may fail."""
    number = text.removesuffix('%')
    if not number.isdecimal() or (text != number and int(number) > 100):
        raise argparse.ArgumentTypeError(
            f'{text!r} is neither a number nor a percentage'
        )
    return Failures(int(number), is_percent=text != number)


def _seconds(text: str) -> float:
    """Return a number of seconds that can be waited."""
    with contextlib.suppress(ValueError):
        seconds = float(text)
        if 0 < seconds < float('inf'):
            return seconds
    raise argparse.ArgumentTypeError(f'{text!r} is no number of seconds')
