"""What is shown of findings."""

from collections.abc import Iterable, Sequence

from osc_baremetal_config.core.check.findings import Finding, Severity
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.osc.views.cells import OrDash
from osc_baremetal_config.osc.views.tables import Table

FINDINGS = ('Severity', 'Code', 'Object', 'Reason', 'Fix')


def findings(found: Iterable[Finding], *, is_for_person: bool) -> Table:
    """Return the table of the findings.

    :param is_for_person: who reads the reasons and the commands on stderr.
    """
    rows = [
        (
            one.severity.value,
            one.code.value,
            one.object,
            one.reason,
            OrDash(one.fix or None),
        )
        for one in found
    ]
    table = Table(FINDINGS, rows)
    return tables.without(table, ['Reason', 'Fix']) if is_for_person else table


def reasons(found: Iterable[Finding]) -> list[str]:
    """Return what is wrong, each sentence once."""
    return tables.once((one.object, f'{one.reason}.') for one in found)


def fixes(found: Iterable[Finding]) -> list[str]:
    """Return the commands that help."""
    told = list(dict.fromkeys(one.fix for one in found if one.fix))
    return ['These commands help:', *(f'  {one}' for one in told)] * bool(told)


def summary(found: Sequence[Finding]) -> str:
    """Return how many findings there are."""
    if not found:
        return 'Nothing was found.'
    bad = sum(one.severity is Severity.ERROR for one in found)
    errors = tables.count(bad, 'error')
    return f'{errors}, {tables.count(len(found) - bad, "warning")}.'
