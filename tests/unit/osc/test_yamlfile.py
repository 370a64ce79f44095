"""What is taken of a file that somebody has written, and what is not."""

import os
import subprocess
import sys
from pathlib import Path

import fixtures

from osc_baremetal_config import errors
from osc_baremetal_config.osc import desired_file, files
from tests.fuzz import files as fuzz
from tests.model import fixture
from tests.unit import base

_LAUGHS = 'a: &l0 [x]\n' + ''.join(
    f'l{n}: &l{n} [{", ".join([f"*l{n - 1}"] * 9)}]\n' for n in range(1, 10)
)
_MERGED = 'a: &l0 {x: y}\n' + ''.join(
    f'l{n}: &l{n} {{<<: [{", ".join([f"*l{n - 1}"] * 9)}]}}\n'
    for n in range(1, 10)
)
# What nobody could wait for, or hold in memory.
_HUGE = {
    'a:\n  help: ' + 'x' * 3_000_000: ':2:',
    'a:\n  values: ' + '[' * 900: ':2:41: more than 32 levels',
    # More than 1000 PyYAML 6.0.4 refuses itself, in other words.
    'a:\n  values: ' + '[' * 3000: ':2:',
    'a:\n' + ''.join(f'{" " * n}b:\n' for n in range(1, 300)): ':32:32: more',
    _LAUGHS: ': too many values, with all aliases written out',
    _MERGED: ': too many values, with all aliases written out',
    '%TAG ! a\n' * 9000 + '---\na: b': ':1:1: tags are not taken',
}
# What is not meant as it stands, or not by everybody.
_BROKEN = {
    b'a:\n\tb: c': ':2:1: while scanning for the next token, found character',
    b'a: 1\n---\nb: 2': ':2:1: expected a single document in the stream, but',
    b'a: {b: c\n': ':2:1: while parsing a flow mapping',
    b'a: *b': ':1:4: found undefined alias',
    b'a: {b: &b c, d: &b e}': ':1:17: found duplicate anchor',
    b'a:\n  b: &b [*b]': ':2:10: contains itself',
    b'a: !!python/object/apply:os.system [id]': ':1:4: tags are not taken',
    b'a: {[b]: c}': ':1:5: a key cannot be a list or a mapping',
    b'a:\n  b: x\0': ':2:7: control characters are not taken',
    b'a: "\\e[31m"': ':1:4: control characters are not taken',
    b'"\\0": {a: b}': ':1:1: control characters are not taken',
    b'a:\n  b: \xfc': ':2:6: not text in UTF-8',
    'a: {b: c}'.encode('utf-16'): ':1:1: not text in UTF-8',
    'a: {b: c}'.encode('utf-16-le'): ':1:2: control characters',
}
# Without libyaml, which a Python may have been built without.
_PURE = """
import sys
sys.modules['yaml._yaml'] = None
from pathlib import Path
from tests.fuzz import files
import yaml
assert not yaml.__with_libyaml__
for seed in range(8):
    print(files.check(seed, Path(sys.argv[1])))
"""


class BoundsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = Path(os.environ['HOME']) / 'a.yaml'

    def refusals(self, text: bytes) -> list[str]:
        """Return what is told of a catalogue file, and of wishes."""
        self.path.write_bytes(text)
        found = []
        for load in (
            lambda: files.load([self.path]),
            lambda: desired_file.load(str(self.path)),
        ):
            refused = self.assertRaises(errors.Refused, load)
            found.append('\n'.join(refused.lines()))
        return found

    def test_what_is_huge(self) -> None:
        for text, told in _HUGE.items():
            for refusal in self.refusals(text.encode()):
                self.assertIn(f'a.yaml{told[:1]}', refusal)
                self.assertIn(told, refusal)
                self.assertLess(len(refusal), 300)

    def test_what_is_broken(self) -> None:
        for text, told in _BROKEN.items():
            for refusal in self.refusals(text):
                self.assertIn(f'{self.path}{told}', refusal)

    def test_what_is_neither_text_nor_a_number_is_quoted(self) -> None:
        for word in ('1.5', '2021-01-01', '0x8', '010', '1:30', '9' * 21, '='):
            text = f'turbo: {{bios: [{{enabled: {{A: {word}}}}}]}}'
            self.path.write_text(text, encoding='utf-8')
            load = (files.load, [self.path])
            refused = self.assertRaises(errors.Refused, *load)
            told = f'a.yaml:1:30: {word} is neither text nor an integer'
            self.assertIn(told, str(refused))
            self.path.write_text(f'web-1: {{a: {word}}}', encoding='utf-8')
            [item] = desired_file.load(str(self.path)).servers['web-1']
            self.assertEqual(word, item.value)

    def test_marks_of_other_editors(self) -> None:
        for text in ('\ufeffa: {b: c}\n', 'a: {b: c}\r\n', 'a:\r\n  b: c\r\n'):
            self.path.write_bytes(text.encode())
            [item] = desired_file.load(str(self.path)).servers['a']
            self.assertEqual('b=c', str(item))

    def test_many_servers(self) -> None:
        lines = [f'web-{n}: {{turbo: enabled}}\n' for n in range(1000)]
        self.path.write_text(''.join(lines), encoding='utf-8')
        self.assertEqual(1000, len(desired_file.load(str(self.path)).servers))

    def test_files_that_are_broken_by_chance(self) -> None:
        became = [fuzz.check(seed, self.path.parent) for seed in range(60)]
        self.assertEqual({'valid', 'refused'}, set(became))

    def test_without_libyaml(self) -> None:
        ran = subprocess.run(
            [sys.executable, '-c', _PURE, str(self.path.parent)],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertIn('refused', ran.stdout)


class HelpTest(base.TestCase):
    """Who asks for help is not told of a file that is refused."""

    def test_what_is_huge(self) -> None:
        path = Path(os.environ['HOME']) / 'site.yaml'
        self.useFixture(
            fixtures.EnvironmentVariable(files.VARIABLE, str(path))
        )
        model = self.useFixture(fixture.Model())
        for text in _HUGE:
            path.write_text(text, encoding='utf-8')
            ran = model.openstack('mona', 'help', 'server', 'config', 'set')
            self.assert_ended(0, ran, err='')
            self.assertIn('--turbo', ran.out)
