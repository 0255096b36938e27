"""Table rows as lines that can be read alone: `Plan: Plus; Price per month (EUR): 12`."""

import re
from collections.abc import Iterable, Iterator, Sequence

_NUMBER = re.compile(r"[\s\d.,:/%€$£+\-()]*\d[\s\d.,:/%€$£+\-()]*(?:[A-Za-z€$£%]{1,4})?")
_LONGEST_NAME = 200


def row_line(header: Sequence[str], cells: Sequence[str]) -> str:
    """Every filled cell after its column's name; a column without a name gives the value alone."""
    named = (
        f"{header[at]}: {cell}" if at < len(header) and header[at] else cell for at, cell in enumerate(cells) if cell
    )
    return "; ".join(named)


def tidy(cell: str) -> str:
    """A cell's value on one line."""
    return " ".join(cell.split())


def is_header(row: Sequence[str]) -> bool:
    """Names of columns: at least two, short, different, none of them a number."""
    filled = [cell for cell in row if cell]
    if len(filled) < 2 or len(set(filled)) < len(filled) or max(map(len, filled)) > _LONGEST_NAME:
        return False
    return not any(_NUMBER.fullmatch(cell) for cell in filled)


def table_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a table whose first row, where it looks like one, is the header. Empty rows begin a new table.

    Single cells above the header (a caption) stand as they are; an empty line marks a new table.
    """
    header: list[str] = []
    at_start = True
    for row in rows:
        cells = [tidy(cell) for cell in row]
        filled = sum(map(bool, cells))
        if not filled:
            if not at_start:
                yield ""
            at_start = True
        elif at_start and is_header(cells):
            header, at_start = cells, False
        elif filled == 1 and at_start:
            yield next(filter(None, cells))
        else:
            at_start = False
            yield row_line(header, cells)
