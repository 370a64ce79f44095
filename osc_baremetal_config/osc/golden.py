"""The command that exports a golden server.

Reads, has the layers below decide, and shows or writes a file. Changes
nothing on the cloud.
"""

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.explain import baseline
from osc_baremetal_config.osc import golden_file
from osc_baremetal_config.osc.arguments import ExportArguments
from osc_baremetal_config.osc.session import Session, Shown, check_columns
from osc_baremetal_config.osc.views import drift as view
from osc_baremetal_config.osc.views import states


def export(session: Session, asked: ExportArguments) -> Shown:
    """Return what a server is, or where that was written."""
    check_columns(asked.output.columns, _columns(asked))
    if asked.file is not None and not asked.replaces:
        golden_file.check_new(asked.file)
    snapshot = session.snapshot(asked.server)
    assessed = assess(snapshot, session.catalogue)
    if not snapshot.bios:
        raise errors.Refused(
            f'{snapshot.server}: Ironic has read no BIOS settings of its '
            f'node, so there is nothing to export.'
        )
    found, left_out = golden_file.readable(
        baseline.of(assessed, has_settings=asked.has_settings)
    )
    session.remark(states.hidden(snapshot.hidden))
    session.remark(view.untold(assessed))
    session.remark(view.left_out(left_out))
    if asked.file is None:
        return Shown(*view.exported(golden_file.document(found)))
    golden_file.write(asked.file, found, replaces=asked.replaces)
    return Shown(*view.written(found, asked.file))


def _columns(asked: ExportArguments) -> tuple[str, ...]:
    """Return the columns that will be shown."""
    if asked.file is not None:
        return view.WRITTEN
    return golden_file.KEYS if asked.has_settings else golden_file.ITEMS
