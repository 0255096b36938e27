"""Chart specifications somebody else wrote: what is safe to draw of them stays.

A specification can load addresses, run expressions and ask for more points than there is memory. Only inline data,
bounded numbers and declarative parts remain; what is dropped is dropped silently, since the rest still draws.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import msgspec

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.charts.chart import SCHEMA

MOST_BYTES = 2_000_000
MOST_ROWS = 5_000
_MOST_PARTS = 20_000
_MOST_DEPTH = 24
_MOST_VIEWS = 8
_MOST_PANELS = 30
_MOST_TEXT = 300
_MOST_TRANSFORMS = 10
_MOST_NUMBER = 10_000
_STEPPED_ROWS = 100
_USUAL_SIZE = {"width": 600, "height": 400}
_MOST = {"width": 1_600, "height": 1_600, "step": 40, "maxbins": 100, "tickCount": 50, "nice": 50, "fontSize": 60}
_LISTS = ("layer", "concat", "hconcat", "vconcat")
_FACETS = ("row", "column", "facet")
_VIEW = frozenset(
    {
        *(
            "title",
            "description",
            "name",
            "width",
            "height",
            "transform",
            "encoding",
            "resolve",
            "config",
            "background",
        ),
        *("padding", "autosize", "view", "spacing", "align", "center", "bounds", "columns"),
    },
)
_DROPPED = frozenset(
    {
        # what loads or links
        *("url", "href", "usermeta", "loader", "content", "cursor"),
        # what computes or reacts
        *("signal", "signals", "expr", "params", "param", "selection", "select", "calculate", "lookup", "test", "on"),
        *("condition", "bind", "init", "formatType"),
        # what makes rows, ticks or views without end
        *(
            "sequence",
            "graticule",
            "sphere",
            "projection",
            "extent",
            "tickMinStep",
            "minstep",
            "steps",
            "base",
            "divide",
        ),
        *("keyvals", "repeat"),
    },
)
_TRANSFORMS = ("filter", "aggregate", "joinaggregate", "bin", "timeUnit", "fold", "stack", "window")
_REFUSED_MARKS = ("image", "geoshape")
_COMPOUND = {"bin": ("maxbins", "binned"), "timeUnit": ("unit", "utc")}
# numbers in the units of the data, which must stay what they are
_EXACT = frozenset({"domain", "values", "datum", "equal", "lt", "lte", "gt", "gte", "range", "oneOf"})
_FETCHING = re.compile(r"url\s*\(|javascript:", re.IGNORECASE)
_GONE = object()


def stripped(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Raises InvalidQuery for what is no specification, holds no inline data, or is too large."""
    try:
        text = msgspec.json.encode(spec)
        plain: Any = msgspec.json.decode(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidQuery("This is no chart specification: it is not plain JSON.") from error
    if len(text) > MOST_BYTES:
        raise InvalidQuery(f"A chart has at most {MOST_BYTES} bytes.")
    if not _is_object(plain):
        raise InvalidQuery("A chart specification is an object.")
    foreign = _Foreign(plain.get("datasets"))
    view = foreign.view(plain, rows=[], depth=0)
    if view is None:
        raise InvalidQuery("A chart specification has a mark (bar, line, ...), or layers or views that have one.")
    if not foreign.has_data:
        raise InvalidQuery("A chart specification holds its data itself: data.values is a list of rows.")
    return {"$schema": SCHEMA, **view}


class _Foreign:
    """Counts what one specification asks for, all its views together."""

    def __init__(self, datasets: Any) -> None:
        self._datasets = {name: _rows(rows) for name, rows in datasets.items()} if _is_object(datasets) else {}
        self._views = 0
        self._parts = 0
        self.has_data = False

    def view(self, node: Mapping[str, Any], *, rows: Sequence[dict[str, Any]], depth: int) -> dict[str, Any] | None:
        """None for a view that has nothing left to draw. `rows` are those of the view around it."""
        self._views += 1
        if self._views > _MOST_VIEWS or depth > _MOST_DEPTH:
            raise InvalidQuery(f"A chart has at most {_MOST_VIEWS} views and layers.")
        kept = self._settings(node)
        if (own := self._data(node.get("data"))) is not None:
            rows = own
            kept["data"] = {"values": own}
        body = self._body(node, rows, depth)
        if body is None:
            return None
        kept |= body
        if _is_object(kept.get("encoding")):
            kept["encoding"] = _few_panels(kept["encoding"], rows)
        if "mark" in kept or "layer" in kept:
            kept |= _sized(kept, rows)
        return kept

    def _settings(self, node: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name in _VIEW & node.keys():
            value = _transforms(node[name]) if name == "transform" else node[name]
            if (clean := self._clean(name, value, 0)) is not _GONE:
                kept[name] = clean
        return kept

    def _body(self, node: Mapping[str, Any], rows: Sequence[dict[str, Any]], depth: int) -> dict[str, Any] | None:
        for name in _LISTS:
            if isinstance(node.get(name), list):
                views = [self.view(part, rows=rows, depth=depth + 1) for part in node[name] if _is_object(part)]
                drawn = [view for view in views if view is not None]
                return {name: drawn} if drawn else None
        if _is_object(node.get("spec")) and "facet" in node:
            return self._facet(node, rows, depth)
        mark = self._clean("mark", node.get("mark"), 0)
        kind = mark.get("type") if _is_object(mark) else mark
        return {"mark": mark} if isinstance(kind, str) and kind not in _REFUSED_MARKS else None

    def _facet(self, node: Mapping[str, Any], rows: Sequence[dict[str, Any]], depth: int) -> dict[str, Any] | None:
        inner = self.view(node["spec"], rows=rows, depth=depth + 1)
        facet = self._clean("facet", node["facet"], 0)
        if inner is None or not _is_object(facet):
            return None
        channels = {"facet": facet} if "field" in facet else facet
        if len(_few_panels(channels, rows)) < len(channels):
            raise InvalidQuery(f"A chart has at most {_MOST_PANELS} panels.")
        return {"facet": facet, "spec": inner}

    def _data(self, data: Any) -> list[dict[str, Any]] | None:
        if not _is_object(data):
            return None
        rows = _rows(data["values"]) if "values" in data else self._datasets.get(str(data.get("name")))
        self.has_data = self.has_data or rows is not None
        return rows

    def _clean(self, name: str, value: Any, depth: int) -> Any:
        """The value without what is dropped, or _GONE."""
        self._parts += 1
        if self._parts > _MOST_PARTS or depth > _MOST_DEPTH:
            raise InvalidQuery("A chart specification is not that large.")
        if _is_object(value):
            return self._clean_object(name, value, depth)
        if _is_list(value):
            parts = [self._clean(name, part, depth + 1) for part in value]
            is_dash = name.endswith("Dash") and any(not isinstance(part, int | float) or part < 1 for part in parts)
            return _GONE if is_dash else [part for part in parts if part is not _GONE]
        if isinstance(value, str):
            return _GONE if _FETCHING.search(value) else value[:_MOST_TEXT]
        return value if value is None or isinstance(value, bool) else _bounded(name, value)

    def _clean_object(self, name: str, value: Mapping[str, Any], depth: int) -> Any:
        if "expr" in value or "signal" in value or name in ("tickCount", "nice"):
            return _GONE
        if name == "tooltip" and "image" in (value.get("field"), value.get("title")):
            return _GONE
        kept: dict[str, Any] = {}
        for key, part in value.items():
            is_known = key in _COMPOUND[name] if name in _COMPOUND else True
            if key in _DROPPED or key.endswith(("Expr", "Signal")) or not is_known:
                continue
            if (clean := self._clean(key, part, depth + 1)) is not _GONE:
                kept[key] = clean
        return kept


def _transforms(value: Any) -> Any:
    """Those that only pick, group and reshape. Without one of its filters a chart would show other numbers."""
    if not _is_list(value):
        return []
    steps = [step for step in value if _is_object(step) and any(name in step for name in _TRANSFORMS)]
    if any("filter" in step and not (_is_object(step["filter"]) and "field" in step["filter"]) for step in steps):
        raise InvalidQuery("A chart's filter compares one field: {field, equal | lt | gt | range | oneOf}.")
    kept = [step for step in steps if not _DROPPED & step.keys()]
    folds = [step for step in kept if "fold" in step]
    if len(kept) > _MOST_TRANSFORMS or len(folds) > 1 or any(len(step["fold"]) > 20 for step in folds):
        raise InvalidQuery(f"A chart has at most {_MOST_TRANSFORMS} transforms, one of them folding up to 20 fields.")
    return kept


def _few_panels(channels: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Without what would split a chart into more panels than a page holds."""
    panels = 1
    for name in _FACETS:
        field = channels[name].get("field") if _is_object(channels.get(name)) else None
        panels *= max(len({str(row.get(str(field))) for row in rows}), 1) if field is not None else 1
    if panels <= _MOST_PANELS:
        return dict(channels)
    return {name: channel for name, channel in channels.items() if name not in _FACETS}


def _sized(view: Mapping[str, Any], rows: Sequence[Any]) -> dict[str, Any]:
    """A size for what would otherwise grow with every row."""
    usual = {name: size for name, size in _USUAL_SIZE.items() if not isinstance(view.get(name), int | float)}
    if len(rows) > _STEPPED_ROWS:
        return usual
    return {name: size for name, size in usual.items() if view.get(name) == "container"}


def _rows(values: Any) -> list[dict[str, Any]]:
    if not _is_list(values):
        raise InvalidQuery("The data of a chart is a list of rows.")
    if len(values) > MOST_ROWS:
        raise InvalidQuery(f"A chart has at most {MOST_ROWS} rows.")
    return [
        {key: _cell(cell) for key, cell in row.items()} if _is_object(row) else {"data": _cell(row)} for row in values
    ]


def _cell(value: Any) -> Any:
    """One value of a row; what is no plain value is not drawn."""
    if isinstance(value, str):
        return f" {value[:_MOST_TEXT]}" if _FETCHING.match(value) else value[:_MOST_TEXT]
    return value if value is None or isinstance(value, bool | int | float) else None


def _bounded(name: str, value: float) -> Any:
    if not math.isfinite(value):
        return _GONE
    if name in _EXACT:
        return value
    most = _MOST.get(name, _MOST_NUMBER)
    return max(-most, min(most, value))


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
