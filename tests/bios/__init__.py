"""The BIOS attributes of real machines, as tests take them.

``python -m tests.bios FOLDER`` renews the excerpt that the tree holds; with
``BIOS_REGISTRIES`` set, tests have all of such a folder too.
"""
