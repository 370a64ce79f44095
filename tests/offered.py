"""What the real cloud offers: put away, and made again.

For tests and pages that begin with nothing offered. Never touches a server.
"""

from osc_baremetal_config.core.facts import metadata
from tests import people
from tests.devcloud import api, resources, vendors
from tests.devcloud import layout as layouts


def put_away(layout: layouts.Layout) -> None:
    """Have nothing offered, and no trait of an offer on a node."""
    ironic = people.Person('operator-system', layout).connect().baremetal
    nova = people.Person('operator', layout).connect().compute
    for kind in ('runbooks', 'deploy_templates'):
        listed = ironic.get(f'/{kind}', microversion='1.112').json()[kind]
        for one in listed:
            ironic.delete(f'/{kind}/{one["uuid"]}', microversion='1.112')
    for flavor in list(nova.flavors(is_public=None)):
        is_private = flavor.name.startswith('bm.private')
        if is_private or any(map(metadata.is_desired, flavor.extra_specs)):
            nova.delete_flavor(flavor)
    for node in ironic.nodes(details=True):
        wanted = resources.traits(node.name)
        if set(node.traits) != set(wanted):
            ironic.put(
                f'/nodes/{node.id}/traits',
                json={'traits': list(wanted)},
                microversion='1.37',
            )


def make_again(layout: layouts.Layout) -> None:
    """Have offered what the cloud offers as it comes up."""
    put_away(layout)
    admin = api.Admin.log_in(layout)
    resources.make_templates(admin, (*resources.ITEMS, *vendors.ITEMS))
    resources.make_flavors(admin, resources.flavors())
