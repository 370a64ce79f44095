"""Run several commands of one Python package, importing it once.

``python -m tests.devcloud.several nova.cmd.manage '[["nova-manage", …], …]'``
runs in the cloud's virtual environment.  ``nova-manage`` and its like take
seconds to import what they need and milliseconds to do their work.  So it is
imported once, and each command runs in a child of its own, because they
leave settings behind that the next one would trip over.  Must never be
imported.
"""

import importlib
import json
import os
import sys
import typing


def main() -> typing.Any:
    """Return what the first command that fails returns, or 0."""
    module = importlib.import_module(sys.argv[1])
    for command in json.loads(sys.argv[2]):
        print('+', *command, flush=True)
        child = os.fork()
        if not child:
            sys.argv = command
            return module.main()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            return code
    return 0


if __name__ == '__main__':
    sys.exit(main())
