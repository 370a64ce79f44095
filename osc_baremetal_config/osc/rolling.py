"""What the commands that change many servers share.

Thin: servers are read, planned and changed by the layers below. Everything
but osc-lib is imported where it is used.
"""

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any

from osc_baremetal_config.osc import base


class Rolling(base.Lister):
    """Shows the plans for many servers, or carries them out."""

    def is_for_many(self, parsed_args: argparse.Namespace) -> bool:
        """Return whether more than one server may be meant."""
        return bool(
            len(parsed_args.server) > 1
            or parsed_args.tag
            or parsed_args.server_flavor
            or parsed_args.all_projects
        )

    def check_servers(self, parsed_args: argparse.Namespace) -> None:
        """Return if it is said which servers are meant."""
        from osc_baremetal_config import errors

        if not (parsed_args.server or self.is_for_many(parsed_args)):
            raise errors.Usage(
                'No server: name at least one, or choose with --tag, '
                '--server-flavor or --all-projects.'
            )

    def asked(
        self,
        wish_of: Callable[[Any], Any],
        parsed_args: argparse.Namespace,
        *,
        records: bool = True,
    ) -> Any:
        """Return what is asked of the servers.

        :param wish_of: the items for a server, by its snapshot.
        :param records: what is verified is written into the metadata.
        """
        from osc_baremetal_config.core import planner
        from osc_baremetal_config.osc import parsers

        options = parsers.options(parsed_args, records=records)
        return planner.Asked(wish_of, self.catalogue, options)

    def roll_out(self, asked: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plans, or of what was done.

        :param asked: what is asked of the servers.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import fleetplan
        from osc_baremetal_config.core import rollout as rollout_
        from osc_baremetal_config.osc import parsers, rollout_tables
        from osc_baremetal_config.run import fleet

        if parsed_args.canary and not parsed_args.wait:
            raise errors.Usage(
                '--canary goes with --wait: only who waits knows whether the '
                'first ones are verified.'
            )
        columns = rollout_tables.columns(dry_run=parsed_args.dry_run)
        self.check_columns(parsed_args.columns, columns)
        query = parsers.query(parsed_args)
        found = self.survey(
            query,
            lambda snapshot: fleetplan.make(asked, snapshot),
            flavors=True,
        )
        plan = fleetplan.of(query, found.made, found.others, found.missing)
        plan = fleet.permitted(
            plan, self.client.cloud, self.client.clock, self.still_trying
        )
        if not self.is_quiet:
            self.say(rollout_tables.summary(plan, parsers.limits(parsed_args)))
        self.say(rollout_tables.refusals(plan))
        if parsed_args.detailed_exit_code and plan.to_do:
            self.code = errors.ExitCode.CHANGED
        members = self._members(plan, parsed_args)
        if parsed_args.group_by is not None and not self.is_quiet:
            self.say(rollout_tables.ungrouped(members, parsed_args.group_by))
        if not parsed_args.dry_run:
            return self._carry_all_out(plan, members, asked, parsed_args)
        self.say(
            rollout_tables.held(
                members, parsers.limits(parsed_args), len(plan.refused)
            )
        )
        self.code = (
            rollout_.exit_code(
                refused=len(plan.refused), failed=0, begun=len(plan.plans)
            )
            or self.code
        )
        return rollout_tables.plans(plan)

    def _members(self, plan: Any, parsed_args: argparse.Namespace) -> Any:
        """Return who is to be changed, in order, with the group of each."""
        from osc_baremetal_config.core import fleetplan

        server_groups = {}
        if parsed_args.group_by == fleetplan.SERVER_GROUP:
            server_groups = self.client.cloud.compute.server_groups(
                all_projects=parsed_args.all_projects
            )
        return fleetplan.members(
            plan.to_do, parsed_args.group_by, server_groups
        )

    def _carry_all_out(
        self,
        plan: Any,
        members: Any,
        asked: Any,
        parsed_args: argparse.Namespace,
    ) -> Any:
        """Return the table of what was done."""
        from osc_baremetal_config.core import rollout as rollout_
        from osc_baremetal_config.osc import parsers, report, rollout_tables
        from osc_baremetal_config.run import rollout

        cloud, clock = self.client.cloud, self.client.clock
        query = parsers.query(parsed_args)
        telling = report.telling(self.app.stderr, clock, quiet=self.is_quiet)
        try:
            rolled = rollout.roll_out(
                members,
                plan.to_do,
                cloud,
                clock,
                telling,
                # Not by the flavor, which a resize changes.
                dataclasses.replace(query, names=(), flavor=None),
                how=self.how(asked.plan, parsed_args),
                limits=parsers.limits(parsed_args),
                refused=len(plan.refused),
            )
        except KeyboardInterrupt:
            telling.close()
            self.say(rollout_tables.interrupted())
            raise
        finally:
            telling.close()
        if not self.is_quiet:
            self.say(rollout_tables.begun(rolled))
        self.say(rollout_tables.failures(plan, rolled))
        self.code = (
            rollout_.exit_code(
                refused=len(plan.refused),
                failed=rolled.failed + len(plan.to_do) - len(rolled.ended),
                begun=len(rolled.ended),
            )
            or self.code
        )
        return rollout_tables.results(plan, rolled)
