"""What the commands that change many servers share.

Thin: servers are read, planned and changed by the layers below. Everything
but osc-lib is imported where it is used.
"""

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from osc_baremetal_config.osc import base


class Rolling(base.Lister):
    """Shows the plans for many servers, or carries them out."""

    changes = True

    def is_for_many(self, parsed_args: argparse.Namespace) -> bool:
        """Return whether more than one server may be meant."""
        return bool(
            len(parsed_args.server) > 1
            or parsed_args.tag
            or parsed_args.server_flavor
            or parsed_args.all_projects
        )

    def check_servers(
        self, parsed_args: argparse.Namespace, hint: str | None = None
    ) -> None:
        """Return if it is said which servers are meant.

        :param hint: why none may be, None for no reason that is known.
        """
        from osc_baremetal_config import errors

        if not (parsed_args.server or self.is_for_many(parsed_args)):
            raise errors.Usage(
                'No server: name at least one, or choose with --tag, '
                '--server-flavor or --all-projects.',
                [hint] if hint else [],
            )

    def asked(
        self,
        items_of: Callable[[Any], Any],
        parsed_args: argparse.Namespace,
        *,
        records: bool = True,
        forgets: Sequence[str] = (),
    ) -> Any:
        """Return what is asked of the servers.

        :param wish_of: the items for a server, by its snapshot.
        :param records: what is verified is written into the metadata.
        :param forgets: the types whose record is removed at the end.
        """
        from osc_baremetal_config.core.plan import planner
        from osc_baremetal_config.osc import parsers

        options = parsers.options(
            parsed_args, records=records, forgets=forgets
        )
        return planner.ChangeRequest(items_of, self.catalogue, options)

    def columns(self, parsed_args: argparse.Namespace) -> Sequence[str]:
        """Return the columns of the table that will be shown."""
        from osc_baremetal_config.osc import parsers, tables

        if not parsed_args.dry_run:
            return tables.RESULTS
        is_for_script = parsers.is_for_script(parsed_args)
        return tables.REQUESTS if is_for_script else tables.PLAN

    def change(
        self,
        asked: Any,
        parsed_args: argparse.Namespace,
        read: Callable[[str], Any] | None = None,
    ) -> Any:
        """Return the table of the plans, or of what was done.

        :param asked: what is asked of the servers.
        :param read: reads what a plan for one server is made from; None
            reads everything.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan
        from osc_baremetal_config.osc import parsers

        if self.is_for_many(parsed_args):
            return self.roll_out(asked, parsed_args)
        # What goes wrong with many goes wrong with one.
        parsers.limits(parsed_args)
        self.check_columns(parsed_args.columns, self.columns(parsed_args))
        [server] = parsed_args.server
        plan = self.plan_one(asked, server, read or self._read_all)
        try:
            self._members(plan, parsed_args)
        except (errors.CloudError, errors.Refused) as error:
            refusal = fleetplan.unread_one(server, error)
            plan = fleetplan.of_one(refusal)
        return self.change_one(plan, asked, parsed_args)

    def _read_all(self, server: str) -> Any:
        return self.read(server, flavors=True)

    def plan_one(
        self, asked: Any, server: str, read: Callable[[str], Any]
    ) -> Any:
        """Return the plan for one server, or its refusal.

        :param server: name or ID.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan

        try:
            with self.faults_told(server):
                snapshot = read(server)
                made = fleetplan.make(asked, snapshot)
        except errors.ConfigError as error:
            self.log.debug('%s', error, exc_info=True)
            return fleetplan.of_one(fleetplan.unread_one(server, error))
        return fleetplan.of_one(made)

    def change_one(
        self, plan: Any, asked: Any, parsed_args: argparse.Namespace
    ) -> Any:
        """Return the table of a plan, or of what was done, for one server.

        It has its row whatever becomes of it; the exit code is its own.
        """
        from osc_baremetal_config import errors

        if parsed_args.detailed_exit_code and plan.to_do:
            self.code = errors.ExitCode.CHANGED
        if parsed_args.dry_run:
            return self._show_one(plan, parsed_args)
        return self._carry_one_out(plan, asked, parsed_args)

    def _show_one(self, plan: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan; the exit code is as it would be."""
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan
        from osc_baremetal_config.osc import parsers, rollout_tables, tables

        permitted = self._permitted_one(plan)
        self._refuse_one(permitted)
        for one in permitted.plans or plan.plans:
            self.remark(tables.summary(one))
        if not permitted.plans:
            # What would be done, if one might.
            permitted = fleetplan.FleetPlan(plan.plans, plan.refused)
        if parsers.is_for_script(parsed_args):
            return rollout_tables.requests(permitted)
        table = rollout_tables.plans(permitted)
        # A person has just been told which server it is.
        if permitted.plans and parsers.is_for_person(parsed_args):
            return tables.without(table, tables.SERVER)
        return table

    def _carry_one_out(
        self, plan: Any, asked: Any, parsed_args: argparse.Namespace
    ) -> Any:
        """Return the table of what was done."""
        from osc_baremetal_config.osc import parsers, rollout_tables, tables
        from osc_baremetal_config.run import rollout

        plan = self._permitted_one(plan)
        self._refuse_one(plan)
        rolled = rollout.Rolled({}, {}, None, is_interrupted=False)
        for one in plan.plans:
            if one.is_empty:
                self.remark(tables.summary(one))
            else:
                rolled = self._end_of(one, self.how(asked.plan, parsed_args))
        table = rollout_tables.results(plan, rolled)
        if parsers.is_for_person(parsed_args):
            return tables.without(table, ['ID'])
        return table

    def _end_of(self, plan: Any, how: Any) -> Any:
        """Return how the change of one server has ended, having told it."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import tables
        from osc_baremetal_config.run import change, rollout

        began, server = self.client.clock.now(), plan.server
        ended = {}
        try:
            outcome = self.execute(plan, how)
        except errors.ConfigError as error:
            self.log.debug('%s', error, exc_info=True)
            self.say(error.lines())
            self.code = error.exit_code
            seconds = self.client.clock.now() - began
            ended[server.id] = rollout.Ended(seconds, error=error)
        except change.Interrupted as interrupt:
            return self.left_by(interrupt)
        else:
            self.remark(tables.side_effects(server, outcome))
            if not outcome.is_finished:
                self.remark(tables.started(plan))
            seconds = outcome.seconds
            ended[server.id] = rollout.Ended(seconds, outcome=outcome)
        return rollout.Rolled(ended, {}, None, is_interrupted=False)

    def _permitted_one(self, plan: Any) -> Any:
        """Return a plan in the way that the user may go, or refused."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan

        for one in plan.to_do:
            try:
                with self.faults_told(one.server):
                    return fleetplan.of_one(self.permitted(one))
            except errors.ConfigError as error:
                self.log.debug('%s', error, exc_info=True)
                return fleetplan.of_one(fleetplan.refusal(one, error))
        return plan

    def _refuse_one(self, plan: Any) -> None:
        """Tell why a server is refused, if it is."""
        for one in plan.refused:
            self._tell_untouched(one.error)

    def _tell_untouched(self, error: Any) -> None:
        """Tell what has gone wrong before anything was touched."""
        from osc_baremetal_config import errors

        self.say(error.lines())
        if not isinstance(error, errors.Refused):
            self.say(['Nothing was touched.'])
        self.code = error.exit_code

    def roll_out(self, asked: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plans, or of what was done.

        :param asked: what is asked of the servers.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import parsers, rollout_tables

        limits = parsers.limits(parsed_args)
        self.check_columns(parsed_args.columns, self.columns(parsed_args))
        try:
            plan = self._plan(asked, parsed_args)
            members = self._members(plan, parsed_args)
        except (errors.CloudError, errors.Refused) as error:
            return self._not_started(error, parsed_args)
        self.remark(rollout_tables.summary(plan, limits))
        self.say(rollout_tables.refusals(plan))
        self.remark(rollout_tables.ungrouped(members, parsed_args.group_by))
        if parsed_args.detailed_exit_code and plan.to_do:
            self.code = errors.ExitCode.CHANGED
        table = (
            self._show_all(plan, members, limits, parsed_args)
            if parsed_args.dry_run
            else self._carry_all_out(plan, members, limits, asked, parsed_args)
        )
        if parsers.is_for_person(parsed_args):
            return rollout_tables.for_person(table)
        return table

    def _not_started(self, error: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the rows of the servers that are named: none is begun.

        :param error: of what is common to all of them.
        """
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan
        from osc_baremetal_config.osc import rollout_tables
        from osc_baremetal_config.run import rollout

        self._tell_untouched(error)
        names = dict.fromkeys(parsed_args.server)
        plan = fleetplan.FleetPlan(
            (), tuple(fleetplan.unread_one(name, error) for name in names)
        )
        if parsed_args.dry_run:
            return rollout_tables.plans(plan)
        rolled = rollout.Rolled({}, {}, None, is_interrupted=False)
        return rollout_tables.results(plan, rolled)

    def _plan(self, asked: Any, parsed_args: argparse.Namespace) -> Any:
        """Return the plan for all servers that are meant."""
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan
        from osc_baremetal_config.osc import parsers
        from osc_baremetal_config.run import fleet

        query = parsers.query(parsed_args)
        found = self.survey(
            query,
            lambda snapshot: fleetplan.make(asked, snapshot),
            flavors=True,
        )
        return fleet.permitted(
            fleetplan.of(
                query,
                found.made,
                found.others,
                found.missing,
                [
                    *map(fleetplan.excluded, found.excluded),
                    *map(fleetplan.unread, found.unread),
                ],
            ),
            self.client.cloud,
            self.client.clock,
            self.still_trying,
        )

    def _members(self, plan: Any, parsed_args: argparse.Namespace) -> Any:
        """Return who is to be changed, in order, with the group of each."""
        from osc_baremetal_config.core.rollout import rollout_plan as fleetplan
        from osc_baremetal_config.run import fleet

        server_groups: Any = {}
        if parsed_args.group_by == fleetplan.SERVER_GROUP:
            server_groups = fleet.server_groups(
                self.client.cloud,
                self.client.clock,
                all_projects=parsed_args.all_projects,
                on_blip=self.still_trying,
            )
        return fleetplan.members(
            plan.to_do, parsed_args.group_by, server_groups
        )

    def _show_all(
        self,
        plan: Any,
        members: Any,
        limits: Any,
        parsed_args: argparse.Namespace,
    ) -> Any:
        """Return the table of the plans; the exit code is as it would be."""
        from osc_baremetal_config.core.rollout import scheduler as rollout
        from osc_baremetal_config.osc import parsers, rollout_tables

        held = rollout_tables.held(members, limits, plan.failed)
        self.say(held)
        code = rollout.exit_code(
            refused=len(plan.refused),
            failed=0,
            started=0 if held else len(plan.to_do),
        )
        self.code = code or self.code
        if parsers.is_for_script(parsed_args):
            return rollout_tables.requests(plan)
        return rollout_tables.plans(plan)

    def _carry_all_out(
        self,
        plan: Any,
        members: Any,
        limits: Any,
        asked: Any,
        parsed_args: argparse.Namespace,
    ) -> Any:
        """Return the table of what was done."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.rollout import scheduler as rollout_
        from osc_baremetal_config.osc import parsers, report, rollout_tables
        from osc_baremetal_config.run import rollout

        clock = self.client.clock
        query = parsers.query(parsed_args)
        work = rollout.Work(
            members=members,
            plans={one.server.id: one for one in plan.to_do},
            # Not by the flavor, which a resize changes.
            query=dataclasses.replace(query, names=(), flavor=None),
            how=self.how(asked.plan, parsed_args),
            limits=limits,
            refused=plan.failed,
        )
        telling = report.telling(self.app.stderr, clock, quiet=self.is_quiet)
        try:
            with self.under_way():
                rolled = rollout.roll_out(
                    work, self.client.cloud, clock, telling
                )
        finally:
            telling.close()
        self.say(rollout_tables.left(plan, rolled))
        self.remark(rollout_tables.started(rolled))
        code = rollout_.exit_code(
            refused=len(plan.refused),
            failed=rolled.failed + len(plan.to_do) - len(rolled.ended),
            started=len(rolled.ended),
        )
        self.code = code or self.code
        if rolled.is_interrupted:
            self.say(rollout_tables.interrupted(rolled))
            self.code = errors.ExitCode.INTERRUPTED
            self.is_hurried = rolled.is_dropped
        return rollout_tables.results(plan, rolled)
