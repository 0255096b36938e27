"""Values of columns that hold more of them than are read at once."""

from pathlib import Path
from typing import Any

import pytest

from services.marina import ANN, Marina
from tertulia.services.field_suggestions import FieldSuggestions

CREW = """
connection: "crew"
case_sensitive: yes
view: crew {
  sql_table_name: crew ;;
  dimension: name { type: string }
  dimension: number { type: zipcode }
  dimension: mate { type: string sql: ${TABLE}.name ;; suggest_dimension: name }
}
explore: crew {}
"""
SPECIAL = ["50% Anna_", 'An "Anna"', "Back\\slash Anna", "Ünal", "Anna, twice"]


@pytest.fixture
async def crew(marina: Marina, tmp_path: Path) -> Marina:
    """Three thousand sailors, of whom every twentieth is an Anna; the model minds case."""
    folder = tmp_path / "crew"
    folder.mkdir()
    names = [f"{'Anna' if number % 20 == 0 else 'Zoe'} {number:04}" for number in range(3_000)]
    quoted = ['"' + name.replace('"', '""') + '"' for name in [*SPECIAL, *names]]
    lines = [f"{name},{number}" for number, name in enumerate(quoted)]
    (folder / "crew.csv").write_text("\n".join(["name,number", *lines]))
    await marina.house.modelling.connect(marina.project_id, "crew", f"folder:///{folder}")
    await marina.house.modelling.load(marina.project_id, "crew", {"crew.model.lkml": CREW})
    return marina


async def suggested(crew: Marina, term: str, field: str = "name", **given: Any) -> FieldSuggestions:
    ann = await crew.actor(ANN)
    return await crew.services.queries.suggestions(ann, "crew", "crew", field, term=term, **given)


async def test_a_term_finds_the_same_whatever_its_case_and_what_stands_around_it(crew: Marina) -> None:
    whole = await suggested(crew, "Anna")
    assert (len(whole.values), whole.is_complete) == (154, True)
    for term in ("anna", "ANNA", "%anna%", " anna", "% anna %", "anna%"):
        assert await suggested(crew, term) == whole
    assert await suggested(crew, "ANNA", "mate") == whole
    narrowed = await suggested(crew, "anna 00", filters={"crew.name": "%20%"})
    assert narrowed.values == ["Anna 0020"]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("0% anna_", "50% Anna_"),
        ('"anna"', 'An "Anna"'),
        ("k\\slash", "Back\\slash Anna"),
        ("anna, t", "Anna, twice"),
        ("Ünal", "Ünal"),
        ("ünal", "Ünal"),
    ],
)
async def test_every_sign_of_a_term_stands_for_itself(crew: Marina, term: str, found: str) -> None:
    assert (await suggested(crew, term)).values == [found]


async def test_what_is_not_known_to_be_everything_is_not_called_complete(crew: Marina) -> None:
    assert not (await suggested(crew, "zoe")).is_complete
    assert not (await suggested(crew, "ünal")).is_complete
    assert not (await suggested(crew, "")).is_complete
    nothing = await suggested(crew, "x" * 5_000)
    assert (nothing.values, nothing.is_complete) == ([], True)


async def test_codes_of_places_that_are_numbers_are_found_by_their_digits(crew: Marina) -> None:
    assert (await suggested(crew, "3001", "number")).values == ["3001"]
