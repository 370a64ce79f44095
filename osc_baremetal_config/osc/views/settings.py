"""What is shown of BIOS settings."""

from collections.abc import Iterable

from osc_baremetal_config.core.explain.bios_settings import PRIORITY, Shown
from osc_baremetal_config.core.facts.model import BiosSetting, Step
from osc_baremetal_config.osc.views.cells import OnOneLine, OrDash, YesNo
from osc_baremetal_config.osc.views.tables import Table

SETTINGS: tuple[str, ...] = (
    'Name',
    'Value',
    'Type',
    'Allowed',
    'Read Only',
    'Config',
)
DIFFERENT: tuple[str, ...] = ('Name', 'Value', 'Other', *SETTINGS[2:])
# The keys of a step, so that JSON is what Ironic takes.
STEPS: tuple[str, ...] = ('interface', 'step', 'args', 'priority')
_HIDDEN = '(hidden)'


def nothing(patterns: Iterable[str], *, compares: bool) -> str:
    """Return why no setting is listed although there are some."""
    which = 'No setting'
    if names := ', '.join(patterns):
        which = f'No setting whose name matches {names}'
    return f'{which} {"differs" if compares else "is there"}.'


def settings(found: Iterable[Shown], *, compares: bool) -> Table:
    """Return the table of a server's settings.

    :param compares: with what each is elsewhere.
    """
    rows = [
        (
            one.setting.name,
            OrDash(_HIDDEN if one.is_secret else one.value),
            *([OrDash(one.other)] if compares else []),
            OrDash(one.setting.attribute_type),
            OnOneLine(_allowed(one.setting)),
            YesNo(one.setting.read_only),
            OnOneLine(list(one.types)),
        )
        for one in found
    ]
    return Table(DIFFERENT if compares else SETTINGS, rows)


def steps(found: Iterable[Step]) -> Table:
    """Return the table of the steps of a deploy template."""
    return Table(
        STEPS,
        [(s.interface, s.step, dict(s.args), PRIORITY) for s in found],
    )


def _allowed(setting: BiosSetting) -> list[str]:
    """Return the values that a setting may have, or its bounds."""
    if setting.allowable_values:
        return list(dict.fromkeys(setting.allowable_values))
    for least, most, of in (
        (setting.lower_bound, setting.upper_bound, ''),
        (setting.min_length, setting.max_length, ' characters'),
    ):
        if least is not None or most is not None:
            low = '' if least is None else least
            high = '' if most is None else most
            return [f'{low}..{high}{of}']
    return []
