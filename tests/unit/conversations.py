"""The parts that most conversations with the canned cloud share."""

from typing import Any

from tests.unit import documents
from tests.unit.canned import PROJECT, SYSTEM, Exchange, glance, ironic, nova
from tests.unit.documents import IMAGE_ID, NODE_ID, SERVER_ID, Document

FIELDS = (
    'uuid,name,provision_state,target_provision_state,power_state,'
    'target_power_state,traits,maintenance,maintenance_reason,fault,'
    'reservation,last_error,provision_updated_at,owner,lessee,driver,'
    'properties,service_step'
)
Part = Exchange | list[Exchange]


def find(server: Document | None = None) -> list[Part]:
    """Return the exchanges that find the server by its name."""
    found = documents.server() if server is None else server
    return [nova('GET', '/servers/detail?name=web-1', {'servers': [found]})]


def read(
    *,
    server: Document | None = None,
    node: Document | None = None,
    bios: Document | None = None,
    image: Document | None = None,
    templates: Document | None = None,
    runbooks: Document | None = None,
    flavors: bool = False,
    is_operator: bool = False,
) -> list[Part]:
    """Return the exchanges that read all that a plan is made from.

    :param flavors: whether flavors are read, as for a change.
    :param is_operator: the project's token shows no node, the system's does.
    """
    token = SYSTEM if is_operator else PROJECT
    by_server = f'/nodes/?instance_uuid={SERVER_ID}&fields={FIELDS}'
    group = [
        glance('GET', f'/images/{IMAGE_ID}', image or documents.image()),
        ironic(
            'GET',
            by_server,
            documents.nodes(node or documents.node()),
            token=token,
        ),
        read_bios(bios, token=token),
        _templates(templates, is_operator),
        ironic(
            'GET',
            '/runbooks/?detail=True',
            runbooks or documents.runbooks(),
            version='1.112',
            token=token,
        ),
    ]
    if _is_power_in_question(server):
        path = f'/servers/{SERVER_ID}/os-instance-actions'
        group.append(
            nova('GET', path, {'instanceActions': []}, version='2.84')
        )
    if is_operator:
        group.append(ironic('GET', by_server, documents.nodes()))
    if flavors:
        group += [
            nova(
                'GET',
                '/flavors/detail?is_public=None',
                documents.flavors(),
                version='2.61',
            )
        ]
    return [*find(server), group]


def _is_power_in_question(server: Document | None) -> bool:
    """Return whether Nova is asked what the journal says of the power."""
    return any(
        key.startswith('deploy-config-pending:') and '"power"' in text
        for key, text in (server or {'metadata': {}})['metadata'].items()
    )


def read_bios(bios: Document | None = None, token: str = PROJECT) -> Exchange:
    """Return the exchange that reads the node's BIOS settings."""
    return _bios('?detail=True', bios, token)


def verify(bios: Document | None = None, token: str = PROJECT) -> Exchange:
    """Return the exchange that reads the settings back, without registry."""
    return _bios('', bios, token)


def _bios(query: str, bios: Document | None, token: str) -> Exchange:
    return ironic(
        'GET',
        f'/nodes/{NODE_ID}/bios{query}',
        bios or documents.bios(),
        version='1.74',
        token=token,
    )


def look(
    server: dict[str, Any] | None = None,
    node: dict[str, Any] | None = None,
    token: str = PROJECT,
) -> list[Part]:
    """Return the exchanges of one look; the arguments say what differs."""
    return [
        [
            nova(
                'GET',
                f'/servers/{SERVER_ID}',
                {'server': documents.server(**server or {})},
            ),
            ironic(
                'GET',
                f'/nodes/{NODE_ID}?fields={FIELDS}',
                documents.node(**node or {}),
                token=token,
            ),
        ]
    ]


def _templates(templates: Document | None, is_operator: bool) -> Exchange:
    if is_operator:
        return ironic(
            'GET',
            '/deploy_templates/?detail=True',
            templates or documents.deploy_templates(),
            version='1.55',
            token=SYSTEM,
        )
    return ironic(
        'GET',
        '/deploy_templates/?detail=True',
        documents.fault('baremetal:deploy_template:get'),
        version='1.55',
        status=403,
    )
