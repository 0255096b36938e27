"""Queries and query tasks as this API shows them."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from tertulia.dialects.looker.wire import Can


class Query(Struct, frozen=True, kw_only=True):
    """A saved query never changes: an identical one has the same id, slug and client id, and both are the same."""

    can: Can
    id: str
    model: str
    view: Annotated[str, Meta(description="The explore.")]
    fields: list[str] | None
    pivots: list[str] | None
    fill_fields: list[str] | None
    filters: dict[str, str] | None
    filter_expression: str | None
    sorts: list[str] | None
    limit: str | None
    column_limit: str | None
    total: bool | None
    row_total: str | None
    subtotals: list[str] | None
    vis_config: dict[str, Any] | None
    filter_config: None = None
    visible_ui_sections: None = None
    slug: str
    dynamic_fields: Annotated[str | None, Meta(description="JSON text.")]
    client_id: str
    share_url: None = None
    expanded_share_url: None = None
    url: Annotated[str, Meta(description="What a golden query takes as its answer; there is no page there.")]
    query_timezone: str | None
    has_table_calculations: bool


class QueryTask(Struct, frozen=True, kw_only=True):
    """`status` is running, complete or error; `runtime` counts seconds."""

    can: Can
    id: str
    query_id: str
    query: Query
    generate_links: bool = False
    force_production: bool = True
    path_prefix: str | None = None
    cache: bool = True
    server_table_calcs: bool = True
    cache_only: bool = False
    cache_key: str | None = None
    status: str
    source: str
    runtime: float
    rebuild_pdts: bool = False
    result_source: str | None
    look_id: str | None = None
    dashboard_id: str | None = None
    result_format: str


class PivotLabel(Struct, frozen=True, kw_only=True):
    value: Any
    rendered: str


class Pivot(Struct, frozen=True, kw_only=True):
    """`data` and `sort_values` are by the pivoted dimension's name."""

    key: str
    is_total: bool
    data: dict[str, Any]
    metadata: dict[str, PivotLabel]
    labels: dict[str, str]
    sort_values: dict[str, Any]


class BiPivot(Struct, frozen=True, kw_only=True):
    key: str
    data: dict[str, Any]
    sort_values: dict[str, Any]
    is_total: bool


class BiField(Struct, frozen=True, kw_only=True):
    """`sql` is for those who may see LookML."""

    sql: str | None
    view: str
    dimension_group: str | None
    category: str
    field_group_label: str | None
    name: str
    type: str
    view_label: str
    label: str
    field_group_variant: str | None
    hidden: bool
    description: str | None
    value_format: str | None


class BiFields(Struct, frozen=True, kw_only=True):
    dimensions: list[BiField]
    measures: list[BiField]
    pivots: list[BiField]
    table_calculations: list[BiField]


class BiMetadata(Struct, frozen=True, kw_only=True):
    """`columns_truncated` is `yes` or `no`."""

    fields: BiFields
    pivots: list[BiPivot]
    has_totals: bool
    has_subtotals: bool
    columns_truncated: str
    filter_expression: str | None
    filters: dict[str, str]
    sql: str
    big_query_metadata: None = None
    totals: Annotated[
        dict[str, Any] | None, Meta(description="Extension: totals over all rows, in the shape of a row.")
    ]
    rows_truncated: Annotated[bool, Meta(description="Extension: there are more rows than these.")]


class JsonBi(Struct, frozen=True, kw_only=True):
    metadata: BiMetadata
    rows: list[dict[str, Any]]


class DetailFields(Struct, frozen=True, kw_only=True):
    """Fields as an explore shows them, and with a name, a label, a type and a format what the query makes by itself."""

    dimensions: list[Any]
    measures: list[Any]
    table_calculations: list[Any]
    pivots: list[Any]
    filters: list[Any]
    parameters: list[Any]


class AddedParams(Struct, frozen=True, kw_only=True):
    query_timezone: str | None
    sorts: list[str]


class JsonDetail(Struct, frozen=True, kw_only=True):
    """`data` has a `{value, rendered, links}` for each cell; those of a pivoted measure by the pivot's key once more."""

    id: str | None
    slug: str
    runtime: float
    errors: list[Any]
    fields: DetailFields
    pivots: list[Pivot] | None
    has_totals: bool
    has_row_totals: bool
    has_subtotals: bool = False
    totals_data: dict[str, Any]
    subtotals_data: dict[str, Any]
    applied_filters: dict[str, Any]
    filter_expression: str | None
    number_format: str = "1,234.56"
    timezone: str | None
    added_params: AddedParams
    sql: str
    ran_at: str
    from_cache: bool = False
    truncated: bool
    columns_truncated: str
    null_sort_treatment: str = "last"
    notes: Annotated[list[str], Meta(description="Extension: what a reader must know of the rows.")]
    data: list[dict[str, Any]]
