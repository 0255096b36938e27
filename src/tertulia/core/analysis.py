"""What the data tools give: queries answered, explores described, charts, the output of code."""

from typing import Any, TypeAlias

from msgspec import Struct

from tertulia.core.query import Query, Source
from tertulia.core.table import Table


class QueryAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="query_answer", tag_field="kind"):
    """A query that ran, with its SQL and rows: the proof of every number an answer shows.

    `understood` says in words how a question was read; `notes` what the reader must know (rows cut, say). `chart` is a
    Vega-Lite specification without data of others. `golden` is the serial of the approved query it equals. `scope` is
    a digest of the user attributes that decided which rows were let through, "" where none did.
    """

    query: Query
    sql: str
    table: Table
    label: str
    question: str = ""
    understood: str = ""
    notes: list[str] = []
    chart: dict[str, Any] | None = None
    golden: int | None = None
    scope: str = ""


class Clarification(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="clarification", tag_field="kind"):
    """Why a question became no query. `choices` are questions that would; `unknown` the words nothing explains."""

    message: str
    choices: list[str] = []
    unknown: list[str] = []
    nearest: list[str] = []


class ExploreCard(Struct, frozen=True, kw_only=True, omit_defaults=True):
    source: Source
    label: str
    description: str = ""


class ExploreList(Struct, frozen=True, kw_only=True, tag="explore_list", tag_field="kind"):
    explores: list[ExploreCard]


class FieldCard(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field as a query names it. `is_measure` tells what is aggregated from what rows are grouped by."""

    name: str
    label: str
    type: str
    is_measure: bool = False
    description: str = ""
    synonyms: list[str] = []
    choices: list[str] = []


class ExploreFields(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="explore_fields", tag_field="kind"):
    """What an explore can be asked; `left_out` counts fields not shown for want of room."""

    explore: ExploreCard
    fields: list[FieldCard]
    left_out: int = 0


class FieldValues(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="field_values", tag_field="kind"):
    """Values of a field that hold the term looked for; `is_complete` is False where there are more.

    `scope` is that of the rows they were read from, as in QueryAnswer.
    """

    source: Source
    field: str
    values: list[str]
    is_complete: bool = True
    scope: str = ""


class Drawing(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drawing", tag_field="kind"):
    """A chart of rows that a query gave: a Vega-Lite specification with its data in it.

    `query` gave the rows, under a `scope` as in QueryAnswer; None where nobody knows.
    """

    title: str
    chart: dict[str, Any]
    query: Query | None = None
    scope: str = ""


class CodeResult(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="code_result", tag_field="kind"):
    """Code that ran. `answers` are the queries it asked, in order: only what they gave is governed data.

    `value` is the last expression as JSON, `output` what was printed; `problem` says where it went wrong.
    """

    code: str
    output: str = ""
    value: Any = None
    problem: str = ""
    answers: list[QueryAnswer] = []


DataResult: TypeAlias = QueryAnswer | Clarification | ExploreList | ExploreFields | FieldValues | Drawing | CodeResult
