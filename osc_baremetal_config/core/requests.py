"""The requests that carry a plan out, as values.

Owns what is sent in which order where nothing gets in the way; ``--dry-run``
shows it. Reads, and what only waits, are left out. Never sends anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from osc_baremetal_config.core import metadata
from osc_baremetal_config.core.model import Step
from osc_baremetal_config.core.plan import ON, Plan

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


def documents(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps as Ironic takes them."""
    return [
        {'interface': s.interface, 'step': s.step, 'args': dict(s.args)}
        for s in steps
    ]


def of(plan: Plan, since: str = '<now>') -> list[Request]:
    """Return the requests of a plan, in order.

    :param since: the time for the notes, which is not known beforehand.
    """
    found = []
    path = f'/servers/{plan.server.id}'
    keys = [metadata.PENDING + name for name in plan.notes]
    if plan.changes:
        notes = metadata.begin(
            [(c.item, c.before) for c in plan.changes], plan.power, since
        )
        if not plan.notes:
            keys = metadata.pending_keys(notes)
            found.append(_metadata(path, notes, 'removed at the end'))
        found += _service(plan, path)
    if plan.record:
        record = metadata.record(plan.record)
        found.append(_metadata(path, record, NEVER))
    found += [
        Request('compute', 'DELETE', f'{path}/metadata/{key}', None, NEVER)
        for key in keys
    ]
    return found


def _service(plan: Plan, path: str) -> list[Request]:
    found = []
    if plan.stop and plan.server.status == 'ACTIVE':
        body = {'os-stop': None}
        found.append(_action(path, body, 'the server is started'))
    what: dict[str, Any] = {'target': 'service'}
    if plan.runbook:
        what['runbook'] = plan.runbook
    else:
        what['service_steps'] = documents(plan.steps)
    was = ', '.join(f'{n}={v}' for n, v in plan.was.items() if v is not None)
    found.append(
        Request(
            'baremetal',
            'PUT',
            f'/v1/nodes/{plan.node.uuid}/states/provision',
            what,
            f'a service that sets {was}',
        )
    )
    if plan.stop and plan.power == ON:
        found.append(_action(path, {'os-start': None}, NEVER))
    return found


def _metadata(path: str, items: dict[str, str], undo: str) -> Request:
    body = {'metadata': items}
    return Request('compute', 'POST', f'{path}/metadata', body, undo)


def _action(path: str, body: dict[str, Any], undo: str) -> Request:
    return Request('compute', 'POST', f'{path}/action', body, undo)
