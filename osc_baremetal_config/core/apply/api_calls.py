"""The requests that carry a plan out, as values.

Owns what is sent in which order where nothing gets in the way; ``--dry-run``
shows it. Reads, and what only waits, are left out. Never sends anything.
"""

from dataclasses import dataclass
from typing import Any

from osc_baremetal_config.core.facts import steps, values
from osc_baremetal_config.core.facts.model import Step
from osc_baremetal_config.core.plan import journal_entries
from osc_baremetal_config.core.plan.model import ON, Plan

NEVER = 'needs none'


@dataclass(frozen=True, slots=True)
class Request:
    """One request that changes something.

    :param body: the document that is sent, None for none.
    :param undo: how its effect is undone, in words.
    """

    service: str
    method: str
    path: str
    body: Any
    undo: str


def of(plan: Plan, since: str = '<now>') -> list[Request]:
    """Return the requests of a plan, in order.

    :param since: the time for the entries, which is not known beforehand.
    """
    found = []
    path = f'/servers/{plan.server.id}'
    keys = []
    if not plan.is_empty:
        keys = sorted([*journal_entries.keys(plan), *plan.forget])
        if not plan.is_resumed and (plan.recorded or plan.touches_power):
            entries = journal_entries.begin(plan, since)
            found.append(_metadata(path, entries, 'removed at the end'))
    if plan.touches_power:
        found += _change(plan, path)
    if plan.recorded:
        found.append(_metadata(path, plan.recorded, NEVER))
    found += [
        Request('compute', 'DELETE', f'{path}/metadata/{key}', None, NEVER)
        for key in keys
    ]
    return found


def _change(plan: Plan, path: str) -> list[Request]:
    found = []
    resizes = plan.is_to_resize(plan.server)
    if plan.stops:
        body: dict[str, Any] = {'os-stop': None}
        found.append(_action(path, body, 'the server is started'))
    if resizes and plan.resize_to:
        body = {'resize': {'flavorRef': plan.resize_to.id}}
        found.append(_action(path, body, 'the resize is reverted'))
    if plan.needs_service:
        found.append(_service(plan, plan.steps))
    found += [_service(plan, every) for every in plan.later]
    if resizes:
        found.append(_action(path, {'confirmResize': None}, 'cannot be'))
    if plan.stop and plan.power == ON:
        found.append(_action(path, {'os-start': None}, NEVER))
    return found


def _service(plan: Plan, every: tuple[Step, ...]) -> Request:
    """Return the request of one of the services of a plan.

    Only of the first it is known whether there is a runbook for it.
    """
    what: dict[str, Any] = {'target': 'service'}
    if plan.runbook and every == plan.steps:
        what['runbook'] = plan.runbook
    else:
        what['service_steps'] = steps.documents(every)
    before = {s.name: s.before for c in plan.changes for s in c.settings}
    was = ', '.join(
        f'{n}={values.shown(before[n])}'
        for n in steps.settings(every)
        if before.get(n) is not None
    )
    undo = f'a service that sets {was}' if plan.undo else 'cannot be'
    path = f'/v1/nodes/{plan.node.uuid}/states/provision'
    return Request('baremetal', 'PUT', path, what, undo)


def _metadata(path: str, items: dict[str, str], undo: str) -> Request:
    body = {'metadata': items}
    return Request('compute', 'POST', f'{path}/metadata', body, undo)


def _action(path: str, body: dict[str, Any], undo: str) -> Request:
    return Request('compute', 'POST', f'{path}/action', body, undo)
