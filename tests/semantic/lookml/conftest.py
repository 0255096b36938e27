"""Small LookML projects of a veterinary clinic."""

from collections.abc import Callable

import pytest

from tertulia.semantic.lookml.load import load_project
from tertulia.semantic.lookml.model import LookmlProject, Model

MODEL = 'connection: "clinic"\ninclude: "/views/*.view"\ninclude: "/explores/*.explore"\n'

VISITS = """
view: visits {
  sql_table_name: clinic.visits ;;
  dimension: id { primary_key: yes type: number }
  dimension: pet_id { type: number hidden: yes }
  dimension: reason {}
  dimension_group: arrived { type: time timeframes: [raw, date, month] sql: ${TABLE}.arrived_at ;; }
  measure: count { type: count drill_fields: [detail*] }
  measure: fees { type: sum sql: ${TABLE}.fee ;; }
  set: detail { fields: [id, reason, arrived_date] }
}
"""
PETS = """
view: pets {
  dimension: id { primary_key: yes type: number }
  dimension: name {}
  measure: count { type: count }
}
"""

Load = Callable[..., LookmlProject]
LoadModel = Callable[..., Model]


@pytest.fixture
def load() -> Load:
    """`load(explore, {"views/x.view.lkml": ...})`: the clinic's views, an explore file, and what else is given."""

    def work(explores: str = "explore: visits {}", files: dict[str, str] | None = None) -> LookmlProject:
        present = {
            "clinic.model.lkml": MODEL,
            "views/visits.view.lkml": VISITS,
            "views/pets.view.lkml": PETS,
            "explores/all.explore.lkml": explores,
            **(files or {}),
        }
        return load_project(present, name="clinic")

    return work


@pytest.fixture
def model(load: Load) -> LoadModel:
    """The same, the model `clinic` alone, which must have loaded without an error."""

    def work(explores: str = "explore: visits {}", files: dict[str, str] | None = None) -> Model:
        project = load(explores, files)
        assert [finding for finding in project.findings if finding.severity == "error"] == []
        return project.models["clinic"]

    return work
