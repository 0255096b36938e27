"""The messages of a chat as this API shows them. Keys are in camel case, but for a query's, which are those of Looker."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from tertulia.dialects.looker.wire import Instant, Number

TextType: TypeAlias = Literal["THOUGHT", "PROGRESS", "FINAL_RESPONSE", "FOLLOWUP_QUESTIONS"]
Row: TypeAlias = Annotated[
    dict[str, Any], Meta(description="Values by field; those of a pivoted measure by the pivot's key once more.")
]


class UserMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    text: str


class TextMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of a thought and of progress the first part is a summary, the second the whole; other parts are paragraphs."""

    parts: list[str]
    text_type: TextType


class Field(Struct, frozen=True, kw_only=True, rename="camel"):
    """`category` is dimension, measure or table_calculation."""

    name: str
    type: str
    display_name: str
    category: str
    description: str | UnsetType = UNSET
    synonyms: list[str] | UnsetType = UNSET
    value_format: str | UnsetType = UNSET


class DataSourceSchema(Struct, frozen=True, kw_only=True, rename="camel"):
    fields: list[Field]
    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class LookerExploreReference(Struct, frozen=True, kw_only=True, rename="camel"):
    looker_instance_uri: str
    lookml_model: str
    explore: str


class Datasource(Struct, frozen=True, kw_only=True, rename="camel"):
    looker_explore_reference: LookerExploreReference
    schema: DataSourceSchema | UnsetType = UNSET


class SchemaQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    question: str


class SchemaResult(Struct, frozen=True, kw_only=True, rename="camel"):
    datasources: list[Datasource]


class SchemaMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    query: SchemaQuery | UnsetType = UNSET
    result: SchemaResult | UnsetType = UNSET


class ChatQuery(Struct, frozen=True, kw_only=True):
    """`view` and `explore` are the same: typed clients read the one, the others the other."""

    model: str
    view: str
    explore: Annotated[str, Meta(description="Extension: the view once more.")]
    fields: list[str]
    filters: dict[str, str]
    sorts: list[str]
    limit: str
    pivots: list[str] | UnsetType = UNSET
    fill_fields: list[str] | UnsetType = UNSET
    filter_expression: str | UnsetType = UNSET
    column_limit: str | UnsetType = UNSET
    total: bool | UnsetType = UNSET
    row_total: str | UnsetType = UNSET
    subtotals: list[str] | UnsetType = UNSET
    dynamic_fields: Annotated[str | UnsetType, Meta(description="JSON text.")] = UNSET
    query_timezone: str | UnsetType = UNSET


class DataQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    question: str
    name: str
    datasources: list[Datasource]
    looker: ChatQuery
    understood: Annotated[str | UnsetType, Meta(description="Extension: how the question was read, in words.")] = UNSET
    golden_query_id: Annotated[Number | UnsetType, Meta(description="Extension: the golden query it equals.")] = UNSET


class DataResult(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    schema: DataSourceSchema
    data: list[Row]
    formatted_data: Annotated[list[Row], Meta(description="Extension: the rows as a reader sees them.")]
    totals: Annotated[
        dict[str, Any] | UnsetType, Meta(description="Extension: totals over all rows, also hidden ones.")
    ] = UNSET
    is_truncated: Annotated[bool | UnsetType, Meta(description="Extension: there are more rows than these.")] = UNSET
    notes: Annotated[list[str] | UnsetType, Meta(description="Extension: what a reader must know of them.")] = UNSET


class DataMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    query: DataQuery | UnsetType = UNSET
    generated_sql: str | UnsetType = UNSET
    result: DataResult | UnsetType = UNSET


class AnalysisQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    question: str
    data_result_names: list[str]


class AnalysisEvent(Struct, frozen=True, kw_only=True, rename="camel"):
    """One of these is set. `result_reference_data` is JSON text."""

    code: str | UnsetType = UNSET
    execution_output: str | UnsetType = UNSET
    execution_error: str | UnsetType = UNSET
    result_reference_data: str | UnsetType = UNSET


class AnalysisMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    query: AnalysisQuery | UnsetType = UNSET
    progress_event: AnalysisEvent | UnsetType = UNSET


class ChartQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    """`data_result_name` is left out where the rows of a chart are in the chart alone."""

    instructions: str
    data_result_name: str | UnsetType = UNSET


class ChartResult(Struct, frozen=True, kw_only=True, rename="camel"):
    vega_config: Annotated[
        str | dict[str, Any],
        Meta(description="A Vega-Lite specification: JSON text, an object for TypeScript clients."),
    ]


class ChartMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    query: ChartQuery | UnsetType = UNSET
    result: ChartResult | UnsetType = UNSET


class ErrorMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    """What went wrong. Where a tool failed the turn goes on; where the turn did, nothing follows."""

    text: str
    code: Annotated[str | UnsetType, Meta(description="Extension: a word for programs.")] = UNSET


class SystemMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    """One kind of message is set. Messages of one `groupId` belong to one step."""

    text: TextMessage | UnsetType = UNSET
    schema: SchemaMessage | UnsetType = UNSET
    data: DataMessage | UnsetType = UNSET
    analysis: AnalysisMessage | UnsetType = UNSET
    chart: ChartMessage | UnsetType = UNSET
    error: ErrorMessage | UnsetType = UNSET
    group_id: Number


class ChatMessage(Struct, frozen=True, kw_only=True, rename="camel"):
    timestamp: Instant
    message_id: str
    user_message: UserMessage | UnsetType = UNSET
    system_message: SystemMessage | UnsetType = UNSET
