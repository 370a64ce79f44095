"""What is wrong with nodes, and with the servers on them.

Owns the findings about what Ironic and Placement know of a node, and about
what stands in the metadata of a server.
"""

from collections.abc import Iterable, Iterator

from osc_baremetal_config.core.check.findings import Code, Finding
from osc_baremetal_config.core.check.survey import Survey, of_node
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Drift
from osc_baremetal_config.core.desired.catalogue import ConfigType
from osc_baremetal_config.core.facts import (
    deferred,
    journal,
    metadata,
    profiles,
    provision_state,
    quoting,
    steps,
    times,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Item,
    Kind,
    Node,
    Server,
    Snapshot,
    Template,
)

# States in which Nova's servers are on a node, or can be.
IN_USE = frozenset({'available', 'active'})
# A change without a sign of life is given up by somebody after so long.
_ORPHANED_S = 3600.0


def check(survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with the nodes and servers of a cloud."""
    yield from _not_read(survey)
    by_id = {server.id: server for server in survey.estate.servers}
    for node in survey.estate.nodes:
        server = by_id.get(node.instance_uuid or '')
        yield from _node(node, server, survey)
        if server:
            yield from _server(server, node, survey)


def _not_read(survey: Survey) -> Iterator[Finding]:
    """Yield what could not be read, and so not be checked."""
    estate = survey.estate
    for one in estate.unread:
        yield Finding(
            Code.NOT_READ,
            str(one),
            f'it could not be read, so it is not checked: {one.error.message}',
        )
    for node in estate.nodes:
        if why := estate.faults.get(node.uuid):
            yield Finding(
                Code.NOT_READ,
                f'node {node}',
                f'its BIOS settings could not be read: {why}',
            )


def _node(
    node: Node, server: Server | None, survey: Survey
) -> Iterator[Finding]:
    """Yield what is wrong with a node."""
    if stopped := _stopped(node, server, survey):
        yield stopped
        return
    if node.provision_state not in IN_USE:
        return
    if node.uuid in survey.estate.bios:
        bios = survey.estate.bios[node.uuid]
        yield from _capabilities(node, bios, survey) if bios else _unread(node)
        yield from _marks(node, bios, survey)
    yield from _lessee(node, server)
    yield from _placement(node, survey)


def _stopped(
    node: Node, server: Server | None, survey: Survey
) -> Finding | None:
    """Return that a service of a node does not go on."""
    about = f'node {node}'
    if provision_state.is_wedged(node, survey.now_s):
        return Finding(
            Code.NODE_WEDGED,
            about,
            f'it is in {node.provision_state} and no conductor is working on '
            f'it, which ends only when the conductor is restarted',
        )
    if node.provision_state != 'service failed':
        return None
    why = node.last_error or node.maintenance_reason or 'no reason is shown'
    fix = of_node(node, 'abort')
    if server:
        fix = _recovery(server)
    return Finding(Code.SERVICE_FAILED, about, f'a service failed: {why}', fix)


def _unread(node: Node) -> Iterator[Finding]:
    """Yield that Ironic has no BIOS settings of a node."""
    fix = ''
    if node.provision_state == 'available':
        fix = quoting.both(
            of_node(node, 'manage', '--wait', '0'), of_node(node, 'provide')
        )
    yield Finding(
        Code.BIOS_NOT_READ,
        f'node {node}',
        'Ironic has read no BIOS settings of it'
        + (
            ''
            if fix
            else '; it reads them when the node is deployed or serviced'
        ),
        fix,
    )


def _capabilities(node: Node, bios: Bios, survey: Survey) -> Iterator[Finding]:
    """Yield where a node's traits and its BIOS do not agree."""
    offered = {item.type for item in survey.items}
    kinds = survey.catalogue.kinds(bios)
    for name, config_type in survey.catalogue.types.items():
        needed = [sets for sets in config_type.needs.values() if sets]
        if name not in offered or not needed:
            continue
        has_setting = bool(kinds[name]) or _is_told(name, bios, survey)
        capable = _capable(config_type, node)
        if capable and not has_setting:
            yield Finding(
                Code.TRAIT_WITHOUT_SETTING,
                f'node {node}',
                f'it has the trait {", ".join(sorted(capable))}, and no '
                f'setting of its BIOS is known to be {name}',
                of_node(node, 'remove trait', *sorted(capable)),
            )
        elif has_setting and not capable:
            sets = {one for some in needed for one in some}
            told = ' or '.join(
                sorted(' and '.join(sorted(one)) for one in sets)
            )
            yield Finding(
                Code.SETTING_WITHOUT_TRAIT,
                f'node {node}',
                f'its BIOS has {name}, and it lacks the trait {told}',
                of_node(node, 'add trait', *sorted(next(iter(sets))))
                if len(sets) == 1
                else '',
            )


def _marks(node: Node, bios: Bios, survey: Survey) -> Iterator[Finding]:
    """Yield where a node has not the traits of just what fits it."""
    for template in survey.estate.templates:
        if template.kind is not Kind.DEPLOY_TEMPLATE:
            continue
        if template.name in node.traits:
            yield from _unfit(node, bios, template, survey)
        elif (users := survey.relying(template, node)) and survey.fits(
            template, node
        ):
            # As one that was enrolled after the template was offered.
            yield Finding(
                Code.TEMPLATE_TRAIT_MISSING,
                f'node {node}',
                f'{template} fits it, and it lacks the trait of that name, '
                f'which others like it have: {users} cannot use it',
                of_node(node, 'add trait', template.name),
            )


def _unfit(
    node: Node, bios: Bios, template: Template, survey: Survey
) -> Iterator[Finding]:
    """Yield that a server that comes onto a node by a trait fails there.

    Where the template fits no node at all, that is the finding.
    """
    against = survey.unfit(template, node, bios)
    if against and profiles.given(template) and survey.fitting(template):
        yield Finding(
            Code.TEMPLATE_TRAIT_UNFIT,
            f'node {node}',
            f'it has the trait of {template}, which cannot be used on it: '
            f'{against[0].text}',
            of_node(node, 'remove trait', template.name),
        )


def _capable(config_type: ConfigType, node: Node) -> frozenset[str]:
    """Return the traits by which a node is capable of a type; none if not."""
    for sets in config_type.needs.values():
        for traits in sets:
            if traits <= node.traits:
                return traits
    return frozenset()


def _is_told(name: str, bios: Bios, survey: Survey) -> bool:
    """Return whether a template tells a type by settings that a BIOS has."""
    return any(
        known.keys() <= bios.keys()
        for one in survey.estate.templates
        if one.item
        and one.item.type == name
        and (known := steps.settings(one.steps))
    )


def _lessee(node: Node, server: Server | None) -> Iterator[Finding]:
    """Yield that a server's project is not shown the node."""
    project = server.project_id if server else None
    if project and node.lessee != project and node.owner != project:
        yield Finding(
            Code.LESSEE_MISSING,
            f'node {node}',
            f'its server {server} is of project {project}, which is not its '
            f'lessee, so its users are not shown the node',
            quoting.command(
                *('openstack', 'baremetal', 'node', 'set', '--lessee'),
                *(project, quoting.node(node)),
            ),
        )


def _placement(node: Node, survey: Survey) -> Iterator[Finding]:
    """Yield that Placement has other traits of a node than Ironic."""
    if node.uuid not in survey.placement.differing:
        return
    told = [w for one in sorted(node.traits) for w in ('--trait', one)]
    yield Finding(
        Code.PLACEMENT_TRAITS,
        f'node {node}',
        'Placement has other traits of it than Ironic, so servers are '
        'scheduled by the wrong ones; Nova copies them within a minute where '
        'its service for the node runs',
        quoting.command(
            *('openstack', 'resource', 'provider', 'trait', 'set'),
            *(*told, node.uuid),
        ),
    )


def _recovery(server: Server) -> str:
    """Return the command that drops the change of a server."""
    words = ('openstack', 'server', 'config', 'recover', '--abort')
    return quoting.command(*words, server.id)


def _unset(server: Server, *keys: str) -> str:
    """Return the command that takes items from a server's metadata."""
    told = [word for key in keys for word in ('--property', key)]
    return quoting.command('openstack', 'server', 'unset', *told, server.id)


def _server(server: Server, node: Node, survey: Survey) -> Iterator[Finding]:
    """Yield what is wrong with a server."""
    yield from _records(server, survey)
    entries = list(_journal(server, node, survey))
    yield from entries
    bios = survey.estate.bios.get(node.uuid)
    if bios and not journal.pending(server.metadata):
        yield from _drift(server, node, bios, survey)


def _records(server: Server, survey: Survey) -> Iterator[Finding]:
    """Yield what is recorded or deferred and that nobody defines."""
    records = [
        (metadata.DESIRED + name, Item(name, value))
        for name, value in metadata.desired(server.metadata).items()
    ]
    for name in sorted(metadata.below(metadata.DEFERRED, server.metadata)):
        key = metadata.DEFERRED + name
        if later := deferred.of(name, server.metadata):
            records.append((key, Item(name, later.value)))
        else:
            yield Finding(
                Code.JOURNAL_DAMAGED,
                f'server {server}',
                f'{key} in its metadata is no request that was deferred',
                _unset(server, key),
            )
    for key, item in records:
        if not _is_known(item, survey):
            yield Finding(
                Code.RECORD_UNDEFINED,
                f'server {server}',
                f'its metadata says {item}, which neither the catalogue nor a '
                f'template knows',
                _unset(server, key),
            )


def _is_known(item: Item, survey: Survey) -> bool:
    """Return whether the catalogue or a template knows an item."""
    config_type = survey.catalogue.types.get(item.type)
    is_in_catalogue = config_type and item.value in config_type.values
    return bool(is_in_catalogue) or item in survey.every_item


def _journal(server: Server, node: Node, survey: Survey) -> Iterator[Finding]:
    """Yield what is left of changes that do not go on."""
    about = f'server {server}'
    damaged = [
        (prefix, name)
        for prefix, entries in (
            (metadata.PENDING, journal.pending(server.metadata)),
            (metadata.PREVIOUS, journal.previous(server.metadata)),
        )
        for name, entry in entries.items()
        if entry.fault
    ]
    for prefix, name in damaged:
        yield Finding(
            Code.JOURNAL_DAMAGED,
            about,
            f'its entry of {name} in the metadata cannot be read',
            _unset(server, *journal.keys(prefix, name, server.metadata)),
        )
    entries = journal.pending(server.metadata)
    if not entries or damaged:
        return
    started = [times.seconds(e.since or '') for e in entries.values()]
    since = max((at for at in started if at is not None), default=0)
    is_at_work = server.task_state or not isinstance(
        provision_state.classify(node), provision_state.Ready
    )
    if not is_at_work and survey.now_s - since >= _ORPHANED_S:
        items = ', '.join(f'{n}={e.value}' for n, e in sorted(entries.items()))
        yield Finding(
            Code.JOURNAL_ORPHANED,
            about,
            f'a change to {items} was started and does not go on',
            _recovery(server),
        )


def _drift(
    server: Server, node: Node, bios: Bios, survey: Survey
) -> Iterator[Finding]:
    """Yield in what a server is not as it should be."""
    images = {image.id: image for image in survey.estate.images}
    assessed = assessment.assess(
        Snapshot(
            server=server,
            node=node,
            bios=bios,
            templates=survey.estate.templates,
            image=images.get(server.image_id or ''),
        ),
        survey.catalogue,
    )
    found = [
        f'{row.type} is {row.actual.value} and should be {row.desired.value}'
        for row in assessed.rows.values()
        # What is deferred waits for its window.
        if row.drift is Drift.YES
        and row.desired.deferred is None
        and _is_defined(row.type, row.desired.value, survey)
    ]
    if found:
        yield Finding(
            Code.DRIFT,
            f'server {server}',
            '; '.join(found),
            quoting.command(
                'openstack', 'server', 'config', 'apply', server.id
            ),
        )


def _is_defined(name: str, value: str | None, survey: Survey) -> bool:
    """Return whether something gives an item; else that is the finding."""
    return any(
        item.type == name and item.value == value for item in survey.items
    )


def sample(nodes: Iterable[Node], most: int | None) -> list[Node]:
    """Return the nodes whose BIOS is read, of each kind some.

    :param most: how many at most; None for all.
    """
    every = list(nodes)
    if most is None or len(every) <= most:
        return every
    kinds: dict[tuple[object, ...], list[Node]] = {}
    for node in every:
        key = (node.resource_class, node.vendor, node.driver, node.traits)
        kinds.setdefault(key, []).append(node)
    queues = list(kinds.values())
    found: list[Node] = []
    while len(found) < most:
        for queue in queues:
            if queue and len(found) < most:
                found.append(queue.pop(0))
    return found
