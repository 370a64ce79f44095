"""The command that lists BIOS settings, and writes a template's steps.

Reads, has the layers below decide, and shows. Changes nothing.
"""

import collections
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.explain import bios_settings
from osc_baremetal_config.core.facts import values
from osc_baremetal_config.core.facts.model import Value
from osc_baremetal_config.osc import golden_file, yamlfile
from osc_baremetal_config.osc.arguments import SettingArguments
from osc_baremetal_config.osc.session import Session, Shown, check_columns
from osc_baremetal_config.osc.views import settings as view

# Ten times what the largest known BIOS comes to, in bytes.
_SIZE = 2**20
_FILES = ('.json', '.yaml', '.yml')


def settings(session: Session, asked: SettingArguments) -> Shown:
    """Return a row for each BIOS setting, or for each step of a template."""
    compares = asked.differs_from is not None
    known = view.DIFFERENT if compares else view.SETTINGS
    if asked.template:
        known = view.STEPS
    check_columns(asked.output.columns, known)
    assessed = assess(session.snapshot(asked.server), session.catalogue)
    if asked.template:
        made, told = bios_settings.template(asked.template, assessed)
        session.remark(told)
        return Shown(*view.steps(made))
    if not assessed.snapshot.bios:
        session.remark(['Ironic has read no BIOS settings of this node.'])
    found = bios_settings.shown(assessed, asked.patterns, asked.type_name)
    if asked.differs_from is not None:
        others, is_whole = _others(session, asked.differs_from)
        found = bios_settings.different(
            found,
            others,
            asked.patterns,
            asked.type_name,
            is_whole=is_whole,
        )
    if assessed.snapshot.bios and not found:
        session.remark([view.nothing(asked.patterns, compares=compares)])
    return Shown(*view.settings(found, compares=compares))


def _others(
    session: Session, name: str
) -> tuple[Mapping[str, Value | None], bool]:
    """Return name → value of the settings of another server, or of a file.

    What has a slash, or ends as such files do, is a file, which this command
    or ``export`` has written as JSON or YAML.

    :returns: and whether these are all; ``export`` leaves some out.
    :raises Refused: it is no such file.
    """
    if '/' not in name and not name.endswith(_FILES):
        return bios_settings.readable(session.snapshot(name)), True
    read = yamlfile.read(Path(name), 'The file', _SIZE)
    document = read.document
    if golden_file.is_one(document):
        settings = golden_file.parse(read).settings
        if settings is None:
            raise errors.Refused(
                f'{name}:1: no settings; "server config export --settings" '
                f'writes them'
            )
        return settings, False
    if repeated := yamlfile.some(read.repeated):
        raise errors.Refused('The file of settings is broken:', repeated)
    rows = document if isinstance(document, list) else []
    if not rows or not all(map(_is_row, rows)):
        raise errors.Refused(
            f'{name}:1: not what "server config setting list" writes with '
            f'-f json or yaml: a list of mappings with Name and Value'
        )
    names = collections.Counter(row['Name'] for row in rows)
    if twice := [name for name, count in names.items() if count > 1]:
        raise errors.Refused(f'{name}: more than once: {", ".join(twice)}')
    return {row['Name']: row['Value'] for row in rows}, True


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get('Name'), str)
        and 'Value' in row
        and (row['Value'] is None or values.is_value(row['Value']))
    )
