"""What place filters let through, tried on a database."""

import pytest

from semantic.filters.probe import passing_places
from tertulia.core.errors import InvalidFilter
from tertulia.semantic.filters.expression import FilterKind, parse, print_filter

SANTA_CRUZ = (36.97, -122.03)
SAN_FRANCISCO = (37.77, -122.42)
NEW_YORK = (40.71, -74.01)
FIJI = (-17.7, 178.0)
SAMOA = (-13.8, -172.1)
NOWHERE = (None, None)
PLACES: list[tuple[float | None, float | None]] = [SANTA_CRUZ, SAN_FRANCISCO, NEW_YORK, FIJI, SAMOA, NOWHERE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("36.97, -122.03", [SANTA_CRUZ]),
        ("40 miles from 36.97, -122.03", [SANTA_CRUZ]),
        ("70 miles from 36.97, -122.03", [SANTA_CRUZ, SAN_FRANCISCO]),
        ("96 kilometers from 36.97,-122.03", [SANTA_CRUZ, SAN_FRANCISCO]),
        ("95000 meters from 36.97,-122.03", [SANTA_CRUZ]),
        ("0 feet from 36.97,-122.03", [SANTA_CRUZ]),
        ("inside box from 42, -123 to 36, -70", [SANTA_CRUZ, SAN_FRANCISCO, NEW_YORK]),
        ("inside box from 36, -123 to 42, -70", [SANTA_CRUZ, SAN_FRANCISCO, NEW_YORK]),
        ("inside box from 0, 170 to -20, -170", [FIJI, SAMOA]),
        ("NULL", [NOWHERE]),
        ("NOT NULL", PLACES[:-1]),
        ("-NULL", PLACES[:-1]),
        ("", PLACES),
    ],
)
def test_a_place_filter_lets_through_what_lies_there(
    text: str, expected: list[tuple[float | None, float | None]]
) -> None:
    assert passing_places(text, PLACES) == expected


@pytest.mark.parametrize(
    "text",
    ["91, 0", "0, 181", "-1 miles from 0, 0", "5 leagues from 0, 0", "inside box from 0, 9 to 1, 8", "Paris", "1,2,3"],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse(text, FilterKind.LOCATION)


@pytest.mark.parametrize(
    "text",
    ["36.97, -122.03", "40 miles from 36.97, -122.03", "5.5 feet from 0, 0", "inside box from 72.3, -173 to 14.4, -61"],
)
def test_a_place_is_printed_as_it_was_written(text: str) -> None:
    assert print_filter(parse(text, FilterKind.LOCATION)) == text
