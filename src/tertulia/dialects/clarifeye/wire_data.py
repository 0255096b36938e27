"""What the data tools find, as this API shows it: extensions of its tool results."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from tertulia.dialects.clarifeye.wire_results import RawObject, RawStrings, RawText

RawColumns = Annotated[
    Raw,
    Meta(
        description="Name, label, kind (dimension, measure or table_calculation) and type of each column.",
        extra_json_schema={"type": "array", "items": {"type": "object"}},
    ),
]
RawRows = Annotated[
    Raw,
    Meta(
        description="Values in the order of the columns.",
        extra_json_schema={"type": "array", "items": {"type": "array"}},
    ),
]
RawTotals = Annotated[Raw, Meta(extra_json_schema={"anyOf": [{"type": "array"}, {"type": "null"}]})]
RawPivots = Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "object"}})]
RawChart = Annotated[
    Raw,
    Meta(
        description="A Vega-Lite specification.",
        extra_json_schema={"anyOf": [{"type": "object"}, {"type": "null"}]},
    ),
]
RawValue = Annotated[Raw, Meta(description="Any JSON value.", extra_json_schema={})]


class QueryResult(Struct, frozen=True, kw_only=True, gc=False):
    """A query with its SQL and rows. `understood` says in words how a question was read."""

    type: Literal["query_result"] = "query_result"
    name: RawText
    question: RawText
    understood: RawText
    query: RawObject
    sql: RawText
    columns: RawColumns
    rows: RawRows
    totals: RawTotals
    pivots: RawPivots
    is_truncated: bool
    notes: RawStrings
    chart: RawChart


class ClarificationResult(Struct, frozen=True, kw_only=True):
    """Why a question became no query. `choices` are questions that would."""

    type: Literal["clarification"] = "clarification"
    message: str
    choices: list[str]
    unknown: list[str]
    nearest: list[str]


class ExploreResult(Struct, frozen=True, kw_only=True):
    type: Literal["explore"] = "explore"
    model: str
    explore: str
    name: str
    description: str


class FieldResult(Struct, frozen=True, kw_only=True):
    """A field of an explore, named as queries name it."""

    type: Literal["field"] = "field"
    model: str
    explore: str
    field: str
    name: str
    field_type: str
    is_measure: bool
    description: str
    choices: list[str]


class FieldValuesResult(Struct, frozen=True, kw_only=True):
    type: Literal["field_values"] = "field_values"
    model: str
    explore: str
    field: str
    values: list[str]
    is_complete: bool


class ChartResult(Struct, frozen=True, kw_only=True):
    type: Literal["chart"] = "chart"
    name: str
    chart: Annotated[dict[str, Any], Meta(description="A Vega-Lite specification with its data.")]


class CodeOutput(Struct, frozen=True, kw_only=True, gc=False):
    """Code that ran; the queries it asked follow as results of their own."""

    type: Literal["code_output"] = "code_output"
    code: RawText
    output: RawText
    value: RawValue
    problem: RawText
