"""Results as a page of HTML: a table and nothing that runs."""

from collections.abc import Sequence
from html import escape
from typing import Any

from tertulia.core.table import ColumnType
from tertulia.dialects.looker.formats_text import total_texts
from tertulia.dialects.looker.grid import Grid

_STYLE = (
    "body{font-family:sans-serif}table{border-collapse:collapse}"
    "th,td{border:1px solid #ccc;padding:.25em .5em;text-align:left}.n{text-align:right}"
)


def page(grid: Grid, title: str) -> bytes:
    """Everything from the data is escaped."""
    head = "".join(f"<tr>{''.join(_cell('th', text) for text in line)}</tr>\n" for line in grid.headers)
    body = "".join(f"<tr>{_cells(grid, row)}</tr>\n" for row in grid.rows)
    foot = "" if grid.totals is None else f"<tfoot>\n<tr>{_cells(grid, total_texts(grid))}</tr>\n</tfoot>\n"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<table>\n"
        f"<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n{foot}</table>\n</body>\n</html>\n"
    ).encode()


def _cells(grid: Grid, values: Sequence[Any]) -> str:
    return "".join(
        _cell("td", "" if value is None else str(value), is_number=column.type is ColumnType.NUMBER)
        for column, value in zip(grid.columns, values, strict=True)
    )


def _cell(tag: str, text: str, *, is_number: bool = False) -> str:
    kind = ' class="n"' if is_number else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"
