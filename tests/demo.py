"""``python -m tests.demo``: the main job, as a person does it.

Brings the cloud up, makes a server with hyper-threading off, and lets the
manager of its project switch it on. Fails unless the BMC itself then has it
on. The cloud stays up for playing on.
"""

import os
import shlex
import sys
import time

from tests import people
from tests.devcloud import cloud, errors
from tests.devcloud import layout as layouts

SERVER = 'web-1'


class Demo:
    """The demo, told to whoever watches."""

    def __init__(self, layout: layouts.Layout) -> None:
        self._mona = people.Person('mona', layout)
        self._layout = layout

    def run(self) -> None:
        """Do the main job.

        :raises AssertionError: something is not as it should be.
        """
        node = self._server_with_hyperthreading_off()
        bmc = people.Bmc.of(node, self._layout)
        self._expect(bmc, 'Disabled')
        show = ('server', 'config', 'show', SERVER)
        enable = (
            *('server', 'config', 'set'),
            *('--hyperthreading', 'enabled', SERVER),
        )
        self._type(*show, out='| disabled | disabled |')
        self._type(*enable, '--dry-run', out='LogicalProc Disabled -> Enabled')
        self._expect(bmc, 'Disabled')
        self._type(*enable, out='| verified |')
        self._expect(bmc, 'Enabled')
        self._type(*show, out='| enabled | enabled |')
        self._type(*enable, out='| unchanged |')

    def _server_with_hyperthreading_off(self) -> str:
        """Make the server anew and return the name of its node."""
        nova = self._mona.connect().compute
        for server in nova.servers(name=f'^{SERVER}$'):
            say(f'# An earlier {SERVER} goes away first.')
            nova.delete_server(server)
            nova.wait_for_delete(server, interval=1)
        self._type(
            *('server', 'create', '--wait', '--nic', 'none'),
            *('--image', 'bm-image', '--flavor', 'bm.redfish.ht-off'),
            *('-c', 'name', '-c', 'status', SERVER),
            out='ACTIVE',
        )
        server = nova.find_server(SERVER, ignore_missing=False)
        ironic = self._mona.connect().baremetal
        [node] = ironic.nodes(instance_id=server.id)
        return str(node.name)

    def _type(self, *argv: str, out: str) -> None:
        """Run a command as the person and show what the person sees.

        :param out: what its output must contain, however wide the table is.
        """
        say(f'\n$ openstack {shlex.join(argv)}')
        ran = self._mona.openstack(*argv)
        sys.stdout.write(ran.err + ran.out)
        sys.stdout.flush()
        if ran.code or out not in ' '.join(ran.out.split()):
            raise AssertionError(
                f'exit code {ran.code}; expected in the output: {out}'
            )

    def _expect(self, bmc: people.Bmc, value: str) -> None:
        """Say what the BMC itself holds, which must be ``value``."""
        holds = bmc.bios()['LogicalProc']
        say(f'\n# The BMC, asked over Redfish: LogicalProc is {holds}.')
        if holds != value:
            raise AssertionError(f'expected LogicalProc to be {value}')


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> int:
    """Run the demo and return the exit code."""
    began = time.monotonic()
    layout = layouts.Layout.load()
    try:
        if not cloud.is_up(layout):
            say('# A bare-metal OpenStack comes up on this machine.')
            layout = cloud.up(layout)
        Demo(layout).run()
    except (AssertionError, errors.DevcloudError) as error:
        print(f'\nThe demo failed: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    program = os.path.relpath(people.program())
    say(f'\n# Done in {time.monotonic() - began:.0f} s.')
    say('# The cloud is still up. To play on with it:')
    say('#   eval "$(tox -qq -e devcloud -- env)"')
    say(f'#   {program} --os-cloud mona server config show {SERVER}')
    say('# To stop it:')
    say('#   tox -qq -e devcloud -- down')
    return 0


if __name__ == '__main__':
    sys.exit(main())
