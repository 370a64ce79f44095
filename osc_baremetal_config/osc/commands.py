"""The ``openstack server config …`` commands.

Loaded by every ``openstack`` command, so everything but osc-lib is imported
where it is used. Thin: each command reads, calls once and shows.
"""

import argparse
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

from osc_lib.command import command

# How long the cloud is waited for: twice Ironic's own limit for a service.
_LIMIT_S = 3600.0


class _Lister(command.Lister):
    """A lister whose exit code tells what happened.

    The ones of cliff always end with 0 or 1.
    """

    _code = 0

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit code, having explained what went wrong."""
        from osc_baremetal_config import errors

        try:
            return super().run(parsed_args) or self._code
        except errors.ConfigError as error:
            self.log.debug('%s', error, exc_info=True)
            self._say(error.lines())
            return error.exit_code

    def _say(self, lines: Iterable[str]) -> None:
        """Write lines for a person, beside the formatter's output."""
        for line in lines:
            self.app.stderr.write(f'{line}\n')
        self.app.stderr.flush()

    @property
    def _is_quiet(self) -> bool:
        return bool(self.app.options.verbose_level == 0)

    @property
    def _client(self) -> Any:
        manager: Any = self.app.client_manager
        return manager.baremetal_config


class ShowServerConfig(_Lister):
    """Show what a server's configuration should be, and what it is."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        parser = super().get_parser(prog_name)
        _add_server(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table: a row for each type of configuration."""
        from osc_baremetal_config.core import state
        from osc_baremetal_config.osc import files, tables
        from osc_baremetal_config.run import read

        snapshot = read.snapshot(
            self._client.cloud, parsed_args.server, flavors=False
        )
        rows = state.rows(snapshot, files.load())
        if not self._is_quiet:
            self._say(tables.unreadable(rows))
        return tables.states(rows)


class SetServerConfig(_Lister):
    """Change the configuration of a provisioned bare-metal server.

    The change is checked first against the traits and the BIOS registry of
    the server's node; if anything speaks against it, nothing is touched. The
    server is then shut down, its node serviced by Ironic, the BIOS settings
    read back, and the server brought back to the power that it had. One
    command costs one reboot, and none if the node is as asked already.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        parser = super().get_parser(prog_name)
        _add_server(parser)
        parser.add_argument(
            '--config',
            action='append',
            metavar='<type>=<value>',
            type=_item,
            help='Any type of configuration that this cloud has a template '
            'for (repeat option to set several).',
        )
        _add_plan_options(parser)
        _add_run_options(parser)
        _add_types(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan, or of what was done."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import planner
        from osc_baremetal_config.core.options import Method, Options
        from osc_baremetal_config.osc import files, tables
        from osc_baremetal_config.run import read

        if not parsed_args.config:
            raise errors.Usage(
                'Nothing to set: name at least one type of configuration, '
                'as with --config <type>=<value>.'
            )
        if not parsed_args.dry_run:
            self._check_columns(parsed_args.columns, tables.RESULTS)
        catalogue = files.load()
        snapshot = read.snapshot(
            self._client.cloud, parsed_args.server, flavors=True
        )
        options = Options(
            method=Method(parsed_args.method),
            stop=parsed_args.stop,
            strict=parsed_args.strict,
            allow_data_loss=parsed_args.allow_data_loss,
            require_flavor=parsed_args.require_flavor,
            flavor=parsed_args.flavor,
        )
        plan = planner.make(parsed_args.config, snapshot, catalogue, options)
        if parsed_args.detailed_exit_code and not plan.is_empty:
            self._code = errors.ExitCode.CHANGED
        if not self._is_quiet and (parsed_args.dry_run or plan.is_empty):
            self._say(tables.summary(plan))
        if not parsed_args.dry_run:
            return self._carry_out(plan, parsed_args)
        if parsed_args.formatter in ('json', 'yaml'):
            return tables.requests(plan)
        return tables.plan(plan)

    def _check_columns(
        self, asked: Sequence[str], known: Sequence[str]
    ) -> None:
        """Return if the result can be shown; later it would be too late."""
        from osc_baremetal_config import errors

        if asked and not set(asked) & set(known):
            raise errors.Usage(
                f'No such column: {", ".join(asked)}; there are '
                f'{", ".join(known)}.'
            )

    def _carry_out(self, plan: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the table of what was done."""
        from osc_baremetal_config.osc import report, tables
        from osc_baremetal_config.run import execute

        if plan.is_empty:
            return tables.results(plan, None)
        reporter = report.reporter(
            self.app.stderr, plan.server.name, quiet=self._is_quiet
        )
        for warning in plan.warnings:
            reporter.warn(warning)
        try:
            outcome = execute.execute(
                plan,
                self._client.cloud,
                self._client.clock,
                reporter,
                limit_s=parsed_args.timeout,
                wait=parsed_args.wait,
            )
        except KeyboardInterrupt:
            reporter.close()
            self._say(tables.interrupted(plan))
            raise
        finally:
            reporter.close()
        if not outcome.is_finished:
            self._say(tables.begun(plan))
        return tables.results(plan, outcome)


def _add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides about the plan."""
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='Show what would be done, and do nothing; with -f json or yaml '
        'the requests that would be sent.',
    )
    parser.add_argument(
        '--method',
        choices=['auto', 'service', 'runbook'],
        default='auto',
        help='What carries the steps out: a runbook, service steps, or a '
        'runbook where one does exactly what is wanted and you may use it, '
        'else service steps (auto, the default).',
    )
    parser.add_argument(
        '--stop',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Shut the server down before its node is serviced, which is the '
        'default, or let Ironic reset it while it runs.',
    )
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
        help='Name of the flavor that equals the one of the server but for '
        'these items; refuse if it does not.',
    )
    parser.add_argument(
        '--require-flavor',
        action='store_true',
        help='Refuse unless there is exactly one such flavor.',
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides about the waiting and the exit code."""
    parser.add_argument(
        '--wait',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='Wait for the end, verify and record, which is the default, or '
        'return when the service has begun; the same command then finishes '
        'what is left.',
    )
    parser.add_argument(
        '--timeout',
        metavar='<seconds>',
        type=_seconds,
        default=_LIMIT_S,
        help='How long to wait in all; the cloud works on afterwards '
        '(default: %(default).0f).',
    )
    parser.add_argument(
        '--detailed-exit-code',
        action='store_true',
        help='End with 10 instead of 0 if something was changed, or would '
        'be with --dry-run.',
    )


def _add_types(parser: argparse.ArgumentParser) -> None:
    """Add an option for each type of the catalogue.

    A type whose name another option has is set with --config only. A broken
    file of the site is told when the command is run, not to who asks for
    help or completion.
    """
    from osc_baremetal_config import errors
    from osc_baremetal_config.osc import files

    try:
        catalogue = files.load()
    except errors.Refused:
        catalogue = files.load(())
    for config_type in catalogue.values():
        with contextlib.suppress(argparse.ArgumentError):
            parser.add_argument(
                f'--{config_type.name}',
                dest='config',
                action='append',
                metavar=f'<{"|".join(config_type.values)}>',
                type=_item_of(config_type.name),
                help=config_type.help,
            )


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'server', metavar='<server>', help='Server (name or ID).'
    )


def _item_of(name: str) -> Any:
    """Return what makes an item of the value of a type's own option."""
    from osc_baremetal_config.core.model import Item

    return lambda value: Item(name, value)


def _item(text: str) -> Any:
    """Return the item that ``type=value`` names."""
    from osc_baremetal_config.core.model import Item

    name, equals, value = text.partition('=')
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f'{text!r} is not <type>=<value>')
    return Item(name, value)


def _seconds(text: str) -> float:
    """Return a number of seconds that can be waited."""
    seconds = float(text)
    if not 0 < seconds < float('inf'):
        raise argparse.ArgumentTypeError(f'{text!r} is no number of seconds')
    return seconds
