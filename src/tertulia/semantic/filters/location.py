"""Filter expressions for places: `36.97, -122.03`, `40 miles from 36.97, -122.03`, `inside box from A to B`, `NULL`."""

import re

from msgspec import Struct

from tertulia.core.errors import InvalidFilter

FORMS = "36.97, -122.03  40 miles from 36.97, -122.03  inside box from 72.3, -173.1 to 14.4, -61.7  NULL  NOT NULL"
_NUMBER = r"(-?[0-9]{1,9}(?:\.[0-9]{1,30})?)"
_POINT = rf"{_NUMBER}\s*,\s*{_NUMBER}"
_EXACT = re.compile(_POINT)
_CIRCLE = re.compile(rf"{_NUMBER}\s*(miles?|kilometers?|meters?|feet|foot)\s+from\s+{_POINT}", re.IGNORECASE)
_BOX = re.compile(rf"inside\s+box\s+from\s+{_POINT}\s+to\s+{_POINT}", re.IGNORECASE)
_PER_MILE = {"mile": 1.0, "kilometer": 1.609344, "meter": 1609.344, "feet": 5280.0}


class Spot(Struct, frozen=True, tag="spot"):
    """A point in degrees; south and west are negative."""

    latitude: float
    longitude: float


class Circle(Struct, frozen=True, tag="circle"):
    """No further than `distance` (in `unit`: mile, kilometer, meter or feet) from a point."""

    distance: float
    unit: str
    center: Spot

    @property
    def miles(self) -> float:
        return self.distance / _PER_MILE[self.unit]


class Box(Struct, frozen=True, tag="box"):
    """Between two corners. A west that lies east of the east crosses the date line."""

    south: float
    west: float
    north: float
    east: float


class NoPlace(Struct, frozen=True, tag="null"):
    is_excluded: bool = False


LocationTerm = Spot | Circle | Box | NoPlace


class LocationFilter(Struct, frozen=True, tag="location"):
    term: LocationTerm


def parse_location(text: str) -> LocationFilter:
    body = text.strip()
    keyword = " ".join(body.lower().split())
    if keyword in ("null", "not null", "-null"):
        return LocationFilter(NoPlace(is_excluded=keyword != "null"))
    if found := _EXACT.fullmatch(body):
        return LocationFilter(_spot(found[1], found[2]))
    if found := _CIRCLE.fullmatch(body):
        if float(found[1]) < 0:
            raise InvalidFilter("A distance cannot be negative.")
        unit = found[2].lower().replace("foot", "feet").removesuffix("s")
        return LocationFilter(Circle(float(found[1]), unit, _spot(found[3], found[4])))
    if found := _BOX.fullmatch(body):
        return LocationFilter(_box(_spot(found[1], found[2]), _spot(found[3], found[4])))
    raise InvalidFilter(f"{body[:80]!r} is no place. Forms: {FORMS}")


def print_location(expression: LocationFilter) -> str:
    match expression.term:
        case NoPlace(is_excluded=is_excluded):
            return "not null" if is_excluded else "null"
        case Spot() as spot:
            return printed_spot(spot)
        case Circle(distance=distance, unit=unit, center=center):
            return f"{printed_degrees(distance)} {unit}{'' if unit == 'feet' else 's'} from {printed_spot(center)}"
        case Box(south=south, west=west, north=north, east=east):
            return f"inside box from {printed_spot(Spot(north, west))} to {printed_spot(Spot(south, east))}"


def printed_spot(spot: Spot) -> str:
    return f"{printed_degrees(spot.latitude)}, {printed_degrees(spot.longitude)}"


def printed_degrees(value: float) -> str:
    text = f"{value:.30f}".rstrip("0").rstrip(".")
    short = repr(value)
    if "e" in short:
        return text
    return short.removesuffix(".0")


def _spot(latitude: str, longitude: str) -> Spot:
    spot = Spot(float(latitude), float(longitude))
    if abs(spot.latitude) > 90 or abs(spot.longitude) > 180:
        raise InvalidFilter("Latitudes lie between -90 and 90, longitudes between -180 and 180; the latitude is first.")
    return spot


def _box(first: Spot, second: Spot) -> Box:
    """Corners as Looker writes them, north-west first; others where they can only mean one box."""
    if first.latitude < second.latitude and first.longitude > second.longitude:
        raise InvalidFilter("Give the north-west corner of a box first, then the south-east one.")
    south, north = sorted((first.latitude, second.latitude))
    return Box(south, first.longitude, north, second.longitude)
