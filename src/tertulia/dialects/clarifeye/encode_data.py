"""From stored results of the data tools to what this API shows of them; rows and charts pass through undecoded."""

from typing import TypeAlias

from msgspec import Raw, Struct

from tertulia.core.analysis import Clarification, Drawing, ExploreFields, ExploreList, FieldValues
from tertulia.dialects.clarifeye.wire_data import (
    ChartResult,
    ClarificationResult,
    CodeOutput,
    ExploreResult,
    FieldResult,
    FieldValuesResult,
    QueryResult,
)

_EMPTY_TEXT = Raw(b'""')
_EMPTY = Raw(b"[]")
_NULL = Raw(b"null")


class StoredTable(Struct, frozen=True, gc=False):
    columns: Raw
    rows: Raw
    pivots: Raw = _EMPTY
    totals: Raw = _NULL
    is_truncated: bool = False


class StoredAnswer(Struct, frozen=True, gc=False, tag="query_answer", tag_field="kind"):
    """core's QueryAnswer as it lies in the store."""

    query: Raw
    sql: Raw
    table: StoredTable
    label: Raw
    question: Raw = _EMPTY_TEXT
    understood: Raw = _EMPTY_TEXT
    notes: Raw = _EMPTY
    chart: Raw = _NULL


class StoredCode(Struct, frozen=True, gc=False, tag="code_result", tag_field="kind"):
    code: Raw
    output: Raw = _EMPTY_TEXT
    value: Raw = _NULL
    problem: Raw = _EMPTY_TEXT
    answers: list[StoredAnswer] = []


StoredData: TypeAlias = StoredAnswer | StoredCode | Clarification | ExploreList | ExploreFields | FieldValues | Drawing
DataEntry: TypeAlias = (
    QueryResult | ClarificationResult | ExploreResult | FieldResult | FieldValuesResult | ChartResult | CodeOutput
)


def data_results(result: StoredData) -> list[DataEntry]:
    """One entry per query, explore, field or chart found."""
    match result:
        case StoredAnswer():
            entries: list[DataEntry] = [_answer(result)]
        case StoredCode():
            ran = CodeOutput(code=result.code, output=result.output, value=result.value, problem=result.problem)
            entries = [ran, *(_answer(each) for each in result.answers)]
        case Clarification():
            entries = [
                ClarificationResult(
                    message=result.message, choices=result.choices, unknown=result.unknown, nearest=result.nearest
                )
            ]
        case ExploreList():
            entries = [
                ExploreResult(
                    model=each.source.model, explore=each.source.explore, name=each.label, description=each.description
                )
                for each in result.explores
            ]
        case ExploreFields():
            entries = list(_fields(result))
        case FieldValues():
            entries = [
                FieldValuesResult(
                    model=result.source.model,
                    explore=result.source.explore,
                    field=result.field,
                    values=result.values,
                    is_complete=result.is_complete,
                )
            ]
        case Drawing():
            entries = [ChartResult(name=result.title, chart=result.chart)]
    return entries


def _answer(stored: StoredAnswer) -> QueryResult:
    table = stored.table
    return QueryResult(
        name=stored.label,
        question=stored.question,
        understood=stored.understood,
        query=stored.query,
        sql=stored.sql,
        columns=table.columns,
        rows=table.rows,
        totals=table.totals,
        pivots=table.pivots,
        is_truncated=table.is_truncated,
        notes=stored.notes,
        chart=stored.chart,
    )


def _fields(described: ExploreFields) -> list[FieldResult]:
    source = described.explore.source
    return [
        FieldResult(
            model=source.model,
            explore=source.explore,
            field=each.name,
            name=each.label,
            field_type=each.type,
            is_measure=each.is_measure,
            description=each.description,
            choices=each.choices,
        )
        for each in described.fields
    ]
