"""Views: sets and derived tables."""

import pytest

from semantic.lookml.conftest import Load, LoadModel
from tertulia.semantic.lookml.model import BoundFilter, DerivedColumn, FieldFilter, SourceColumn


def test_sets_contain_sets_groups_and_what_is_not_taken_out(model: LoadModel) -> None:
    text = """
    view: x {
      dimension: a {} dimension: b {} measure: c { type: count drill_fields: [most*, pets.name] }
      dimension_group: d { type: time timeframes: [date, year] }
      set: some { fields: [a, d] }
      set: most { fields: [ALL_FIELDS*, -some*, pets.detail*] }
    }
    view: +pets { set: detail { fields: [name, visits.reason] } }
    """
    view = model(files={"views/x.view.lkml": text}).views["x"]
    assert view.sets == {"some": ["a", "d_date", "d_year"], "most": ["b", "c", "pets.name", "visits.reason"]}
    assert view.fields["c"].drill_fields == ["b", "c", "pets.name", "visits.reason"]


def test_sets_that_contain_each_other_end(load: Load) -> None:
    text = "view: x { dimension: a {} set: one { fields: [a, two*] } set: two { fields: [one*] } }"
    project = load(files={"views/x.view.lkml": text})
    assert project.models["clinic"].views["x"].sets["two"] == ["a"]
    assert {finding.code for finding in project.findings} == {"set_cycle"}


def test_names_that_sets_do_not_find_are_passed_over_with_a_warning(load: Load) -> None:
    text = "view: x { dimension: a {} set: one { fields: [a, b, other*] } }"
    project = load(files={"views/x.view.lkml": text})
    assert project.models["clinic"].views["x"].sets["one"] == ["a"]
    assert [(finding.code, finding.severity) for finding in project.findings] == [
        ("unknown_field", "warning"),
        ("unknown_set", "warning"),
    ]


def test_many_sets_of_sets_do_not_take_for_ever(load: Load) -> None:
    sets = " ".join(f"set: s{n} {{ fields: [s{n - 1}*, s{n - 1}*, a] }}" for n in range(1, 30))
    project = load(files={"views/x.view.lkml": f"view: x {{ dimension: a {{}} set: s0 {{ fields: [a] }} {sets} }}"})
    assert project.models["clinic"].views["x"].sets["s29"] == ["a"]


def test_a_native_derived_table_is_a_query_of_an_explore(model: LoadModel) -> None:
    text = """
    view: x { derived_table: { explore_source: visits {
      column: reason {} column: total { field: visits.fees }
      derived_column: place { sql: rank() over (order by total desc) ;; }
      filters: [visits.reason: "-checkup"] filters: { field: visits.arrived_date value: "7 days" }
      bind_filters: { from_field: x.day to_field: visits.arrived_date } bind_all_filters: yes
      sorts: [visits.fees: desc, reason: asc] limit: 15 timezone: "UTC" } datagroup_trigger: nightly } }
    """
    table = model(files={"views/x.view.lkml": text}).views["x"].derived_table
    assert table is not None
    source = table.source
    assert source is not None
    assert source.columns == [
        SourceColumn(name="reason", field="reason"),
        SourceColumn(name="total", field="visits.fees"),
    ]
    assert source.derived_columns == [DerivedColumn(name="place", sql="rank() over (order by total desc)")]
    assert source.filters == [
        FieldFilter(field="visits.reason", expression="-checkup"),
        FieldFilter(field="visits.arrived_date", expression="7 days"),
    ]
    assert source.bound_filters == [BoundFilter(from_field="x.day", to_field="visits.arrived_date")]
    assert (source.binds_all_filters, source.sorts, source.limit) == (True, ["visits.fees desc", "reason"], 15)


def test_the_old_way_to_sort_a_native_derived_table_counts_too(model: LoadModel) -> None:
    text = (
        "view: x { derived_table: { explore_source: visits { column: id {} sort: { field: id desc: yes } limit: 1 } } }"
    )
    table = model(files={"views/x.view.lkml": text}).views["x"].derived_table
    assert table is not None
    assert table.source is not None
    assert table.source.sorts == ["id desc"]


@pytest.mark.parametrize(
    "table",
    [
        "sql_create: create table x as select 1 ;;",
        "create_process: { sql_step: create table x ;; }",
        "sql: CREATE OR REPLACE MODEL x OPTIONS(a=1) AS select 1 ;;",
    ],
)
def test_tables_built_by_statements_are_told_apart(model: LoadModel, table: str) -> None:
    found = model(files={"views/x.view.lkml": f"view: x {{ derived_table: {{ {table} }} }}"}).views["x"].derived_table
    assert found is not None
    assert found.unsupported
    assert (found.sql, found.source) == ("", None)


@pytest.mark.parametrize(
    "table",
    [
        "datagroup_trigger: d",
        "explore_source: visits { column: a {} limit: many }",
        'explore_source: visits { column: a {} filterss: [a: "b"] }',
        "explore_source: visits { column: a {} bind_filters: { from_field: b } }",
        "explore_source: visits { derived_column: a {} }",
    ],
)
def test_a_table_that_is_not_understood_takes_its_view_out(load: Load, table: str) -> None:
    project = load(files={"views/x.view.lkml": f"view: x {{ derived_table: {{ {table} }} }}"})
    assert set(project.models["clinic"].views) == {"visits", "pets"}
    assert "error" in {finding.severity for finding in project.findings}
