"""Commands that are pasted mean what they say."""

import os
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from osc_baremetal_config.core.facts import quoting
from tests.unit import base
from tests.unit.core import snapshots

# Of what a command line can hold.
_TEXT = st.text(
    st.characters(exclude_characters='\0', exclude_categories=['Cs'])
)


class QuotedTest(base.TestCase):
    def test_as_people_write_it(self) -> None:
        for text, quoted in (
            ('hyperthreading=enabled', 'hyperthreading=enabled'),
            ('two words', "'two words'"),
            ('$(reboot)', "'$(reboot)'"),
            ('\x1b[2J\u202e', r"$'\x1b[2J\xe2\x80\xae'"),
            ("'\n\\", r"$'\x27\x0a\x5c'"),
        ):
            self.assertEqual(quoted, quoting.quoted(text))

    # A process for each; many texts are asked of it at once.
    @settings(max_examples=5)
    @given(
        st.lists(_TEXT, min_size=20),
        st.binary(),
    )
    def test_a_shell_reads_the_same(
        self, texts: list[str], raw: bytes
    ) -> None:
        # What is no UTF-8 on a command line is surrogates in Python.
        texts.append(os.fsdecode(raw.replace(b'\0', b'')))
        words = ' '.join(map(quoting.quoted, texts))
        ran = subprocess.run(
            ['/bin/bash', '-c', os.fsencode(f"printf '%s\\0' {words}")],
            stdout=subprocess.PIPE,
            check=True,
        )
        said = ran.stdout.split(b'\0')[:-1]
        self.assertEqual([os.fsencode(text) for text in texts], said)


class NodeTest(base.TestCase):
    def test_a_name_that_cannot_be_pasted(self) -> None:
        for name in ('rack3-07', 'n_1.example~2'):
            node = snapshots.node({'name': name})
            self.assertEqual(name, quoting.node(node))
        for bad in ('-h', 'a b', '$(reboot)', 'a\x1b', 'é', '', None):
            node = snapshots.node({'name': bad})
            self.assertEqual(node.uuid, quoting.node(node))
