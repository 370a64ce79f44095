"""Snapshots from a few words, for the cases that are data.

Everything that a case leaves out is as in ``documents``: an active server of
flavor ``bm.off`` on a capable node with ``LogicalProc=Disabled``.
"""

from typing import Any

from osc_baremetal_config.cloud import documents, fields
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Flavor,
    Image,
    Item,
    Kind,
    Node,
    Server,
    Snapshot,
)

Words = dict[str, Any]


def item(text: str) -> Item:
    """Return the item that ``type=value`` names."""
    name, _, value = text.partition('=')
    return Item(name, value)


def snapshot(words: Words) -> Snapshot:
    """Return the snapshot that a case describes."""
    kinds = {kind.value: kind for kind in Kind}
    described = words.get('templates', [template('on', 'enabled')])
    templates = (
        documents.template(
            kinds[t.get('kind', 'deploy template')], fields.Document(t)
        )
        for t in described
    )
    return Snapshot(
        server=server(words.get('server', {})),
        node=node(words.get('node', {})),
        bios=bios(words.get('bios', {'LogicalProc': 'Disabled'})),
        templates=tuple(templates),
        hidden=frozenset(kinds[k] for k in words.get('hidden', [])),
        image=image(words['image']) if 'image' in words else None,
        flavors=tuple(flavor(f) for f in words.get('flavors', [])),
    )


def template(name: str, value: str) -> Words:
    """Return the document of a deploy template for hyper-threading."""
    setting = {'name': 'LogicalProc', 'value': value.title()}
    return {
        'name': f'CUSTOM_HT_{name.upper()}',
        'extra': {'config-type': 'hyperthreading', 'config-value': value},
        'steps': [
            {
                'interface': 'bios',
                'step': 'apply_configuration',
                'args': {'settings': [setting]},
                'priority': 150,
            }
        ],
    }


def server(words: Words) -> Server:
    """Return a server."""
    words = {'id': 's', 'name': 'web-1', 'status': 'ACTIVE', **words}
    embedded = {
        'name': 'bm.off',
        'extra_specs': {'deploy-config:hyperthreading': 'disabled'},
    }
    words['flavor'] = flavor(words.get('flavor', embedded))
    return Server(**words)


def flavor(words: Words) -> Flavor:
    """Return a flavor."""
    size: Words = {'vcpus': 32, 'ram_mib': 65536, 'disk_gib': 100}
    return Flavor(**size | words)


def image(words: Words) -> Image:
    """Return an image with these properties."""
    return Image(id='i', name='bm-image', properties=words)


def node(words: Words) -> Node:
    """Return a node."""
    words = {
        'uuid': 'n',
        'name': 'rack3-07',
        'provision_state': 'active',
        'power_state': 'power on',
        'traits': ['HW_CPU_HYPERTHREADING'],
        **words,
    }
    words['traits'] = frozenset(words['traits'])
    return Node(**words)


def bios(words: Words) -> dict[str, BiosSetting]:
    """Return BIOS settings, of two possible values unless a case says more."""
    found = {}
    for name, value in words.items():
        more = value if isinstance(value, dict) else {'value': value}
        switch: Words = {
            'attribute_type': 'Enumeration',
            'allowable_values': ['Enabled', 'Disabled'],
        }
        entry = (switch if 'attribute_type' not in more else {}) | more
        values = tuple(entry.get('allowable_values') or ())
        found[name] = BiosSetting(
            **entry | {'name': name, 'allowable_values': values}
        )
    return found
