"""``python -m tests.devcloud.emulator``: sushy-emulator, with a BIOS.

Owns what is put in the place of sushy-emulator's own: the systems, the
attribute registry and the pending settings.  What it adds is
``GET /devcloud/v1/counters/SYSTEM``: how often the system was switched on,
switched off and restarted, and how often that applied BIOS settings.
"""

import json
import sys

import flask
from sushy_tools.emulator import api_utils, main
from sushy_tools.emulator.resources.systems import fakedriver

from tests.devcloud.emulator import registry, systems


@api_utils.returns_json
def bios_registry():
    """Serve the attribute registry."""
    return json.dumps(registry.registry())


@api_utils.returns_json
def counters(identity):
    """Serve a system's counters."""
    return json.dumps(main.app.systems.counters(identity))


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
    main.app.view_functions['bios_registry'] = bios_registry
    main.app.view_functions['bios_settings'] = bios_settings
    main.app.add_url_rule(
        '/devcloud/v1/counters/<identity>', view_func=counters
    )
    return main.main()


if __name__ == '__main__':
    sys.exit(run())
