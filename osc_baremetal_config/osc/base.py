"""What the commands share: how they explain, read, and carry out.

Loaded with the commands, so everything but osc-lib is imported where it is
used. Decides nothing.
"""

import argparse
import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from osc_lib.command import command

# Nothing that a client or cliff raises to say something to a person.
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class Explained(command.Command):
    """A command whose exit code tells what happened.

    Those of cliff always end with 0 or 1.
    """

    code = 0
    changes = False
    has_started = False
    is_hurried = False
    app: Any

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit code, having explained what went wrong."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import streams
        from osc_baremetal_config.run import shield

        with streams.guarded(self.app) as (out, err):
            code = self._explained(parsed_args)
            out.flush()
            if code == errors.ExitCode.INTERRUPTED and (
                shield.heed() or self.is_hurried
            ):
                err.flush()
                # Python would wait for the threads of the calls in flight.
                os._exit(code)
            if out.lost is None or isinstance(out.lost, BrokenPipeError):
                return code
            why = getattr(out.lost, 'strerror', None) or out.lost
            self.say([f'The result could not be written: {why}.'])
            # Of a change, the code tells what has become of it.
            return (
                code if self.has_started else code or errors.ExitCode.FAILURE
            )

    def _explained(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit code, whatever was raised."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import streams

        try:
            return super().run(parsed_args) or self.code
        except errors.ConfigError as error:
            self.log.debug('%s', error, exc_info=True)
            self.say(error.lines())
            if error.exit_code is errors.ExitCode.FAILURE:
                self.say(self._untouched)
            return error.exit_code
        except _FAULTS as error:
            self.log.debug('%s', error, exc_info=True)
            self.say([errors.fault(error), *self._untouched])
            return errors.ExitCode.FAILURE
        except KeyboardInterrupt as interrupt:
            from osc_baremetal_config.run import change

            if isinstance(interrupt, change.Interrupted):
                self.left_by(interrupt)
            else:
                self.say(['Interrupted.', *self._untouched])
            return errors.ExitCode.INTERRUPTED
        except Exception as error:
            # As cliff does, which would write it past the guard.
            text = streams.visible(str(error))
            self.log.error('%s', text, exc_info=self.app.options.debug)
            return errors.ExitCode.FAILURE

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return a parser whose errors show only what can be seen."""
        from osc_baremetal_config.osc import streams

        parser = super().get_parser(prog_name)
        streams.guard_errors(parser)
        return parser

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: Any, data: Any
    ) -> int:
        """Have the formatter write the cells as they are seen.

        JSON and YAML escape themselves what is not seen, and lose nothing.
        """
        from osc_baremetal_config.osc import columns

        if parsed_args.formatter not in ('json', 'yaml'):
            data = columns.seen(list(data), self.app.stdout.visible)
        if parsed_args.formatter == 'shell':
            data = [columns.quoted(cell) for cell in data]
        producer: Any = super()
        return int(producer.produce_output(parsed_args, column_names, data))

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Have something be changed, to its end whatever becomes of us.

        Who closes the terminal does not mean a server to stay off.
        """
        from osc_baremetal_config.run import shield

        self.has_started = True
        with shield.without_hangup():
            yield

    @property
    def _untouched(self) -> list[str]:
        """What is so of a command that has begun nothing yet."""
        if self.changes and not self.has_started:
            return ['Nothing was touched.']
        return []

    def left_by(self, interrupt: Any) -> Any:
        """Return what an interrupt has left of one server, having told it."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import rollout_tables
        from osc_baremetal_config.run import rollout

        left = interrupt.change
        self.code = errors.ExitCode.INTERRUPTED
        self.is_hurried = interrupt.is_hurried
        rolled = rollout.Rolled(
            {},
            {left.plan.server.id: left},
            None,
            is_interrupted=True,
            is_dropped=self.is_hurried,
        )
        self.say(rollout_tables.interrupted(rolled))
        return rolled

    def say(self, lines: Iterable[str]) -> None:
        """Write lines for a person, beside the formatter's output."""
        for line in lines:
            self.app.stderr.line(line)

    def remark(self, lines: Iterable[str]) -> None:
        """Write lines for a person who has not asked for quiet."""
        if not self.is_quiet:
            self.say(lines)

    @contextlib.contextmanager
    def faults_told(self, about: object) -> Iterator[None]:
        """Make a fault of the program in the block one that is explained."""
        from osc_baremetal_config import errors

        try:
            yield
        except _FAULTS as error:
            self.log.debug('%s', about, exc_info=True)
            fault = errors.ConfigError(f'{about}: {errors.fault(error)}')
            raise fault from error

    def read(self, server: str, *, flavors: bool) -> Any:
        """Return the snapshot of a server."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.run import read

        try:
            return read.snapshot(
                self.client.cloud,
                self.client.clock,
                server,
                flavors=flavors,
                on_blip=self.still_trying,
            )
        except errors.CloudError as error:
            raise errors.ConfigError(
                f'{server}: {error.message}', error.details
            ) from error

    def survey(
        self,
        query: Any,
        make: Callable[[Any], Any],
        *,
        flavors: bool = False,
    ) -> Any:
        """Return what is made of many servers, telling how far it is.

        :param query: which servers are meant.
        :param make: makes it of the snapshot of each.
        """
        from osc_baremetal_config.osc import report
        from osc_baremetal_config.run import fleet

        bar = report.bar(self.app.stderr, quiet=self.is_quiet)
        try:
            return fleet.survey(
                self.client.cloud,
                self.client.clock,
                query,
                make,
                flavors=flavors,
                on_blip=self.still_trying,
                on_progress=bar.progress,
            )
        finally:
            bar.close()

    def with_flavors(self, snapshot: Any) -> Any:
        """Return a snapshot with the flavors, which were not needed before."""
        from osc_baremetal_config.run import read

        return read.with_flavors(
            self.client.cloud,
            self.client.clock,
            snapshot,
            on_blip=self.still_trying,
        )

    def still_trying(self, error: Any) -> None:
        """Tell that a service has not answered for some time.

        Of each service once, not for each server.
        """
        if error.service not in self._told:
            self._told.add(error.service)
            self.remark([f'{error.message}; still trying'])

    @functools.cached_property
    def _told(self) -> set[str]:
        """The services of which that was told."""
        return set()

    def permitted(self, plan: Any) -> Any:
        """Return the plan in the way that the user may go."""
        from osc_baremetal_config.run import rights

        return rights.permitted(
            plan, self.client.cloud, self.client.clock, self.still_trying
        )

    def execute(self, plan: Any, how: Any) -> Any:
        """Carry a plan out, telling how it goes, and return how it ended."""
        from osc_baremetal_config.osc import report
        from osc_baremetal_config.run import execute

        reporter = report.reporter(
            self.app.stderr, plan.server.name, quiet=self.is_quiet
        )
        for warning in plan.warnings:
            reporter.warn(warning)
        try:
            with self.under_way():
                return execute.execute(
                    plan, self.client.cloud, self.client.clock, reporter, how
                )
        finally:
            reporter.close()

    def how(
        self, make: Callable[[Any], Any], parsed_args: argparse.Namespace
    ) -> Any:
        """Return how plans are carried out.

        :param make: makes the plan for what is left, of a snapshot, where a
            resize moves a server.
        """
        from osc_baremetal_config.run import change

        return change.How(
            limit_s=parsed_args.timeout,
            plan_again=lambda plan: self._plan_again(plan, make),
            wait=getattr(parsed_args, 'wait', True),
        )

    def _plan_again(self, plan: Any, make: Callable[[Any], Any]) -> Any:
        """Return the plan for what is left of one: another node's.

        :param make: makes it of the snapshot of the server.
        :raises LeftBetween: there is none; it is too late to refuse.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.apply import verdicts

        try:
            found = self.read(plan.server.id, flavors=True)
            return self.permitted(make(found))
        except errors.ConfigError as error:
            raise verdicts.without_plan(plan, error) from error

    def check_columns(
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
    def catalogue(self) -> Any:
        """The types of configuration, as the files define them."""
        from osc_baremetal_config.osc import files

        return files.load()

    @property
    def is_quiet(self) -> bool:
        return bool(self.app.options.verbose_level == 0)

    @property
    def client(self) -> Any:
        manager: Any = self.app.client_manager
        return manager.baremetal_config


class Lister(Explained, command.Lister):
    """Shows a table."""


class ShowOne(Explained, command.ShowOne):
    """Shows one thing."""
