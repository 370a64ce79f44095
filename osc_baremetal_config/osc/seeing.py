"""The ``openstack server config …`` commands that only look.

Thin: each reads, calls once and shows. Everything but osc-lib is imported
where it is used.
"""

import argparse
from typing import Any

from osc_baremetal_config.osc import base


class ShowServerConfig(base.Lister):
    """Show what a server's configuration should be, and what it is."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table: a row for each type of configuration."""
        from osc_baremetal_config.core.explain import option_list
        from osc_baremetal_config.osc import tables

        self.check_columns(parsed_args.columns, tables.STATES)
        catalogue = self.catalogue
        snapshot = self.read(parsed_args.server, flavors=False)
        found = option_list.outlooks(snapshot, catalogue)
        self.remark(tables.remarks(snapshot, found))
        return tables.states(found, snapshot.node, self.client.clock.utc())


class ListServerConfig(base.Lister):
    """List what the configuration of servers should be, and what it is.

    Bare-metal servers only; a row for each type that somebody wishes for, or
    for each type with --long.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_query(parser)
        parser.add_argument(
            '--drift',
            action='store_true',
            help='List only what differs from what it should be.',
        )
        parser.add_argument(
            '--long',
            action='store_true',
            help='List every type that is known, with node and times.',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table: a row for each server and type."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.desired import assessment
        from osc_baremetal_config.osc import fleet_tables, parsers

        columns = fleet_tables.columns(is_long=parsed_args.long)
        self.check_columns(parsed_args.columns, columns)
        catalogue = self.catalogue
        found = self.survey(
            parsers.query(parsed_args),
            lambda snapshot: assessment.standing(snapshot, catalogue),
        )
        self.say(fleet_tables.unread(found))
        self.remark(fleet_tables.remarks(found))
        if found.missing or found.excluded:
            self.code = errors.ExitCode.REFUSED
        if found.unread:
            self.code = errors.ExitCode.SOME_FAILED
        table = fleet_tables.states(
            found,
            self.client.clock.utc(),
            only_drift=parsed_args.drift,
            is_long=parsed_args.long,
        )
        if not table[1]:
            lines = fleet_tables.empty(
                found,
                only_drift=parsed_args.drift,
                all_projects=parsed_args.all_projects,
            )
            self.remark(lines)
        return table


class ListServerConfigOption(base.Lister):
    """List what can be set, and on a server, why it cannot.

    Every type and value that the catalogue, the flavors, the deploy templates
    or the runbooks know.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--server',
            metavar='<server>',
            help='Tell for each whether it can be set on this server (name '
            'or ID), and if not, why.',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table: a row for each item."""
        from osc_baremetal_config.core.explain import option_list
        from osc_baremetal_config.core.plan import flavors
        from osc_baremetal_config.osc import fleet_tables
        from osc_baremetal_config.run import fleet

        is_for_one = parsed_args.server is not None
        columns = fleet_tables.offer_columns(is_for_one=is_for_one)
        self.check_columns(parsed_args.columns, columns)
        catalogue = self.catalogue
        found: Any
        if is_for_one:
            found = self.read(parsed_args.server, flavors=True)
        else:
            found = fleet.goods(
                self.client.cloud,
                self.client.clock,
                on_blip=self.still_trying,
            )
        self.remark(fleet_tables.hidden(found.hidden))
        known = found.flavors or ()
        if is_for_one:
            known = flavors.usable(known, found.server.project_id)
        offered = option_list.offers(catalogue, found.templates, known)
        if is_for_one:
            denied = self._denied(offered, found)
            return fleet_tables.offers_for(offered, found, catalogue, denied)
        return fleet_tables.offers(offered)

    def _denied(self, offered: Any, snapshot: Any) -> str | None:
        """Return why the user may not change a server, None if that may be.

        Ironic is asked about some item that could be set; nothing is begun.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.explain import option_list
        from osc_baremetal_config.core.plan import planner

        item = option_list.changeable(offered, snapshot, self.catalogue)
        if item is None:
            return None
        try:
            plan = planner.make([item], snapshot, self.catalogue)
        except errors.Refused as refused:
            # Not of an item, but of the server as it is now.
            return '; '.join(refused.details)
        try:
            self.permitted(plan)
        except errors.Refused as refused:
            return refused.details[0]
        return None


class ShowServerConfigHistory(base.Lister):
    """List who has done what with a server and its node, and when.

    From Nova's actions, Ironic's history of the node where your roles show
    it, and the server's metadata.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table: a row for each event, the first one first."""
        from osc_baremetal_config.core.explain import history
        from osc_baremetal_config.osc import fleet_tables
        from osc_baremetal_config.run import read

        self.check_columns(parsed_args.columns, fleet_tables.HISTORY)
        remembered = read.remembered(
            self.client.cloud,
            self.client.clock,
            parsed_args.server,
            on_blip=self.still_trying,
        )
        self.remark(fleet_tables.untold(remembered))
        events = history.of(remembered)
        if not events:
            name = remembered.server
            self.remark([f'Nothing is remembered of {name}.'])
        return fleet_tables.history(events, remembered.users)
