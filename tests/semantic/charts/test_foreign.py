"""Charts of others lose what could do harm."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.charts.tables import TABLES
from tertulia.core.errors import InvalidQuery
from tertulia.semantic.charts import chart_of, render_png, render_svg, stripped

HARMLESS: dict[str, Any] = {
    "data": {"values": [{"a": "x", "b": 1}, {"a": "y", "b": 2}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}


def test_a_harmless_specification_stays_what_it_is() -> None:
    kept = stripped(HARMLESS)
    assert kept == {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **HARMLESS}
    assert stripped(kept) == kept
    assert render_svg(kept).startswith("<svg")


def test_every_chart_of_ours_survives_stripping() -> None:
    for table in TABLES.values():
        spec = chart_of(table, title="Orders")
        assert spec is not None
        assert stripped(spec)["data"] == spec["data"]
        assert render_svg(stripped(spec)).startswith("<svg")


HARMS: list[dict[str, Any]] = [
    {"usermeta": {"embedOptions": {"loader": {"http": "x"}}}},
    {"params": [{"name": "p", "expr": "EVIL"}]},
    {"title": {"text": {"expr": "EVIL"}}},
    {"title": {"text": {"signal": "EVIL"}}},
    {"transform": [{"calculate": "EVIL", "as": "c"}]},
    {"transform": [{"lookup": "a", "from": {"data": {"url": "EVIL"}, "key": "a"}}]},
    {"encoding": {**HARMLESS["encoding"], "href": {"value": "EVIL"}}},
    {"encoding": {**HARMLESS["encoding"], "url": {"value": "EVIL"}}},
    {"encoding": {**HARMLESS["encoding"], "tooltip": {"field": "image", "title": "EVIL"}}},
    {
        "encoding": {
            **HARMLESS["encoding"],
            "color": {"condition": {"test": "EVIL", "value": "red"}, "value": "blue"},
        }
    },
    {"encoding": {**HARMLESS["encoding"], "x": {"field": "a", "axis": {"labelExpr": "EVIL"}}}},
    {"mark": {"type": "bar", "href": "EVIL"}},
    {"mark": {"type": "bar", "fill": "url(EVIL)"}},
    {"mark": {"type": "bar", "tooltip": {"content": "EVIL"}}},
    {"config": {"signals": [{"name": "EVIL", "on": []}]}},
    {"background": {"expr": "EVIL"}},
    {"projection": {"type": "EVIL"}},
    {"datasets": {"EVIL": [{"a": 1}]}},
]


@pytest.mark.parametrize("harm", HARMS)
def test_what_loads_computes_or_links_is_gone(harm: dict[str, Any]) -> None:
    kept = stripped({**HARMLESS, **harm})
    assert "EVIL" not in str(kept)
    assert "signal" not in str(kept)
    assert render_svg(kept).startswith("<svg")


def test_a_layer_with_an_image_goes_and_the_others_stay() -> None:
    layers = [{"mark": {"type": "image", "url": "EVIL"}}, {"mark": "point", "encoding": HARMLESS["encoding"]}]
    kept = stripped({"data": HARMLESS["data"], "layer": layers})
    assert [layer["mark"] for layer in kept["layer"]] == ["point"]
    assert "EVIL" not in str(kept)


def test_named_data_is_taken_where_it_is_used() -> None:
    named = {**HARMLESS, "datasets": {"d": HARMLESS["data"]["values"]}, "data": {"name": "d"}}
    assert stripped(named) == stripped(HARMLESS)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "mark"),
    ({"mark": "bar"}, "data"),
    ({"data": HARMLESS["data"], "mark": {"type": "image", "url": "x"}}, "mark"),
    ({"data": HARMLESS["data"], "mark": "geoshape"}, "mark"),
    ({**HARMLESS, "data": {"url": "https://example.com/x.json"}}, "data"),
    ({**HARMLESS, "data": {"sequence": {"start": 0, "stop": 1e9}}}, "data"),
    ({**HARMLESS, "data": {"values": "a,b"}}, "list of rows"),
    ({**HARMLESS, "data": {"values": [{"a": 1}] * 5001}}, "rows"),
    ({**HARMLESS, "title": "x" * 3_000_000}, "bytes"),
    ({**HARMLESS, "title": object()}, "JSON"),
    ({"data": HARMLESS["data"], "layer": [HARMLESS] * 9}, "views"),
    ({**HARMLESS, "transform": [{"filter": "datum.b > 1"}]}, "filter"),
    ({**HARMLESS, "transform": [{"fold": ["a"]}, {"fold": ["b"]}]}, "transforms"),
    ({**HARMLESS, "config": {"x": [[]] * 30_000}}, "not that large"),
]


@pytest.mark.parametrize(("spec", "part"), REFUSED)
def test_what_is_no_chart_or_too_much_of_one_is_refused(spec: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        stripped(spec)
    assert part in caught.value.message


def test_sizes_and_counts_are_held_within_bounds() -> None:
    wild = {
        **HARMLESS,
        "width": 1e9,
        "height": {"step": 1e9},
        "mark": {"type": "bar", "strokeDash": [1e-9, 1], "fontSize": 1e9},
        "encoding": {
            "x": {"field": "b", "bin": {"maxbins": 1e9, "step": 1e-9}, "axis": {"tickCount": 1e9}},
            "y": {"aggregate": "count", "scale": {"nice": {"interval": "second", "step": 1}, "domain": [0, 1e9]}},
        },
    }
    kept = stripped(wild)
    assert (kept["width"], kept["height"], kept["mark"]) == (1600, {"step": 40}, {"type": "bar", "fontSize": 60})
    assert kept["encoding"]["x"] == {"field": "b", "bin": {"maxbins": 100}, "axis": {"tickCount": 50}}
    assert kept["encoding"]["y"] == {"aggregate": "count", "scale": {"domain": [0, 1e9]}}


def test_a_chart_does_not_grow_with_its_rows() -> None:
    rows = [{"a": f"row {i}", "b": i} for i in range(4000)]
    kept = stripped({**HARMLESS, "data": {"values": rows}})
    assert (kept["width"], kept["height"]) == (600, 400)
    facets = {**HARMLESS, "data": {"values": rows}, "encoding": {**HARMLESS["encoding"], "row": {"field": "a"}}}
    assert "row" not in stripped(facets)["encoding"]
    with pytest.raises(InvalidQuery, match="panels"):
        stripped({"data": {"values": rows}, "facet": {"field": "a"}, "spec": HARMLESS | {"data": {"values": rows}}})


def test_a_picture_that_would_be_huge_is_not_drawn() -> None:
    far = {
        **HARMLESS,
        "encoding": {"x": {"field": "b", "type": "quantitative", "scale": {"domain": [0, 1e-9]}}, "y": {"value": 5}},
        "mark": "bar",
    }
    with pytest.raises(InvalidQuery, match="too large"):
        render_png(far)


def test_what_vega_does_not_understand_is_an_invalid_query() -> None:
    with pytest.raises(InvalidQuery, match="cannot be drawn"):
        render_svg({"data": {"values": []}, "mark": "bogus"})


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["mark", "type", "layer", "facet", "spec", "field", "data", "values", "encoding", "x", "row"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*HARMLESS, "layer", "facet", "spec", "transform", "datasets", "config"]), JSON))
def test_any_json_is_stripped_or_refused(harm: dict[str, Any]) -> None:
    try:
        kept = stripped({**HARMLESS, **harm})
    except InvalidQuery:
        return
    assert stripped(kept) == kept
