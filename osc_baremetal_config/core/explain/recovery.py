"""The ways out of a change that has not finished, each planned to its end.

Owns which of them there are, and why others are not. What is shown of one is
what choosing it carries out. Never carries out anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import journal, provision_state, values
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Snapshot
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import OnFailure, Options

WAYS = (Aim.RETRY, Aim.ROLLBACK, Aim.ABORT)


@dataclass(frozen=True, slots=True)
class Choice:
    """A way out.

    :param plan: what choosing it carries out, None if it cannot be gone.
    :param words: what it does; empty if that is not known.
    :param reasons: why it cannot be gone.
    """

    plan: Plan | None
    words: str = ''
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.reasons:
            return self.words
        does = f' (it {self.words})' if self.words else ''
        return f'no: {"; ".join(self.reasons)}{does}'

    def denied(self, reasons: tuple[str, ...]) -> 'Choice':
        """Return the same as one that this user may not go."""
        return replace(self, plan=None, reasons=reasons)


def choices(
    assessed: Assessment, options: Options, now_s: float
) -> dict[Aim, Choice]:
    """Return every way with its plan, or with the reasons against it.

    :param now_s: the time, in seconds since 1970.
    """
    if why := _no_way(assessed.snapshot, now_s):
        return dict.fromkeys(WAYS, Choice(None, '', why))
    return {aim: _choice(aim, assessed, options) for aim in WAYS}


def plan(
    aim: Aim, assessed: Assessment, options: Options, now_s: float
) -> Plan:
    """Return the plan of one way.

    :raises Refused: it cannot be gone.
    """
    choice = choices(assessed, options, now_s)[aim]
    if choice.plan is None:
        raise errors.Refused(
            f'{assessed.snapshot.server}: --{aim.value} is not possible; '
            'nothing was changed:',
            choice.reasons,
        )
    return choice.plan


def _no_way(snapshot: Snapshot, now_s: float) -> tuple[str, ...]:
    """Return why nothing at all can be done from here."""
    server, node = snapshot.server, snapshot.node
    if provision_state.is_wedged(node, now_s):
        return ('only an operator can help',)
    if broken := next_steps.broken(server):
        return tuple(broken)
    is_held = node.maintenance and node.fault != provision_state.FAULT
    if node.provision_state == 'service failed' and is_held:
        return ('an operator has to end the maintenance first',)
    return ()


def _choice(aim: Aim, assessed: Assessment, options: Options) -> Choice:
    server, node = assessed.snapshot.server, assessed.snapshot.node
    entries = journal.pending(server.metadata)
    has_failed = node.provision_state == 'service failed'
    if not entries and not (aim is Aim.ABORT and has_failed):
        nothing = (
            'there is nothing to drop'
            if aim is Aim.ABORT
            else 'no change is recorded on the server'
        )
        return Choice(None, '', (nothing,))
    try:
        made = _plan(aim, assessed, options)
    except errors.Refused as refused:
        reasons = tuple(refused.details) or (refused.message,)
        return Choice(None, '', reasons)
    return Choice(made, _words(made, assessed.snapshot, entries))


def _plan(aim: Aim, assessed: Assessment, options: Options) -> Plan:
    if aim is Aim.ABORT:
        return planner.drop(assessed.snapshot, options)
    made = planner.resume(assessed, options, aim)
    if aim is Aim.RETRY and made.no_rollback:
        # There is no way back to be asked for.
        on_failure = OnFailure.LEAVE
        options = replace(made.options, on_failure=on_failure)
        return replace(made, options=options)
    return made


def _words(
    plan: Plan, snapshot: Snapshot, entries: Mapping[str, Pending]
) -> str:
    """Return what a plan does."""
    requested = ', '.join(f'{n}={x.value}' for n, x in sorted(entries.items()))
    power = f'with the server {plan.power}'
    if plan.aim is Aim.RETRY:
        has_failed = any(entry.failure for entry in entries.values())
        despite = ' in spite of the failure' if has_failed else ''
        services = f', in {plan.reboots} services' if plan.later else ''
        return f'continues to {requested}{despite}{services}, {power}'
    if plan.aim is Aim.ABORT:
        has_failed = snapshot.node.provision_state == 'service failed'
        is_resized = snapshot.server.status == 'VERIFY_RESIZE'
        return (
            f'{"makes the node active, " if has_failed else ""}'
            f'{"reverts the resize, " if is_resized else ""}'
            f'leaves the settings as they are, {power}'
            f'{", and removes the change record" if entries else ""}'
        )
    settings = ', '.join(
        f'{name}={values.shown(value)}'
        for name, value in plan.was.items()
        if value is not None
    )
    told = '; '.join(plan.warnings)
    return f'puts {settings or "nothing"} back, {power} ({told})'
