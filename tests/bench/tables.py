"""Plain tables on stdout, each row as soon as it is measured.

Owns how figures look. Never knows what they mean.
"""

from collections.abc import Iterable, Sequence

Cell = str | int | float | None
# Most names and figures are shorter; one that is not only moves its row.
_FIRST, _OTHERS = 22, 7


class Table:
    """A table that is there up to its last row, whatever happens next."""

    def __init__(self, title: str, columns: Sequence[str]) -> None:
        first, *others = columns
        self._widths = [
            max(_FIRST, len(first)),
            *(max(_OTHERS, len(name)) for name in others),
        ]
        print(f'\n{title}\n')
        self.row(columns)

    def row(self, cells: Sequence[Cell]) -> None:
        """Print a row.

        :param cells: as many as there are columns; None is a dash.
        """
        first, *others = zip(map(_text, cells), self._widths, strict=True)
        line = [first[0].ljust(first[1])]
        line += [text.rjust(width) for text, width in others]
        print('  '.join(line).rstrip(), flush=True)

    def end(self, notes: Iterable[str] = ()) -> None:
        """Print the notes below."""
        for note in notes:
            print(f'  {note}')
        print(flush=True)


def _text(cell: Cell) -> str:
    if cell is None:
        return '-'
    return f'{cell:.1f}' if isinstance(cell, float) else str(cell)
