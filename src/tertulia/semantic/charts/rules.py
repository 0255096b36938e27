"""The rule table: which kind of chart fits a table of which shape."""

from collections.abc import Callable
from enum import StrEnum

from tertulia.semantic.charts.plot import Plot, number_of

MOST_CATEGORIES = 40
MOST_SERIES = 12
MOST_MEASURES = 4
MOST_POINTS = 5_000
_FEW_SERIES = 6
FEW_CATEGORIES = 8
SHORT_LABEL = 12


class Kind(StrEnum):
    """`bar` lies, `column` stands; a table is no kind of chart."""

    VALUE = "single_value"
    BAR = "bar"
    COLUMN = "column"
    STACKED = "stacked"
    LINE = "line"
    AREA = "area"
    PIE = "pie"
    SCATTER = "scatter"
    HEAT = "heat"


_WISHES = {
    **{kind.value: kind for kind in Kind},
    "donut": Kind.PIE,
    "donut_multiples": Kind.PIE,
    "heatmap": Kind.HEAT,
    "value": Kind.VALUE,
}
_TABLES = ("table", "grid", "legacy_table")


def chosen(plot: Plot, wish: str = "") -> Kind | None:
    """The wish, where it fits, or the first kind that does; None for a table."""
    name = wish.strip().lower().removeprefix("looker_")
    if name in _TABLES or not plot.rows:
        return None
    wanted = _WISHES.get(name)
    if wanted is not None and _FITS[wanted](plot):
        return wanted
    return next((kind for kind, rule in _RULES if rule(plot)), None)


def _is_value(plot: Plot) -> bool:
    return not plot.dimensions and len(plot.rows) == 1 and plot.value_count == 1


def _has_series(plot: Plot) -> bool:
    """One thing to run along an axis, at most one more to tell series apart."""
    return bool(plot.measures) and 1 <= len(plot.dimensions) <= 2


def _is_countable(plot: Plot) -> bool:
    """A time that goes on for long is no row of bars."""
    return _has_series(plot) and not any(one.is_time and len(one.distinct) > MOST_CATEGORIES for one in plot.dimensions)


def _flows(plot: Plot) -> bool:
    times = [one for one in plot.dimensions if one.is_time]
    return _has_series(plot) and len(times) == 1 and len(times[0].distinct) > 1


def _is_grid(plot: Plot) -> bool:
    return len(plot.dimensions) == 2 and len(plot.measures) == 1


def _is_wide_grid(plot: Plot) -> bool:
    return _is_grid(plot) and len(plot.dimensions[1].distinct) > _FEW_SERIES


def _is_cloud(plot: Plot) -> bool:
    """Two numbers for each of many things."""
    if any(one.index is None for one in plot.dimensions):
        return False
    return len(plot.measures) == 2 or (
        len(plot.measures) == 1 and len(plot.dimensions) == 1 and plot.dimensions[0].is_number
    )


def _is_large_cloud(plot: Plot) -> bool:
    return _is_cloud(plot) and len(plot.dimensions) == 1 and len(plot.rows) > MOST_CATEGORIES


def _is_whole(plot: Plot) -> bool:
    """Few parts, none of them negative."""
    if len(plot.dimensions) != 1 or len(plot.measures) != 1 or len(plot.dimensions[0].distinct) > MOST_SERIES:
        return False
    numbers = [number_of(row[index]) or 0 for row in plot.rows for index in plot.measures[0].indexes.values()]
    return all(number >= 0 for number in numbers) and any(numbers)


def _is_short(plot: Plot) -> bool:
    labels = plot.dimensions[0].distinct if plot.dimensions else []
    is_narrow = len(labels) <= FEW_CATEGORIES and max(map(len, labels), default=0) <= SHORT_LABEL
    return _has_series(plot) and (is_narrow or plot.dimensions[0].is_time)


_FITS: dict[Kind, Callable[[Plot], bool]] = {
    Kind.VALUE: _is_value,
    Kind.BAR: _is_countable,
    Kind.COLUMN: _is_countable,
    Kind.STACKED: lambda plot: _is_countable(plot) and (len(plot.dimensions) == 2 or plot.is_one_unit),
    Kind.LINE: _has_series,
    Kind.AREA: _has_series,
    Kind.PIE: _is_whole,
    Kind.SCATTER: _is_cloud,
    Kind.HEAT: _is_grid,
}

# tried from above; what fits none is a table
_RULES: tuple[tuple[Kind, Callable[[Plot], bool]], ...] = (
    (Kind.VALUE, _is_value),
    (Kind.LINE, _flows),
    (Kind.SCATTER, _is_large_cloud),
    (Kind.HEAT, _is_wide_grid),
    (Kind.COLUMN, _is_short),
    (Kind.BAR, _has_series),
)
