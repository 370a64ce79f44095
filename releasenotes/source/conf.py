"""The release notes' settings."""

project = 'osc-baremetal-config release notes'
copyright = 'osc-baremetal-config contributors'
extensions = ['openstackdocstheme', 'reno.sphinxext']
html_theme = 'openstackdocs'
openstackdocs_auto_name = False
