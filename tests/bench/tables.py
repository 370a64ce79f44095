"""Plain tables on stdout.

Owns how figures look. Never knows what they mean.
"""

from collections.abc import Iterable, Sequence

Cell = str | int | float | None


def write(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    notes: Iterable[str] = (),
) -> None:
    """Print a table with a title above and notes below.

    :param rows: as many cells each as there are columns; None is a dash.
    """
    cells = [list(columns), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f'\n{title}\n')
    for row in cells:
        first, *others = zip(row, widths, strict=True)
        line = [first[0].ljust(first[1])]
        line += [cell.rjust(width) for cell, width in others]
        print('  '.join(line).rstrip())
    for note in notes:
        print(f'  {note}')
    print(flush=True)


def _text(cell: Cell) -> str:
    if cell is None:
        return '-'
    return f'{cell:.1f}' if isinstance(cell, float) else str(cell)
