"""Results as JSON: plain rows, and rows with what is to be known of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from tertulia.core.analysis import QueryAnswer
from tertulia.core.formats import shown
from tertulia.core.query import Query
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, Table
from tertulia.dialects.looker.answers import instant
from tertulia.dialects.looker.encode_fields import explore_field
from tertulia.dialects.looker.grid import cells, plain
from tertulia.dialects.looker.wire_queries import (
    AddedParams,
    BiField,
    BiFields,
    BiMetadata,
    BiPivot,
    DetailFields,
    JsonBi,
    JsonDetail,
    Pivot,
    PivotLabel,
)
from tertulia.semantic.lookml.labels import group_label_of
from tertulia.semantic.lookml.model import FieldKind
from tertulia.services.queries import ExploreView, FieldView

_COLUMN_LIMIT = 50
_encoder = msgspec.json.Encoder()


class Ran(Struct, frozen=True, kw_only=True):
    """When a query ran and for how long; `query_id` is None for one that is not saved."""

    at: datetime
    seconds: float
    query_id: str | None


def plain_rows(answer: QueryAnswer, *, is_formatted: bool) -> bytes:
    """An object for each row, without totals."""
    table = answer.table
    if is_formatted:
        rows = [
            [None if value is None else shown(value, column) for value, column in _paired(table, row)]
            for row in table.rows
        ]
    else:
        rows = [[plain(value) for value in row] for row in table.rows]
    return _encoder.encode([cells(table, row) for row in rows])


def bi(answer: QueryAnswer, explore: ExploreView, *, sees_lookml: bool) -> bytes:
    table, query = answer.table, answer.query
    fields = _Fields(answer, explore)
    made = {column.name: _bi_field(column, fields, sees_lookml=sees_lookml) for column in fields.columns}
    metadata = BiMetadata(
        fields=BiFields(
            dimensions=[made[column.name] for column in fields.of(ColumnKind.DIMENSION)],
            measures=[made[column.name] for column in fields.of(ColumnKind.MEASURE)],
            pivots=[_bi_field(column, fields, sees_lookml=sees_lookml) for column in fields.pivots],
            table_calculations=[made[column.name] for column in fields.of(ColumnKind.CALCULATION)],
        ),
        pivots=[
            BiPivot(key=each.key, data=each.data, sort_values=each.sort_values, is_total=each.is_total)
            for each in _pivots(answer)
        ],
        has_totals=table.totals is not None,
        has_subtotals=False,
        columns_truncated=_columns_truncated(query, table),
        filter_expression=query.filter_expression or None,
        filters=query.filters,
        sql=answer.sql,
        totals=None if table.totals is None else _detailed(table, table.totals, with_links=False),
        rows_truncated=table.is_truncated,
    )
    rows = [_detailed(table, row, with_links=False) for row in table.rows]
    return _encoder.encode(JsonBi(metadata=metadata, rows=rows))


def detail(answer: QueryAnswer, explore: ExploreView, *, sees_lookml: bool, ran: Ran) -> bytes:
    table, query = answer.table, answer.query
    fields = _Fields(answer, explore)

    def listed(columns: Sequence[Column]) -> list[Any]:
        return [_detail_field(column, fields, sees_lookml=sees_lookml) for column in columns]

    filtered = [fields.known[name] for name in query.filters if name in fields.known]
    found = JsonDetail(
        id=ran.query_id,
        slug=query.slug,
        runtime=round(ran.seconds, 3),
        errors=[],
        fields=DetailFields(
            dimensions=listed(fields.of(ColumnKind.DIMENSION)),
            measures=listed(fields.of(ColumnKind.MEASURE)),
            table_calculations=listed(fields.of(ColumnKind.CALCULATION)),
            pivots=listed(fields.pivots),
            filters=listed([each.column for each in filtered if each.seen.kind is FieldKind.FILTER]),
            parameters=listed([each.column for each in filtered if each.seen.kind is FieldKind.PARAMETER]),
        ),
        pivots=_pivots(answer) if query.pivots else None,
        has_totals=table.totals is not None,
        has_row_totals=any(column.pivot == ROW_TOTAL for column in table.columns),
        totals_data={} if table.totals is None else _detailed(table, table.totals, with_links=True),
        subtotals_data={},
        applied_filters={
            name: {
                "field": listed([fields.known[name].column])[0] if name in fields.known else {"name": name},
                "value": expression,
            }
            for name, expression in query.filters.items()
        },
        filter_expression=query.filter_expression or None,
        timezone=query.timezone or None,
        added_params=AddedParams(query_timezone=query.timezone or None, sorts=query.sorts),
        sql=answer.sql,
        ran_at=instant(ran.at),
        truncated=table.is_truncated,
        columns_truncated=_columns_truncated(query, table),
        notes=answer.notes,
        data=[_detailed(table, row, with_links=True) for row in table.rows],
    )
    return _encoder.encode(found)


class _Fields:
    """The fields of a result: a pivoted measure once, and what is known of each."""

    def __init__(self, answer: QueryAnswer, explore: ExploreView) -> None:
        self.explore = explore
        self.known: dict[str, FieldView] = {each.seen.name: each for each in explore.fields}
        self.columns = list({column.name: column for column in answer.table.columns}.values())
        names = list(dict.fromkeys(answer.query.pivots))
        self.pivots = [self.known[name].column for name in names if name in self.known]

    def of(self, kind: ColumnKind) -> list[Column]:
        return [column for column in self.columns if column.kind is kind]


def _paired(table: Table, row: Sequence[Any]) -> list[tuple[Any, Column]]:
    return list(zip(row, table.columns, strict=True))


def _detailed(table: Table, row: Sequence[Any], *, with_links: bool) -> dict[str, Any]:
    more: dict[str, Any] = {"links": []} if with_links else {}
    return cells(
        table,
        [{"value": plain(value), "rendered": shown(value, column), **more} for value, column in _paired(table, row)],
    )


def _pivots(answer: QueryAnswer) -> list[Pivot]:
    names = list(dict.fromkeys(answer.query.pivots))
    found = [
        _pivot(pivot.key, dict(zip(names, map(plain, pivot.values), strict=True))) for pivot in answer.table.pivots
    ]
    if any(column.pivot == ROW_TOTAL for column in answer.table.columns):
        found.append(_pivot(ROW_TOTAL, dict.fromkeys(names), is_total=True))
    return found


def _pivot(key: str, values: dict[str, Any], *, is_total: bool = False) -> Pivot:
    texts = {name: "" if value is None else str(value) for name, value in values.items()}
    return Pivot(
        key=key,
        is_total=is_total,
        data=values,
        metadata={name: PivotLabel(value=value, rendered=texts[name]) for name, value in values.items()},
        labels=texts,
        sort_values=values,
    )


def _bi_field(column: Column, fields: _Fields, *, sees_lookml: bool) -> BiField:
    found = fields.known.get(column.name)
    if found is None:
        return BiField(
            sql=None,
            view="",
            dimension_group=None,
            category=column.kind.value,
            field_group_label=None,
            name=column.name,
            type=column.type.value,
            view_label="",
            label=column.label,
            field_group_variant=None,
            hidden=False,
            description=None,
            value_format=column.value_format or None,
        )
    shown_field = explore_field(fields.explore, found, sees_lookml=sees_lookml)
    return BiField(
        sql=shown_field.sql,
        view=shown_field.view,
        dimension_group=shown_field.dimension_group,
        category=shown_field.category,
        field_group_label=group_label_of(found.seen.field) or None,
        name=shown_field.name,
        type=shown_field.type,
        view_label=shown_field.view_label,
        label=shown_field.label,
        field_group_variant=shown_field.field_group_variant,
        hidden=shown_field.hidden,
        description=shown_field.description,
        value_format=shown_field.value_format,
    )


def _detail_field(column: Column, fields: _Fields, *, sees_lookml: bool) -> Any:
    found = fields.known.get(column.name)
    if found is not None:
        return explore_field(fields.explore, found, sees_lookml=sees_lookml)
    return {
        "name": column.name,
        "label": column.label,
        "label_short": column.label,
        "type": column.type.value,
        "category": column.kind.value,
        "measure": column.kind is not ColumnKind.DIMENSION,
        "is_numeric": column.type.value == "number",
        "value_format": column.value_format or None,
        "dynamic": True,
    }


def _columns_truncated(query: Query, table: Table) -> str:
    is_full = len(table.pivots) >= (query.column_limit or _COLUMN_LIMIT)
    return "yes" if table.is_truncated and query.pivots and is_full else "no"
