"""What a command works with: the cloud, the clock, the person, the catalogue.

Owns what is told to the person beside the formatter's output. Decides nothing.
"""

import contextlib
import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.model import (
    Query,
    Server,
    Snapshot,
    Survey,
    Value,
)
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.osc import progress
from osc_baremetal_config.osc.client import Client
from osc_baremetal_config.osc.streams import Stream
from osc_baremetal_config.run import interrupts, permissions
from osc_baremetal_config.run.change import How
from osc_baremetal_config.run.protocols import Clock, Cloud
from osc_baremetal_config.run.reader import Reader

T = TypeVar('T')


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command shows.

    :param rows: of a command that shows one thing, its one row of cells.
    :param code: with which it ends.
    """

    columns: Sequence[str]
    rows: Sequence[Any]
    code: int = errors.ExitCode.OK


class Session:
    """What one command works with.

    ``code`` is the exit code, once the result is known; ``has_started`` tells
    that something is, or was, changed; ``is_hurried`` that the person has not
    waited for the calls in flight.

    :param app: OpenStackClient's.
    :param load: returns the types of configuration, as the files define them.
    """

    def __init__(
        self, app: Any, log: logging.Logger, load: Callable[[], Catalogue]
    ) -> None:
        self._app = app
        self._load = load
        self.log = log
        self.code: int = errors.ExitCode.OK
        self.has_started = False
        self.is_hurried = False
        self._told: set[str] = set()

    @property
    def err(self) -> Stream:
        """Return where a person is told how it goes."""
        stream: Stream = self._app.stderr
        return stream

    @property
    def is_quiet(self) -> bool:
        """Return whether the person wants to know errors only."""
        return bool(self._app.options.verbose_level == 0)

    @property
    def clock(self) -> Clock:
        """Return the time."""
        return self._client.clock

    @property
    def now_s(self) -> float:
        """Return the time, in seconds since 1970."""
        return self.clock.utc().timestamp()

    @property
    def cloud(self) -> Cloud:
        """Return the cloud, in the scope in which it was read last."""
        return self.reader.cloud

    @functools.cached_property
    def reader(self) -> Reader:
        """What reads the cloud."""
        client = self._client
        return Reader(client.cloud, client.clock, self.still_trying)

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """The types of configuration."""
        return self._load()

    def say(self, lines: Iterable[str]) -> None:
        """Write lines for a person, beside the formatter's output."""
        for line in lines:
            self.err.line(line)

    def remark(self, lines: Iterable[str]) -> None:
        """Write lines for a person who has not asked for quiet."""
        if not self.is_quiet:
            self.say(lines)

    def pass_by(self, text: str) -> None:
        """Write a line that a terminal shows until the next one.

        :param text: empty for none; that is written nowhere else.
        """
        if self.err.is_living and not self.is_quiet:
            self.err.redraw(text)
        elif text:
            self.remark([text])

    def still_trying(self, error: errors.TemporaryCloudError) -> None:
        """Tell that a service has not answered for some time.

        Of each service once, not for each server.
        """
        if error.service not in self._told:
            self._told.add(error.service)
            self.remark([f'{error.message}; still trying'])

    def snapshot(self, server: str, *, flavors: bool = False) -> Snapshot:
        """Return the snapshot of one server.

        :raises ConfigError: it cannot be read; the server is named.
        """
        with _named(server):
            return self.reader.snapshot(server, flavors=flavors)

    def server(self, name_or_id: str) -> Server:
        """Return one server, of which no more is read.

        :raises ConfigError: it cannot be read; the server is named.
        """
        with _named(name_or_id):
            return self.reader.server(name_or_id)

    def survey(
        self,
        query: Query,
        make: Callable[[Snapshot], T],
        *,
        flavors: bool = False,
        is_wanted: Callable[[Server], bool] | None = None,
    ) -> Survey[T]:
        """Return what is made of many servers, telling how far it is."""
        bar = progress.Bar(self.err, is_shown=not self.is_quiet)
        try:
            return self.reader.survey(
                query,
                make,
                flavors=flavors,
                on_progress=bar.progress,
                is_wanted=is_wanted or (lambda server: True),
            )
        finally:
            bar.close()

    def permitted(self, plan: Plan) -> Plan:
        """Return a plan in the way that the user may go.

        :raises Refused: the user may go none.
        """
        return permissions.permitted_one(
            plan, self.cloud, self.clock, self.still_trying
        )

    def how(
        self,
        make: Callable[[Snapshot, Mapping[str, Value]], Plan],
        timeout_s: float,
        *,
        wait: bool = True,
    ) -> How:
        """Return how plans are carried out.

        :param make: makes the plan for what is left, where a resize moves a
            server or one of several services has ended; by what was read of
            the settings before, on the same node.
        """

        def plan_again(plan: Plan) -> Plan:
            snapshot = self.snapshot(plan.server.id, flavors=True)
            read = plan.read if snapshot.node.uuid == plan.node.uuid else {}
            return self.permitted(make(snapshot, read))

        return How(limit_s=timeout_s, plan_again=plan_again, wait=wait)

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Have something be changed, to its end whatever becomes of us.

        Someone who closes the terminal does not want a server to stay off.
        """
        self.has_started = True
        with interrupts.without_hangup():
            yield

    @property
    def _client(self) -> Client:
        client: Client = self._app.client_manager.baremetal_config
        return client


@contextlib.contextmanager
def _named(server: str) -> Iterator[None]:
    """Have an error of the cloud name the server that it is about."""
    try:
        yield
    except errors.CloudError as error:
        raise errors.ConfigError(
            f'{server}: {error.message}', error.details
        ) from error


def check_columns(asked: Sequence[str], known: Sequence[str]) -> None:
    """Raise unless a table can be shown; later it would be too late.

    :raises Usage: none of the columns that are asked for exists.
    """
    if asked and not set(asked) & set(known):
        raise errors.Usage(
            f'No such column: {", ".join(asked)}; available are '
            f'{", ".join(known)}.'
        )
