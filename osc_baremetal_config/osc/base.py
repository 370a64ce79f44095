"""What every command does: explain itself, guard its streams, tell its code.

Loaded with the commands, whatever ``openstack`` is run for, so everything but
osc-lib is imported where it is used. Decides nothing.
"""

import argparse
import functools
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from osc_lib.command import command

if TYPE_CHECKING:
    from osc_baremetal_config.core.desired.catalogue import Catalogue
    from osc_baremetal_config.osc.session import Session, Shown

# Nothing that a client or cliff raises to say something to a person.
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

# Of those that change a server.
_CODES = (
    'Exit codes: 0 done, or nothing to do; 3 refused, nothing was changed; '
    '4 failed, everything was rolled back; 5 failed partway; 6 timed out; '
    '7 some of several servers failed; 10 changed, with '
    '--detailed-exit-code; 130 interrupted; 1 and 2 as usual.'
)


class Command(command.Command):
    """A command whose exit code tells what happened.

    Those of cliff always end with 0 or 1.
    """

    changes = False
    # What a person may type, below ``openstack server config``; shown by
    # --help.
    examples: tuple[str, ...] = ()
    # Letters on a line of a cell, for persons.
    cell_width = 60
    # Cliff's application, whose type knows nothing of OpenStackClient's.
    app: Any

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options to the parser of the command."""
        raise NotImplementedError

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Do what the command is for, and return what it shows."""
        raise NotImplementedError

    def get_epilog(self) -> str:
        """Return what stands below the options: examples, exit codes."""
        typed = '\n'.join(
            f'    openstack server config {example}'
            for example in self.examples
        )
        title = 'Example' if len(self.examples) == 1 else 'Examples'
        parts = [f'{title}::\n\n{typed}', _CODES if self.changes else '']
        return '\n\n'.join(filter(None, (*parts, super().get_epilog())))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return a parser whose errors show only what can be seen."""
        from osc_baremetal_config.osc import arguments, streams

        parser = super().get_parser(prog_name)
        formatter = cast(
            'type[argparse.HelpFormatter]', parser.formatter_class
        )
        parser.formatter_class = arguments.paragraphs(formatter)
        streams.guard_errors(parser)
        self.add_arguments(parser)
        arguments.complete_values(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return columns and rows for the formatter."""
        shown = self.show(self._session, parsed_args)
        self._session.code = shown.code
        return shown.columns, shown.rows

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit code, having explained what went wrong."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import streams
        from osc_baremetal_config.run import interrupts

        with streams.guarded(self.app) as (out, err), streams.without_debug():
            code = self._explained(parsed_args)
            out.flush()
            if code == errors.ExitCode.INTERRUPTED and (
                interrupts.heed() or self._session.is_hurried
            ):
                err.flush()
                # Python would wait for the threads of the calls in flight.
                os._exit(code)
            if out.lost is None or isinstance(out.lost, BrokenPipeError):
                return code
            why = getattr(out.lost, 'strerror', None) or out.lost
            self._say([f'The result could not be written: {why}.'])
            # Of a change, the code tells what has become of it.
            return code if self.changes else code or errors.ExitCode.FAILURE

    def produce_output(
        self, parsed_args: argparse.Namespace, column_names: Any, data: Any
    ) -> int:
        """Have the formatter write the cells as they are seen.

        JSON and YAML escape themselves what is not seen, and lose nothing.
        """
        from osc_baremetal_config.osc import arguments
        from osc_baremetal_config.osc.views import cells

        if parsed_args.formatter not in ('json', 'yaml'):
            data = cells.seen(list(data), self.app.stdout.visible)
        if arguments.output(parsed_args).is_for_person:
            data = cells.wrapped(data, self.cell_width)
        if parsed_args.formatter == 'shell':
            data = [cells.quoted(cell) for cell in data]
        producer: Any = super()
        return int(producer.produce_output(parsed_args, column_names, data))

    def _explained(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit code, whatever was raised."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import streams

        try:
            return super().run(parsed_args) or self._session.code
        except errors.ConfigError as error:
            self.log.debug('%s', error, exc_info=True)
            self._say(error.lines())
            if error.exit_code is errors.ExitCode.FAILURE:
                self._say(self._unchanged)
            return error.exit_code
        except FAULTS as error:
            self.log.debug('%s', error, exc_info=True)
            self._say([errors.fault(error), *self._unchanged])
            return errors.ExitCode.FAILURE
        except KeyboardInterrupt:
            self._say(['Interrupted.', *self._unchanged])
            return errors.ExitCode.INTERRUPTED
        except Exception as error:
            # As cliff does, which would write it past the guard.
            text = streams.visible(str(error))
            self.log.error('%s', text, exc_info=self.app.options.debug)
            return errors.ExitCode.FAILURE

    @functools.cached_property
    def _session(self) -> 'Session':
        """What the command works with."""
        from osc_baremetal_config.osc import session

        return session.Session(self.app, self.log, lambda: self.catalogue)

    @functools.cached_property
    def catalogue(self) -> 'Catalogue':
        """The types of configuration, as the files define them."""
        from osc_baremetal_config.osc import files

        return files.load()

    @property
    def _unchanged(self) -> list[str]:
        """What is true of a command that has started nothing yet."""
        if self.changes and not self._session.has_started:
            return ['Nothing was changed.']
        return []

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.app.stderr.line(line)
