"""Extends and refinements."""

from semantic.lookml.conftest import Load, LoadModel

EXTENDED = """
view: emergencies {
  extends: [visits]
  label: "Emergencies"
  dimension: reason { label: "Why" }
  dimension_group: arrived { timeframes: [date, EXTENDED*, year] }
  measure: fees { sql: 2 * (${EXTENDED}) ;; filters: [reason: "bite"] }
  set: detail { fields: [reason, EXTENDED*] }
}
view: +emergencies { measure: fees { filters: [pet_id: "1"] } }
"""


def test_an_extending_view_overrides_deeply_and_takes_over_by_name(model: LoadModel) -> None:
    views = model("explore: emergencies {}", {"views/e.view.lkml": EXTENDED}).views
    view = views["emergencies"]
    assert (view.sql_table_name, view.label, views["visits"].label) == ("clinic.visits", "Emergencies", "")
    assert (view.fields["reason"].label, view.fields["id"].is_primary_key) == ("Why", True)
    assert view.fields["fees"].sql == "2 * (${TABLE}.fee)"
    assert [(one.field, one.expression) for one in view.fields["fees"].filters] == [("reason", "bite"), ("pet_id", "1")]
    assert [name for name in view.fields if name.startswith("arrived")] == [
        *("arrived_date", "arrived_raw", "arrived_month", "arrived_year"),
    ]
    assert view.sets["detail"] == ["reason", "id", "arrived_date"]


def test_the_weakest_is_what_is_extended_then_what_refinements_extend_then_the_object_then_refinements(
    model: LoadModel,
) -> None:
    texts = """
    view: first { extension: required label: "first" dimension: reason { label: "first" description: "first" } }
    view: second { extension: required label: "second" dimension: reason { description: "second" } }
    view: x { extends: [first] dimension: reason { label: "own" } }
    view: +x { extends: [second] dimension: reason { tags: ["one"] } }
    view: +x { dimension: reason { tags: ["two"] } }
    """
    view = model("", {"views/x.view.lkml": texts}).views["x"]
    reason = view.fields["reason"]
    assert (view.label, reason.label, reason.description, reason.tags) == ("second", "own", "second", ["two"])
    assert not view.needs_extension


def test_refinements_follow_the_order_of_includes(load: Load) -> None:
    files = {
        "clinic.model.lkml": 'connection: "c"\ninclude: "/b.lkml"\ninclude: "/a.lkml"\ninclude: "/views/*.view"',
        "a.lkml": 'view: +pets { label: "a" }',
        "b.lkml": 'include: "/views/pets.view"\nview: +pets { label: "b" }',
    }
    assert load("", files).models["clinic"].views["pets"].label == "a"


def test_an_extending_view_with_another_kind_of_table_has_that_one(model: LoadModel) -> None:
    texts = """
    view: mine { extends: [visits] derived_table: { sql: select 1 ;; } }
    view: back { extends: [mine] sql_table_name: t ;; }
    view: native { extends: [mine] derived_table: { explore_source: visits { column: id {} } } }
    """
    views = model(files={"views/x.view.lkml": texts}).views
    mine, back, native = views["mine"], views["back"], views["native"]
    assert mine.derived_table is not None
    assert (mine.sql_table_name, mine.derived_table.sql) == ("", "select 1")
    assert (back.sql_table_name, back.derived_table) == ("t", None)
    assert native.derived_table is not None
    assert native.derived_table.source is not None
    assert native.derived_table.sql == ""


def test_an_extending_explore_does_not_inherit_a_view_name_that_is_not_written(load: Load) -> None:
    project = load("explore: visits { join: pets { sql_on: 1 = 1 ;; } }\nexplore: late { extends: [visits] }")
    [finding] = [finding for finding in project.findings if finding.severity == "error"]
    assert finding.subject == "late"
    assert "view_name" in finding.message


def test_an_extending_explore_has_the_joins_and_access_filters_of_both(model: LoadModel) -> None:
    explores = """
    explore: first { extension: required view_name: visits
      access_filter: { field: visits.reason user_attribute: reason }
      join: pets { sql_on: ${visits.pet_id} = ${pets.id} ;; type: inner relationship: many_to_one } }
    explore: late { extends: [first]
      access_filter: { field: visits.id user_attribute: id }
      join: pets { type: left_outer } join: more { from: pets sql_on: ${more.id} = ${pets.id} ;; } }
    """
    found = model(explores).explores
    late = found["late"]
    assert "first" not in found
    assert (late.base, late.view) == ("visits", "visits")
    assert [one.user_attribute for one in late.access_filters] == ["reason", "id"]
    assert (late.joins["pets"].type, late.joins["pets"].sql_on) == ("left_outer", "${visits.pet_id} = ${pets.id}")
    assert list(late.joins) == ["pets", "more"]


def test_objects_that_extend_each_other_are_left_out(load: Load) -> None:
    texts = "view: a { extends: [b] }\nview: b { extends: [a] }\nview: c {}\nview: d { extends: [d] }"
    project = load(files={"views/x.view.lkml": texts})
    assert set(project.models["clinic"].views) == {"pets", "visits", "c"}
    codes = [finding.code for finding in project.findings]
    assert codes.count("extends_cycle") == 2


def test_what_extends_or_refines_something_unknown_is_found_where_it_stands(load: Load) -> None:
    texts = "view: a { extends: [nobody] }\nview: +somebody { label: 'x' }"
    project = load(files={"views/x.view.lkml": texts.replace("'", '"')})
    found = {finding.code: str(finding.place) for finding in project.findings}
    assert found["unknown_extended"] == "views/x.view.lkml:1"
    assert found["unknown_refined"] == "views/x.view.lkml:2"


def test_duplicates_are_found_and_the_first_stays(load: Load) -> None:
    texts = 'view: pets { label: "again" }\nview: x { dimension: a { label: "1" } dimension: a { label: "2" } }'
    project = load(files={"views/z.view.lkml": texts})
    model = project.models["clinic"]
    assert (model.views["pets"].label, model.views["x"].fields["a"].label) == ("", "1")
    assert [finding.code for finding in project.findings] == ["duplicate", "duplicate"]


def test_an_object_whose_refinement_cannot_be_read_is_left_out(load: Load) -> None:
    refinement = 'explore: +visits {\n  access_filter: { field: visits.reason user_attribute: "reason }\n}'
    project = load("explore: visits {}\nexplore: pets {}", {"explores/r.explore.lkml": refinement})
    assert list(project.models["clinic"].explores) == ["pets"]


def test_a_refinement_after_the_final_one_is_found(load: Load) -> None:
    texts = 'view: +pets { final: yes label: "a" }\nview: +pets { label: "b" }'
    assert [one.code for one in load(files={"views/z.view.lkml": texts}).findings] == ["refined_after_final"]


def test_a_text_that_grows_without_end_is_refused(load: Load) -> None:
    views = ["view: v0 { dimension: a { sql: x ;; } }"]
    views += [
        f"view: v{n} {{ extends: [v{n - 1}] dimension: a {{ sql: ${{EXTENDED}}${{EXTENDED}} ;; }} }}"
        for n in range(1, 40)
    ]
    project = load(files={"views/z.view.lkml": "\n".join(views)})
    assert "too_long" in [finding.code for finding in project.findings]
    assert "v10" in project.models["clinic"].views
