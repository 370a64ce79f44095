"""The documentation's settings."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'ext'))

project = 'osc-baremetal-config'
copyright = 'osc-baremetal-config contributors'
extensions = [
    'catalogue_table',
    'cliff.sphinxext',
    'openstackdocstheme',
    'support_table',
]
html_theme = 'openstackdocs'
# An option has two hyphens.
smartquotes = False
openstackdocs_auto_name = False
man_pages = [
    (
        'reference/cli',
        'openstack-server-config',
        'the firmware configuration of bare-metal servers',
        '',
        1,
    )
]
autoprogram_cliff_application = 'openstack'
autoprogram_cliff_app_dist_name = 'osc-baremetal-config'
autoprogram_cliff_ignored = [
    '--help',
    '--format',
    '--column',
    '--quote',
    '--noindent',
    '--max-width',
    '--fit-width',
    '--print-empty',
    '--sort-column',
    '--sort-ascending',
    '--sort-descending',
    '--no-sort-columns',
]
