"""Pages are run, and what they show is what is printed."""

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.tutorials import likeness, pages, running, shell
from tests.unit import base

PAGE = """
A page
======

.. stage: {servers: {web-1: bm.large}}

.. code-block:: console

   $ greeting=hello
   $ echo $greeting \\
       world
   hello world
   $ cat note
   two
   lines

.. not run: it would take the machine down

.. code-block:: console

   $ poweroff

.. code-block:: text
   :caption: note

   two
   lines
"""
# The file has to be there before it is read.
NOTE = PAGE.index('.. code-block:: text')
REST = PAGE.index('.. code-block:: console')
PAGE = PAGE[:REST] + PAGE[NOTE:] + '\n' + PAGE[REST:NOTE]


def run(text: str) -> tuple[running.Ran, list[Mapping[str, Any]]]:
    """Return how a page ends, and the stages that were set."""
    stages: list[Mapping[str, Any]] = []
    environ = {'PATH': '/usr/bin:/bin'}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with shell.opened(folder, environ, limit_s=5.0) as opened:
            blocks = pages.blocks(text)
            ran = running.run('page', blocks, opened, folder, stages.append)
    return ran, stages


class PageTest(base.TestCase):
    def test_a_page_that_is_right(self) -> None:
        ran, stages = run(PAGE)
        self.assertEqual([], ran.faults)
        self.assertEqual([{'servers': {'web-1': 'bm.large'}}], stages)
        self.assertEqual(
            (1, 3, 1, 3), (ran.blocks, ran.commands, ran.files, ran.lines)
        )
        [told] = ran.not_run
        self.assertIn('it would take the machine down', told)
        self.assertEqual(0.5, ran.share_not_run)
        # So much of a page may not be left out.
        self.assertFalse(ran.is_right)

    def test_a_wrong_output_is_found(self) -> None:
        for right, wrong in (
            ('hello world', 'hello moon'),
            ('   hello world\n', ''),
            ('   two\n   lines\n\n.. not', '   two\n\n.. not'),
        ):
            self.assertIn(right, PAGE)
            ran, _ = run(PAGE.replace(right, wrong))
            self.assertEqual(1, len(ran.faults), wrong)
            self.assertFalse(ran.is_right)

    def test_a_command_that_fails_is_found(self) -> None:
        text = '.. code-block:: console\n\n   $ false\n'
        [fault] = run(text)[0].faults
        self.assertIn('page:3: $ false\nended with 1', fault)
        ran, _ = run(f'{text}   $ echo $?\n   1\n')
        self.assertEqual([], ran.faults)

    def test_one_that_does_not_end_ends_the_page(self) -> None:
        text = '.. code-block:: console\n\n   $ sleep 60\n   $ echo after\n'
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            environ = {'PATH': '/usr/bin:/bin'}
            with shell.opened(folder, environ, limit_s=0.2) as opened:
                blocks = pages.blocks(text)
                ran = running.run('page', blocks, opened, folder, print)
        self.assertEqual(1, len(ran.faults))
        self.assertEqual(1, ran.commands)

    def test_what_is_printed_is_written(self) -> None:
        for wrong in ('moon', 'moon\n   and more'):
            text = PAGE.replace('world\n   hello world', f'world\n   {wrong}')
            self.assertNotEqual(PAGE, text)
            ran, _ = run(text)
            self.assertEqual(PAGE, pages.with_output(text, ran.printed))

    def test_only_a_redrawn_line_is_gone(self) -> None:
        self.assertEqual(
            ['kept', 'last'],
            shell.left('kept\r\n\r\x1b[Kdrawn\r\x1b[Kagain\r\x1b[Klast\r\n'),
        )

    def test_a_block_without_commands_is_no_page(self) -> None:
        for text in (
            '.. code-block:: console\n\n   output\n',
            '.. code-block:: console\n\nText\n',
        ):
            self.assertRaises(ValueError, pages.blocks, text)


class MessageTest(base.TestCase):
    """A page whose command is ours: a changed message makes it fail."""

    PAGE = """
.. code-block:: yaml
   :caption: site.yaml

   turbo: null

.. code-block:: console

   $ openstack server config check --offline site.yaml
   Nothing was found.
"""
    # Python runs it before everything else.
    CHANGED = """
from osc_baremetal_config.osc.views import check
was = check.summary
check.summary = lambda found: was(found).replace('Nothing was found', 'Fine')
"""

    def ran(self, folder: Path, **more: str) -> running.Ran:
        programs = Path(sys.executable).parent
        environ = {'PATH': f'{programs}:/usr/bin:/bin', 'HOME': str(folder)}
        blocks = pages.blocks(self.PAGE)
        with shell.opened(folder, environ | more, limit_s=60.0) as opened:
            return running.run('page', blocks, opened, folder, print)

    def test_a_changed_message_is_found(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.assertEqual([], self.ran(folder).faults)
            changed = folder / 'sitecustomize.py'
            changed.write_text(self.CHANGED, encoding='utf-8')
            [fault] = self.ran(folder, PYTHONPATH=name).faults
        self.assertIn('-Nothing was found.', fault)
        self.assertIn('+Fine.', fault)


class LikenessTest(base.TestCase):
    def test_identifiers_times_and_widths_may_differ(self) -> None:
        for one, other in (
            (
                '| web-1  | 0f5c7a1e-1111-2222-3333-444455556666 |   12.4 |',
                '| web-1 | 99999999-1111-2222-3333-444455556666 | 9.0 |',
            ),
            ('+-----+---+', '+--------+-----+'),
            ('at 2026-12-01T04:53:53Z', 'at 2025-01-01T00:00:00Z'),
            ('read 2 minutes ago', 'read just now'),
            ('on node bm-0', 'on node bm-2'),
        ):
            self.assertTrue(likeness.is_like([one], [other]), (one, other))

    def test_words_may_not(self) -> None:
        for one, other in (
            ('verified', 'recorded'),
            ('on node bm-0', 'on node bm-3'),
            ('2 servers', '3 servers'),
            ('nothing |     0.0 |', 'nothing |     7.1 |'),
            ('', 'more'),
        ):
            self.assertFalse(likeness.is_like([one], [other]), (one, other))

    @given(st.text())
    def test_like_is_an_equality(self, text: str) -> None:
        self.assertTrue(likeness.is_like([text], [text]))
        self.assertEqual(likeness.plain(text), likeness.plain(f' {text} '))


class DocumentationTest(base.TestCase):
    def test_only_pages_that_are_run_show_commands(self) -> None:
        executed = set(pages.paths())
        self.assertGreater(len(executed), 14)
        source = pages.ROOT / 'doc/source'
        shown = [
            str(path.relative_to(source))
            for path in source.rglob('*.rst')
            if path not in executed
            and re.search(r'(?m)^ +\$ ', path.read_text(encoding='utf-8'))
        ]
        self.assertEqual([], shown)

    def test_every_command_of_a_page_is_in_a_block_that_is_run(self) -> None:
        for path in pages.paths():
            text = path.read_text(encoding='utf-8')
            found = [
                command
                for block in pages.blocks(text)
                for command in block.commands
            ]
            shown = re.findall(r'(?m)^ +\$ ', text)
            self.assertEqual(len(shown), len(found), path.name)
