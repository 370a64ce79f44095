"""The directive ``catalogue-table``: the packaged types, by vendor.

From the catalogue itself, so that the page cannot say anything else.
"""

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive

from osc_baremetal_config.core.desired.catalogue import ConfigType
from osc_baremetal_config.core.facts import values
from osc_baremetal_config.osc import files

_SOURCES = {
    'registry': 'in the registry of a real machine',
    'value': 'one value seen on a real machine',
    'document': 'only documented',
}


class CatalogueTable(Directive):
    """A list of the types, each with the settings of each vendor."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Return a definition list."""
        found = nodes.definition_list()
        for config_type in files.load(()).types.values():
            found += _item(config_type)
        return [found]


def _item(config_type: ConfigType) -> nodes.definition_list_item:
    told = nodes.bullet_list()
    for kind in config_type.bios:
        settings = '; '.join(
            f'{value}: '
            + ', '.join(f'{n}={values.shown(v)}' for n, v in known.items())
            for value, known in kind.values.items()
        )
        line = nodes.paragraph()
        line += nodes.strong(text=kind.vendor)
        line += nodes.Text(' ')
        line += nodes.literal(text=settings)
        line += nodes.Text(f' ({_SOURCES[kind.source]})')
        told += nodes.list_item('', line)
    risk = ''.join(f' It {one.words}.' for one in config_type.risks)
    words = nodes.paragraph(text=config_type.help + risk)
    return nodes.definition_list_item(
        '',
        nodes.term('', '', nodes.literal(text=config_type.name)),
        nodes.definition('', words, told),
    )


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the directive."""
    app.add_directive('catalogue-table', CatalogueTable)
    return {'parallel_read_safe': True}
