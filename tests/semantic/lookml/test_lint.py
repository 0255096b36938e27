"""What the linter says of a project that loads."""

import pytest

from semantic.lookml.conftest import Load
from tertulia.semantic.lookml.lint import KeyCheck, check, key_checks
from tertulia.semantic.lookml.model import Finding, LookmlProject

JOINED = "explore: visits { join: pets { sql_on: ${visits.pet_id} = ${pets.id} ;; relationship: many_to_one } }"


def found(project: LookmlProject) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(project)}


def test_a_sound_project_has_no_findings(load: Load) -> None:
    assert check(load(JOINED)) == []


def test_findings_of_loading_come_first(load: Load) -> None:
    project = load(JOINED, {"views/x.view.lkml": "view: +nobody {}"})
    assert check(project)[0] == project.findings[0]


@pytest.mark.parametrize(
    "field",
    [
        "dimension: a { sql: ${nothing} ;; }",
        "dimension: a { sql: upper(${pets.nothing}) ;; }",
        "dimension: a { sql: ${owners.name} ;; }",
        "dimension: a { sql: {% parameter nothing %} ;; }",
        'dimension: a { case: { when: { sql: ${nothing} = 1 ;; label: "x" } } }',
        "dimension_group: a { type: duration sql_start: ${nothing} ;; sql_end: ${arrived_raw} ;; }",
        'measure: a { type: count filters: [nothing: "x"] }',
        "measure: a { type: number sql: ${fees} / ${nothing} ;; }",
        "measure: a { type: list list_field: nothing }",
        "dimension: a { order_by_field: nothing }",
    ],
)
def test_a_reference_to_nothing_is_found_where_it_stands(load: Load, field: str) -> None:
    project = load(JOINED, {"views/x.view.lkml": f"view: +visits {{\n{field} }}"})
    finding = found(project)["unknown_reference"]
    assert (str(finding.place), finding.severity) == ("views/x.view.lkml:2", "error")


def test_references_that_stand_are_not_found(load: Load) -> None:
    text = """view: +visits {
      dimension: a { sql: ${TABLE}.x + ${id} + ${pets.id} + ${arrived_raw::date} ;; }
      dimension: b { sql: (select max(id) from ${pets.SQL_TABLE_NAME}) ;; }
      filter: f {} dimension: c { sql: {% condition f %} ${reason} {% endcondition %} ;; }
    }"""
    assert check(load(JOINED, {"views/x.view.lkml": text})) == []


def test_a_reference_to_a_view_that_is_never_joined_is_a_warning(load: Load) -> None:
    text = "view: +visits { dimension: a { sql: ${pets.name} ;; } }"
    finding = found(load("explore: visits {}\nexplore: pets {}", {"views/x.view.lkml": text}))["unknown_reference"]
    assert "no explore joins both views" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "view: x { derived_table: { sql: select * from ${owners.SQL_TABLE_NAME} ;; } }",
        "view: x { derived_table: { explore_source: owners { column: a {} } } }",
        "view: x { derived_table: { explore_source: visits { column: a {} } } }",
        'view: x { derived_table: { explore_source: visits { column: id {} filters: [pets.nothing: "1"] } } }',
        "explore: more { view_name: visits join: pets { sql_on: ${visits.pet} = ${pets.id} ;; } }",
    ],
)
def test_tables_and_joins_are_searched_too(load: Load, text: str) -> None:
    assert found(load(JOINED, {"views/x.view.lkml": text}))["unknown_reference"].severity == "error"


@pytest.mark.parametrize(
    ("join", "keyless"),
    [
        ("join: notes { sql_on: ${visits.id} = ${notes.visit_id} ;; relationship: many_to_one }", True),
        ("join: notes { sql_on: ${visits.id} = ${notes.visit_id} ;; relationship: one_to_many }", False),
        ("join: notes { sql_on: ${visits.id} = ${notes.visit_id} ;; relationship: one_to_one }", False),
        ("join: notes { sql_on: ${visits.id} = ${notes.visit_id} ;; relationship: many_to_many }", True),
        ("join: notes { type: cross }", True),
    ],
)
def test_a_view_that_joins_multiply_needs_a_key(load: Load, join: str, keyless: bool) -> None:  # noqa: FBT001 - a table
    text = "view: notes { dimension: visit_id {} measure: length { type: sum } }"
    codes = found(load(f"explore: visits {{ {join} }} explore: pets {{}}", {"views/n.view.lkml": text}))
    assert ("no_primary_key" in codes) is keyless


def test_a_sibling_that_is_multiplied_needs_a_key_as_well(load: Load) -> None:
    text = "view: notes { dimension: visit_id {} measure: length { type: sum } } view: bills { dimension: visit_id {} }"
    explores = """explore: visits { join: notes { sql_on: ${visits.id} = ${notes.visit_id} ;; relationship: one_to_many }
      join: bills { sql_on: ${visits.id} = ${bills.visit_id} ;; relationship: one_to_many } } explore: pets {}"""
    finding = found(load(explores, {"views/n.view.lkml": text}))["no_primary_key"]
    assert (finding.subject, "length" in finding.message) == ("notes", True)


def test_views_and_hidden_fields_that_nothing_uses_are_found_once(load: Load) -> None:
    text = """
    view: lonely { dimension: a {} }
    view: mixin { dimension: mixed {} }
    view: source { dimension: a { hidden: yes } }
    view: more { extends: [mixin] derived_table: { sql: select * from ${source.SQL_TABLE_NAME} ;; }
      dimension: used { hidden: yes } dimension: shown { sql: ${used} ;; } dimension: one { hidden: yes }
      dimension: linked { hidden: yes } dimension: page { html: <a href="{{ linked._value }}">x</a> ;; }
      dimension_group: two { type: time timeframes: [date, month] hidden: yes } }
    """
    project = load(f"{JOINED} explore: more {{}}", {"views/n.view.lkml": text})
    findings = check(project)
    assert [finding.subject for finding in findings if finding.code == "unused_view"] == ["lonely"]
    messages = {finding.subject: finding.message for finding in findings if finding.code == "unused_fields"}
    assert messages["more"].endswith("'more': one, two.")


def test_labels_a_reader_cannot_tell_apart_are_found(load: Load) -> None:
    text = 'view: +visits { measure: total { type: sum label: "Fees" } dimension: hid { hidden: yes label: "Fees" } }'
    finding = found(load(JOINED, {"views/n.view.lkml": text}))["same_label"]
    assert finding.subject == "visits.total"


def test_what_cannot_be_run_is_told(load: Load) -> None:
    text = """view: a { derived_table: { sql_create: create table a ;; } }
              view: b { derived_table: { sql: select * from ML.PREDICT(MODEL m, table t) ;; } }"""
    codes = found(load(JOINED, {"views/n.view.lkml": text}))
    assert {"unsupported_table", "bigquery_ml"} <= set(codes)


def test_the_keys_to_check_are_those_of_views_in_use(load: Load) -> None:
    text = """view: keyless { dimension: a {} } view: unused { dimension: id { primary_key: yes } }
              view: built { derived_table: { sql_create: x ;; } dimension: id { primary_key: yes } }"""
    project = load(f"{JOINED} explore: keyless {{}} explore: built {{}}", {"views/n.view.lkml": text})
    assert key_checks(project) == [
        KeyCheck(model="clinic", view="visits", field="id"),
        KeyCheck(model="clinic", view="pets", field="id"),
    ]
