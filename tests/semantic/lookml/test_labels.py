"""What people read."""

import pytest

from semantic.lookml.conftest import LoadModel
from tertulia.semantic.lookml.labels import (
    explore_label,
    field_label,
    group_label_of,
    label_of,
    model_label,
    pretty,
    view_label,
)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("order_id", "Order ID"),
        ("id", "ID"),
        ("pets", "Pets"),
        ("utm_source_2", "Utm Source 2"),
        ("isOK", "IsOK"),
        ("_x", "X"),
    ],
)
def test_a_name_reads_as_words(name: str, label: str) -> None:
    assert pretty(name) == label


def test_fields_without_labels_read_by_their_names(model: LoadModel) -> None:
    text = """view: x { dimension: pet_id {} dimension_group: born { type: time timeframes: [date, day_of_week, month_num] }
      dimension_group: since_birth { type: duration intervals: [day] sql_start: a ;; sql_end: b ;; }
      dimension_group: left { label: "Departure" type: time timeframes: [month] group_label: "Dates" } }"""
    fields = model(files={"views/x.view.lkml": text}).views["x"].fields
    assert {name: label_of(field) for name, field in fields.items()} == {
        "pet_id": "Pet ID",
        "born_date": "Born Date",
        "born_day_of_week": "Born Day of Week",
        "born_month_num": "Born Month Num",
        "days_since_birth": "Days Since Birth",
        "left_month": "Departure Month",
    }
    groups = [group_label_of(fields[name]) for name in ("pet_id", "born_date", "days_since_birth", "left_month")]
    assert groups == ["", "Born Date", "Duration Since Birth", "Dates"]


def test_the_view_reads_as_the_explore_calls_it(model: LoadModel) -> None:
    explores = """
    explore: visits { label: "All visits" view_label: "Stays" join: animals { from: pets foreign_key: visits.pet_id }
      join: others { from: pets foreign_key: visits.pet_id view_label: "The others" } }
    explore: pet_visits { from: visits }
    """
    text = 'view: +pets { label: "Patients" dimension: name { view_label: "People" label: "Known as" } }'
    found = model(explores, {"views/y.view.lkml": text})
    visits, late = found.explores["visits"], found.explores["pet_visits"]
    assert [view_label(visits, alias, found.views["pets"]) for alias in ("animals", "others")] == [
        "Patients",
        "The others",
    ]
    assert field_label(visits, "visits", found.views["visits"], found.views["visits"].fields["arrived_month"]) == (
        "Stays Arrived Month"
    )
    assert field_label(visits, "others", found.views["pets"], found.views["pets"].fields["name"]) == "People Known as"
    assert view_label(late, "pet_visits", found.views["visits"]) == "Pet Visits"
    assert (explore_label(visits), explore_label(late), model_label(found)) == ("All visits", "Pet Visits", "Clinic")
