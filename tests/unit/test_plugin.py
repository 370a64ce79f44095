"""What OpenStackClient sees of us, and what it costs the others."""

import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
from importlib import metadata

from osc_baremetal_config import errors, plugin
from osc_baremetal_config.core.rollout import result
from tests.unit import base

GROUP = 'openstack.baremetal_config.v1'
# Prints the modules of ours that an unrelated command has loaded.
PROBE = """
import json, sys
from openstackclient import shell
try:
    shell.OpenStackShell().run(sys.argv[1:])
except SystemExit:
    pass
ours = [m for m in sys.modules if m.startswith('osc_baremetal_config')]
print(json.dumps(sorted(ours)), file=sys.stderr)
"""


class PluginTest(base.TestCase):
    def test_the_contract(self) -> None:
        self.assertEqual('baremetal_config', plugin.API_NAME)
        self.assertIn(plugin.DEFAULT_API_VERSION, plugin.API_VERSIONS)
        self.assertTrue(plugin.API_VERSION_OPTION)
        parser = argparse.ArgumentParser()
        self.assertIs(parser, plugin.build_option_parser(parser))

    def test_no_command_has_the_name_of_anothers(self) -> None:
        ours = {entry.name for entry in metadata.entry_points(group=GROUP)}
        self.assertEqual(
            {
                f'server_config_{name}'
                for name in (
                    'apply',
                    'check',
                    'export',
                    'history',
                    'list',
                    'option_create',
                    'option_delete',
                    'option_list',
                    'recover',
                    'set',
                    'setting_list',
                    'show',
                    'unset',
                )
            },
            ours,
        )
        others = {
            entry.name
            for group in metadata.entry_points().groups
            if group.startswith('openstack.') and group != GROUP
            for entry in metadata.entry_points(group=group)
        }
        self.assertGreater(len(others), 300)
        self.assertEqual(set(), ours & others)
        self.assertEqual(
            [], [name for name in others if name.startswith('server_config')]
        )

    def test_every_command_has_examples_that_it_takes(self) -> None:
        for entry in metadata.entry_points(group=GROUP):
            command = entry.load()(None, None)
            parser = command.get_parser(entry.name)
            text = ' '.join(parser.format_help().split())
            # The documentation has what argparse would still put in.
            for action in parser._actions:
                self.assertNotIn('%(', action.help or '')
            self.assertGreater(len(command.examples), 0, entry.name)
            for example in command.examples:
                self.assertIn(f'openstack server config {example}', text)
                words = example.partition(' > ')[0]
                own = entry.name.removeprefix('server_config_').split('_')
                typed = shlex.split(words)
                self.assertEqual(own, typed[: len(own)])
                parser.parse_args(typed[len(own) :])

    def test_unrelated_commands_load_the_plugin_and_the_commands_only(
        self,
    ) -> None:
        ran = subprocess.run(
            [sys.executable, '-c', PROBE, 'flavor', 'list', '--help'],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertIn('usage:', ran.stdout)
        self.assertEqual(
            [
                'osc_baremetal_config',
                'osc_baremetal_config.osc',
                'osc_baremetal_config.osc.base',
                'osc_baremetal_config.osc.commands',
                'osc_baremetal_config.plugin',
            ],
            json.loads(ran.stderr.splitlines()[-1]),
        )


class ExitCodeTest(base.TestCase):
    def test_the_codes_are_those_that_are_documented(self) -> None:
        self.assertEqual(
            {
                'OK': 0,
                'FAILURE': 1,
                'USAGE': 2,
                'REFUSED': 3,
                'ROLLED_BACK': 4,
                'INCOMPLETE': 5,
                'TIMED_OUT': 6,
                'SOME_FAILED': 7,
                'CHANGED': 10,
                'INTERRUPTED': 130,
            },
            {code.name: code.value for code in errors.ExitCode},
        )

    def test_codes_and_results_are_in_the_documentation(self) -> None:
        docs = pathlib.Path(__file__).parents[2] / 'doc/source/reference'
        text = (docs / 'results.rst').read_text(encoding='utf-8')
        for code in errors.ExitCode:
            self.assertRegex(text, rf'(?m)^ *{code.value}  \w')
        listed = re.findall(r'(?m)^``([a-z ]+)``', text)
        self.assertEqual([one.value for one in result.Result], listed)
