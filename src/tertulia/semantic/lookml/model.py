"""A LookML project as it means to be read: typed, with extends, refinements, sets and constants already applied.

`sql` texts are kept as written: `${...}` references and liquid are the compiler's.
"""

from enum import StrEnum

from msgspec import Struct


class Place(Struct, frozen=True):
    """Where something stands; `line` counts from 1, 0 where it is not known."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Finding(Struct, frozen=True, kw_only=True):
    """Something a modeller should know. An error takes its subject (and only that) out of use."""

    place: Place
    code: str
    subject: str
    message: str
    severity: Severity = Severity.ERROR


class FieldKind(StrEnum):
    DIMENSION = "dimension"
    MEASURE = "measure"
    FILTER = "filter"
    PARAMETER = "parameter"


class When(Struct, frozen=True, kw_only=True):
    """One branch of a `case`; the last may have no condition, then it is the else."""

    label: str
    sql: str = ""


class AllowedValue(Struct, frozen=True, kw_only=True):
    """A choice of a parameter."""

    value: str
    label: str = ""


class FieldFilter(Struct, frozen=True, kw_only=True):
    """A filter expression on a field, named `field` within the view or `view.field`."""

    field: str
    expression: str


class Field(Struct, frozen=True, kw_only=True):
    """One field as queries name it: a dimension group stands as its fields, one for each timeframe or interval.

    `type` is LookML's (`string`, `number`, `yesno`, `tier`, `location`, `zipcode`, `date`, `date_time`, `duration`,
    `time` for a group's timeframe; `sum`, `count`, ... for measures). A group's field has `group` (the group's name) and
    `timeframe` (`raw`, `date`, `month`, ...) or, for durations, `interval` (`day`, ...) with `sql_start` and `sql_end`.
    `label`, `group_label`, `view_label` are "" where the modeller wrote none: see `labels.py`.
    """

    name: str
    kind: FieldKind
    type: str
    place: Place
    sql: str = ""
    label: str = ""
    label_short: str = ""
    group_label: str = ""
    group_item_label: str = ""
    view_label: str = ""
    description: str = ""
    is_hidden: bool = False
    is_primary_key: bool = False
    tags: list[str] = []
    synonyms: list[str] = []
    value_format: str = ""
    value_format_name: str = ""
    group: str = ""
    timeframe: str = ""
    interval: str = ""
    sql_start: str = ""
    sql_end: str = ""
    datatype: str = ""
    has_timezone_conversion: bool = True
    tiers: list[float] = []
    style: str = ""
    whens: list[When] = []
    else_label: str | None = None
    sql_latitude: str = ""
    sql_longitude: str = ""
    filters: list[FieldFilter] = []
    sql_distinct_key: str = ""
    percentile: float | None = None
    list_field: str = ""
    precision: int | None = None
    is_approximate: bool = False
    direction: str = ""
    order_by_field: str = ""
    required_fields: list[str] = []
    drill_fields: list[str] = []
    required_access_grants: list[str] = []
    suggestions: list[str] = []
    suggest_dimension: str = ""
    suggest_explore: str = ""
    is_suggestable: bool = True
    is_case_sensitive: bool | None = None
    can_filter: bool = True
    allowed_values: list[AllowedValue] = []
    default_value: str = ""
    allow_fill: bool = True
    html: str = ""
    # the field of a period_over_period measure and how it compares
    based_on: str = ""
    based_on_time: str = ""
    period: str = ""
    comparison: str = ""


class SourceColumn(Struct, frozen=True, kw_only=True):
    """A column of a native derived table: a field of its explore under a name of its own."""

    name: str
    field: str


class DerivedColumn(Struct, frozen=True, kw_only=True):
    name: str
    sql: str


class BoundFilter(Struct, frozen=True, kw_only=True):
    """A filter of the outer query (`from_field`) handed on to a field inside (`to_field`)."""

    from_field: str
    to_field: str


class ExploreSource(Struct, frozen=True, kw_only=True):
    """A native derived table: a query of another explore of the model."""

    explore: str
    columns: list[SourceColumn] = []
    derived_columns: list[DerivedColumn] = []
    filters: list[FieldFilter] = []
    bound_filters: list[BoundFilter] = []
    binds_all_filters: bool = False
    sorts: list[str] = []
    limit: int | None = None
    timezone: str = ""
    expression_custom_filter: str = ""


class DerivedTable(Struct, frozen=True, kw_only=True):
    """Exactly one of `sql`, `source` and `unsupported` is set; the last names what this server cannot run."""

    sql: str = ""
    source: ExploreSource | None = None
    unsupported: str = ""


class View(Struct, frozen=True, kw_only=True):
    """A view. `fields` are by name in the order they were written; `sets` are resolved to field names."""

    name: str
    place: Place
    sql_table_name: str = ""
    derived_table: DerivedTable | None = None
    label: str = ""
    description: str = ""
    fields: dict[str, Field] = {}
    sets: dict[str, list[str]] = {}
    required_access_grants: list[str] = []
    is_suggestable: bool = True
    needs_extension: bool = False

    @property
    def primary_key(self) -> Field | None:
        return next((field for field in self.fields.values() if field.is_primary_key), None)


class Join(Struct, frozen=True, kw_only=True):
    """A join of an explore. `name` is how the explore calls the view (its alias), `view` the view it is.

    `fields` None means all; otherwise the full names that stay (`alias.field`), sets already resolved.
    """

    name: str
    view: str
    place: Place
    type: str = "left_outer"
    relationship: str = "many_to_one"
    sql_on: str = ""
    foreign_key: str = ""
    sql: str = ""
    sql_where: str = ""
    sql_table_name: str = ""
    required_joins: list[str] = []
    view_label: str = ""
    fields: list[str] | None = None
    required_access_grants: list[str] = []
    is_outer_only: bool = False


class AccessFilter(Struct, frozen=True, kw_only=True):
    """Only rows whose field matches the user's attribute."""

    field: str
    user_attribute: str


class AccessGrant(Struct, frozen=True, kw_only=True):
    name: str
    user_attribute: str
    allowed_values: list[str]


class Explore(Struct, frozen=True, kw_only=True):
    """An explore. `base` is how it calls its first view, `view` the view that is. `fields` None means all.

    `conditional_filters` hold unless one of `unless_filtered` (or one of themselves) is filtered by the query.
    """

    name: str
    model: str
    base: str
    view: str
    place: Place
    label: str = ""
    description: str = ""
    group_label: str = ""
    view_label: str = ""
    is_hidden: bool = False
    joins: dict[str, Join] = {}
    always_join: list[str] = []
    fields: list[str] | None = None
    always_filters: list[FieldFilter] = []
    conditional_filters: list[FieldFilter] = []
    unless_filtered: list[str] = []
    sql_always_where: str = ""
    sql_always_having: str = ""
    sql_table_name: str = ""
    access_filters: list[AccessFilter] = []
    required_access_grants: list[str] = []
    is_case_sensitive: bool | None = None
    tags: list[str] = []
    synonyms: list[str] = []


class NamedFormat(Struct, frozen=True, kw_only=True):
    name: str
    value_format: str
    is_strict: bool = False


class Model(Struct, frozen=True, kw_only=True):
    """A model and all it includes. Views are the model's own: another model may have others of the same name.

    `fiscal_month_offset` counts months; `week_start_day` is a lower-case English day.
    """

    name: str
    connection: str
    place: Place
    label: str = ""
    explores: dict[str, Explore] = {}
    views: dict[str, View] = {}
    access_grants: dict[str, AccessGrant] = {}
    formats: dict[str, NamedFormat] = {}
    week_start_day: str = "monday"
    fiscal_month_offset: int = 0
    is_case_sensitive: bool = True


class LookmlProject(Struct, frozen=True, kw_only=True):
    """What a folder of LookML became. Findings that are errors say what was left out."""

    name: str
    models: dict[str, Model]
    findings: list[Finding]
