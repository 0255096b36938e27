"""From what the data tools gave to the messages this API shows of it: schema, query, SQL, rows, charts, code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec
from msgspec import UNSET, UnsetType, structs

from tertulia.core.analysis import CodeResult, Drawing, ExploreCard, ExploreFields, ExploreList, QueryAnswer
from tertulia.core.formats import shown
from tertulia.core.query import DEFAULT_LIMIT, Query, Source
from tertulia.core.table import Column, ColumnKind, Table
from tertulia.dialects.looker.encode_queries import dynamic_fields
from tertulia.dialects.looker.wire_chat import (
    AnalysisEvent,
    AnalysisMessage,
    AnalysisQuery,
    ChartMessage,
    ChartQuery,
    ChartResult,
    ChatQuery,
    DataMessage,
    DataQuery,
    DataResult,
    Datasource,
    DataSourceSchema,
    Field,
    LookerExploreReference,
    Row,
    SchemaMessage,
    SchemaQuery,
    SchemaResult,
)

LONGEST_RESULT = 3_000_000
"""Bytes of JSON of a result's rows; whole rows are left out beyond."""

_LONGEST_NAME = 60
_MOST_LISTED = 2
_SIGNS = re.compile(r"[^a-z0-9]+")
_encoder = msgspec.json.Encoder()


class Listener(NamedTuple):
    """Who reads: `address` is the server's as the reader knows it; with `takes_objects` charts are objects, not text."""

    address: str
    takes_objects: bool = False


class Names:
    """The names of one turn's results. What an attempt before has shown already keeps its name; nothing else gets it."""

    def __init__(self, before: "Names | None" = None) -> None:
        self._shown: list[tuple[QueryAnswer, str]] = [] if before is None else before.all
        self._given: list[tuple[QueryAnswer, str]] = []

    @property
    def all(self) -> list[tuple[QueryAnswer, str]]:
        return [*self._shown, *self._given]

    def give(self, answer: QueryAnswer) -> str:
        given = {name for _, name in self._given}
        name = next((name for shown, name in self._shown if name not in given and shown == answer), None)
        if name is None:
            name = self._unique(_telling(answer))
        self._given.append((answer, name))
        return name

    def of(self, query: Query | None) -> str | UnsetType:
        """The newest result of a query."""
        return next((name for answer, name in reversed(self._given) if answer.query == query), UNSET)

    def _unique(self, stem: str) -> str:
        taken = {name for _, name in self.all}
        name, count = stem, 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        return name


Part = SchemaMessage | DataMessage | AnalysisMessage | ChartMessage


class AnswerEncoder:
    """The results of one turn; `question` is what was asked in it."""

    def __init__(self, listener: Listener, question: str) -> None:
        self._listener = listener
        self._question = question
        self._names = Names()

    def restart(self) -> None:
        """What follows is a new attempt at the turn."""
        self._names = Names(self._names)

    def asked(self, question: str = "") -> SchemaMessage:
        return SchemaMessage(query=SchemaQuery(question=question or self._question))

    def explores(self, found: ExploreList | ExploreFields) -> SchemaMessage:
        if isinstance(found, ExploreList):
            return SchemaMessage(result=SchemaResult(datasources=[self._described(each) for each in found.explores]))
        fields = [
            Field(
                name=each.name,
                type=each.type,
                display_name=each.label,
                category="measure" if each.is_measure else "dimension",
                description=each.description or UNSET,
                synonyms=each.synonyms or UNSET,
            )
            for each in found.fields
        ]
        return SchemaMessage(result=SchemaResult(datasources=[self._described(found.explore, fields)]))

    def answer(self, answer: QueryAnswer, *, with_source: bool) -> Iterator[Part]:
        """What was asked, its SQL, its rows and its chart; `with_source` begins with the explore that was chosen."""
        name = self._names.give(answer)
        reference = self._reference(answer.query.source)
        schema = _schema(answer.table.columns)
        if with_source:
            yield SchemaMessage(
                result=SchemaResult(datasources=[Datasource(looker_explore_reference=reference, schema=schema)])
            )
        yield DataMessage(
            query=DataQuery(
                question=answer.question or self._question,
                name=name,
                datasources=[Datasource(looker_explore_reference=reference)],
                looker=_query(answer.query),
                understood=answer.understood or UNSET,
                golden_query_id=UNSET if answer.golden is None else answer.golden,
            )
        )
        if answer.sql:
            yield DataMessage(generated_sql=answer.sql)
        yield DataMessage(result=_result(name, schema, answer))
        if answer.chart is not None:
            yield from self._chart(answer.chart, _title(answer.chart) or answer.label, name)

    def drawing(self, drawing: Drawing) -> Iterator[Part]:
        yield from self._chart(drawing.chart, drawing.title, self._names.of(drawing.query))

    def code(self, ran: CodeResult) -> Iterator[Part]:
        """The queries the code asked, then the code and what came of it."""
        names: list[str] = []
        for answer in ran.answers:
            # what the code makes of them is what was asked for, not a chart of each
            for part in self.answer(structs.replace(answer, chart=None), with_source=False):
                if isinstance(part, DataMessage) and part.query is not UNSET:
                    names.append(part.query.name)
                yield part
        yield AnalysisMessage(query=AnalysisQuery(question=self._question, data_result_names=names))
        yield _event(AnalysisEvent(code=ran.code))
        if ran.output:
            yield _event(AnalysisEvent(execution_output=ran.output))
        if ran.value is not None:
            yield _event(AnalysisEvent(result_reference_data=_encoder.encode(ran.value).decode()))
        if ran.problem:
            yield _event(AnalysisEvent(execution_error=ran.problem))

    def _chart(self, chart: dict[str, Any], title: str, name: str | UnsetType) -> Iterator[Part]:
        yield ChartMessage(query=ChartQuery(instructions=title, data_result_name=name))
        config = chart if self._listener.takes_objects else _encoder.encode(chart).decode()
        yield ChartMessage(result=ChartResult(vega_config=config))

    def _described(self, card: ExploreCard, fields: list[Field] | None = None) -> Datasource:
        schema = DataSourceSchema(
            fields=fields or [], display_name=card.label or UNSET, description=card.description or UNSET
        )
        return Datasource(looker_explore_reference=self._reference(card.source), schema=schema)

    def _reference(self, source: Source) -> LookerExploreReference:
        return LookerExploreReference(
            looker_instance_uri=self._listener.address, lookml_model=source.model, explore=source.explore
        )


def _telling(answer: QueryAnswer) -> str:
    """`revenue_by_category` for one: measures, then what they are grouped by."""
    kinds = {column.name: column.kind for column in answer.table.columns}
    dimensions = [name for name in answer.query.fields if kinds.get(name, ColumnKind.DIMENSION) is ColumnKind.DIMENSION]
    measures = [name for name in answer.query.fields if name not in dimensions]
    phrases = [_listed(names) for names in (measures, dimensions) if names]
    return "_by_".join(phrases)[:_LONGEST_NAME].strip("_") or "result"


def _listed(names: Sequence[str]) -> str:
    """The first of them, without their views."""
    words = [_SIGNS.sub("_", name.rpartition(".")[2].lower()).strip("_") for name in names]
    return "_and_".join(dict.fromkeys(word for word in words[:_MOST_LISTED] if word))


def _title(chart: Mapping[str, Any]) -> str:
    title: Any = chart.get("title")
    if isinstance(title, dict):
        title = cast("dict[str, Any]", title).get("text")
    return title if isinstance(title, str) else ""


def _event(event: AnalysisEvent) -> AnalysisMessage:
    return AnalysisMessage(progress_event=event)


def _query(query: Query) -> ChatQuery:
    return ChatQuery(
        model=query.model,
        view=query.explore,
        explore=query.explore,
        fields=query.fields,
        filters=query.filters,
        sorts=query.sorts,
        limit=str(DEFAULT_LIMIT if query.limit is None else query.limit),
        pivots=query.pivots or UNSET,
        fill_fields=query.fill_fields or UNSET,
        filter_expression=query.filter_expression or UNSET,
        column_limit=UNSET if query.column_limit is None else str(query.column_limit),
        total=query.has_total or UNSET,
        row_total=query.row_total or UNSET,
        subtotals=query.subtotals or UNSET,
        dynamic_fields=dynamic_fields(query) or UNSET,
        query_timezone=query.timezone or UNSET,
    )


def _schema(columns: Sequence[Column]) -> DataSourceSchema:
    """A pivoted measure is one field, however many columns it has."""
    firsts = {column.name: column for column in reversed(columns)}
    ordered = dict.fromkeys(column.name for column in columns)
    return DataSourceSchema(fields=[_field(firsts[name]) for name in ordered])


def _field(column: Column) -> Field:
    return Field(
        name=column.name,
        type=column.type.value,
        display_name=column.label,
        category=column.kind.value,
        value_format=column.value_format or UNSET,
    )


def _result(name: str, schema: DataSourceSchema, answer: QueryAnswer) -> DataResult:
    table = answer.table
    rows = _fitting([_row(table, row) for row in table.rows])
    is_cut = len(rows) < len(table.rows)
    return DataResult(
        name=name,
        schema=schema,
        data=rows,
        formatted_data=[_row(table, row, is_shown=True) for row in table.rows[: len(rows)]],
        totals=UNSET if table.totals is None else _row(table, table.totals),
        is_truncated=table.is_truncated or is_cut or UNSET,
        notes=answer.notes or UNSET,
    )


def _fitting(rows: list[Row]) -> list[Row]:
    size = 0
    for at, row in enumerate(rows):
        size += len(_encoder.encode(row))
        if size > LONGEST_RESULT:
            return rows[:at]
    return rows


def _row(table: Table, values: Sequence[Any], *, is_shown: bool = False) -> Row:
    row: Row = {}
    for column, value in zip(table.columns, values, strict=False):
        cell = shown(value, column) if is_shown else value
        if not column.pivot:
            row[column.name] = cell
            continue
        if column.name not in row:
            row[column.name] = {}
        row[column.name][column.pivot] = cell
    return row
