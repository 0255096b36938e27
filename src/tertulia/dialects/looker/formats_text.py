"""Results as text: separated values and Markdown.

Values are never altered: a text that a spreadsheet would take for a formula (`=...`) stands as the data has it, as in
Looker. It is quoted where the format asks for it, and nowhere else; xlsx is the format that tells text from formulas.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from tertulia.core.table import ColumnType
from tertulia.dialects.looker.grid import Grid

TOTAL_LABEL = "Total"


def separated(grid: Grid, separator: str) -> bytes:
    """Rows alone under their headers: totals would count twice for whoever adds up."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerows(grid.headers)
    writer.writerows(grid.rows)
    return text.getvalue().encode()


def markdown(grid: Grid) -> bytes:
    """One line of headers: Markdown knows no more. What could be markup is escaped."""
    titles = [" ".join(part for part in parts if part) for parts in zip(*grid.headers, strict=True)]
    marks = ["---:" if column.type is ColumnType.NUMBER else "---" for column in grid.columns]
    lines = [_line([_escaped(title) for title in titles]), _line(marks)]
    lines += [_line([_escaped(_text(value)) for value in row]) for row in grid.rows]
    if grid.totals is not None:
        lines.append(_line([f"**{_escaped(text)}**" if text else "" for text in total_texts(grid)]))
    return "\n".join([*lines, ""]).encode()


def total_texts(grid: Grid) -> list[str]:
    """The line of totals, told as such in its first cell where that is free."""
    texts = [_text(value) for value in grid.totals or []]
    if texts and not texts[0]:
        texts[0] = TOTAL_LABEL
    return texts


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _line(values: Sequence[str]) -> str:
    return f"| {' | '.join(values)} |"


def _escaped(text: str) -> str:
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
