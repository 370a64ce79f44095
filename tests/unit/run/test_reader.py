"""What is read of a cloud: how often, for how long, and as whom."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.journal import Pending, begin
from osc_baremetal_config.core.facts.model import (
    Event,
    Kind,
    Listed,
    Query,
    Snapshot,
    Survey,
    Unread,
)
from osc_baremetal_config.run.reader import Reader
from tests.unit import base, canned
from tests.unit.core import snapshots

GONE = errors.NotFound('Nova', 404, 'gone')
NO = errors.Forbidden('Nova', 403, 'no')
AWAY = errors.TemporaryCloudError('Nova', 503, 'away')
BAD = errors.CloudError('Nova', 400, 'bad')
ID = '00000000-0000-0000-0000-00000000000'


class Cloud:
    """A cloud that answers as it is told, and keeps what it was asked.

    :param answers: name of a call → what it returns or raises, or a function
        of its arguments that does.
    """

    is_bound = False

    def __init__(self, system: 'Cloud | None' = None, **answers: Any) -> None:
        self._system = system
        nothing: Any = Listed({})
        self._answers = {
            'servers': nothing,
            'named': nothing,
            'nodes': nothing,
            'node_of': snapshots.node({}),
            'bios': snapshots.bios({'LogicalProc': 'Disabled'}),
            'templates': (),
            'flavors': (),
            'actions': (),
            'history': (),
            'own_user': ('u0', 'mona'),
            'user_name': 'name',
        } | answers
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.compute = self.baremetal = self

    def as_system(self) -> 'Cloud | None':
        return self._system

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.asked.append((name, args))
            answer = self._answers[name]
            if callable(answer):
                answer = answer(*args)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def count(self, name: str) -> int:
        """Return how often a call was made."""
        return sum(called == name for called, _ in self.asked)


def server(number: int = 1, **words: Any) -> Any:
    return snapshots.server({'id': f'{ID}{number}', **words})


def listed(*found: Any, **unread: Unread) -> Listed[Any]:
    return Listed({one.id: one for one in found}, unread)


class ReaderCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = canned.Clock()

    def reader(self, cloud: Cloud) -> Reader:
        any_cloud: Any = cloud
        return Reader(any_cloud, self.clock, lambda error: None)


class ServerTest(ReaderCase):
    def test_an_id_is_asked_for_by_itself(self) -> None:
        cloud = Cloud(server=server())
        self.assertEqual(server(), self.reader(cloud).server(f'{ID}1'))
        self.assertEqual([('server', (f'{ID}1',))], cloud.asked)
        for error, words in (
            (GONE, 'is shown to this login'),
            (NO, 'no servers'),
        ):
            refused = self.assertRaises(
                errors.Refused,
                self.reader(Cloud(server=error)).server,
                f'{ID}1',
            )
            self.assertIn(words, refused.message)

    def test_a_name_is_that_of_one_server(self) -> None:
        hidden = {'x': Unread('x', None, BAD)}
        for named, every, expected in (
            (listed(server()), None, server()),
            (listed(server(1), server(2)), None, 'More than one server'),
            # Where a cell is away, Nova shows it in the list of all only.
            (listed(), listed(), 'No server with the name web-1'),
            (listed(), listed(server(1, name='other')), 'No server with'),
            (listed(), listed(**hidden), 'bad'),
        ):
            cloud = Cloud(named=named, servers=every)
            self.assertEqual([], cloud.asked)
            try:
                found = self.reader(cloud).server('web-1')
            except errors.ConfigError as error:
                self.assertIn(str(expected), error.message)
            else:
                self.assertEqual(expected, found)
            self.assertEqual(every is not None, cloud.count('servers') > 0)

    def test_what_is_meant_and_unread_is_asked_for_again(self) -> None:
        """For ten seconds where it is named, for one where any is wanted."""
        for names, passed_s in (
            (('web-1',), 10.0),
            ((), 1.0),
            ((f'{ID}2',), 0.0),
        ):
            self.clock = canned.Clock()
            unread = Unread(f'{ID}1', 'web-1', AWAY)
            cloud = Cloud(servers=listed(server(2), **{f'{ID}1': unread}))
            self.reader(cloud).survey(Query(names=names), lambda one: one)
            self.assertEqual(passed_s, self.clock.now(), str(names))


class SnapshotTest(ReaderCase):
    def snapshot(self, cloud: Cloud, **more: Any) -> Snapshot:
        return self.reader(cloud).snapshot(f'{ID}1', **more)

    def test_only_what_a_plan_needs_is_read(self) -> None:
        cloud = Cloud(server=server())
        found = self.snapshot(cloud)
        self.assertEqual(
            (None, None, None), (found.image, found.flavors, found.actions)
        )
        for name in ('image', 'flavors', 'actions', 'nodes', 'servers'):
            self.assertEqual(0, cloud.count(name), name)
        self.assertEqual(1, cloud.count('bios'))
        self.assertEqual(2, cloud.count('templates'))
        image = snapshots.image({})
        cloud = Cloud(server=server(image_id='i'), image=image)
        found = self.snapshot(cloud, flavors=True)
        self.assertEqual((image, ()), (found.image, found.flavors))

    def test_what_is_not_shown_is_not_there(self) -> None:
        deploy, runbook = Kind.DEPLOY_TEMPLATE, Kind.RUNBOOK
        [template] = snapshots.snapshot({}).templates
        for error in (GONE, NO):
            cloud = Cloud(
                server=server(image_id='i'),
                image=error,
                templates=lambda kind, e=error: (
                    e if kind is deploy else (template,)
                ),
            )
            found = self.snapshot(cloud)
            self.assertEqual((None, {deploy}), (found.image, found.hidden))
            self.assertEqual((template,), found.templates)
        self.assertEqual({'deploy template', 'runbook'}, {deploy, runbook})

    def test_an_operator_reads_as_one_what_nobody_else_is_shown(self) -> None:
        [template] = snapshots.snapshot({}).templates
        node = snapshots.node({'uuid': 'm'})
        for answers, passes in (
            ({'node_of': None}, True),
            ({'templates': NO}, True),
            ({}, False),
        ):
            system = Cloud(
                node_of=node, templates=(template,), server=server()
            )
            cloud = Cloud(system, server=server(), **answers)
            reader = self.reader(cloud)
            found = reader.snapshot(f'{ID}1')
            used: object = reader.cloud
            self.assertEqual(passes, used is system, str(answers))
            self.assertEqual(passes, template in found.templates)
        cloud = Cloud(server=server(), node_of=None)
        refused = self.assertRaises(errors.Refused, self.snapshot, cloud)
        self.assertIn('no bare-metal node that you can see', refused.message)

    def test_a_node_that_is_taken_away_meanwhile(self) -> None:
        for error, words in ((GONE, 'no bare-metal node'), (BAD, 'bad')):
            cloud = Cloud(server=server(), bios=error)
            raised = self.assertRaises(
                errors.ConfigError, self.snapshot, cloud
            )
            self.assertIn(words, raised.message)

    def test_nova_s_actions_are_asked_for_where_the_power_is_in_question(
        self,
    ) -> None:
        event = Event(at='', source='Nova', what='stop')
        for power, answer, expected in (
            (None, (event,), None),
            ('on', (event,), (event,)),
            ('on', NO, None),
            ('on', GONE, None),
        ):
            metadata = begin({'x': Pending(value='y', power=power)}, {})
            cloud = Cloud(server=server(metadata=metadata), actions=answer)
            found = self.snapshot(cloud)
            self.assertEqual(expected, found.actions)
            self.assertEqual(int(power is not None), cloud.count('actions'))

    def test_the_projects_of_possible_variants(self) -> None:
        specs = {'deploy-config:x': 'y'}
        all_ = tuple(
            snapshots.flavor({'name': name, 'id': name, **words})
            for name, words in (
                ('a', {'is_public': False, 'extra_specs': specs}),
                ('b', {'is_public': True, 'extra_specs': specs}),
                ('c', {'is_public': False, 'extra_specs': specs}),
                ('d', {'is_public': False}),
            )
        )
        own = frozenset({'p'})
        for answers, expected, count in (
            ({'a': own, 'c': own}, {'a': own, 'c': own}, 2),
            ({'a': GONE, 'c': own}, {'c': own}, 2),
            # Who may not ask about one may not ask about any other.
            ({'a': NO, 'c': own}, {}, 1),
        ):
            known: Any = answers
            cloud = Cloud(flavors=all_, flavor_projects=known.get)
            found = self.reader(cloud).common().flavors or ()
            self.assertEqual(
                expected,
                {one.id: one.projects for one in found if one.projects},
            )
            self.assertEqual(4, len(found))
            self.assertEqual(count, cloud.count('flavor_projects'))


class SurveyTest(ReaderCase):
    def survey(self, query: Query, **answers: Any) -> Survey[str]:
        self.cloud = Cloud(**answers)
        return self.reader(self.cloud).survey(
            query, lambda snapshot: snapshot.server.id
        )

    def nodes(self, *numbers: int, **unread: Unread) -> Listed[Any]:
        node = snapshots.node({})
        return Listed({f'{ID}{n}': node for n in numbers}, unread)

    def test_each_server_is_one_of_these(self) -> None:
        found = self.survey(
            Query(),
            servers=listed(
                server(3, name='c'),
                server(1, name='a'),
                server(2, name='b'),
                server(4, name='d'),
                **{f'{ID}5': Unread(f'{ID}5', None, BAD)},
            ),
            nodes=self.nodes(1, 3, **{f'{ID}4': Unread(f'{ID}4', None, BAD)}),
        )
        self.assertEqual((f'{ID}1', f'{ID}3'), found.made)
        self.assertEqual([f'{ID}2'], [one.id for one in found.others])
        self.assertEqual(
            [(f'{ID}5', None), (f'{ID}4', 'd')],
            [(one.id, one.name) for one in found.unread],
        )
        self.assertEqual(
            ((), (), ()), (found.missing, found.excluded, found.elsewhere)
        )

    def test_nothing_more_is_read_where_there_is_no_server(self) -> None:
        self.survey(Query())
        self.assertEqual({'servers'}, {name for name, _ in self.cloud.asked})
        self.survey(Query(), servers=listed(server()))
        self.assertEqual(
            {'servers', 'nodes'}, {n for n, _ in self.cloud.asked}
        )

    def test_a_fault_of_ours_is_one_server_s(self) -> None:
        def fail(snapshot: Snapshot) -> None:
            raise KeyError('id')

        cloud = Cloud(servers=listed(server()), nodes=self.nodes(1))
        found = self.reader(cloud).survey(Query(), fail)
        [unread] = found.unread
        self.assertIn("KeyError: 'id'", unread.error.message)

    def test_an_id_that_is_not_listed_is_read_by_itself(self) -> None:
        ids = tuple(f'{ID}{number}' for number in range(1, 5))
        answers = dict(zip(ids, (GONE, BAD, server(3)), strict=False))
        found = self.survey(
            Query(names=(*ids, 'web-9')),
            servers=listed(server(4)),
            nodes=self.nodes(3, 4),
            server=answers.get,
        )
        self.assertEqual({f'{ID}3', f'{ID}4'}, set(found.made))
        self.assertEqual((f'{ID}1', 'web-9'), found.missing)
        self.assertEqual([f'{ID}2'], [one.id for one in found.unread])
        self.assertEqual(3, self.cloud.count('server'))

    def test_one_that_a_filter_leaves_out_is_told_why(self) -> None:
        """It lacks the tag, or is of another project, or is not at all."""
        for words in ({'tags': ('t',)}, {'flavor': 'f'}):
            how: Any = words
            answers: Mapping[str, Any] = {
                f'{ID}2': server(2, name='x'),
                f'{ID}3': GONE,
            }
            found = self.survey(
                Query(names=('web-1', f'{ID}2', f'{ID}3', 'web-9'), **how),
                servers=lambda query, *ids: (
                    listed()
                    if query.tags or query.flavor
                    else listed(server(1))
                ),
                server=answers.get,
            )
            self.assertEqual([f'{ID}1'], [one.id for one in found.excluded])
            self.assertEqual([f'{ID}2'], [one.id for one in found.elsewhere])
            self.assertEqual((f'{ID}3', 'web-9'), found.missing)
        # None is missing, so none is looked for.
        self.survey(
            Query(names=('web-1',), tags=('t',)), servers=listed(server(1))
        )
        self.assertEqual(1, self.cloud.count('servers'))

    def test_what_is_away_for_all_is_not_waited_for_by_each(self) -> None:
        """Thirty-two reads in a row have to have failed to the end."""
        servers = [
            dataclasses.replace(server(), id=f's{number}', name=f'{number}')
            for number in range(80)
        ]
        nodes = Listed({one.id: snapshots.node({}) for one in servers})
        cloud = Cloud(servers=listed(*servers), nodes=nodes, bios=AWAY)
        found = self.reader(cloud).survey(Query(), lambda one: one)
        self.assertEqual(80, len(found.unread))
        calls = cloud.count('bios')
        self.assertGreater(calls, 80)
        cloud = Cloud(servers=listed(*servers), nodes=nodes)
        made = self.reader(cloud).survey(Query(), lambda one: one).made
        self.assertEqual(80, len(made))

    def test_nodes_are_read_as_an_operator_where_none_is_shown(self) -> None:
        none: Listed[Any] = Listed({})
        other = Listed({f'{ID}9': snapshots.node({})})
        unread: Listed[Any] = Listed(
            {}, {f'{ID}1': Unread(f'{ID}1', None, BAD)}
        )
        for nodes, passes in (
            (none, True),
            (other, True),
            (unread, False),
            (self.nodes(1), False),
        ):
            system = Cloud(nodes=self.nodes(1))
            cloud = Cloud(system, servers=listed(server()), nodes=nodes)
            reader = self.reader(cloud)
            found = reader.survey(Query(), lambda one: one)
            used: object = reader.cloud
            self.assertEqual(passes, used is system)
            self.assertEqual(nodes is not unread, bool(found.made))

    def test_servers_that_nova_does_not_show(self) -> None:
        for all_projects, words in (
            (True, 'the servers of all projects'),
            (False, 'shows this login no servers'),
        ):
            refused = self.assertRaises(
                errors.Refused,
                self.survey,
                Query(all_projects=all_projects),
                servers=NO,
            )
            self.assertIn(words, refused.message)


class RememberedTest(ReaderCase):
    def events(self, source: str, *people: str) -> tuple[Event, ...]:
        return tuple(
            Event(at='x', source=source, what='y', who=one) for one in people
        )

    def test_each_service_is_told_or_why_it_is_not(self) -> None:
        nova, ironic = self.events('Nova', 'u1'), self.events('Ironic', 'u2')
        for answers, count, untold in (
            ({}, 2, set()),
            ({'actions': NO}, 1, {'Nova'}),
            ({'history': BAD}, 1, {'Ironic'}),
            ({'node_of': None}, 1, {'Ironic'}),
        ):
            known: Any = {'actions': nova, 'history': ironic} | answers
            cloud = Cloud(server=server(), **known)
            found = self.reader(cloud).remembered(f'{ID}1')
            self.assertEqual(count, len(found.events), str(answers))
            self.assertEqual(untold, found.untold.keys())

    def test_the_history_of_a_node_is_an_operator_s(self) -> None:
        for error, has_role, is_told in (
            (NO, True, True),
            (GONE, True, True),
            (NO, False, False),
            (BAD, True, False),
        ):
            events = self.events('Ironic', 'u2')
            system = Cloud(history=events) if has_role else None
            cloud = Cloud(
                system, server=server(), history=error, user_name='name'
            )
            found = self.reader(cloud).remembered(f'{ID}1')
            self.assertEqual(
                is_told, bool(found.events), str((str(error), has_role))
            )

    def test_users_are_named_as_long_as_that_is_told(self) -> None:
        nova = self.events('Nova', 'u1', 'u0', 'u2', 'u1')
        names = {'u1': 'adam', 'u2': 'oper'}
        for answer, users in (
            (names.get, {'u0': 'mona'} | names),
            (NO, {'u0': 'mona'}),
        ):
            cloud = Cloud(server=server(), actions=nova, user_name=answer)
            found = self.reader(cloud).remembered(f'{ID}1')
            self.assertEqual(users, found.users)
