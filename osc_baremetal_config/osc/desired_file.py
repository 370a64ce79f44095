"""The file that tells what each of many servers should be.

Owns its form, ``server: {type: value}``, and where in it a fault is. The file
of a golden server tells it for all alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.explain.baseline import Baseline
from osc_baremetal_config.core.facts import naming
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.rollout.rollout_plan import Refusal, RolloutPlan
from osc_baremetal_config.osc import golden_file, yamlfile

# Ten thousand servers with two types each, in bytes.
_SIZE = 2**20


@dataclass(frozen=True, slots=True)
class File:
    """What a file says.

    :param source: what it was read from.
    :param servers: name or id → the items that the server should have.
    :param golden: whose items every server should have; then the file names
        none of these. None if it does.
    """

    source: yamlfile.File
    servers: Mapping[str, Sequence[Item]]
    golden: Baseline | None = None

    def of(self, assessed: Assessment) -> Sequence[Item]:
        """Return the items that a server should have.

        :raises Refused: the file does not say, or says it twice.
        """
        if self.golden:
            return [Item(*item) for item in self.golden.items.items()]
        server = assessed.snapshot.server
        # A server may have another's ID for its name.
        own = [server.id]
        own += [] if naming.is_id(server.name) else [server.name]
        found = [self.servers[name] for name in own if name in self.servers]
        if len(found) == 1:
            return found[0]
        how = 'nowhere'
        if found:
            name, server_id = (
                self._line(one) for one in (server.name, server.id)
            )
            how = (
                f'by its name on line {name} and by its ID on line {server_id}'
            )
        raise errors.Refused(
            f'{server}: {self.source.path} must name it once, and names it '
            f'{how}.'
        )

    def located(self, plan: RolloutPlan) -> RolloutPlan:
        """Return a plan that says where servers are named that there are not.

        :param plan: of the servers that the file names.
        """
        return replace(plan, refused=tuple(map(self._located, plan.refused)))

    def _located(self, one: Refusal) -> Refusal:
        is_missing = one.name in self.servers and one.id in {None, one.name}
        if not (is_missing and isinstance(one.error, errors.Refused)):
            return one
        place = f'{self.source.path}:{self._line(one.name)}'
        error = errors.Refused(
            f'{place}: {one.error.message}', one.error.reasons
        )
        return replace(one, error=error)

    def _line(self, name: str) -> int:
        return self.source.line((name,))


def load(path: str) -> File:
    """Return what a file says.

    :raises Refused: the file cannot be read, or is of another form.
    """
    read = yamlfile.read(Path(path), 'The file', _SIZE, as_text=True)
    document = read.document
    if golden_file.is_one(document):
        golden = golden_file.parse(read)
        if not golden.items:
            told = read.told(('items',), 'there are none to set')
            raise errors.Refused(told)
        return File(read, {}, golden)
    if not isinstance(document, dict) or not document:
        raise errors.Refused(f'{path}:1: not a mapping of servers')
    if faults := yamlfile.some(_faults(read)):
        raise errors.Refused('The file of items is broken:', faults)
    return File(
        read,
        {
            name: [Item(*request) for request in desired.items()]
            for name, desired in document.items()
        },
    )


def _faults(file: yamlfile.File) -> Iterator[str]:
    """Yield what is not ``server: {type: value}``, each with its line."""
    yield from file.repeated
    for name, desired in file.document.items():
        if not name:
            yield file.told((name,), 'a server without a name')
            continue
        if not (isinstance(desired, dict) and desired):
            yield file.told((name,), 'not a mapping of types to values')
            continue
        for kind, value in desired.items():
            if not (kind and isinstance(value, str) and value):
                yield file.told((name, kind), 'not a type with its value')
