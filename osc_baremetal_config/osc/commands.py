"""The ``openstack server config …`` commands.

Loaded by every ``openstack`` command, so everything but osc-lib is imported
where it is used. Thin: each command reads, calls once and shows.
"""

import argparse
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from osc_lib.command import command

# What is read by programs shows the requests of a plan, not its summary.
_FOR_SCRIPTS = ('json', 'yaml')


class _Explained(command.Command):
    """A command whose exit code tells what happened.

    Those of cliff always end with 0 or 1.
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

    def _read(self, server: str, *, flavors: bool) -> Any:
        """Return the snapshot of a server."""
        from osc_baremetal_config.run import read

        return read.snapshot(
            self._client.cloud,
            self._client.clock,
            server,
            flavors=flavors,
            on_blip=self._still_trying,
        )

    def _still_trying(self, error: Exception) -> None:
        """Tell that a service has not answered for some time."""
        if not self._is_quiet:
            self._say([f'{error}; still trying'])

    def _permitted(self, plan: Any) -> Any:
        """Return the plan in the way that the user may go."""
        from osc_baremetal_config.run import rights

        return rights.permitted(
            plan, self._client.cloud, self._client.clock, self._still_trying
        )

    def _execute(self, plan: Any, **how: Any) -> Any:
        """Carry a plan out, telling how it goes, and return how it ended."""
        from osc_baremetal_config.osc import report, tables
        from osc_baremetal_config.run import execute

        reporter = report.reporter(
            self.app.stderr, plan.server.name, quiet=self._is_quiet
        )
        for warning in plan.warnings:
            reporter.warn(warning)
        try:
            return execute.execute(
                plan, self._client.cloud, self._client.clock, reporter, **how
            )
        except KeyboardInterrupt:
            reporter.close()
            self._say(tables.interrupted(plan))
            raise
        finally:
            reporter.close()

    def _check_columns(
        self, asked: Sequence[str], known: Sequence[str]
    ) -> None:
        """Return if a table can be shown; later it would be too late."""
        from osc_baremetal_config import errors

        if asked and not set(asked) & set(known):
            raise errors.Usage(
                f'No such column: {", ".join(asked)}; there are '
                f'{", ".join(known)}.'
            )

    @functools.cached_property
    def _catalogue(self) -> Any:
        """The types of configuration, as the files define them."""
        from osc_baremetal_config.osc import files

        return files.load()

    @property
    def _is_quiet(self) -> bool:
        return bool(self.app.options.verbose_level == 0)

    @property
    def _client(self) -> Any:
        manager: Any = self.app.client_manager
        return manager.baremetal_config


class _Lister(_Explained, command.Lister):
    """Shows a table."""


class _ShowOne(_Explained, command.ShowOne):
    """Shows one thing."""


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
        from osc_baremetal_config.core import offers
        from osc_baremetal_config.osc import tables

        self._check_columns(parsed_args.columns, tables.STATES)
        catalogue = self._catalogue
        snapshot = self._read(parsed_args.server, flavors=False)
        found = offers.outlooks(snapshot, catalogue)
        if not self._is_quiet:
            self._say(tables.remarks(snapshot, found))
        return tables.states(found, snapshot.node, self._client.clock.utc())


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
        parsers.add_types(parser, self._types())
        return parser

    def _types(self) -> Any:
        """Return the types that get an option of their own.

        A broken file of the site is told when the command is run, not to
        who asks for help or completion.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import files

        try:
            return self._catalogue
        except errors.Refused:
            return files.load(())

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan, or of what was done."""
        from osc_baremetal_config import errors

        if not parsed_args.config:
            raise errors.Usage(
                'Nothing to set: name at least one type of configuration, '
                'as with --config <type>=<value>.'
            )
        self._check_columns(parsed_args.columns, self._columns(parsed_args))
        plan = self._plan(parsed_args)
        if parsed_args.detailed_exit_code and not plan.is_empty:
            self._code = errors.ExitCode.CHANGED
        if parsed_args.dry_run:
            return self._show(plan, parsed_args)
        return self._carry_out(plan, parsed_args)

    def _columns(self, parsed_args: argparse.Namespace) -> Sequence[str]:
        """Return the columns of the table that will be shown."""
        from osc_baremetal_config.osc import tables

        if not parsed_args.dry_run:
            return tables.RESULTS
        is_for_script = parsed_args.formatter in _FOR_SCRIPTS
        return tables.REQUESTS if is_for_script else tables.PLAN

    def _plan(self, parsed_args: argparse.Namespace) -> Any:
        """Return the plan for what is asked."""
        from osc_baremetal_config.core import planner
        from osc_baremetal_config.osc import parsers

        catalogue = self._catalogue
        return planner.make(
            parsed_args.config,
            self._read(parsed_args.server, flavors=True),
            catalogue,
            parsers.options(parsed_args),
        )

    def _show(self, plan: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan; the exit code is as it would be."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import tables

        try:
            plan = self._permitted(plan)
        except errors.Refused as refused:
            self._say(refused.lines())
            self._code = refused.exit_code
        if not self._is_quiet:
            self._say(tables.summary(plan))
        if parsed_args.formatter in _FOR_SCRIPTS:
            return tables.requests(plan)
        return tables.plan(plan)

    def _carry_out(self, plan: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the table of what was done."""
        from osc_baremetal_config.osc import tables
        from osc_baremetal_config.run import execute

        if plan.is_empty:
            if not self._is_quiet:
                self._say(tables.summary(plan))
            return tables.results(plan, None)
        plan = self._permitted(plan)
        how = {'limit_s': parsed_args.timeout, 'wait': parsed_args.wait}
        try:
            outcome = self._execute(plan, **how)
        except execute.Moved:
            # What is left is another node's, so it needs a plan of its own.
            plan = self._permitted(self._plan(parsed_args))
            outcome = self._execute(plan, **how)
        if not (outcome.is_finished or self._is_quiet):
            self._say(tables.begun(plan))
        return tables.results(plan, outcome)


class RecoverServerConfig(_ShowOne):
    """Explain where a server and its node are, and lead out of it.

    Without a choice it only explains: what was begun, what has become of it,
    and what each of the choices would do. A choice is carried out to its end,
    and then what is so is explained again. Maintenance is ended only if
    Ironic itself has begun it because a service failed.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
        parsers.add_aims(parser)
        parsers.add_stop(parser)
        parsers.add_timeout(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return what is so, after the choice if there is one."""
        from osc_baremetal_config.osc import tables

        found = self._read(parsed_args.server, flavors=bool(parsed_args.aim))
        if parsed_args.aim:
            self._lead_out(found, parsed_args)
            found = self._read(found.server.id, flavors=False)
        return tables.situation(found.server, found.node)

    def _lead_out(
        self, snapshot: Any, parsed_args: argparse.Namespace
    ) -> None:
        """Carry the choice out."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import planner, situation
        from osc_baremetal_config.core.options import Options
        from osc_baremetal_config.core.plan import Aim

        server, node, aim = snapshot.server, snapshot.node, parsed_args.aim
        chosen = getattr(situation.explain(server, node), aim.value)
        if chosen.startswith('no: '):
            raise errors.Refused(
                f'{server}: --{aim.value} is not possible: {chosen[4:]}.'
            )
        options = Options(stop=parsed_args.stop)
        if aim is Aim.ABORT:
            plan = planner.drop(snapshot, options)
        else:
            plan = self._permitted(
                planner.resume(snapshot, self._catalogue, options, aim)
            )
        self._execute(plan, limit_s=parsed_args.timeout)
