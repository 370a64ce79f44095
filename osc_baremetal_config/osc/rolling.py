"""What the commands that change many servers share.

Thin: servers are read, planned and changed by the layers below. Everything
but osc-lib is imported where it is used.
"""

import argparse
from collections.abc import Callable, Sequence
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

    def roll_out(
        self,
        wish_of: Callable[[Any], Any],
        more: Sequence[str],
        parsed_args: argparse.Namespace,
        *,
        records: bool,
    ) -> Any:
        """Return the table of the plans, or of what was done.

        :param wish_of: the items for a server, by its snapshot.
        :param more: servers that are named elsewhere than in the arguments.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import fleetplan
        from osc_baremetal_config.osc import parsers, rollout_tables
        from osc_baremetal_config.run import fleet

        columns = rollout_tables.columns(dry_run=parsed_args.dry_run)
        self.check_columns(parsed_args.columns, columns)
        catalogue = self.catalogue
        found = self.survey(parsers.chosen(parsed_args, more), flavors=True)
        options = parsers.options(parsed_args, records=records)
        plan = fleetplan.make(found.snapshots, wish_of, catalogue, options)
        plan = fleet.permitted(
            plan, self.client.cloud, self.client.clock, self.still_trying
        )
        if not self.is_quiet:
            self.say(rollout_tables.summary(plan, found, parsed_args))
        for _, refusal in plan.refused:
            self.say(refusal.lines())
        self.say(rollout_tables.left_out(found))
        refused = len(plan.refused) + len(found.missing) + len(found.others)
        if parsed_args.detailed_exit_code and plan.to_do:
            self.code = errors.ExitCode.CHANGED
        if refused:
            self.code = errors.ExitCode.SOME_FAILED
            if not plan.plans:
                self.code = errors.ExitCode.REFUSED
        if parsed_args.dry_run:
            return rollout_tables.plans(plan)
        return self._roll(plan, refused, parsed_args)

    def _roll(
        self, plan: Any, refused: int, parsed_args: argparse.Namespace
    ) -> Any:
        """Return the table of what was done."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core import fleetplan, model
        from osc_baremetal_config.osc import parsers, report, rollout_tables
        from osc_baremetal_config.run import rollout, watch

        cloud, clock = self.client.cloud, self.client.clock
        server_groups = {}
        if parsed_args.group_by == fleetplan.SERVER_GROUP:
            server_groups = cloud.compute.server_groups()
        members = fleetplan.members(
            plan.to_do, parsed_args.group_by, server_groups
        )
        every = model.Query(all_projects=parsed_args.all_projects)
        telling = report.telling(self.app.stderr, clock, quiet=self.is_quiet)
        try:
            rolled = rollout.roll_out(
                list(zip(members, plan.to_do, strict=True)),
                cloud,
                clock,
                telling,
                watch.Many(cloud, clock, every),
                limits=parsers.limits(parsed_args),
                refused=refused,
                limit_s=parsed_args.timeout,
                wait=parsed_args.wait,
            )
        except KeyboardInterrupt:
            telling.close()
            self.say(rollout_tables.interrupted())
            raise
        finally:
            telling.close()
        self.say(rollout_tables.failures(plan, rolled))
        if refused or rollout_tables.has_failed(plan, rolled):
            self.code = errors.ExitCode.SOME_FAILED
            if not rolled.ended:
                self.code = errors.ExitCode.REFUSED
        return rollout_tables.results(plan, rolled)
