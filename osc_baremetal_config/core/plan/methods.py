"""What carries a plan out: a runbook or steps, and a resize before them.

Owns which of them is taken, by the options and by what there is.
"""

from collections.abc import Mapping, Sequence

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import releases, templates, violations
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Server,
    Snapshot,
    Step,
    Template,
)
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan import flavors
from osc_baremetal_config.core.plan.options import Method, Options


def resizes(
    options: Options, catalogue: Catalogue, entries: Mapping[str, Pending]
) -> bool:
    """Return whether the server is to get the flavor that is the variant.

    A change that was started without a resize is ended without one.
    """
    if options.method is Method.RESIZE:
        return True
    if entries:
        return any(entry.resize for entry in entries.values())
    return options.method is Method.AUTO and catalogue.resizes


def target(
    variants: Sequence[Flavor] | None,
    options: Options,
    server: Server,
    entries: Mapping[str, Pending],
) -> Flavor | None:
    """Return the flavor that a server is to be resized to, if it has to be.

    One that has been resized by an earlier run has that still to be confirmed.
    """
    variant = flavors.target(variants, options, server.flavor)
    if not entries and variant and variant.name == server.flavor.name:
        return None
    return variant


def runbook(
    wanted: Sequence[Step], snapshot: Snapshot, options: Options
) -> Template | None:
    """Return the runbook that does exactly what is wanted, if there is one.

    One that writes each value as the BMC takes it goes before one that has
    text for a number; then one of the server's project before those of others
    and those without an owner, which projects may see and not run.
    """
    if options.method is Method.SERVICE or not wanted:
        return None
    if not releases.has(snapshot.ironic, releases.RUN_RUNBOOK):
        return None
    covering = [
        template
        for template in snapshot.templates
        if templates.covers(template, wanted, snapshot.node, snapshot.bios)
    ]

    def rank(template: Template) -> tuple[bool, bool, bool, str]:
        return (
            not templates.is_exact(template, wanted),
            template.owner != snapshot.server.project_id,
            template.owner is None,
            template.name,
        )

    return min(covering, key=rank, default=None)


def no_runbook(wanted: Sequence[Step], snapshot: Snapshot) -> Violation:
    """Return why no runbook is one that does what is requested here."""
    if not releases.has(snapshot.ironic, releases.RUN_RUNBOOK):
        return violations.runbook_missing(snapshot.ironic)
    for template in snapshot.templates:
        if templates.does(template, wanted, snapshot.bios):
            return violations.runbook_not_approved(template, snapshot.node)
    return violations.runbook_missing()
