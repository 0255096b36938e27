"""Models, explores and fields as this API shows them. What this server has no use for is null or false, always."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from tertulia.dialects.looker.wire import Can, Number

Category: TypeAlias = Literal["parameter", "filter", "measure", "dimension"]
Interval: TypeAlias = Literal[
    "day", "hour", "minute", "second", "millisecond", "microsecond", "week", "month", "quarter", "year"
]
WeekDay: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
AttributeType: TypeAlias = Literal[
    "advanced_filter_string",
    "advanced_filter_number",
    "advanced_filter_datetime",
    "string",
    "number",
    "datetime",
    "relative_url",
    "yesno",
    "zipcode",
]


class LookmlModelNavExplore(Struct, frozen=True, kw_only=True):
    name: str
    description: str | None
    label: str
    hidden: bool
    group_label: str


class LookmlModel(Struct, frozen=True, kw_only=True):
    can: Can
    allowed_db_connection_names: list[str]
    explores: list[LookmlModelNavExplore]
    has_content: bool
    label: str
    name: str
    project_name: str
    unlimited_db_connections: Literal[False] = False


class LookmlModelExploreAccessFilter(Struct, frozen=True, kw_only=True):
    field: str
    user_attribute: str


class LookmlModelExploreAlwaysFilter(Struct, frozen=True, kw_only=True):
    name: str
    value: str


class LookmlModelExploreConditionallyFilter(Struct, frozen=True, kw_only=True):
    name: str
    value: str


class LookmlModelExploreSet(Struct, frozen=True, kw_only=True):
    name: str
    value: list[str]


class LookmlModelExploreSupportedMeasureType(Struct, frozen=True, kw_only=True):
    dimension_type: str
    measure_types: list[str]


class LookmlModelExploreJoins(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """SQL is for those who may see LookML."""

    name: str
    dependent_fields: list[str]
    fields: list[str] | None
    foreign_key: str | None
    from_: str
    outer_only: bool
    relationship: str
    required_joins: list[str]
    sql_foreign_key: None = None
    sql_on: str | None
    sql_table_name: str | None
    type: str
    view_label: str | None


class LookmlModelExploreFieldEnumeration(Struct, frozen=True, kw_only=True):
    label: str
    value: Any


class LookmlModelExploreFieldTimeInterval(Struct, frozen=True, kw_only=True):
    name: Interval
    count: Number


class LookmlModelExploreFieldSqlCase(Struct, frozen=True, kw_only=True):
    value: str
    condition: str


class LookmlModelExploreFieldMeasureFilters(Struct, frozen=True, kw_only=True):
    field: str
    condition: str


class LookmlModelExploreField(Struct, frozen=True, kw_only=True):
    """`sql`, `sql_case` and where it is written are for those who may see LookML."""

    align: Literal["left", "right"]
    available_custom_timeframes: None = None
    timeframe_labels: None = None
    can_filter: bool
    category: Category
    default_filter_value: str | None
    description: str | None
    dimension_group: str | None
    drill_fields: list[str]
    enumerations: list[LookmlModelExploreFieldEnumeration] | None
    error: None = None
    field_group_label: str | None
    field_group_variant: str
    fill_style: Literal["enumeration", "range"] | None
    fiscal_month_offset: Number
    has_allowed_values: bool
    has_drills_metadata: Literal[False] = False
    hidden: bool
    is_filter: bool
    is_fiscal: bool
    is_numeric: bool
    is_timeframe: bool
    can_time_filter: bool
    time_interval: LookmlModelExploreFieldTimeInterval | None
    label: str
    label_from_parameter: None = None
    label_short: str
    lookml_link: None = None
    links: None = None
    map_layer: None = None
    measure: bool
    name: str
    strict_value_format: bool
    parameter: bool
    period_over_period_params: None = None
    permanent: None = None
    primary_key: bool
    project_name: str
    requires_refresh_on_sort: bool
    scope: str
    sortable: bool
    source_file: str
    source_file_path: str
    sql: str | None
    sql_case: list[LookmlModelExploreFieldSqlCase] | None
    filters: list[LookmlModelExploreFieldMeasureFilters] | None
    suggest_dimension: str
    suggest_explore: str
    suggestable: bool
    suggestions: list[str] | None
    synonyms: list[str]
    tags: list[str]
    type: str
    user_attribute_filter_types: list[AttributeType]
    value_format: str | None
    value_format_name: str | None
    view: str
    view_label: str
    dynamic: Literal[False] = False
    week_start_day: WeekDay
    times_used: Literal[0] = 0
    original_view: str
    datatype: str | None
    convert_tz: bool | None


class LookmlModelExploreFieldset(Struct, frozen=True, kw_only=True):
    dimensions: list[LookmlModelExploreField]
    measures: list[LookmlModelExploreField]
    filters: list[LookmlModelExploreField]
    parameters: list[LookmlModelExploreField]


class LookmlModelExplore(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None
    label: str
    title: str
    scopes: list[str]
    can_total: Literal[True] = True
    can_develop: Literal[False] = False
    can_see_lookml: bool
    lookml_link: None = None
    can_save: Literal[True] = True
    can_explain: Literal[False] = False
    can_pivot_in_db: Literal[False] = False
    can_subtotal: Literal[False] = False
    has_timezone_support: bool
    self_service_explore_data: None = None
    supports_cost_estimate: Literal[False] = False
    connection_name: str
    dialect_name: str | None
    null_sort_treatment: Annotated[Literal["last"], Meta(description="Ascending or descending, nulls come last.")] = (
        "last"
    )
    files: list[str]
    source_file: str
    project_name: str
    model_name: str
    view_name: str
    hidden: bool
    sql_table_name: str | None
    access_filter_fields: list[str]
    access_filters: list[LookmlModelExploreAccessFilter]
    aliases: Annotated[list[Any], Meta(max_length=0)]
    always_filter: list[LookmlModelExploreAlwaysFilter]
    conditionally_filter: list[LookmlModelExploreConditionallyFilter]
    index_fields: Annotated[list[str], Meta(max_length=0)]
    sets: list[LookmlModelExploreSet]
    tags: list[str]
    errors: Annotated[list[Any], Meta(max_length=0)]
    fields: LookmlModelExploreFieldset
    joins: list[LookmlModelExploreJoins]
    group_label: str
    supported_measure_types: list[LookmlModelExploreSupportedMeasureType]
    always_join: list[str]


class ModelFieldSuggestions(Struct, frozen=True, kw_only=True):
    suggestions: list[str]
    error: None = None
    from_cache: Literal[False] = False
    hit_limit: bool
    used_calcite_materialization: Literal[False] = False
