"""The ``openstack server config …`` commands.

Loaded by every ``openstack`` command, so everything but osc-lib is imported
where it is used. Thin: each command reads, calls once and shows.
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from osc_lib.command import command


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
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
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
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
        parsers.add_items(parser)
        parsers.add_plan_options(parser)
        parsers.add_run_options(parser)
        parsers.add_types(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan, or of what was done."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import planner
        from osc_baremetal_config.osc import files, parsers, tables
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
        plan = planner.make(
            parsed_args.config,
            snapshot,
            catalogue,
            parsers.options(parsed_args),
        )
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
        if not (outcome.is_finished or self._is_quiet):
            self._say(tables.begun(plan))
        return tables.results(plan, outcome)
