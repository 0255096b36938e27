"""What governed data gives back: typed columns and rows of plain JSON values."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

ROW_TOTAL = "$$$_row_total_$$$"
"""The pivot key of the columns that total a row over its pivots."""


class ColumnKind(StrEnum):
    DIMENSION = "dimension"
    MEASURE = "measure"
    CALCULATION = "table_calculation"


class ColumnType(StrEnum):
    """What the values of a column are: dates read `2025-06-18`, times `2025-06-18 14:03:00`, yesno true or false."""

    STRING = "string"
    NUMBER = "number"
    YESNO = "yesno"
    DATE = "date"
    TIME = "time"
    LOCATION = "location"
    LIST = "list"


class Column(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column. `name` is the field's full name; `pivot` the key of the pivot it belongs to, "" outside pivots.

    `label` names it with its view, `label_short` without; `timeframe` is set for what was made from a point in time
    (`month`, say); `value_format` is a spreadsheet format or one of LookML's names.
    """

    name: str
    label: str
    kind: ColumnKind
    type: ColumnType
    label_short: str = ""
    value_format: str = ""
    timeframe: str = ""
    pivot: str = ""


class PivotKey(Struct, frozen=True, kw_only=True):
    """One combination of the pivoted dimensions' values, in the order of the query's pivots."""

    key: str
    values: list[Any]


class Table(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows in the order of `columns`: dimensions, then measures, or per pivot its measures, then calculations.

    `is_truncated`: the limit hides further rows. `totals` has a value per column, None where a total means nothing, and
    counts rows the limit hides too.
    """

    columns: list[Column]
    rows: list[list[Any]]
    pivots: list[PivotKey] = []
    totals: list[Any] | None = None
    is_truncated: bool = False


def titles(columns: Sequence[Column]) -> list[str]:
    """What a reader calls each column of a table: the short label where no other field has the same."""
    fields = {column.name: column.label_short for column in columns}
    return [
        column.label_short
        if column.label_short and list(fields.values()).count(column.label_short) == 1
        else column.label
        for column in columns
    ]
