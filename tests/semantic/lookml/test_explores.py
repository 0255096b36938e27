"""Explores and joins, and what is left out when something is wrong."""

import pytest

from semantic.lookml.conftest import Load, LoadModel
from tertulia.semantic.lookml.joins import NOTHING
from tertulia.semantic.lookml.model import AccessFilter, FieldFilter

JOINED = "join: pets { sql_on: ${visits.pet_id} = ${pets.id} ;; relationship: many_to_one }"


def test_an_explore_and_its_joins_may_call_views_as_they_like(model: LoadModel) -> None:
    explores = f"""
    explore: stays {{ view_name: visits {JOINED} join: patients {{ from: pets
      sql_on: ${{patients.id}} = ${{visits.pet_id}} ;; type: inner relationship: one_to_one view_label: "Who"
      required_joins: [pets] sql_where: ${{patients.name}} <> '' ;; }} }}
    explore: arrivals {{ from: visits }}
    explore: both {{ view_name: v from: visits }}
    """
    found = model(explores).explores
    assert [(explore.base, explore.view) for explore in found.values()] == [
        ("visits", "visits"),
        ("arrivals", "visits"),
        ("v", "visits"),
    ]
    join = found["stays"].joins["patients"]
    assert (join.name, join.view, join.type, join.relationship) == ("patients", "pets", "inner", "one_to_one")
    assert (join.required_joins, join.sql_where, join.view_label) == (["pets"], "${patients.name} <> ''", "Who")


def test_every_way_to_narrow_an_explore_down_is_kept(model: LoadModel) -> None:
    explores = f"""
    explore: visits {{ {JOINED}
      always_filter: {{ filters: [reason: "bite", pets.name: "A"] }}
      conditionally_filter: {{ filters: [arrived_date: "7 days"] unless: [id, pets.name] }}
      sql_always_where: ${{pets.name}} is not null ;;  sql_always_having: ${{visits.count}} > 1 ;;
      access_filter: {{ field: pets.name user_attribute: pet }}
      always_join: [pets] case_sensitive: no required_access_grants: [vets]
    }}
    """
    grants = 'access_grant: vets { user_attribute: role allowed_values: ["vet", "chief"] }'
    explore = model(explores, {"explores/g.explore.lkml": grants}).explores["visits"]
    assert explore.always_filters == [
        FieldFilter(field="visits.reason", expression="bite"),
        FieldFilter(field="pets.name", expression="A"),
    ]
    assert explore.conditional_filters == [FieldFilter(field="visits.arrived_date", expression="7 days")]
    assert explore.unless_filtered == ["visits.id", "pets.name"]
    assert explore.access_filters == [AccessFilter(field="pets.name", user_attribute="pet")]
    assert (explore.always_join, explore.is_case_sensitive) == (["pets"], False)
    assert explore.required_access_grants == ["vets"]


@pytest.mark.parametrize(
    "restriction",
    [
        "access_filter: { field: visits.reason }",
        "access_filter: { user_attribute: reason }",
        "access_filter: { field: visits.nothing user_attribute: reason }",
        "access_filter: { field: owners.name user_attribute: reason }",
        "access_filters: { field: visits.reason user_attribute: reason }",
        "access_filter: { field: visits.reason user_attribute: reason also_where: 1 }",
        "access_filter_fields: [visits.reason]",
        "sql_always_where: ${owners.name} = 1 ;;",
        "sql_always_where: ${nothing} = 1 ;;",
        "sql_always_were: ${reason} = 1 ;;",
        'always_filter: { filters: [nothing: "x"] }',
        'always_filter: { filter: [reason: "x"] }',
        "always_filter: { filters: [reason] }",
        "always_filter: {}",
        'conditionally_filter: { filters: [owners.x: "1"] unless: [id] }',
        "required_access_grants: [nobody]",
        "always_join: [owners]",
    ],
)
def test_an_explore_whose_restriction_is_not_understood_is_left_out(load: Load, restriction: str) -> None:
    project = load(f"explore: visits {{ {restriction} }}\nexplore: pets {{}}")
    assert list(project.models["clinic"].explores) == ["pets"]
    assert "error" in {finding.severity for finding in project.findings}


def test_a_grant_that_is_written_twice_or_cannot_be_read_opens_nothing(load: Load) -> None:
    grants = """
    access_grant: twice { user_attribute: a allowed_values: ["1"] }
    access_grant: twice { user_attribute: a allowed_values: ["2"] }
    access_grant: half { allowed_values: ["1"] }
    """
    explores = """
    explore: visits { required_access_grants: [half] }
    explore: pets { required_access_grants: [twice] }
    """
    project = load(explores, {"explores/g.explore.lkml": grants})
    model = project.models["clinic"]
    assert list(model.explores) == ["pets"]
    assert model.access_grants["twice"].allowed_values == []


@pytest.mark.parametrize(
    "join",
    [
        "join: owners { sql_on: 1 = 1 ;; }",
        "join: pets { sql_on: 1 = 1 ;; relationship: many_to_few }",
        "join: pets { sql_on: 1 = 1 ;; type: outer }",
        "join: pets { sql_on: ${owners.id} = ${pets.id} ;; }",
        "join: pets { sql_on: 1 = 1 ;; required_joins: [owners] }",
        "join: pets { sql_on: 1 = 1 ;; required_access_grants: [nobody] }",
        "join: pets { sql_onn: 1 = 1 ;; }",
        "join: visits { sql_on: 1 = 1 ;; }",
        "join: p { from: owners sql_on: 1 = 1 ;; } join: pets { sql_on: ${p.id} = ${pets.id} ;; }",
    ],
)
def test_a_join_that_cannot_stand_goes_and_the_explore_stays(load: Load, join: str) -> None:
    project = load(f"explore: visits {{ {join} }}")
    assert project.models["clinic"].explores["visits"].joins == {}
    assert "error" in {finding.severity for finding in project.findings}


def test_an_explore_without_its_view_is_left_out(load: Load) -> None:
    project = load("explore: owners {}\nexplore: visits {}")
    assert list(project.models["clinic"].explores) == ["visits"]
    [finding] = project.findings
    assert (finding.code, str(finding.place)) == ("unknown_view", "explores/all.explore.lkml:1")


def test_other_ways_to_join(model: LoadModel) -> None:
    explores = """
    explore: visits {
      join: pets { foreign_key: pet_id }
      join: old { from: pets sql_foreign_key: ${visits.pet_id} ;; relationship: many_to_one }
      join: raw { from: pets sql: LEFT JOIN pets AS raw ON true ;; relationship: many_to_many }
      join: bare { from: asked }
      join: all { from: pets type: cross }
    }
    """
    files = {"views/asked.view.lkml": "view: asked { parameter: by {} }"}
    joins = model(explores, files).explores["visits"].joins
    assert (joins["pets"].foreign_key, joins["pets"].sql_on) == ("pet_id", "")
    assert joins["old"].sql_on == "${visits.pet_id} = ${old.id}"
    assert (joins["raw"].sql, joins["bare"].sql, joins["all"].sql) == ("LEFT JOIN pets AS raw ON true", NOTHING, "")


def test_what_joins_leave_open_is_a_warning(load: Load) -> None:
    explores = """
    explore: visits {
      join: pets { sql_on: ${visits.pet_id} = ${pets.name} ;; }
      join: good { from: pets sql_on: ${visits.pet_id} = ${good.id} ;; }
      join: bare { from: pets }
    }
    """
    found = {(finding.code, finding.subject) for finding in load(explores).findings}
    assert found == {("default_relationship", "pets"), ("bare_join", "bare")}


def test_lists_of_fields_are_full_names_by_alias(model: LoadModel) -> None:
    explores = """
    explore: visits {
      fields: [visits.detail*, pets.name, arrived_month, animals.id, -visits.id]
      join: animals { from: pets sql_on: ${animals.id} = ${visits.pet_id} ;; fields: [name, animals.id, -name] }
    }
    explore: most { view_name: visits fields: [ALL_FIELDS*, -visits.fees, -visits.arrived] }
    explore: but { view_name: pets fields: [-pets.name] }
    explore: none { view_name: pets fields: [] }
    """
    found = model(explores).explores
    assert found["visits"].fields == [
        *("visits.reason", "visits.arrived_date", "animals.name", "visits.arrived_month", "animals.id"),
    ]
    assert found["visits"].joins["animals"].fields == ["animals.id"]
    assert found["most"].fields == ["visits.id", "visits.pet_id", "visits.reason", "visits.count"]
    assert (found["but"].fields, found["none"].fields) == (["pets.id", "pets.count"], [])


def test_a_model_keeps_its_settings_and_formats(model: LoadModel) -> None:
    text = """
    label: "The clinic" week_start_day: sunday fiscal_month_offset: -3 case_sensitive: no
    named_value_format: eur { value_format: "\\"€\\"0.00" strict_value_format: yes }
    datagroup: nightly { sql_trigger: select 1 ;; } persist_with: nightly
    """
    found = model(files={"explores/settings.explore.lkml": text})
    assert (found.label, found.week_start_day, found.fiscal_month_offset) == ("The clinic", "sunday", -3)
    assert (found.connection, found.is_case_sensitive) == ("clinic", False)
    assert (found.formats["eur"].value_format, found.formats["eur"].is_strict) == ('"€"0.00', True)


@pytest.mark.parametrize("setting", ["week_start_day: someday", "fiscal_month_offset: three"])
def test_a_model_whose_calendar_is_not_understood_is_left_out(load: Load, setting: str) -> None:
    project = load(files={"explores/s.explore.lkml": setting})
    assert project.models == {}
    assert [finding.severity for finding in project.findings] == ["error"]


def test_two_models_of_one_name_are_found(load: Load) -> None:
    project = load(files={"old/clinic.model.lkml": 'connection: "old"'})
    assert project.models["clinic"].connection == "clinic"
    assert [finding.code for finding in project.findings] == ["duplicate"]


@pytest.mark.parametrize("end", ["}", ""])
def test_an_explore_that_is_closed_too_early_is_left_out(load: Load, end: str) -> None:
    explores = f"""explore: pets {{}}
    explore: visits {{ label: "All" }}
      label: "Visits"
      access_filter: {{ field: visits.reason user_attribute: reason }}
    {end}"""
    project = load(explores)
    assert list(project.models["clinic"].explores) == ["pets"]
    assert "misplaced_parameter" in [finding.code for finding in project.findings]
