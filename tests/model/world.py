"""The state of the model: who and what there is, and how long things take.

Owns the records and how they are found. What happens to servers and nodes in
time is for :mod:`.instances` and :mod:`.conductor`; what a person is shown of
them, for the services.
"""

import dataclasses
import itertools
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from tests.devcloud import catalog, resources
from tests.devcloud.ironic_plugin.devcloud_ironic import attributes
from tests.model import conductor, instances, records, releases
from tests.model.clock import Clock
from tests.model.records import Document, Flavor, Node, Server

PASSWORD = 'secret'
REGION = 'RegionOne'
# What a role brings with it, from Keystone's bootstrap.
ROLES = ('reader', 'member', 'manager', 'admin')
IRONIC_HOST = records.Host('devcloud')
RESIZABLE_HOST = records.Host('resizable', is_ironic=False, can_resize=True)
_NAMES = uuid.UUID('00000000-0000-4000-8000-0000000c10d5')
_REDFISH_URL = 'http://127.0.0.1:1'


@dataclasses.dataclass
class Settings:
    """How long things take, in seconds, and other knobs of the whole cloud.

    :param lost_event_s: how long Nova works on a power event of Ironic; what
        comes meanwhile is lost.
    :param step_s: a service step on a fake node, whose driver_info may say
        otherwise (``fake_bios_seconds``).
    :param locked_tries: how often Ironic tries a node that is locked, with a
        second in between.
    :param steps_allowed: whether projects may have raw service steps carried
        out; a site can forbid it by a policy.
    :param release: of Ironic.
    :param ironic: its newest microversion, None for that of the release.
    :param ramdisk_s: for how long the agent ramdisk boots.
    :param projects: how many Keystone lists at most; None for all.
    :param resize_moves_node: a resize takes the server to another node.
    """

    boot_s: float = 4.0
    delete_s: float = 3.0
    stop_s: float = 2.0
    start_s: float = 1.0
    resize_s: float = 4.0
    bounce_s: float = 1.0
    confirm_s: float = 0.5
    revert_s: float = 3.0
    event_s: float = 0.1
    lost_event_s: float = 0.3
    power_sync_s: float = 600.0
    power_s: float = 0.5
    step_s: float = 5.0
    between_s: float = 0.1
    reboot_s: float = 3.0
    ramdisk_s: float = 3.0
    bios_poll_s: float = 5.0
    service_wait_s: float = 1800.0
    token_s: float = 86400.0
    locked_tries: int = 1
    nova: str = '2.104'
    release: releases.Release = releases.NEWEST
    ironic: str | None = None
    page: int = 1000
    projects: int | None = None
    steps_allowed: bool = True
    resize_moves_node: bool = False

    @property
    def ironic_version(self) -> str:
        """Return Ironic's newest microversion."""
        return self.ironic or self.release.ironic


class World:
    """All there is.

    Hold ``clock.lock`` while looking or changing from a thread of your own.

    :param clock: the time in which things happen.
    """

    def __init__(
        self, clock: Clock | None = None, settings: Settings | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.settings = settings or Settings()
        self._numbers = itertools.count(1)
        self.projects: dict[str, records.Project] = {}
        self.users: dict[str, records.User] = {}
        self.tokens: dict[str, records.Token] = {}
        self.flavors: dict[str, Flavor] = {}
        self.images: dict[str, records.Image] = {}
        self.servers: dict[str, Server] = {}
        self.nodes: dict[str, Node] = {}
        self.templates: dict[str, records.Template] = {}
        self.runbooks: dict[str, records.Runbook] = {}
        # What Placement does not know of the traits of a node.
        self.lost_traits: dict[str, set[str]] = {}
        self._flavor_names: dict[str, Flavor] = {}
        self._node_names: dict[str, Node] = {}
        self.nova = instances.Instances(self)
        self.conductor = conductor.Conductor(self)

    @classmethod
    def standard(
        cls, clock: Clock | None = None, settings: Settings | None = None
    ) -> 'World':
        """Return a world with the people and the goods of the real cloud."""
        world = cls(clock, settings)
        world.add_people()
        for name, (size, specs) in resources.flavors().items():
            world.add_flavor(name, specs, **size)
        world.add_image('bm-image')
        world.add_image('bm-image-x', **{'trait:CUSTOM_X': 'required'})
        for item in resources.ITEMS:
            world.add_template(
                item.template, [item.step | {'priority': 150}], item.extra
            )
            runbook = world.add_runbook(
                item.runbook, [item.step | {'order': 1}], item.extra
            )
            runbook.traits = [item.approved_for]
            runbook.public = True
        for definition in resources.nodes(_REDFISH_URL):
            world.add_node(definition)
        return world

    def new_id(self) -> str:
        """Return an id that is new; the same in every run."""
        return str(uuid.uuid5(_NAMES, str(next(self._numbers))))

    def project(self, name: str) -> records.Project:
        """Return a project by its name."""
        return next(p for p in self.projects.values() if p.name == name)

    def user(self, name: str) -> records.User:
        """Return a user by the name."""
        return next(u for u in self.users.values() if u.name == name)

    def flavor(self, name_or_id: str) -> Flavor | None:
        """Return a flavor."""
        found = self.flavors.get(name_or_id)
        return found or self._flavor_names.get(name_or_id)

    def server(self, name_or_id: str) -> Server:
        """Return a server; for tests, which know that it is there."""
        found = self.servers.get(name_or_id)
        return found or next(
            s for s in self.servers.values() if s.name == name_or_id
        )

    def find_node(self, name_or_uuid: str) -> Node | None:
        """Return a node, None if there is none."""
        found = self.nodes.get(name_or_uuid)
        return found or self._node_names.get(name_or_uuid)

    def node(self, name_or_uuid: str) -> Node:
        """Return a node; for tests, which know that it is there."""
        found = self.find_node(name_or_uuid)
        assert found is not None, name_or_uuid
        return found

    def node_of(self, server: Server) -> Node | None:
        """Return the node whose power is the server's, None without one."""
        if not server.host.is_ironic or server.node_uuid is None:
            return None
        return self.nodes.get(server.node_uuid)

    def add_people(self) -> None:
        """Add the users of the real cloud, all with the same password."""
        for name in ('admin', 'acme', 'other'):
            project_id = uuid.uuid5(_NAMES, name).hex
            self.projects[project_id] = records.Project(project_id, name)
        grants: dict[str, dict[str | None, frozenset[str]]] = {}
        for login in catalog.LOGINS:
            where = self.project(login.project).id if login.project else None
            role = login.role or 'admin'
            implied = frozenset(ROLES[: ROLES.index(role) + 1])
            grants.setdefault(login.user, {})[where] = implied
        for name, granted in grants.items():
            user_id = uuid.uuid5(_NAMES, f'user {name}').hex
            user = records.User(user_id, name, PASSWORD, granted)
            self.users[user_id] = user

    def add_flavor(
        self, name: str, specs: dict[str, str] | None = None, **size: int
    ) -> Flavor:
        """Add a flavor; ``size`` is its vcpus, ram and disk."""
        flavor = Flavor(
            id=self.new_id(),
            name=name,
            vcpus=size.get('vcpus', 32),
            ram=size.get('ram', 65536),
            disk=size.get('disk', 100),
            extra_specs=specs or {},
        )
        self.flavors[flavor.id] = self._flavor_names[name] = flavor
        return flavor

    def add_extra_specs(self, flavor: Flavor, specs: dict[str, str]) -> None:
        """Set extra specs of a flavor."""
        self.change_flavor(flavor, extra_specs={**flavor.extra_specs, **specs})

    def change_flavor(self, flavor: Flavor, **fields: Any) -> Flavor:
        """Change a flavor; servers keep what they were made of."""
        changed = dataclasses.replace(flavor, **fields)
        if changed.id != flavor.id:
            del self.flavors[flavor.id]
        self.flavors[changed.id] = self._flavor_names[flavor.name] = changed
        return changed

    def remove_flavor(self, flavor: Flavor) -> None:
        """Have a flavor no more."""
        del self.flavors[flavor.id], self._flavor_names[flavor.name]

    def add_image(self, name: str, **properties: str) -> records.Image:
        """Add a public image with these properties."""
        image = records.Image(
            self.new_id(), name, self.clock.utc(), properties
        )
        self.images[image.id] = image
        return image

    def add_template(
        self, name: str, steps: list[Document], extra: Document
    ) -> records.Template:
        """Add a deploy template."""
        template = records.Template(
            self.new_id(), name, steps, extra, self.clock.utc()
        )
        self.templates[template.uuid] = template
        return template

    def add_runbook(
        self, name: str, steps: list[Document], extra: Document
    ) -> records.Runbook:
        """Add a runbook that nobody owns and that has no traits yet."""
        runbook = records.Runbook(
            self.new_id(), name, steps, extra, self.clock.utc()
        )
        self.runbooks[runbook.uuid] = runbook
        return runbook

    def add_node(self, definition: Document) -> Node:
        """Add a node, available; ``definition`` as for Ironic's API."""
        now = self.clock.utc()
        rest = dict(definition)
        node = Node(
            uuid=self.new_id(),
            name=rest.pop('name'),
            is_redfish=definition['bios_interface'] == 'redfish',
            created=now,
            driver_info=dict(rest.pop('driver_info', {})),
            extra=dict(rest.pop('extra', {})),
            fields=rest,
            traits=sorted(resources.traits(definition['name'])),
            bmc=records.default_bios(),
        )
        self.conductor.cache_bios(node)
        self.nodes[node.uuid] = self._node_names[node.name] = node
        return node

    def boot(
        self,
        name: str = 'web-1',
        flavor: str = 'bm.large.ht-off',
        *,
        node: str | None = None,
        project: str = 'acme',
        image: str = 'bm-image',
        host: records.Host | None = None,
        **bios: Any,
    ) -> Server:
        """Return a new server that is up already.

        Its node is a free one that fits, or the one that is named; the
        templates of its flavor were applied, and ``bios`` after them. On the
        resizable host (flavors ``rz.``) the node is only bound to it.
        """
        found = self.flavor(flavor)
        assert found is not None, flavor
        [image_id] = [i.id for i in self.images.values() if i.name == image]
        owner = next(
            (
                login.user
                for login in catalog.LOGINS
                if login.project == project
                and login.role in ('manager', 'member', None)
            ),
            'admin',
        )
        server = self.nova.create(
            name,
            found,
            image_id,
            project_id=self.project(project).id,
            user_id=self.user(owner).id,
            host=host,
        )
        self.nova.place(server, self.node(node) if node else None)
        self.nova.finish_boot(server)
        placed = self.nodes.get(server.node_uuid or '')
        if placed is not None:
            self.set_bios(placed, bios)
        return server

    def set_bios(
        self, node: Node, settings: Mapping[str, Any], *, told: bool = True
    ) -> None:
        """Change what the BMC of a node holds, as if by magic.

        :param settings: in any form; nothing is refused, and nothing else
            comes of it.
        :param told: whether Ironic's copy has it as well.
        """
        for name, value in settings.items():
            node.bmc[name] = attributes.stored(value)
        if told:
            self.conductor.cache_bios(node)

    def populate(
        self,
        servers: int = 0,
        flavors: int = 0,
        *,
        project: str = 'acme',
        value: str = 'disabled',
    ) -> list[Server]:
        """Add many servers, each on a node of its own, and many flavors.

        The servers are named ``fleet-00001`` and have the flavor of
        ``value``; half of the flavors are pairs of variants.
        """
        short = 'on' if value == 'enabled' else 'off'
        made = []
        for number in range(1, servers + 1):
            node = resources.bare_node(f'fleet-node-{number:05}')
            added = self.add_node(node)
            made.append(
                self.boot(
                    f'fleet-{number:05}',
                    f'bm.large.ht-{short}',
                    node=added.name,
                    project=project,
                )
            )
        for number in range(flavors - len(self.flavors)):
            self._add_some_flavor(number)
        return made

    def _add_some_flavor(self, number: int) -> None:
        size = {'vcpus': 2 + number // 4, 'ram': 1024 * (1 + number // 4)}
        specs: dict[str, str] = {'resources:CUSTOM_BAREMETAL_LARGE': '1'}
        kind = ('', '.ht-on', '.ht-off', '.plain')[number % 4]
        if kind.startswith('.ht'):
            value = 'enabled' if kind == '.ht-on' else 'disabled'
            specs['deploy-config:hyperthreading'] = value
        self.add_flavor(f'some.{number // 4:05}{kind}', specs, **size)

    def lapse(self, tokens: Iterable[records.Token] | None = None) -> None:
        """Revoke tokens, all if none are named."""
        for token in self.tokens.values() if tokens is None else tokens:
            token.is_revoked = True
