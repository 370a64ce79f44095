"""``python -m tests.devcloud.emulator``: sushy-emulator, with a BIOS.

Owns what is put in the place of sushy-emulator's own: the systems, the
attribute registries and the pending settings.  What it adds is
``GET /devcloud/v1/counters/SYSTEM``: how often the system was switched on,
switched off and restarted, and how often that applied BIOS settings; and
``POST /devcloud/v1/deliver/SYSTEM``, which puts a BIOS back at once; and the
agent of a system whose ramdisk was booted, which ``PUT
/devcloud/v1/agent/SYSTEM`` makes slow: ``{"seconds": 30}``, or null for one
that never comes up.
"""

import json
import os
import sys

import flask
from sushy_tools.emulator import api_utils, main
from sushy_tools.emulator.resources.systems import fakedriver

from tests.devcloud import redfish
from tests.devcloud.emulator import agent, registry, systems

# As Ironic's agent client asks.
_COMMANDS = '/devcloud/v1/agent/<identity>/v1/commands/'


@api_utils.returns_json
def registries():
    """Serve the registries that a BMC has, by who asks."""
    asked = flask.request.authorization
    return json.dumps(registry.collection(asked and asked.username))


@api_utils.returns_json
def registry_file(node):
    """Serve where a system's registry is."""
    return json.dumps(registry.file(node))


@api_utils.returns_json
def attribute_registry(node):
    """Serve the attribute registry of a system."""
    entries = main.app.systems.entries(redfish.system(node))
    return json.dumps(registry.registry(node, entries))


@api_utils.returns_json
def counters(identity):
    """Serve a system's counters."""
    return json.dumps(main.app.systems.counters(identity))


@api_utils.returns_json
def deliver(identity):
    """Have a system's BIOS as it is delivered."""
    main.app.systems.deliver(identity)
    return '', 204


@api_utils.returns_json
def delay_agent(identity):
    """Have a system's ramdisk take as long as is asked for."""
    systems.Systems.agents.delay(identity, flask.request.json['seconds'])
    return '', 204


@api_utils.returns_json
def agent_commands(identity):
    """Take a command for the agent of a system, or serve those it took."""
    agents = systems.Systems.agents
    if flask.request.method == 'POST':
        return json.dumps(agents.command(identity, flask.request.get_json()))
    return json.dumps(agents.commands(identity))


@api_utils.ensure_instance_access
@api_utils.returns_json
def bios(identity):
    """Serve current settings; the stock view names one registry for all."""
    values = main.app.systems.get_bios(identity)
    document = json.loads(
        main.app.render_template(
            'bios.json',
            identity=identity,
            bios_current_attributes=json.dumps(values, sort_keys=True),
        )
    )
    node = main.app.systems.name(identity)
    return json.dumps(document | {'AttributeRegistry': registry.name(node)})


@api_utils.ensure_instance_access
@api_utils.returns_json
def bios_settings(identity):
    """Serve and take pending settings; the stock view serves current ones."""
    if flask.request.method == 'PATCH':
        wanted = flask.request.json.get('Attributes') or {}
        main.app.systems.set_bios(identity, wanted)
        return '', 204
    pending = main.app.systems.get_pending_bios(identity)
    return main.app.render_template(
        'bios_settings.json',
        identity=identity,
        bios_pending_attributes=json.dumps(pending, sort_keys=True),
    )


def run():
    """Serve until stopped."""
    fakedriver.FakeDriver = systems.Systems
    port = os.environ['REDFISH_PORT']
    systems.Systems.agents = agent.Agents(
        f'http://127.0.0.1:{port}', os.environ.get('IRONIC_URL')
    )
    app = main.app
    app.view_functions['bios'] = bios
    app.view_functions['bios_settings'] = bios_settings
    app.view_functions['registry_file_collection'] = registries
    for path, view, method in (
        (f'{registry.PATH}/<node>', registry_file, 'GET'),
        (f'{registry.PATH}/<node>/en', attribute_registry, 'GET'),
        ('/devcloud/v1/counters/<identity>', counters, 'GET'),
        ('/devcloud/v1/deliver/<identity>', deliver, 'POST'),
        ('/devcloud/v1/agent/<identity>', delay_agent, 'PUT'),
        (_COMMANDS, agent_commands, 'GET POST'),
    ):
        app.add_url_rule(path, view_func=view, methods=method.split())
    return main.main()


if __name__ == '__main__':
    sys.exit(run())
