"""What reaches a terminal, and what becomes of it where that is gone."""

import argparse
import io
import logging
import os
import signal
import subprocess
import unicodedata

from cliff.formatters import shell
from hypothesis import given
from hypothesis import strategies as st

from osc_baremetal_config.osc import streams
from osc_baremetal_config.osc.views import cells as cells_
from osc_baremetal_config.run import interrupts
from tests import shells
from tests.model import fixture
from tests.unit import base

CONFIG = ('server', 'config')
_NOT_SEEN = ('Cc', 'Cf', 'Cs', 'Zl', 'Zp')


class VisibleTest(base.TestCase):
    def test_what_is_not_seen_is_told(self) -> None:
        for text, seen in (
            ('web-1', 'web-1'),
            ('サーバー é \N{NO-BREAK SPACE}', 'サーバー é \N{NO-BREAK SPACE}'),
            ('a\x1b[2J', r'a\x1b[2J'),
            ('\r\n\t\0\x7f\x85\x9b', r'\r\n\t\x00\x7f\x85\x9b'),
            (
                '\u202e\u2066\u200b\u2028\ufeff',
                r'\u202e\u2066\u200b\u2028\ufeff',
            ),
            ('\U000e0041\ud800', r'\U000e0041\ud800'),
            ('web\u3164\u2800', r'web\u3164\u2800'),
        ):
            self.assertEqual(seen, streams.visible(text))

    def test_what_the_terminal_does_not_have_is_told(self) -> None:
        self.assertEqual(r'w\xeb\u30fc', streams.visible('wëー', 'ascii'))
        self.assertEqual(r'wë\u30fc', streams.visible('wëー', 'latin-1'))

    @given(st.text(), st.sampled_from(['utf-8', 'ascii', 'latin-1']))
    def test_any_text(self, text: str, encoding: str) -> None:
        seen = streams.visible(text, encoding)
        seen.encode(encoding)
        self.assertFalse(
            {unicodedata.category(c) for c in seen} & {*_NOT_SEEN}
        )
        self.assertEqual(seen, streams.visible(seen, encoding))


class DebugTest(base.TestCase):
    def setUp(self) -> None:
        """Have the root logger pass all, as OpenStackClient does."""
        super().setUp()
        root = logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(setattr, root, 'handlers', root.handlers)
        root.setLevel(logging.DEBUG)
        root.handlers = []

    def test_messages_are_made_only_for_a_handler(self) -> None:
        root, log = logging.getLogger(), logging.getLogger('keystoneauth.x')
        for level, is_made in ((logging.DEBUG, True), (logging.INFO, False)):
            handler = logging.StreamHandler(io.StringIO())
            handler.setLevel(level)
            root.handlers = [handler, logging.NullHandler()]
            with streams.without_debug():
                self.assertEqual(is_made, log.isEnabledFor(logging.DEBUG))
            self.assertTrue(log.isEnabledFor(logging.DEBUG))

    def test_a_handler_of_novaclient_is_for_its_own_messages(self) -> None:
        nova = logging.getLogger('novaclient.x')
        nova.addHandler(handler := logging.StreamHandler(io.StringIO()))
        self.addCleanup(nova.removeHandler, handler)
        with streams.without_debug():
            self.assertFalse(nova.isEnabledFor(logging.DEBUG))


class CellsTest(base.TestCase):
    def test_lines_are_those_of_the_cell(self) -> None:
        row = [
            'a\nb',
            cells_.Lines(['a\nb', 'c']),
            cells_.YesNo(None),
            cells_.OrDash(None),
            1.0,
        ]
        name, listed, *rest = cells_.seen(row, streams.visible)
        self.assertEqual(r'a\nb', name)
        self.assertEqual('a\\nb\nc', listed.human_readable())
        self.assertEqual(['-', '-'], [c.human_readable() for c in rest[:2]])
        self.assertEqual(1.0, rest[2])

    def test_a_shell_is_given_texts_only(self) -> None:
        texts = [
            '$(exit 1)',
            '`exit 1`',
            '"; exit 1; "',
            '\\',
            '\\"',
            '!!',
            '',
        ]
        cells = [cells_.quoted(one) for one in texts]
        names = [f'name_{n}' for n in range(len(cells))]
        out = io.StringIO()
        shell.ShellFormatter().emit_one(
            names, cells, out, argparse.Namespace(variables=[], prefix='')
        )
        told = ' '.join(f'"${name}"' for name in names)
        ran = subprocess.run(
            ['/bin/sh', '-c', f"{out.getvalue()}printf '%s\\0' {told}"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        self.assertEqual(texts, ran.stdout.split('\0')[:-1])


class CommandLineTest(base.TestCase):
    def test_what_is_typed_steers_no_terminal(self) -> None:
        model = self.useFixture(fixture.Model())
        name = 'a\x1b[2J\nforged\u202e'
        seen = r'a\x1b[2J\nforged\u202e'
        for argv in (
            ('show', name),
            ('set', '--hyperthreading', 'enabled', name, 'web-1'),
        ):
            ran = model.openstack('mona', *CONFIG, *argv)
            self.assertIn(seen, ran.err)
            for line in (ran.out + ran.err).split('\n'):
                self.assertTrue(line.isprintable())
                self.assertFalse(line.startswith('forged'))
        ran = model.openstack('mona', *CONFIG, 'list', '--tag', 'a\udc9b')
        self.assert_ended(2, ran)
        self.assertIn(r"'a\udc9b' is not UTF-8", ran.err)


class LostTest(base.TestCase):
    def test_a_pipe_that_nobody_reads(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, 'w', encoding='utf-8') as pipe:
            stream = streams.Stream(pipe)
            stream.write('held back')
            self.assertIsNone(stream.lost)
            stream.flush()
            self.assertIsInstance(stream.lost, BrokenPipeError)
            stream.line('dropped')
            # Neither this nor the end of the process finds anything wrong.
            pipe.write('more')

    def test_what_is_no_stream(self) -> None:
        closed = io.StringIO()
        closed.close()
        for target in (None, closed):
            stream = streams.Stream(target)
            stream.line('x')
            stream.redraw('x')
            self.assertIsNotNone(stream.lost)
            self.assertFalse(stream.is_living)
            self.assertEqual(('utf-8', 80), (stream.encoding, stream.columns))

    def test_a_hangup_is_for_later(self) -> None:
        came = []
        before = signal.signal(signal.SIGHUP, lambda *_: came.append(1))
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        with interrupts.without_hangup():
            os.kill(os.getpid(), signal.SIGHUP)
        self.assertEqual([], came)
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertEqual([1], came)


class GuardTest(base.TestCase):
    def test_all_is_as_before_afterwards(self) -> None:
        out, err = io.StringIO(), shells.Terminal()
        app = argparse.Namespace(stdout=out, stderr=err)
        with streams.guarded(app):
            app.stdout.write('a\x1b\nb')
            app.stderr.redraw('x\n')
        self.assertEqual((out, err), (app.stdout, app.stderr))
        self.assertEqual('a\\x1b\nb', out.getvalue())
        self.assertEqual('\r\x1b[Kx\\n', err.getvalue())
