"""``python -m tests.pictures``: draws them again.

``--recording`` also makes the recording of a terminal, on the real cloud.
Graphviz is needed for the graphs.
"""

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.pictures import graphs, sequence

SOURCE = Path(__file__).parents[2] / 'doc/source'
# Where each is, and the text that it is made of.
PICTURES: Mapping[str, Callable[[], str]] = {
    'concepts/layers.svg': graphs.layers,
    'concepts/node.svg': graphs.node,
    'concepts/server.svg': graphs.server,
    'concepts/sequence.svg': sequence.text,
}
RECORDING = 'recording.svg'


def main(argv: Sequence[str]) -> int:
    """Draw the pictures and return 0."""
    parser = argparse.ArgumentParser(prog='python -m tests.pictures')
    parser.add_argument('--recording', action='store_true')
    wanted = parser.parse_args(argv)
    for name, text_of in PICTURES.items():
        text = text_of()
        drawn = (
            sequence.svg(sequence.calls())
            if text_of is sequence.text
            else _drawn(text)
        )
        (SOURCE / name).write_text(f'{drawn}{mark(text)}\n', encoding='utf-8')
    if wanted.recording:
        from tests.pictures import recording

        (SOURCE / RECORDING).write_text(recording.made(), encoding='utf-8')
    return 0


def mark(text: str) -> str:
    """Return the comment of a picture by which its text is known."""
    return f'<!-- {hashlib.sha256(text.encode()).hexdigest()[:16]} -->'


def _drawn(text: str) -> str:
    """Return a graph as Graphviz draws it."""
    return subprocess.run(
        ['dot', '-Tsvg'],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
