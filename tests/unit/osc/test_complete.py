"""Shell completion, by what ``openstack complete`` prints."""

import subprocess
from pathlib import Path

from osc_baremetal_config.osc import files
from tests.model import fixture
from tests.unit import base

# What a shell does at the end of a line that is being typed; the function is
# bash-completion's, for words without colons.
TYPED = """
_get_comp_words_by_ref() {{
    words=("${{COMP_WORDS[@]}}")
    cur=${{COMP_WORDS[COMP_CWORD]}}
}}
source complete.sh
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_openstack
echo "${{COMPREPLY[@]}}"
"""
# Some of these values end the quotes that a shell is given the others in, and
# argparse takes its usage apart at others.
CATALOGUE = r"""
hostile:
  help: "forged 100%"
  values: ["a'; touch pwned; '", "$(touch pwned)", "two words [x"]
plain:
  values: [plain-one, plain-two]
"""


class CompleteTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.home = Path.home()
        folder = self.home / '.config' / 'openstack'
        folder.mkdir(parents=True)
        (folder / files.NAME).write_text(CATALOGUE, encoding='utf-8')
        self.model = self.useFixture(fixture.Model())
        ran = self.model.openstack('mona', 'complete', '--name', 'openstack')
        self.assert_ended(0, ran)
        (self.home / 'complete.sh').write_text(ran.out, encoding='utf-8')

    def complete(self, words: str) -> list[str]:
        """Return what a shell offers for the last word."""
        ran = subprocess.run(
            ['/bin/bash', '-c', TYPED.format(words=words)],
            cwd=self.home,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.split()

    def test_commands(self) -> None:
        offered = self.complete('openstack server config ""')
        for name in ('apply', 'history', 'list', 'recover', 'set', 'show'):
            self.assertIn(name, offered)

    def test_options(self) -> None:
        offered = self.complete('openstack server config set --hyper')
        self.assertEqual(['--hyperthreading'], offered)

    def test_values(self) -> None:
        line = 'openstack server config set --hyperthreading en'
        self.assertEqual(['enabled'], self.complete(line))
        line = 'openstack server config set --plain plain-o'
        self.assertEqual(['plain-one'], self.complete(line))
        line = 'openstack server config apply --method run'
        self.assertEqual(['runbook'], self.complete(line))

    def test_a_catalogue_steers_neither_shell_nor_terminal(self) -> None:
        line = 'openstack server config set --hostile'
        self.assertEqual(['--hostile'], self.complete(line))
        self.complete(f'{line} ""')
        self.assertFalse((self.home / 'pwned').exists())
        command = ('server', 'config', 'set')
        ran = self.model.openstack('mona', 'help', *command)
        self.assert_ended(0, ran)
        self.assertIn('forged 100%', ' '.join(ran.out.split()))
        ran = self.model.openstack('mona', *command, '--\x1b[2J\x9b', 'x')
        self.assert_ended(2, ran)
        self.assertIn('arguments: --\\x1b[2J\\x9b', ran.err)
