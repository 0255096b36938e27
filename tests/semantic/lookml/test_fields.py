"""Fields as they mean to be read."""

import pytest

from semantic.lookml.conftest import Load, LoadModel
from tertulia.semantic.lookml.model import Field, FieldFilter, FieldKind, When
from tertulia.semantic.lookml.timeframes import DEFAULT_TIMEFRAMES, INTERVALS


def fields_of(model: LoadModel, text: str) -> dict[str, Field]:
    return model(files={"views/x.view.lkml": f"view: x {{ {text} }}"}).views["x"].fields


def test_a_time_group_is_its_fields(model: LoadModel) -> None:
    fields = fields_of(
        model,
        """dimension_group: born { type: time timeframes: [raw, date, month_name, hour6] datatype: date convert_tz: no
           sql: ${TABLE}.born_on ;; hidden: yes description: "Birth" }""",
    )
    assert list(fields) == ["born_raw", "born_date", "born_month_name", "born_hour6"]
    month = fields["born_month_name"]
    assert (month.type, month.group, month.timeframe, month.sql) == ("time", "born", "month_name", "${TABLE}.born_on")
    assert (month.datatype, month.has_timezone_conversion, month.is_hidden) == ("date", False, True)


def test_a_group_without_timeframes_or_intervals_has_the_usual_ones(model: LoadModel) -> None:
    fields = fields_of(
        model,
        """dimension_group: born { type: time }
           dimension_group: treated { type: duration sql_start: ${a_raw} ;; sql_end: ${b_raw} ;; }""",
    )
    assert [field.timeframe for field in fields.values() if field.timeframe] == list(DEFAULT_TIMEFRAMES)
    assert [field.interval for field in fields.values() if field.interval] == list(INTERVALS)
    assert fields["born_date"].sql == "${TABLE}.born"


def test_a_duration_is_named_with_its_interval_first(model: LoadModel) -> None:
    fields = fields_of(
        model,
        """dimension_group: since_birth { type: duration intervals: [day, year]
           sql_start: ${TABLE}.born ;; sql_end: ${TABLE}.seen ;; }""",
    )
    assert list(fields) == ["days_since_birth", "years_since_birth"]
    day = fields["days_since_birth"]
    assert (day.type, day.interval, day.sql_start, day.sql_end) == (
        "duration",
        "day",
        "${TABLE}.born",
        "${TABLE}.seen",
    )


def test_a_dimension_that_says_nothing_is_its_column(model: LoadModel) -> None:
    fields = fields_of(model, "dimension: weight {}  measure: m { type: count }")
    assert (fields["weight"].type, fields["weight"].sql) == ("string", "${TABLE}.weight")
    assert (fields["m"].kind, fields["m"].sql) == (FieldKind.MEASURE, "")


def test_every_kind_of_dimension_keeps_what_makes_it(model: LoadModel) -> None:
    fields = fields_of(
        model,
        """
        dimension: size { type: tier tiers: [20, 5, 10.5] style: integer sql: ${TABLE}.kg ;; }
        dimension: kind { case: { when: { sql: ${TABLE}.k = 1 ;; label: "Cat" }
                                  when: { sql: ${TABLE}.k = 2 ;; label: "Dog" } else: "Other" } }
        dimension: home { type: location sql_latitude: ${TABLE}.lat ;; sql_longitude: ${TABLE}.lon ;; }
        dimension: is_old { type: yesno sql: ${age} > 10 ;; }
        dimension: zip { type: zipcode case_sensitive: no suggestable: no can_filter: no order_by_field: size }
        dimension: seen { type: date_month }  dimension: age { type: int }
        dimension: days { type: duration_day sql_start: a ;; sql_end: b ;; }
        """,
    )
    assert (fields["size"].tiers, fields["size"].style) == ([5.0, 10.5, 20.0], "integer")
    assert fields["kind"].whens == [
        When(label="Cat", sql="${TABLE}.k = 1"),
        When(label="Dog", sql="${TABLE}.k = 2"),
    ]
    assert (fields["kind"].else_label, fields["kind"].sql) == ("Other", "")
    assert (fields["home"].sql_latitude, fields["home"].sql) == ("${TABLE}.lat", "")
    assert (fields["zip"].is_case_sensitive, fields["size"].is_case_sensitive) == (False, None)
    assert (fields["zip"].is_suggestable, fields["zip"].can_filter, fields["zip"].order_by_field) == (
        False,
        False,
        "size",
    )
    assert (fields["seen"].type, fields["age"].type, fields["days"].sql) == ("date_month", "number", "")


def test_measures_have_filters_in_the_new_and_the_old_way(model: LoadModel) -> None:
    fields = fields_of(
        model,
        """
        measure: new { type: count filters: [a: "x, -y", pets.b: ""] }
        measure: old { type: sum sql: ${TABLE}.c ;; filters: { field: a value: "x" } filters: { field: b value: "NULL" } }
        measure: p90 { type: percentile percentile: 90 sql: ${TABLE}.c ;; }
        measure: names { type: list list_field: a }
        measure: last_year { type: period_over_period based_on: old based_on_time: b_date period: year kind: difference }
        measure: exact { type: sum_distinct sql_distinct_key: ${a} ;; sql: ${TABLE}.c ;; precision: 2 }
        """,
    )
    assert fields["new"].filters == [
        FieldFilter(field="a", expression="x, -y"),
        FieldFilter(field="pets.b", expression=""),
    ]
    assert [one.expression for one in fields["old"].filters] == ["x", "NULL"]
    assert (fields["p90"].percentile, fields["names"].list_field) == (90.0, "a")
    year = fields["last_year"]
    assert (year.based_on, year.based_on_time, year.period, year.comparison) == ("old", "b_date", "year", "difference")
    assert (fields["exact"].sql_distinct_key, fields["exact"].precision) == ("${a}", 2)


def test_parameters_and_filters_keep_what_a_query_may_set(model: LoadModel) -> None:
    fields = fields_of(
        model,
        """
        parameter: by { type: unquoted default_value: "day" allowed_value: { value: "day" label: "Day" }
                        allowed_value: { value: "week" } }
        filter: when { type: date suggest_dimension: a }
        """,
    )
    by = fields["by"]
    assert [(one.value, one.label) for one in by.allowed_values] == [("day", "Day"), ("week", "")]
    assert (by.kind, by.default_value, fields["when"].kind) == (FieldKind.PARAMETER, "day", FieldKind.FILTER)


def test_synonyms_come_from_tags_and_from_their_own_parameter(model: LoadModel) -> None:
    fields = fields_of(
        model, 'dimension: a { tags: ["synonym: patient", "x", "synonyms:animal, beast"] synonyms: ["pal"] }'
    )
    assert fields["a"].synonyms == ["pal", "patient", "animal", "beast"]
    assert "x" in fields["a"].tags


def test_fields_may_be_hidden_by_default(model: LoadModel) -> None:
    fields = fields_of(model, "fields_hidden_by_default: yes dimension: a {} dimension: b { hidden: no }")
    assert (fields["a"].is_hidden, fields["b"].is_hidden) == (True, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("measure: bad { type: summ }", "unknown_type"),
        ("dimension: bad { type: sum }", "unknown_type"),
        ("dimension_group: bad { type: custom_calendar }", "unknown_type"),
        ("dimension: bad { type: date_fortnight }", "unknown_type"),
        ("dimension: bad { type: tier tiers: [1, two] }", "not_a_number"),
        ("dimension: bad { type: tier tiers: [nan] }", "not_a_number"),
        ("dimension: bad { type: tier }", "incomplete_tier"),
        ('dimension: bad { case: { when: { label: "a" } } }', "incomplete_case"),
        ("dimension: bad { type: location sql_latitude: a ;; }", "incomplete_location"),
        ("dimension_group: bad { type: duration sql_start: a ;; }", "incomplete_duration"),
        ("dimension_group: bad { type: time timeframes: [fortnight] }", "unknown_timeframe"),
        ("dimension_group: bad { type: time datatype: julian }", "unknown_datatype"),
        ("measure: bad { type: count filters: [a] }", "invalid_filter"),
        ('measure: bad { type: count filters: { value: "x" } }', "invalid_filter"),
        ('measure: bad { type: count filters: "a" }', "invalid_filter"),
        ("measure: bad { type: percentile percentile: many }", "not_a_number"),
        ("measure: bad { type: string case: { } }", "unknown_parameter"),
        ("measure: bad { type: sum sql_distinct: a ;; }", "unknown_parameter"),
        ("measure: bad { type: count value_to_date: yes }", "unsupported"),
        ("measure: bad { type: count required_access_grants: [nobody] }", "unknown_grant"),
        ('parameter: bad { allowed_value: { label: "x" } }', "incomplete_value"),
        ("dimension: bad-name {}", "invalid_name"),
    ],
)
def test_a_field_that_cannot_be_used_is_left_out_alone(load: Load, text: str, code: str) -> None:
    project = load(files={"views/x.view.lkml": f"view: x {{ dimension: good {{}}\n{text} }}"})
    assert list(project.models["clinic"].views["x"].fields) == ["good"]
    errors = [finding for finding in project.findings if finding.severity == "error"]
    assert code in [finding.code for finding in errors]
    assert {str(finding.place) for finding in errors} == {"views/x.view.lkml:2"}


def test_one_unknown_timeframe_does_not_cost_the_others(load: Load) -> None:
    text = "view: x { dimension_group: a { type: time timeframes: [date, fortnight] } }"
    project = load(files={"views/x.view.lkml": text})
    assert list(project.models["clinic"].views["x"].fields) == ["a_date"]
    assert [finding.subject for finding in project.findings] == ["a_fortnight"]


def test_a_written_field_goes_before_one_of_a_group(load: Load) -> None:
    text = "dimension_group: a { type: time timeframes: [date] } dimension: a_date { sql: own ;; } dimension: a {}"
    project = load(files={"views/x.view.lkml": f"view: x {{ {text} }}"})
    fields = project.models["clinic"].views["x"].fields
    assert (list(fields), fields["a_date"].sql) == (["a_date", "a"], "own")
    assert [(finding.code, finding.severity) for finding in project.findings] == [("duplicate", "warning")]


def test_what_is_misspelled_and_harmless_is_a_warning(load: Load) -> None:
    project = load(files={"views/x.view.lkml": 'view: x { dimension: a { lable: "A" label: "1" label: "2" } }'})
    assert project.models["clinic"].views["x"].fields["a"].label == "2"
    assert [(finding.code, finding.severity) for finding in project.findings] == [
        ("unknown_parameter", "warning"),
        ("repeated_parameter", "warning"),
    ]
