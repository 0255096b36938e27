"""What data gave, in words: the built-in model's answer, and the same rows as a language model reads them."""

import msgspec

from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    DataResult,
    Drawing,
    ExploreFields,
    ExploreList,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.formats import shown
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, Table, titles

_ROWS_SHOWN = 25
_ROWS_READ = 200
_BAR = str.maketrans({"|": "\\|", "\n": " "})


def reported(answer: QueryAnswer) -> str:
    """An answer in Markdown: the number or the rows, and how the question was understood."""
    table = answer.table
    parts = [_headline(table) if table.rows else "No rows match."]
    if len(table.rows) > 1 or _has_pivots(table):
        parts = [markdown(table, _ROWS_SHOWN)]
        if len(table.rows) > _ROWS_SHOWN:
            parts.append(f"{len(table.rows) - _ROWS_SHOWN:,} more rows are in the result.")
    if answer.understood:
        parts.append(f"Understood as: {answer.understood}.")
    return "\n\n".join([*parts, *answer.notes])


def asked_back(clarification: Clarification) -> str:
    """Why there is no answer yet, with the ways the question could be meant."""
    parts = [clarification.message]
    if clarification.choices:
        parts.append("\n".join(f"- {choice}" for choice in clarification.choices))
    elif clarification.nearest:
        parts.append(f"Close to what you asked: {', '.join(clarification.nearest)}.")
    return "\n\n".join(parts)


def read_by_model(result: DataResult) -> str:
    """A result as text for a language model."""
    match result:
        case QueryAnswer():
            text = _query_text(result)
        case Clarification():
            text = asked_back(result)
        case ExploreList(explores=explores):
            text = "\n".join(f"- {each.source}: {each.label}. {each.description}" for each in explores) or "None."
        case ExploreFields():
            text = _fields_text(result)
        case FieldValues(values=values, is_complete=is_complete):
            text = (", ".join(values) or "No value.") + ("" if is_complete else " ... and more")
        case Drawing(title=title):
            text = f"The chart {title!r} is shown to the user."
        case CodeResult():
            text = _code_text(result)
    return text


def markdown(table: Table, most_rows: int) -> str:
    """The first rows as a Markdown table, with a row of totals where there are totals."""
    head = [_title(column, title, table) for column, title in zip(table.columns, titles(table.columns), strict=True)]
    rule = ["---:" if _is_right(column) else "---" for column in table.columns]
    rows = [[_cell(value, column) for value, column in _pairs(row, table)] for row in table.rows[:most_rows]]
    if table.totals is not None:
        rows.append(
            ["" if value is None else f"**{_cell(value, column)}**" for value, column in _pairs(table.totals, table)]
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def _query_text(answer: QueryAnswer) -> str:
    facts = [f"Query: {msgspec.json.encode(answer.query).decode()}"]
    if answer.understood:
        facts.append(f"Understood as: {answer.understood}")
    rows = len(answer.table.rows)
    facts.append(f"{rows:,} rows" + (f", the first {_ROWS_READ} are shown" if rows > _ROWS_READ else ""))
    return "\n".join([*facts, *answer.notes, markdown(answer.table, _ROWS_READ)])


def _fields_text(described: ExploreFields) -> str:
    lines = [f"{described.explore.source}: {described.explore.label}. {described.explore.description}"]
    for each in described.fields:
        kind = "measure" if each.is_measure else "dimension"
        more = [each.description, f"one of {', '.join(each.choices)}" if each.choices else ""]
        lines.append(
            f"- {each.name} ({kind}, {each.type}) {each.label}. {' '.join(part for part in more if part)}".rstrip()
        )
    if described.left_out:
        lines.append(f"{described.left_out} more fields: search for words of theirs.")
    return "\n".join(lines)


def _code_text(result: CodeResult) -> str:
    parts = [result.output]
    if result.value is not None:
        parts.append(f"Value: {msgspec.json.encode(result.value).decode()}")
    if result.problem:
        parts.append(f"It failed: {result.problem}")
    return "\n".join(part for part in parts if part) or "It ran and gave nothing."


def _headline(table: Table) -> str:
    """One row: its dimensions, then each measure with its value."""
    pairs = _pairs(table.rows[0], table)
    told = [_cell(value, column) for value, column in pairs if column.kind is ColumnKind.DIMENSION]
    measured = [
        f"{title}: **{_cell(value, column)}**"
        for (value, column), title in zip(pairs, titles(table.columns), strict=True)
        if column.kind is not ColumnKind.DIMENSION
    ]
    subject = " / ".join(told)
    if not measured:
        return f"**{subject}**"
    return f"**{subject}** - {', '.join(measured)}" if subject else ", ".join(measured)


def _title(column: Column, title: str, table: Table) -> str:
    if not column.pivot:
        return title.translate(_BAR)
    key = next((each for each in table.pivots if each.key == column.pivot), None)
    pivot = "Total" if column.pivot == ROW_TOTAL or key is None else " / ".join(str(value) for value in key.values)
    return f"{pivot} {title}".translate(_BAR)


def _pairs(row: list[object], table: Table) -> list[tuple[object, Column]]:
    return list(zip(row, table.columns, strict=True))


def _cell(value: object, column: Column) -> str:
    return shown(value, column).translate(_BAR)


def _is_right(column: Column) -> bool:
    return column.kind is not ColumnKind.DIMENSION


def _has_pivots(table: Table) -> bool:
    return any(column.pivot for column in table.columns)
