"""Files that results become: cells keep their types and their text, whatever the text is."""

import csv
import io
import re
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from tertulia.core.table import Column, ColumnKind, ColumnType
from tertulia.dialects.looker.formats_page import page
from tertulia.dialects.looker.formats_sheet import number_format, workbook
from tertulia.dialects.looker.formats_text import markdown, separated
from tertulia.dialects.looker.grid import Grid

EVIL = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\tx",
    "a,b",
    'say "no"',
    "two\nlines",
    "x\x07y",
    "_x0041_",
]


def column(kind: ColumnType, *, name: str = "v.f", value_format: str = "") -> Column:
    return Column(name=name, label=name, kind=ColumnKind.DIMENSION, type=kind, value_format=value_format)


def grid(columns: list[Column], rows: list[list[Any]], totals: list[Any] | None = None) -> Grid:
    return Grid(columns=columns, headers=[[each.label for each in columns]], rows=rows, totals=totals)


def texts() -> Grid:
    return grid([column(ColumnType.STRING)], [[text] for text in EVIL])


def sheet_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_cells_of_a_workbook_have_types_and_formats() -> None:
    columns = [
        column(ColumnType.NUMBER, value_format="eur"),
        column(ColumnType.NUMBER),
        column(ColumnType.DATE),
        column(ColumnType.TIME),
        column(ColumnType.STRING),
        column(ColumnType.NUMBER, value_format='0.0 "days"'),
    ]
    row = [12.5, 7, "2026-06-18", "2026-06-18 14:03:00", "Yes", 1.25]
    sheet = sheet_of(
        workbook(grid(columns, [row, [None] * 6], [20.5, None, None, None, None, None]), "Sales [now]/then")
    )
    cells = list(sheet.iter_rows())
    assert sheet.title == "Sales  now  then"
    assert [cell.value for cell in cells[1][:2]] == [12.5, 7]
    assert (cells[1][0].number_format, cells[1][1].number_format) == ('"€"#,##0.00', "General")
    assert (cells[1][2].value.isoformat(), cells[1][3].value.isoformat()) == (
        "2026-06-18T00:00:00",
        "2026-06-18T14:03:00",
    )
    assert (cells[1][2].number_format, cells[1][5].number_format) == ("yyyy-mm-dd", '0.0 "days"')
    assert cells[1][4].value == "Yes"
    assert [cell.value for cell in cells[2]] == [None] * 6
    assert cells[3][0].value == 20.5
    assert cells[0][0].font.b
    assert sheet.freeze_panes == "A2"


def test_a_text_in_a_workbook_is_never_a_formula() -> None:
    content = workbook(texts(), "Texts")
    sheet = sheet_of(content)
    cells = [line[0] for line in sheet.iter_rows()][1:]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells[:8]] == EVIL[:8]
    written = ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in written
    assert "x_x0007_y" in written
    assert "_x005F_x0041_" in written


def test_what_a_workbook_cannot_hold_as_a_number_or_a_date_is_a_text() -> None:
    columns = [column(ColumnType.NUMBER), column(ColumnType.DATE), column(ColumnType.TIME)]
    rows = [[2**60, "2026-06", "now"], [float("inf"), "1850-01-01", "2026-01-01 00:00:00+02:00"]]
    sheet = sheet_of(workbook(grid(columns, rows), ""))
    assert [[cell.value for cell in line] for line in sheet.iter_rows()][1:] == [
        [str(2**60), "2026-06", "now"],
        ["inf", "1850-01-01", "2026-01-01 00:00:00+02:00"],
    ]
    assert sheet.title == "Result"


def test_a_wide_workbook_names_its_columns_as_spreadsheets_do() -> None:
    columns = [column(ColumnType.NUMBER, name=f"v.f{number}") for number in range(800)]
    sheet = sheet_of(workbook(grid(columns, [list(range(800))]), "Wide"))
    assert (sheet["Z2"].value, sheet["AA2"].value, sheet["ADT2"].value) == (25, 26, 799)


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("", ""),
        ("id", "0"),
        ("decimal_0", "#,##0"),
        ("decimal_2", "#,##0.00"),
        ("percent_1", "#,##0.0%"),
        ("usd", '"$"#,##0.00'),
        ("gbp_0", '"£"#,##0'),
        ("usd_thousands", '"$"#,##0.00," K"'),
        ("eur_1_m", '"€"#,##0.0,," M"'),
        ("GBP_billions", '"£"#,##0.00,,," B"'),
        ("decimal", "#,##0"),
        ("decimal_12", "#,##0.0000000000"),
        ("percent_0", "#,##0%"),
        ("usd_2_ducats", '"$"#,##0.00'),
        ("decimal 2", "decimal 2"),
        ("$#,##0", "$#,##0"),
        ('0.0,," M"', '0.0,," M"'),
    ],
)
def test_named_formats_become_codes_of_spreadsheets(named: str, code: str) -> None:
    assert number_format(column(ColumnType.NUMBER, value_format=named)) == code


@pytest.mark.parametrize("separator", [",", "\t"])
def test_separated_values_are_quoted_and_otherwise_left_alone(separator: str) -> None:
    written = separated(texts(), separator).decode()
    assert [line[0] for line in csv.reader(io.StringIO(written), delimiter=separator)][1:] == EVIL


def test_a_page_escapes_what_comes_from_the_data() -> None:
    made = grid([column(ColumnType.STRING, name="<b>v</b>")], [["<script>alert(1)</script>"], ["a & b"]], ["<i>"])
    shown = page(made, "</title><script>").decode()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "a &amp; b" in shown


def test_a_table_in_markdown_keeps_its_columns() -> None:
    rows = [["a|b", 1], ["two\nlines", 2], ["*bold* <b>", None]]
    lines = (
        markdown(grid([column(ColumnType.STRING), column(ColumnType.NUMBER)], rows, [None, 3])).decode().splitlines()
    )
    assert lines[1] == "| --- | ---: |"
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [3] * 6
    assert lines[4] == r"| \*bold\* \<b\> |  |"
    assert lines[5] == "| **Total** | **3** |"
