"""Sending the requests that define things, one after the other.

Owns who is asked for permission before the first of them, and what is said
when one fails. What they are was decided before.
"""

from collections.abc import Callable, Iterable, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.model import Flavor
from osc_baremetal_config.core.offer.model import Change, Request
from osc_baremetal_config.run.reader import Reader

_NOVA = 'Nova'
# Told of each change that is made.
OnDone = Callable[[Change], None]


def check(
    changes: Iterable[Change], reader: Reader, flavors: Sequence[Flavor]
) -> None:
    """Raise unless the user may define what is to be defined.

    :param flavors: some that there are.
    :raises Refused: with who may.
    """
    services = {
        request.service for change in changes for request in change.requests
    }
    refusals: list[str] = []
    if _NOVA in services and flavors:
        compute = reader.cloud.compute
        refusals += _refusal(
            reader,
            lambda: compute.check_define(flavors[0]),
            'Flavors are defined by an administrator (role admin in a '
            'project).',
        )
    if services - {_NOVA}:
        refusals += _refusal(
            reader,
            reader.cloud.baremetal.check_define,
            'Deploy templates, runbooks and traits of nodes are defined by '
            'an administrator of the system (role admin on the system).',
        )
    if refusals:
        raise errors.Refused(
            'You may not define this; nothing was changed:', refusals
        )


def carry_out(
    changes: Sequence[Change], reader: Reader, on_done: OnDone
) -> None:
    """Return once all is as it should be.

    :raises Incomplete: something could not be made; what was made before it
        is left, and made use of by the same command.
    """
    done: list[Change] = []
    for change in changes:
        sent = 0
        try:
            for request in change.requests:
                _send(request, reader)
                sent += 1
        except errors.CloudError as error:
            raise _failed(change, error, done, has_begun=bool(sent)) from error
        done.append(change)
        on_done(change)


def _send(request: Request, reader: Reader) -> None:
    cloud, tries = reader.cloud, 0

    def send() -> None:
        nonlocal tries
        tries += 1
        if request.service == _NOVA:
            cloud.compute.define(request.method, request.path, request.body)
        else:
            cloud.baremetal.define(
                request.call, request.method, request.path, request.body
            )

    try:
        reader.ask(send)
    except errors.NotFound:
        # What is to be gone is.
        if request.method != 'DELETE':
            raise
    except errors.Conflict:
        # The answer to the first try was lost. All is looked at in the end.
        if tries == 1:
            raise


def _failed(
    change: Change,
    error: errors.CloudError,
    done: Sequence[Change],
    *,
    has_begun: bool,
) -> errors.ConfigError:
    """Return how it is said that a change could not be made."""
    told = [error.message]
    if done:
        told.append(f'Done before: {", ".join(map(str, done))}.')
    told.append('Run the same command again to finish.')
    is_unclear = isinstance(error, errors.TemporaryCloudError)
    if done or has_begun or is_unclear:
        return errors.Incomplete(
            f'{change} could not be {change.state}:', told
        )
    return errors.ConfigError(
        f'{change} could not be {change.state}; nothing was changed:',
        [error.message],
    )


def _refusal(reader: Reader, check: Callable[[], None], who: str) -> list[str]:
    """Return who may do something, if the user may not."""
    try:
        reader.ask(check)
    except errors.Forbidden as error:
        return [error.message, who]
    return []
