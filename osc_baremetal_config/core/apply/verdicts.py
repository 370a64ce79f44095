"""How a change ends, as what the person is told.

Owns which error an end is, and so its exit code. Never ends anything itself.
"""

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.apply.observation import (
    Finish,
    Observation,
    Verdict,
)
from osc_baremetal_config.core.plan.model import Aim, Plan


def of(
    plan: Plan, seen: Observation, end: Finish
) -> errors.ConfigError | None:
    """Return what an end is to the person, None if it is a good one."""
    match end.result:
        case Verdict.VERIFIED | Verdict.LEFT:
            return None
        case Verdict.ROLLED_BACK:
            if plan.aim in (Aim.ROLLBACK, Aim.ABORT):
                return None
            return errors.RolledBack(
                f'{plan.server}: {end.reason}', [next_steps.rolled_back(plan)]
            )
        case Verdict.UNAPPLIED:
            return errors.NotRestored(
                f'{plan.server}: {end.reason}',
                next_steps.unapplied(plan, seen),
            )
        case Verdict.NOT_RESTORED:
            return errors.NotRestored(
                f'{plan.server}: {end.reason}', next_steps.not_restored(plan)
            )
        case Verdict.OVERTAKEN:
            return errors.NotRestored(
                f'{plan.server}: {end.reason}',
                next_steps.overtaken(plan),
            )
        case Verdict.YIELDED:
            return errors.Refused(
                f'{plan.server}: {end.reason}; nothing was changed by this '
                'one.',
                [
                    'Current state: openstack server config recover '
                    f'{plan.server.id}'
                ],
            )
        case Verdict.MOVED:
            return incomplete(plan, seen, f'it has moved to {end.reason}')
        case Verdict.NEXT:
            return incomplete(plan, seen, end.result.value)
        case Verdict.INCOMPLETE:
            return incomplete(plan, seen, end.reason)


def incomplete(
    plan: Plan, seen: Observation, reason: str
) -> errors.Incomplete:
    """Return that a change has failed partway, and how to continue."""
    return errors.Incomplete(
        f'{plan.server}: {reason}', next_steps.after_failure(plan, seen)
    )


def unseen(
    plan: Plan, seen: Observation, error: errors.ConfigError
) -> errors.Incomplete:
    """Return that server or node can no longer be looked at."""
    return gone(plan, seen, error) or incomplete(plan, seen, error.message)


def gone(
    plan: Plan, seen: Observation, error: errors.ConfigError
) -> errors.Incomplete | None:
    """Return that there is no such server any more, if Nova says so."""
    if not (isinstance(error, errors.NotFound) and error.service == 'Nova'):
        return None
    return errors.ServerGone(
        f'{plan.server}: the server is gone; somebody has deleted it before '
        f'the change had ended.',
        [
            f'Its node was {seen.node}; the settings of that may be the ones '
            f'of before or the new ones.'
        ],
    )


def out_of_time(
    plan: Plan, seen: Observation, limit_s: float
) -> errors.TimedOut:
    """Return that the time is up, and how to continue."""
    is_at_it = seen.server.task_state or seen.node.provision_state != 'active'
    state = (
        'The operation continues in the cloud'
        if is_at_it
        else f'Nothing is under way in the cloud, and the server is '
        f'{seen.server.status}'
    )
    return errors.TimedOut(
        f'{plan.server}: not finished after {limit_s:.0f} s. {state}; nothing '
        'was undone.',
        [f'Continue with: {next_steps.continuing(plan)}'],
    )


def without_plan(plan: Plan, error: errors.ConfigError) -> errors.Incomplete:
    """Return that there is no plan for what is left, and how to continue."""
    go_on = f'Continue with: {next_steps.continuing(plan)}'
    return errors.Incomplete(error.message, [*error.details, go_on])


def unexpected(plan: Plan, error: Exception) -> errors.Incomplete:
    """Return that this program has failed partway, and how to continue."""
    return errors.Incomplete(
        f'{plan.server}: {errors.fault(error)}',
        [f'Continue with: {next_steps.continuing(plan)}'],
    )
