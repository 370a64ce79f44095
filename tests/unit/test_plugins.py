"""Conflicts with other plugins: that each kind is found where there is one.

What an abbreviation means is asked of cliff itself.
"""

import pathlib
from importlib import metadata

import fixtures
from cliff import commandmanager

from tests.plugins import conflicts, installed
from tests.unit import base

OWN = 'osc-baremetal-config'
OTHER = 'python-otherclient'
OURS = 'server config set'


def _commands(*others: str) -> list[conflicts.Command]:
    return [
        conflicts.Command(tuple(name.split()), by)
        for by, names in ((OWN, (OURS,)), (OTHER, others))
        for name in names
    ]


def _found(typed: str, *names: str) -> str | None:
    """Return the command that cliff finds, None for none or several."""
    manager = commandmanager.CommandManager('')
    for name in names:
        manager.add_command(name, type(name, (), {}))
    try:
        return str(manager.find_command(typed.split())[0].__name__)
    except ValueError:
        return None


class CommandTest(base.TestCase):
    def test_others_that_are_in_nobodys_way(self) -> None:
        commands = _commands('server show', 'share list', 'service configure')
        self.assertEqual([], conflicts.of_commands(OWN, commands))
        self.assertEqual({}, conflicts.abbreviations(OWN, commands))

    def test_the_same_name(self) -> None:
        self.assertEqual(
            [
                "'server config set' of osc-baremetal-config and "
                "'server config set' of python-otherclient: the same name"
            ],
            conflicts.of_commands(OWN, _commands('server config set')),
        )

    def test_a_longer_one_takes_an_argument_of_ours(self) -> None:
        longer = 'server config set all'
        self.assertEqual(longer, _found('server config set a', OURS, longer))
        self.assertEqual(
            [
                "'server config set' of osc-baremetal-config and 'server "
                "config set all' of python-otherclient: the shorter, with "
                "the argument 'all', is the longer"
            ],
            conflicts.of_commands(OWN, _commands(longer)),
        )

    def test_ours_takes_an_argument_of_a_shorter_one(self) -> None:
        shorter = 'server conf'
        self.assertEqual(OURS, _found('server conf set', OURS, shorter))
        [told] = conflicts.of_commands(OWN, _commands(shorter))
        self.assertIn("with the argument 'set', is the longer", told)

    def test_an_abbreviation_that_loses_its_meaning(self) -> None:
        other, typed = 'software config show', 's config s'
        self.assertEqual(other, _found(typed, other))
        self.assertIsNone(_found(typed, OURS, other))
        self.assertEqual(
            {typed: other}, conflicts.abbreviations(OWN, _commands(other))
        )

    def test_an_abbreviation_that_had_none(self) -> None:
        others = 'software config show', 'share config set'
        self.assertIsNone(_found('s config s', *others))
        found = conflicts.abbreviations(OWN, _commands(*others))
        self.assertEqual({'s config set': 'share config set'}, found)


class NameTest(base.TestCase):
    def test_a_client_or_an_option_of_another(self) -> None:
        mine = conflicts.Extension(OWN, frozenset(('baremetal_config', '--a')))
        other = conflicts.Extension(OTHER, frozenset(('baremetal', '--a')))
        self.assertEqual([], conflicts.of_names(OWN, [mine]))
        self.assertEqual(
            ["'--a' is also of python-otherclient"],
            conflicts.of_names(OWN, [mine, other]),
        )


class InstalledTest(base.TestCase):
    def test_a_distribution_with_a_command_of_ours(self) -> None:
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        info = folder / 'python_otherclient-1.0.dist-info'
        info.mkdir()
        for name, text in (
            ('METADATA', f'Metadata-Version: 2.1\nName: {OTHER}\n'),
            (
                'entry_points.txt',
                '[openstack.cli.extension]\nother = otherclient.osc\n'
                '[openstack.other.v2]\nserver_config_set = other:Set\n'
                '[other.v2]\nserver_config_show = other:Show\n',
            ),
        ):
            (info / name).write_text(text, encoding='utf-8')
        found = installed.commands(metadata.distributions(path=[str(folder)]))
        self.assertEqual(set(_commands(OURS)[1:]), found)

    def test_what_ours_has(self) -> None:
        found = metadata.distributions(name=OWN)
        names = {'baremetal_config', 'os_baremetal_config_api_version'}
        self.assertEqual(
            {conflicts.Extension(OWN, frozenset(names))},
            set(installed.extensions(found)),
        )
