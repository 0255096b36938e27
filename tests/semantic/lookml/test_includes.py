"""What a model sees: includes, imports and constants."""

from pathlib import Path

import pytest

from tertulia.semantic.lookml.folder import read_folder
from tertulia.semantic.lookml.load import load_project
from tertulia.semantic.lookml.model import LookmlProject

VIEW = "view: beds { dimension: id {} }"
EXPLORE = "explore: beds {}"


def load(include: str, *, path: str = "views/beds.view.lkml", model: str = "ward.model.lkml") -> LookmlProject:
    return load_project({model: f'connection: "c"\ninclude: "{include}"\n{EXPLORE}', path: VIEW})


@pytest.mark.parametrize(
    "include",
    [
        *("/views/beds.view.lkml", "/views/beds.view", "/views/*.view", "/views/*", "/**/*.view.lkml", "/**.view"),
        *("views/*.view", "/views/**/*.view", "/views/**", "*.view", "beds.view", "/v*s/b*.view", "./views/beds.view"),
    ],
)
def test_an_include_may_be_written_in_all_these_ways(include: str) -> None:
    project = load(include)
    assert list(project.models["ward"].explores) == ["beds"]
    assert project.findings == []


def test_a_star_does_not_reach_into_folders_but_two_do() -> None:
    deep = "views/old/beds.view.lkml"
    assert load("/views/*.view", path=deep).models["ward"].views == {}
    assert list(load("/views/**/*.view", path=deep).models["ward"].views) == ["beds"]


def test_a_path_is_relative_to_the_file_that_includes() -> None:
    project = load("../views/beds.view", model="models/ward.model.lkml")
    assert list(project.models["ward"].views) == ["beds"]


def test_an_include_of_nothing_is_found_where_it_stands() -> None:
    [finding, *_] = load("/views/bads.view").findings
    assert (finding.code, str(finding.place)) == ("missing_include", "ward.model.lkml:2")


def test_a_model_sees_only_what_it_includes() -> None:
    project = load_project(
        {
            "a.model.lkml": 'connection: "c"\ninclude: "a.view"\nexplore: beds {}',
            "b.model.lkml": 'connection: "c"\ninclude: "b.view"\nexplore: beds {}',
            "a.view.lkml": "view: beds { sql_table_name: one ;; }",
            "b.view.lkml": "view: beds { sql_table_name: two ;; }",
        }
    )
    tables = {name: model.views["beds"].sql_table_name for name, model in project.models.items()}
    assert tables == {"a": "one", "b": "two"}
    assert project.findings == []


def test_includes_are_followed_and_may_close_a_circle() -> None:
    project = load_project(
        {
            "ward.model.lkml": 'connection: "c"\ninclude: "/one.view"',
            "one.view.lkml": 'include: "/two.view"\nview: one {}',
            "two.view.lkml": 'include: "/one.view"\nview: two {}',
        }
    )
    assert list(project.models["ward"].views) == ["two", "one"]
    assert [finding.code for finding in project.findings] == ["include_cycle"]


def test_dashboards_are_passed_over_quietly_and_old_views_are_told() -> None:
    project = load_project(
        {
            "ward.model.lkml": 'connection: "c"\ninclude: "*.dashboard"',
            "a.dashboard.lookml": "- dashboard: a",
            "b.view.lookml": "- view: b",
        }
    )
    assert [(finding.code, finding.subject) for finding in project.findings] == [("old_lookml", "b.view.lookml")]


def test_constants_are_filled_in_everywhere() -> None:
    project = load_project(
        {
            "manifest.lkml": 'constant: SCHEMA { value: "@{DB}.core" export: override_optional }\n'
            'constant: DB { value: "prod" }',
            "ward.model.lkml": 'connection: "@{DB}"\ninclude: "beds.view"',
            "beds.view.lkml": "view: beds { sql_table_name: @{SCHEMA}.beds ;; label: @{DB} }",
        }
    )
    model = project.models["ward"]
    assert (model.connection, model.views["beds"].sql_table_name) == ("prod", "prod.core.beds")
    assert model.views["beds"].label == "prod"


@pytest.mark.parametrize(
    ("manifest", "message"),
    [("", "no constant 'DB'"), ('constant: DB { value: "@{DB}" }', "without end")],
)
def test_a_constant_that_is_not_there_takes_its_view_out(manifest: str, message: str) -> None:
    project = load_project(
        {
            "manifest.lkml": manifest,
            "ward.model.lkml": 'connection: "c"\ninclude: "*.view"',
            "beds.view.lkml": "view: beds { sql_table_name: @{DB}.beds ;; }\nview: rooms {}",
        }
    )
    assert list(project.models["ward"].views) == ["rooms"]
    assert message in project.findings[0].message


IMPORTING = {
    "manifest.lkml": 'local_dependency: { project: "core" override_constant: DB { value: "mine" } }',
    "ward.model.lkml": 'connection: "c"\ninclude: "//core/beds.view"\nexplore: beds {}',
}
IMPORTED = {
    "manifest.lkml": 'constant: DB { value: "theirs" export: override_required }',
    "beds.view.lkml": 'include: "/parts/*.view"\nview: beds { sql_table_name: @{DB}.beds ;; }',
    "parts/rooms.view.lkml": "view: rooms {}",
    "core.model.lkml": 'connection: "theirs"\nexplore: rooms {}',
}


def test_an_imported_project_has_its_own_root_and_constants_but_not_its_own_models() -> None:
    files = IMPORTING | {f"imported_projects/core/{path}": text for path, text in IMPORTED.items()}
    project = load_project(files)
    assert project.findings == []
    assert list(project.models) == ["ward"]
    assert project.models["ward"].views["beds"].sql_table_name == "mine.beds"
    assert "rooms" in project.models["ward"].views


def test_an_import_that_is_not_there_is_found() -> None:
    assert [finding.code for finding in load_project(IMPORTING).findings] == ["missing_import", "unknown_view"]


def test_a_folder_is_read_with_the_projects_beside_it(tmp_path: Path) -> None:
    for root, files in (("ward", IMPORTING), ("core", IMPORTED)):
        for path, text in files.items():
            (tmp_path / root / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / root / path).write_text(text)
    (tmp_path / "ward" / "readme.md").write_text("no LookML")
    (tmp_path / "ward" / ".git").mkdir()
    (tmp_path / "ward" / ".git" / "x.view.lkml").write_text(VIEW)
    (tmp_path / "secret.view.lkml").write_text(VIEW)
    (tmp_path / "ward" / "link.view.lkml").symlink_to(tmp_path / "secret.view.lkml")
    files = read_folder(tmp_path / "ward")
    assert set(files) == set(IMPORTING) | {f"imported_projects/core/{path}" for path in IMPORTED}
    assert load_project(files).findings == []


def test_a_folder_that_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_folder(tmp_path / "nowhere")
