"""What is wrong with who may run runbooks, and on which nodes.

Owns the findings about their traits and their owners. What they do is for
:mod:`.templates`.
"""

from collections.abc import Iterator, Sequence

from osc_baremetal_config.core.check.findings import Code, Finding
from osc_baremetal_config.core.check.survey import Survey, command, of_node
from osc_baremetal_config.core.facts import profiles, quoting
from osc_baremetal_config.core.facts.model import Kind, Node, Template
from osc_baremetal_config.core.offer.model import Estate


def check(survey: Survey) -> Iterator[Finding]:
    """Yield what keeps the runbooks of a cloud from being run."""
    for template in survey.estate.templates:
        if template.kind is Kind.RUNBOOK and profiles.given(template):
            if template.steps:
                yield from _approval(template, survey)
            yield from _usability(template, survey)


def has_owner_without_servers(estate: Estate) -> bool:
    """Return whether it has to be looked for who owns the runbooks.

    What has a server is a project.
    """
    owners = {one.owner for one in estate.templates if one.owner}
    return not owners <= {server.project_id for server in estate.servers}


def _approval(runbook: Template, survey: Survey) -> Iterator[Finding]:
    """Yield that a runbook can be run on no node."""
    nodes = survey.fitting(runbook)
    if not runbook.approved_for:
        yield Finding(
            Code.RUNBOOK_WITHOUT_TRAITS,
            str(runbook),
            'it has no traits, so Ironic runs it on no node',
            _approving(runbook, survey, nodes),
        )
    elif not runbook.approved_for & survey.node_traits:
        yield Finding(
            Code.RUNBOOK_TRAITS,
            str(runbook),
            f'no node has one of its traits: '
            f'{", ".join(sorted(runbook.approved_for))}',
            _approving(runbook, survey, nodes),
        )


def _approving(
    runbook: Template, survey: Survey, nodes: Sequence[Node]
) -> str:
    """Return the command that approves a runbook for the nodes it fits.

    By the trait of the template that does the same, which the nodes may have
    still to get; by another one that they have in common where there is none.
    """
    common = set(survey.node_traits)
    for node in nodes:
        common &= node.traits
    twins = {
        one.name
        for one in survey.estate.templates
        if one.kind is Kind.DEPLOY_TEMPLATE
        and profiles.given(one) == profiles.given(runbook)
    }
    if not nodes:
        return ''
    if twins and not twins & common:
        trait = min(twins & runbook.approved_for or twins)
        is_approved = trait in runbook.approved_for
        return quoting.both(
            '' if is_approved else command(runbook, 'trait add', trait),
            *(
                of_node(node, 'add trait', trait)
                for node in nodes
                if trait not in node.traits
            ),
        )
    best = sorted(common, key=lambda one: (one not in twins, one))
    return command(runbook, 'trait add', best[0]) if best else ''


def _usability(runbook: Template, survey: Survey) -> Iterator[Finding]:
    """Yield that a runbook can be run by no project."""
    if runbook.is_public:
        nodes = survey.fitting(runbook)
        lessees = sorted({node.lessee for node in nodes if node.lessee})
        fix = command(runbook, 'unset', '--public')
        if lessees:
            owning = command(runbook, 'set', '--owner', lessees[0])
            fix = quoting.both(fix, owning)
        yield Finding(
            Code.RUNBOOK_NOT_USABLE,
            str(runbook),
            'projects are shown it, and may not run it: only the managers of '
            'the project that owns a runbook may',
            fix,
        )
    projects, owner = survey.projects, runbook.owner
    if projects is None or owner is None or owner in projects:
        return
    named = [id_ for id_, name in projects.items() if name == owner]
    fix = command(runbook, 'unset', '--owner')
    hint = ''
    if len(named) == 1:
        fix = command(runbook, 'set', '--owner', named[0])
        hint = f': that is the name of {named[0]}'
    yield Finding(
        Code.OWNER_UNKNOWN,
        str(runbook),
        f'its owner {owner} is the ID of no project, so no project is shown '
        f'it{hint}',
        fix,
    )
