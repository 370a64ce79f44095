"""The commands that change servers: set, apply, unset.

One server is a rollout of one. Each command reads, has a plan made for each
server, asks what the user may do, has the plans carried out, and shows.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.explain import option_list
from osc_baremetal_config.core.explain.baseline import Baseline
from osc_baremetal_config.core.facts.model import (
    Item,
    Query,
    Server,
)
from osc_baremetal_config.core.plan import (
    deferral,
    power,
    profiles,
    reconcile,
)
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.plan.planner import ChangeRequest
from osc_baremetal_config.core.rollout import result, rollout_plan
from osc_baremetal_config.core.rollout.result import Ended, Rolled
from osc_baremetal_config.core.rollout.rollout_plan import (
    Refusal,
    RolloutPlan,
)
from osc_baremetal_config.core.rollout.scheduler import Limits, Member
from osc_baremetal_config.osc import base, desired_file, progress, show
from osc_baremetal_config.osc.arguments import ChangeArguments
from osc_baremetal_config.osc.session import Session, Shown, check_columns
from osc_baremetal_config.osc.views import plans, results, states, tables
from osc_baremetal_config.osc.views.tables import Table
from osc_baremetal_config.run import (
    deferring,
    engine,
    pacing,
    permissions,
)
from osc_baremetal_config.run.change import How

# Returns the items that a server should have; it may refuse.
ItemsOf = Callable[[Assessment], Iterable[Item]]
# Exit codes with which what was asked for is done, or would be.
_WELL = (errors.ExitCode.OK, errors.ExitCode.CHANGED)
_NO_LIMITS = Limits()
# How long the removal of a record may fail before that counts.
_LIMIT_S = 10.0


def set_items(session: Session, asked: ChangeArguments) -> Shown:
    """Return what becomes of servers that are to have items."""
    profile = asked.options.profile
    has_items = asked.items or profile is not None
    if has_items and asked.file is not None:
        raise errors.Usage(
            '--file has the items of each server, so it cannot be combined '
            'with --config, --profile or the option of a type.'
        )
    if asked.file == '':
        raise errors.Usage('--file requires a path.')
    if asked.file is not None:
        file = desired_file.load(asked.file)
        if file.golden:
            _check_servers(asked, [_no_names(asked.file, file.golden)])
            session.remark(_not_set(asked.file, file.golden))
        names = asked.query.names or tuple(file.servers)
        query = dataclasses.replace(asked.query, names=names)
        asked = dataclasses.replace(asked, query=query)
        return _change(session, asked, file.of, located=file.located)[1]
    if not has_items:
        raise errors.Usage(
            'Nothing to set: name at least one type of configuration, '
            'as with --config <type>=<value>, a --profile, or a --file.'
        )
    _check_servers(asked, _swallowed(session, asked.items))
    if profile is not None:
        return _change(
            session,
            asked,
            lambda assessed: profiles.items(profile, asked.items, assessed),
        )[1]
    return _change(session, asked, lambda assessed: asked.items)[1]


def apply(session: Session, asked: ChangeArguments) -> Shown:
    """Return what becomes of servers that are to be as desired."""
    _check_servers(asked, [])
    if asked.until:
        left_s = asked.until.left_s(session.clock.utc())
        limits = dataclasses.replace(
            asked.limits, until_s=session.clock.now() + left_s
        )
        asked = dataclasses.replace(asked, limits=limits)
    return _change(session, asked, reconcile.desired, is_often_nothing=True)[1]


def unset(
    session: Session, asked: ChangeArguments, types: Sequence[str]
) -> Shown:
    """Return what is desired of a server once its record is removed."""
    check_columns(asked.output.columns, states.SHOW)
    catalogue = session.catalogue
    snapshot = session.snapshot(asked.query.names[0])
    assessed = assess(snapshot, catalogue)
    keys = reconcile.recorded(assessed, types)
    if not asked.dry_run:
        _remove(session, snapshot.server, types, keys)
    session.remark(
        results.forgotten(
            snapshot.server, types, keys, is_done=not asked.dry_run
        )
    )
    rows = option_list.outlooks(assessed.less(keys))
    rows = [found for found in rows if found.row.type in types]
    return Shown(
        *show.configuration(session, rows, snapshot.node, asked.output)
    )


def unset_and_apply(session: Session, asked: ChangeArguments) -> Shown:
    """Return what becomes of a server that is to be as without its record.

    The record is removed last: it is what is desired until the server is as
    it should be without it.
    """
    types = asked.options.forgets

    def items_of(assessed: Assessment) -> Iterable[Item]:
        reconcile.check_types(assessed, types)
        return reconcile.desired(assessed.without(types), types)

    plan, shown = _change(session, asked, items_of)
    is_done = not asked.dry_run
    if shown.code in _WELL and (asked.wait or not is_done):
        for one in plan.plans:
            session.remark(
                results.forgotten(
                    one.server, types, one.forget, is_done=is_done
                )
            )
    return shown


def carry_out(
    session: Session,
    plan: RolloutPlan,
    how: How,
    query: Query,
    members: Sequence[Member] | None = None,
    limits: Limits = _NO_LIMITS,
) -> Rolled:
    """Return how plans have ended, telling how it goes.

    :param query: which servers are listed, to look at those under way; of one
        that is named, the caller tells how it ended.
    :param members: None for all that there is something to do for.
    """
    if members is None:
        members = rollout_plan.members(plan.to_do, None, {})
    if not members:
        return Rolled(held=None)
    is_one = query.is_for_one
    reporter = progress.reporter(
        session.err,
        session.clock,
        is_one=is_one,
        is_quiet=session.is_quiet,
    )
    for one in plan.to_do if is_one else ():
        for warning in one.warnings:
            reporter.warn(warning, one.server)
    work = engine.Work(
        members=members,
        plans={one.server.id: one for one in plan.to_do},
        # Not by the flavor, which a resize changes.
        query=dataclasses.replace(query, names=(), flavor=None),
        how=how,
        limits=limits,
        refused=plan.failed,
    )
    try:
        with session.under_way():
            rolled = engine.roll_out(
                work, session.cloud, session.clock, reporter
            )
    finally:
        reporter.close()
    session.is_hurried = rolled.is_dropped
    return rolled


def _change(
    session: Session,
    asked: ChangeArguments,
    items_of: ItemsOf,
    *,
    is_often_nothing: bool = False,
    located: Callable[[RolloutPlan], RolloutPlan] = lambda plan: plan,
) -> tuple[RolloutPlan, Shown]:
    """Return the plans, and what is shown of them or of what was done.

    :param is_often_nothing: the flavors of one server are read only if there
        is something to do.
    :param located: says where servers are named, if a file does.
    """
    check_columns(asked.output.columns, _columns(asked))
    session.remark(asked.deprecated)
    request = ChangeRequest(items_of, session.catalogue, asked.options)
    plan, members = RolloutPlan(), list[Member]()
    try:
        plan = located(
            _planned(session, asked, request, is_lazy=is_often_nothing)
        )
        if asked.options.only_off:
            plan = rollout_plan.only_off(plan)
        members = _members(session, asked, plan)
    except (errors.CloudError, errors.Refused) as error:
        plan = (
            rollout_plan.without(plan, error)
            if plan.plans
            else rollout_plan.for_named(asked.query.names, error)
        )
        if not plan.refused:
            session.say(error.lines())
            if not isinstance(error, errors.Refused):
                session.say(['Nothing was changed.'])
            return plan, Shown(*_shown(asked, plan, Rolled()), error.exit_code)
    permitted = permissions.permitted(
        plan, session.cloud, session.clock, session.still_trying
    )
    may = {one.server.id for one in permitted.to_do}
    members = [member for member in members if member.id in may]
    if asked.dry_run:
        return permitted, _shown_dry(session, asked, plan, permitted, members)
    return permitted, _carried_out(session, asked, request, permitted, members)


def _columns(asked: ChangeArguments) -> Sequence[str]:
    """Return the columns of the table that will be shown."""
    if not asked.dry_run:
        is_for_script = asked.output.is_for_script
        return results.ALL if is_for_script else results.RESULTS
    return plans.REQUESTS if asked.output.is_for_script else plans.PLAN


def _planned(
    session: Session,
    asked: ChangeArguments,
    request: ChangeRequest,
    *,
    is_lazy: bool,
) -> RolloutPlan:
    """Return the plan for all servers that are selected."""
    query = asked.query
    if not query.is_for_one:
        survey = session.survey(
            query,
            lambda snapshot: rollout_plan.make(request, snapshot),
            flavors=True,
            is_wanted=power.is_off if asked.options.only_off else None,
        )
        is_bound = session.cloud.is_bound
        return rollout_plan.of(query, survey, is_bound=is_bound)
    [name] = query.names
    try:
        with _faults_told(session, name):
            if asked.options.only_off:
                server = session.server(name)
                if not power.is_off(server):
                    return RolloutPlan(left=(server,))
            snapshot = session.snapshot(name, flavors=not is_lazy)
            made = rollout_plan.make(request, snapshot)
            if is_lazy and isinstance(made, Plan) and made.items:
                snapshot = session.reader.with_flavors(snapshot)
                made = rollout_plan.make(request, snapshot)
    except errors.ConfigError as error:
        session.log.debug('%s', error, exc_info=True)
        return rollout_plan.for_named([name], error)
    if isinstance(made, Refusal):
        return RolloutPlan(refused=(made,))
    return RolloutPlan((made,))


@contextlib.contextmanager
def _faults_told(session: Session, name: str) -> Iterator[None]:
    """Make a fault of the program in the block one that is explained."""
    try:
        yield
    except base.FAULTS as error:
        session.log.debug('%s', name, exc_info=True)
        fault = errors.ConfigError(f'{name}: {errors.fault(error)}')
        raise fault from error


def _members(
    session: Session, asked: ChangeArguments, plan: RolloutPlan
) -> list[Member]:
    """Return who is to be changed, in order, with the group of each."""
    groups = {}
    if asked.group_by == rollout_plan.SERVER_GROUP:
        groups = dict(
            session.reader.server_groups(all_projects=asked.query.all_projects)
        )
    return rollout_plan.members(plan.to_do, asked.group_by, groups)


def _shown_dry(
    session: Session,
    asked: ChangeArguments,
    plan: RolloutPlan,
    permitted: RolloutPlan,
    members: Sequence[Member],
) -> Shown:
    """Return the plans; the exit code is as it would be.

    :param plan: what would be done if the user were permitted to.
    """
    code = _begin(session, asked, permitted, members)
    if asked.query.is_for_one:
        # What would be done is worth knowing to who may not.
        permitted = permitted if permitted.plans else plan
        for one in permitted.plans:
            session.remark(plans.summary(one))
        session.remark(results.left(permitted))
    now_s = session.clock.now()
    held = plans.held(members, asked.limits, permitted.failed, now_s)
    session.say(held)
    if not asked.query.is_for_one:
        started = 0 if held else len(permitted.to_do)
        code = result.exit_code(permitted.refused, 0, started) or code
    if held and not permitted.refused:
        code = errors.ExitCode.SOME_FAILED
    if asked.output.is_for_script:
        return Shown(*plans.requests(permitted), code)
    table = _for_reader(asked, plans.plans(permitted))
    return Shown(*table, code)


def _carried_out(
    session: Session,
    asked: ChangeArguments,
    request: ChangeRequest,
    plan: RolloutPlan,
    members: Sequence[Member],
) -> Shown:
    """Return what was done."""
    code = _begin(session, asked, plan, members)
    if asked.query.is_for_one:
        for one in plan.plans:
            if one.is_empty:
                session.remark(plans.summary(one))
    session.remark(results.left(plan))
    later: dict[str, Ended] = {}
    if asked.defer:
        later, members = _deferred(session, asked, plan, members)
        is_new = members or any(end.is_touched for end in later.values())
        if code == errors.ExitCode.CHANGED and not is_new:
            code = errors.ExitCode.OK
    rolled = carry_out(
        session,
        plan,
        session.how(request.plan, asked.timeout_s, wait=asked.wait),
        asked.query,
        members,
        asked.limits,
    )
    rolled = dataclasses.replace(rolled, ended={**later, **rolled.ended})
    session.say(results.not_started(plan, rolled))
    session.remark(results.started(plan, rolled))
    session.remark(results.deferred(plan, rolled))
    session.remark(results.started_by_user(plan, rolled))
    if asked.query.is_for_one:
        code = errors.ExitCode.SOME_FAILED if rolled.is_late else code
        for end in rolled.ended.values():
            if end.error:
                session.say(end.error.lines())
                code = end.error.exit_code
    else:
        left = rolled.failed + len(plan.to_do) - len(rolled.ended)
        code = (
            result.exit_code(
                plan.refused,
                left,
                len(rolled.ended),
                is_late=rolled.is_late,
            )
            or code
        )
    if rolled.is_interrupted:
        session.say(results.interrupted(rolled))
        code = errors.ExitCode.INTERRUPTED
    return Shown(*_shown(asked, plan, rolled), code)


def _deferred(
    session: Session,
    asked: ChangeArguments,
    plan: RolloutPlan,
    members: Sequence[Member],
) -> tuple[dict[str, Ended], list[Member]]:
    """Leave for later what changes, as far as not too many are refused.

    :returns: server id → how that has ended, and who is left: where nothing
        but the record differs, there is nothing to leave for later.
    """
    changing = {one.server.id: one for one in plan.to_do if one.touches_power}
    rest = [member for member in members if member.id not in changing]
    if plans.held(members, asked.limits, plan.failed):
        return {}, list(members)
    user_id, _ = session.reader.ask(session.cloud.own_user)
    at = session.clock.utc().isoformat(timespec='seconds')
    ended, requests = {}, list[deferring.Request]()
    for server_id, one in changing.items():
        try:
            entries = deferral.entries(one, user_id, at)
        except errors.Refused as error:
            ended[server_id] = Ended(0.0, error=error, is_touched=False)
        else:
            requests.append((one.server, entries))
    with session.under_way():
        ended |= deferring.defer(
            requests, session.cloud, session.clock, session.still_trying
        )
    return ended, rest


def _begin(
    session: Session,
    asked: ChangeArguments,
    plan: RolloutPlan,
    members: Sequence[Member],
) -> int:
    """Tell what the plans come to, and return the exit code so far."""
    code: int = errors.ExitCode.OK
    if asked.detailed_exit_code and plan.to_do:
        code = errors.ExitCode.CHANGED
    if asked.defer:
        session.remark(plans.warnings(plan))
    elif not asked.query.is_for_one:
        session.remark(plans.summary_of_many(plan, asked.limits))
    session.say(plans.refusals(plan))
    failures = [one.error for one in plan.refused]
    if not plan.to_do and any(
        not isinstance(error, errors.Refused) for error in failures
    ):
        session.say(['Nothing was changed.'])
    if asked.query.is_for_one:
        return failures[0].exit_code if failures else code
    session.remark(plans.ungrouped(members, asked.group_by))
    return code


def _shown(asked: ChangeArguments, plan: RolloutPlan, rolled: Rolled) -> Table:
    """Return the table of the plans, or of what was done."""
    if asked.dry_run:
        return plans.plans(plan)
    return _for_reader(
        asked,
        results.results(
            plan, rolled, is_for_script=asked.output.is_for_script
        ),
    )


def _for_reader(asked: ChangeArguments, table: Table) -> Table:
    """Return a table without what a person is not helped by."""
    if not asked.output.is_for_person:
        return table
    return tables.for_person(table)


def _check_servers(asked: ChangeArguments, hints: Sequence[str]) -> None:
    """Raise unless it is said which servers are selected.

    :param hints: why none may be.
    """
    query = asked.query
    if not (query.names or query.tags or query.flavor or query.all_projects):
        raise errors.Usage(
            'No server: name at least one, or choose with --tag, '
            '--server-flavor or --all-projects.',
            hints,
        )


def _no_names(path: str, golden: Baseline) -> str:
    """Return why a file does not say which servers are selected."""
    return f'{path} has the items of {golden.server}, to be given to others.'


def _not_set(path: str, golden: Baseline) -> list[str]:
    """Return what a file has and nobody sets."""
    if not golden.settings:
        return []
    return [f'Only the items of {path} are set, not its settings.']


def _swallowed(session: Session, items: Iterable[Item]) -> list[str]:
    """Return what may be a server, and was taken for a value."""
    for item in items:
        known = session.catalogue.types.get(item.type)
        if known and item.value not in known.values:
            return [
                f'--{item.type} takes a value ({"|".join(known.values)}), '
                f'and was given {item.value}.'
            ]
    return []


def _remove(
    session: Session,
    server: Server,
    types: Sequence[str],
    keys: Sequence[str],
) -> None:
    """Remove keys from a server's metadata."""

    def remove() -> None:
        session.cloud.compute.delete_metadata(server.id, keys)

    try:
        with session.under_way():
            pacing.retried(
                remove,
                clock=session.clock,
                limit_s=_LIMIT_S,
                on_blip=session.still_trying,
            )
    except errors.Forbidden as error:
        raise errors.Refused(
            f'{server}: the record cannot be removed:',
            [error.message, next_steps.MAY_RECORD],
        ) from error
    except errors.CloudError as error:
        raise errors.Incomplete(
            f'{server}: the record could not be removed: {error.message}',
            [
                f'Some of these may be gone: {", ".join(keys)}',
                f'Continue with: {next_steps.unsetting(server, types)}',
            ],
        ) from error
