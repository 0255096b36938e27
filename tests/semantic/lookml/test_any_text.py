"""Whatever stands in the files, loading and checking end and never raise."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tertulia.semantic.lookml.lint import check, key_checks
from tertulia.semantic.lookml.load import load_project

PROJECT = {
    "manifest.lkml": 'project_name: "fleet"\nconstant: DB { value: "core" }\nlocal_dependency: { project: "base" }\n',
    "fleet.model.lkml": """connection: "fleet"
include: "/views/*.view"
include: "//base/*.view"
week_start_day: sunday
access_grant: drivers { user_attribute: role allowed_values: ["driver"] }
explore: trips {
  fields: [ALL_FIELDS*, -trucks.secret*]
  always_filter: { filters: [started_date: "7 days"] }
  access_filter: { field: trucks.depot user_attribute: depot }
  sql_always_where: ${trucks.depot} <> '' ;;
  join: trucks { sql_on: ${trips.truck_id} = ${trucks.id} ;; relationship: many_to_one required_access_grants: [drivers] }
}
explore: +trips { label: "Trips" }
explore: late { extends: [trips] view_name: trips from: slow_trips }
""",
    "views/trips.view.lkml": """include: "/views/trucks.view"
view: trips {
  sql_table_name: @{DB}.trips ;;
  dimension: id { primary_key: yes type: number }
  dimension: truck_id { hidden: yes }
  dimension: kind { case: { when: { sql: ${TABLE}.k = 1 ;; label: "Short" } else: "Long" } }
  dimension: size { type: tier tiers: [1, 10, 100] style: interval sql: ${km} ;; }
  dimension_group: started { type: time timeframes: [raw, date, month] }
  dimension_group: driven { type: duration intervals: [hour] sql_start: ${started_raw} ;; sql_end: ${TABLE}.e ;; }
  measure: km { type: sum filters: [kind: "Short"] drill_fields: [detail*] }
  parameter: by { type: unquoted allowed_value: { value: "day" } }
  set: detail { fields: [id, started, trucks.all*] }
}
view: slow_trips { extends: [trips] derived_table: { explore_source: trips { column: id {} limit: 5 } }
  measure: km { sql: ${EXTENDED} * 2 ;; } }
""",
    "views/trucks.view.lkml": """view: trucks {
  dimension: id { primary_key: yes } dimension: depot { tags: ["synonym:yard"] } dimension: secret {}
  set: all { fields: [id, depot] } set: secret { fields: [secret] }
}
""",
    "imported_projects/base/roads.view.lkml": 'view: roads { dimension: id {} }\nview: +trucks { label: "Lorries" }\n',
}
_PIECES = sorted({piece for text in PROJECT.values() for piece in re.findall(r"\\w+:?|\\S", text)})
_JUNK = st.one_of(
    st.sampled_from([*_PIECES, "{", "}", "[", "]", '"', ";;", ";", "#", "@{DB}", "@{x}", "${", "EXTENDED*", "-", "\n"]),
    st.text(max_size=8),
)
_CHANGE = st.tuples(st.sampled_from(sorted(PROJECT)), st.floats(0, 1), st.integers(0, 60), _JUNK)


@settings(max_examples=300, deadline=None)
@given(st.lists(_CHANGE, max_size=6))
def test_no_mutation_of_a_project_raises(changes: list[tuple[str, float, int, str]]) -> None:
    files = dict(PROJECT)
    for path, where, cut, junk in changes:
        text = files[path]
        at = int(where * len(text))
        files[path] = f"{text[:at]} {junk} {text[at + cut :]}"
    project = load_project(files)
    check(project)
    key_checks(project)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a.model.lkml", "a.view.lkml", "manifest.lkml"]), st.lists(_JUNK).map(" ".join))
)
def test_no_text_raises(files: dict[str, str]) -> None:
    check(load_project(files))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PROJECT)), st.floats(0, 1), _JUNK)
def test_an_explore_never_loses_its_access_filter(path: str, where: float, junk: str) -> None:
    """A text put anywhere but into the words of the filter itself may cost the explore, never the filter."""
    text = PROJECT[path]
    spot = int(where * len(text))
    at = text.find("\n", spot) + 1
    changed = PROJECT | {path: f"{text[:at]}{junk}\n{text[at:]}"}
    for model in load_project(changed).models.values():
        explore = model.explores.get("trips")
        assert explore is None or explore.access_filters


def test_the_project_that_is_mutated_is_sound() -> None:
    project = load_project(PROJECT)
    assert project.findings == []
    assert list(project.models["fleet"].explores) == ["trips", "late"]


def test_a_project_of_sixty_files_is_one_model() -> None:
    views = {
        f"views/v{n}.view.lkml": PROJECT["views/trips.view.lkml"]
        .replace("trips", f"trips{n}")
        .replace('include: "/views/trucks.view"', "")
        for n in range(60)
    }
    project = load_project(PROJECT | views)
    assert len(project.models["fleet"].views) > 100
