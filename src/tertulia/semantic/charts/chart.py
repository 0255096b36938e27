"""Which chart a table gets, and its Vega-Lite specification.

Fields of a specification are named by their part (`x`, `y`, `series`, ...), never by the table's columns: dots and
brackets in names mean something to Vega. Rows keep the table's order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from tertulia.core.table import ColumnKind, ColumnType, Table
from tertulia.semantic.charts.formats import NumberFormat, number_format
from tertulia.semantic.charts.plot import Dimension, Measure, Plot, instant_of, number_of, plot_of, shown
from tertulia.semantic.charts.rules import (
    FEW_CATEGORIES,
    MOST_CATEGORIES,
    MOST_MEASURES,
    MOST_POINTS,
    MOST_SERIES,
    SHORT_LABEL,
    Kind,
    chosen,
)

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_WIDTH = 600
_HEIGHT = 320
_LONG_LABEL = 300
_FEW_TICKS = 12
_TIME_FORMATS = {"year": "%Y", "quarter": "Q%q %Y", "month": "%b %Y"}


class _Drawn(Struct, frozen=True, kw_only=True):
    """The points of a chart, in long form, and what had to be left out."""

    points: list[dict[str, Any]]
    notes: list[str]
    along: Dimension
    across: Dimension | None
    measures: list[Measure]


def chart_of(table: Table, *, title: str = "", wish: str = "") -> dict[str, Any] | None:
    """None where a table says it best. `wish` is a kind of chart, also as Looker calls it (`looker_column`); it is
    granted where the table has the shape for it.
    """
    plot = plot_of(table)
    kind = chosen(plot, wish)
    if kind is Kind.VALUE:
        return _single_value(table, title)
    if kind is None:
        return None
    if kind is Kind.SCATTER:
        return _scatter(table, plot, title)
    drawn = _drawn(plot, kind)
    body = _heat(drawn) if kind is Kind.HEAT else _pie(drawn) if kind is Kind.PIE else _series(drawn, kind)
    points = [{**point, "rank": rank} for rank, point in enumerate(drawn.points)] if kind is Kind.PIE else drawn.points
    return {**_head(table, points, title, drawn.notes), **body}


def _head(table: Table, points: Sequence[Any], title: str, notes: Sequence[str]) -> dict[str, Any]:
    lines = [*notes, *(["There are more rows than the result holds."] if table.is_truncated else [])]
    heading: dict[str, Any] = {"text": title, "anchor": "start"}
    if lines:
        heading["subtitle"] = lines
    head: dict[str, Any] = {"$schema": SCHEMA, "data": {"values": list(points)}}
    return {**head, "title": heading} if title or lines else head


def _single_value(table: Table, title: str) -> dict[str, Any]:
    at, column = next((at, one) for at, one in enumerate(table.columns) if one.kind is not ColumnKind.DIMENSION)
    value = table.rows[0][at]
    number = number_of(value) if column.type is ColumnType.NUMBER else None
    form = number_format(column.value_format)
    text: dict[str, Any] = {"field": "y", "type": "nominal"}
    if number is not None:
        pattern = form.pattern or (",d" if isinstance(number, int) else ",.2~f")
        text = {"field": "y", "type": "quantitative", "format": pattern}
    label = _with_unit(column.label, form)
    heading: dict[str, Any] = {"text": title or label, "anchor": "middle"}
    if title:
        heading["subtitle"] = label
    return {
        "$schema": SCHEMA,
        "data": {"values": [{"y": shown(value) if number is None else number}]},
        "title": heading,
        "width": _WIDTH // 2,
        "height": 100,
        "view": {"stroke": None},
        "mark": {"type": "text", "fontSize": 44, "fontWeight": "bold"},
        "encoding": {"text": text},
    }


def _drawn(plot: Plot, kind: Kind) -> _Drawn:
    along = next((one for one in plot.dimensions if one.is_time), plot.dimensions[0])
    across = next((one for one in plot.dimensions if one is not along), None)
    measures = plot.measures[:MOST_MEASURES]
    notes = [] if measures == plot.measures else [_first_of(MOST_MEASURES, len(plot.measures), "measures")]
    is_line = along.is_time and kind in (Kind.LINE, Kind.AREA)
    most = MOST_POINTS if is_line else MOST_CATEGORIES
    points = _points(plot.rows, along, across, measures)
    if is_line and any(point["t"] is None for point in points):
        points = [point for point in points if point["t"] is not None]
        notes.append(f"Rows without {along.label} are not shown.")
    most_across = MOST_CATEGORIES if kind is Kind.HEAT else MOST_SERIES
    for part, dimension, limit in (("x", along, most), ("series", across, most_across)):
        if dimension is not None and len(dimension.distinct) > limit:
            kept = set(dimension.distinct[:limit])
            points = [point for point in points if point[part] in kept]
            notes.append(_first_of(limit, len(dimension.distinct), dimension.label or "pivots"))
    return _Drawn(points=points, notes=notes, along=along, across=across, measures=measures)


def _points(
    rows: Sequence[Sequence[Any]],
    along: Dimension,
    across: Dimension | None,
    measures: Sequence[Measure],
) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = []
    for row in rows:
        for measure in measures:
            for pivot, index in measure.indexes.items():
                place = pivot if along.index is None else row[along.index]
                series = pivot if across is None or across.index is None else shown(row[across.index])
                point = {"x": shown(place), "series": series, "measure": measure.label, "y": number_of(row[index])}
                points.append({**point, "t": instant_of(place)} if along.is_time else point)
    return points


def _series(drawn: _Drawn, kind: Kind) -> dict[str, Any]:
    """Bars, columns, lines and areas; measures of several units get a panel each."""
    formats = {(measure.format.pattern, measure.format.unit) for measure in drawn.measures}
    has_panels = len(formats) > 1 or (len(drawn.measures) > 1 and drawn.across is not None)
    colour = "series" if drawn.across is not None else "measure" if len(drawn.measures) > 1 and not has_panels else ""
    value = _value_axis(drawn.measures, has_panels=has_panels)
    value["stack"] = "zero" if kind in (Kind.STACKED, Kind.AREA) and colour else None
    encoding: dict[str, Any] = {"tooltip": _tooltip(drawn)}
    if kind is Kind.BAR:
        encoding |= {"y": _category(drawn.along), "x": value}
    else:
        encoding |= {"x": _time_or_category(drawn.along, kind), "y": value}
    if colour:
        encoding["color"] = _nominal(colour, drawn.across.label if drawn.across else "")
        if kind in (Kind.BAR, Kind.COLUMN):
            encoding["yOffset" if kind is Kind.BAR else "xOffset"] = {"field": colour, "type": "nominal", "sort": None}
    size: dict[str, Any] = {"width": _WIDTH, "height": {"step": 20} if kind is Kind.BAR else _HEIGHT}
    if kind is Kind.BAR and colour:
        size["height"] = {"step": 12}
    unit = {**size, "mark": _mark(kind), "encoding": encoding}
    if not has_panels:
        return unit
    if kind is not Kind.BAR:
        unit["height"] = _HEIGHT // 2
    labels = [measure.label for measure in drawn.measures]
    free = "x" if kind is Kind.BAR else "y"
    return {
        "facet": {"row": {"field": "measure", "type": "nominal", "title": None, "sort": labels}},
        "spec": unit,
        "resolve": {"scale": {free: "independent"}},
    }


def _mark(kind: Kind) -> dict[str, Any]:
    match kind:
        case Kind.LINE:
            return {"type": "line", "point": True}
        case Kind.AREA:
            return {"type": "area", "opacity": 0.8}
        case _:
            return {"type": "bar"}


def _heat(drawn: _Drawn) -> dict[str, Any]:
    measure = drawn.measures[0]
    colour: dict[str, Any] = {
        "field": "y",
        "type": "quantitative",
        "title": _with_unit(measure.label, measure.format),
        "scale": {"scheme": "blues"},
    }
    if measure.format.pattern:
        colour["legend"] = {"format": measure.format.pattern}
    return {
        "width": {"step": 24},
        "height": {"step": 20},
        "mark": {"type": "rect"},
        "encoding": {
            "x": _nominal("series", drawn.across.label if drawn.across else ""),
            "y": _category(drawn.along),
            "color": colour,
            "tooltip": _tooltip(drawn),
        },
    }


def _pie(drawn: _Drawn) -> dict[str, Any]:
    return {
        "width": _HEIGHT,
        "height": _HEIGHT,
        "mark": {"type": "arc"},
        "encoding": {
            "theta": {"field": "y", "type": "quantitative", "stack": True},
            "color": _nominal("x", drawn.along.label),
            "order": {"field": "rank", "type": "quantitative"},
            "tooltip": _tooltip(drawn),
        },
    }


def _scatter(table: Table, plot: Plot, title: str) -> dict[str, Any]:
    """Two measures against each other, or one against a dimension of numbers."""
    first, second = plot.measures[0], plot.measures[-1]
    named = plot.dimensions
    left = first if len(plot.measures) > 1 else None
    points = [
        {
            "x": number_of(row[left.indexes[""] if left else named[0].index or 0]),
            "y": number_of(row[second.indexes[""]]),
            "label": " · ".join(shown(row[one.index]) for one in named if one.index is not None),
        }
        for row in plot.rows[:MOST_POINTS]
    ]
    notes = [] if len(plot.rows) <= MOST_POINTS else [_first_of(MOST_POINTS, len(plot.rows), "rows")]
    across = _axis("x", left.label, left.format) if left else _axis("x", named[0].label, NumberFormat())
    upward = _axis("y", second.label, second.format)
    label = {"field": "label", "type": "nominal", "title": " · ".join(one.label for one in named) or None}
    return {
        **_head(table, points, title, notes),
        "width": _WIDTH,
        "height": _HEIGHT,
        "mark": {"type": "point", "filled": True, "opacity": 0.7},
        "encoding": {
            "x": {**across, "scale": {"zero": False}},
            "y": {**upward, "scale": {"zero": False}},
            "tooltip": [label, _told(across), _told(upward)],
        },
    }


def _value_axis(measures: Sequence[Measure], *, has_panels: bool) -> dict[str, Any]:
    if has_panels:
        return {"field": "y", "type": "quantitative", "title": None}
    return _axis("y", measures[0].label if len(measures) == 1 else "", measures[0].format)


def _axis(field: str, label: str, form: NumberFormat) -> dict[str, Any]:
    axis: dict[str, Any] = {"field": field, "type": "quantitative", "title": _with_unit(label, form) or None}
    return {**axis, "axis": {"format": form.pattern}} if form.pattern else axis


def _told(axis: dict[str, Any]) -> dict[str, Any]:
    """An axis as a line of the tooltip."""
    told = {name: axis[name] for name in ("field", "type", "title")}
    return {**told, "format": axis["axis"]["format"]} if "axis" in axis else told


def _time_or_category(dimension: Dimension, kind: Kind) -> dict[str, Any]:
    if not dimension.is_time or kind not in (Kind.LINE, Kind.AREA):
        is_short = len(dimension.distinct) <= FEW_CATEGORIES and max(map(len, dimension.distinct)) <= SHORT_LABEL
        return {**_category(dimension), "axis": {"labelLimit": _LONG_LABEL, "labelAngle": 0 if is_short else -40}}
    timeframe = dimension.column.timeframe if dimension.column else ""
    # a scale in UTC, or the reader's own zone moves every point
    time: dict[str, Any] = {"field": "t", "type": "temporal", "title": dimension.label, "scale": {"type": "utc"}}
    axis: dict[str, Any] = {"labelOverlap": True}
    if timeframe in _TIME_FORMATS:
        axis["format"] = _TIME_FORMATS[timeframe]
    instants = [instant for instant in map(instant_of, dimension.distinct) if instant]
    if len(instants) <= _FEW_TICKS:
        # a tick for each period, not for each week of it
        axis["values"] = [int(datetime.fromisoformat(instant).timestamp() * 1000) for instant in instants]
    return {**time, "axis": axis}


def _category(dimension: Dimension) -> dict[str, Any]:
    return {**_nominal("x", dimension.label), "axis": {"labelLimit": _LONG_LABEL}}


def _nominal(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "title": title or None, "sort": None}


def _tooltip(drawn: _Drawn) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"field": "x", "type": "nominal", "title": drawn.along.label or "Pivot"}]
    if drawn.across is not None:
        lines.append({"field": "series", "type": "nominal", "title": drawn.across.label or "Pivot"})
    if len(drawn.measures) > 1:
        lines.append({"field": "measure", "type": "nominal", "title": "Measure"})
    told: dict[str, Any] = {"field": "y", "type": "quantitative", "title": "Value"}
    if len(drawn.measures) == 1:
        measure = drawn.measures[0]
        told["title"] = _with_unit(measure.label, measure.format)
        if measure.format.pattern:
            told["format"] = measure.format.pattern
    return [*lines, told]


def _with_unit(label: str, form: NumberFormat) -> str:
    return f"{label} ({form.unit})" if form.unit else label


def _first_of(shown_count: int, total: int, what: str) -> str:
    return f"Shows the first {shown_count} of {total}: {what}."
