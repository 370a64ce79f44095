"""What the journal's word on the power before a change is worth."""

from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Event
from osc_baremetal_config.core.plan import power
from tests.unit import base
from tests.unit.core import snapshots

BEGAN = '2026-06-01T10:00:00.000+00:00'
OWN = 'm-own'


def action(at: str, what: str, project: str | None = OWN) -> Event:
    """Return an action of that day."""
    return Event(
        at=f'2026-06-01T{at}', source='Nova', what=what, project=project
    )


class PowerBeforeTest(base.TestCase):
    def before(
        self,
        said: str | None,
        *actions: Event,
        status: str = 'SHUTOFF',
        since: str | None = BEGAN,
    ) -> tuple[str, bool]:
        """Return the power before, and whether the journal is believed."""
        server = snapshots.server({'status': status, 'project_id': OWN})
        entry = Pending(value='enabled', power=said, since=since)
        was, why = power.before(server, {'hyperthreading': entry}, actions)
        return was, why is None

    def test_by_what_nova_remembers(self) -> None:
        stop, start = action('08:00:00', 'stop'), action('09:00:00', 'start')
        for said, actions, was in (
            # A server is on when it is made.
            ('off', (), 'on'),
            ('off', (action('08:00:00', 'create'),), 'on'),
            ('on', (stop,), 'off'),
            ('off', (stop,), 'off'),
            ('off', (stop, start), 'on'),
            ('off', (start, stop), 'on'),
            ('on', (start, action('09:30:00', 'stop')), 'off'),
            ('on', (start, action('09:30:00', 'shelve')), 'off'),
            ('off', (stop, action('09:30:00', 'unshelve')), 'on'),
            ('off', (stop, action('09:30:00', 'reboot')), 'on'),
            ('off', (stop, action('09:30:00', 'rebuild')), 'on'),
            ('on', (stop, action('09:30:00', 'lock')), 'off'),
            # What is stopped after it is none of its starts.
            ('off', (stop, action('10:30:00', 'stop')), 'off'),
            # At the very second it is not known to be before.
            ('off', (action('10:00:00', 'stop'),), 'on'),
            # What Nova cannot date tells nothing.
            ('off', (stop, action('', 'start')), 'off'),
        ):
            with self.subTest(said=said, actions=actions):
                self.assertEqual(
                    (was, said == was), self.before(said, *actions)
                )

    def test_a_stop_that_may_be_the_change_s_own(self) -> None:
        for at, was in (
            ('09:54:59', 'off'),
            ('09:55:00', 'on'),
            ('09:59:59', 'on'),
            ('10:00:00', 'on'),
            ('10:00:01', 'on'),
        ):
            with self.subTest(at=at):
                self.assertEqual(
                    (was, was == 'on'), self.before('on', action(at, 'stop'))
                )

    def test_a_start_since_then_is_the_change_s_if_it_is_the_project_s(
        self,
    ) -> None:
        stop = action('08:00:00', 'stop')
        for at, project, was in (
            ('10:00:00', OWN, 'on'),
            ('10:30:00', OWN, 'on'),
            ('10:30:00', 'a-service', 'off'),
            ('10:30:00', 'z-service', 'off'),
            ('10:30:00', None, 'off'),
        ):
            with self.subTest(at=at, project=project):
                start = action(at, 'start', project)
                self.assertEqual(
                    (was, was == 'off'), self.before('off', stop, start)
                )

    def test_it_is_the_power_now_where_the_journal_does_not_say(self) -> None:
        for status, now in (('ACTIVE', 'on'), ('SHUTOFF', 'off')):
            said_nothing = self.before(None, status=status)
            self.assertEqual((now, True), said_nothing)
            undated = self.before('on', status=status, since=None)
            self.assertEqual((now, now == 'on'), undated)

    def test_nova_is_asked_only_where_the_journal_says_something(self) -> None:
        server = snapshots.server({})
        for said, is_in_question in (('on', True), (None, False)):
            entries = {'it': Pending(value='x', power=said)}
            self.assertEqual(
                is_in_question, power.is_in_question(server, entries)
            )
        self.assertFalse(power.is_in_question(server, {}))

    def test_nobody_is_switched_off_on_nobody_s_word(self) -> None:
        for status, said, was, is_believed in (
            ('ACTIVE', 'on', 'on', True),
            ('ACTIVE', 'off', 'on', False),
            ('SHUTOFF', 'on', 'on', True),
            ('SHUTOFF', 'off', 'off', True),
        ):
            server = snapshots.server({'status': status})
            entries = {
                'a': Pending(value='x'),
                'b': Pending(value='x', power=said, since=BEGAN),
            }
            found, why = power.before(server, entries, None)
            self.assertEqual((was, is_believed), (found, why is None))
            if why:
                self.assertIn('does not tell', why)
