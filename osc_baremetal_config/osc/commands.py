"""The ``openstack server config …`` commands.

Loaded by every ``openstack`` command, so everything but osc-lib is imported
where it is used. Thin: each command reads, calls once and shows.
"""

import argparse
from collections.abc import Iterable
from typing import Any

from osc_lib.command import command

# How long the cloud is waited for: twice Ironic's own limit for a service.
_LIMIT_S = 3600.0


class _Lister(command.Lister):
    """A lister whose exit code tells what happened.

    The ones of cliff always end with 0 or 1.
    """

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit code, having explained what went wrong."""
        from osc_baremetal_config import errors

        try:
            return super().run(parsed_args)
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
        from osc_baremetal_config.osc import files

        parser = super().get_parser(prog_name)
        _add_server(parser)
        for config_type in files.load().values():
            parser.add_argument(
                f'--{config_type.name}',
                dest='config',
                action='append',
                metavar=f'<{"|".join(config_type.values)}>',
                type=_item_of(config_type.name),
                help=config_type.help,
            )
        parser.add_argument(
            '--config',
            action='append',
            metavar='<type>=<value>',
            type=_item,
            help='Any type of configuration that this cloud has a template '
            'for (repeat option to set several).',
        )
        parser.add_argument(
            '--dry-run',
            action='store_true',
            help='Show what would be done, and do nothing.',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan, or of what was done."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import planner
        from osc_baremetal_config.osc import files, report, tables
        from osc_baremetal_config.run import execute, read

        if not parsed_args.config:
            raise errors.Usage(
                'Nothing to set: name at least one type of configuration, '
                'as with --config <type>=<value>.'
            )
        client = self._client
        snapshot = read.snapshot(
            client.cloud, parsed_args.server, flavors=True
        )
        plan = planner.make(parsed_args.config, snapshot, files.load())
        if not self._is_quiet and (parsed_args.dry_run or plan.is_empty):
            self._say(tables.summary(plan))
        if parsed_args.dry_run:
            return tables.plan(plan)
        if plan.is_empty:
            return tables.results(plan, 0.0)
        reporter = report.reporter(
            self.app.stderr, plan.server.name, quiet=self._is_quiet
        )
        for warning in plan.warnings:
            reporter.warn(warning)
        try:
            seconds = execute.execute(
                plan, client.cloud, client.clock, reporter, limit_s=_LIMIT_S
            )
        finally:
            reporter.close()
        return tables.results(plan, seconds)


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
