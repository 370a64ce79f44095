"""Shell completion, by what ``openstack complete`` prints."""

import subprocess
from pathlib import Path

import fixtures

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
# Some of these values end the quotes that a shell is given the others in.
SITE = """a: {values: ["it's", "$(id)", '`id`', x y, plain-one]}"""


class CompleteTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        site = Path.home() / 'site.yaml'
        site.write_text(SITE, encoding='utf-8')
        self.useFixture(
            fixtures.EnvironmentVariable(files.VARIABLE, str(site))
        )
        model = self.useFixture(fixture.Model())
        ran = model.openstack('mona', 'complete', '--name', 'openstack')
        self.assert_ended(0, ran)
        home = Path.home()
        (home / 'complete.sh').write_text(ran.out, encoding='utf-8')
        self.home = home

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
        line = 'openstack server config set --a plain'
        self.assertEqual(['plain-one'], self.complete(line))
        line = 'openstack server config apply --method run'
        self.assertEqual(['runbook'], self.complete(line))
