"""Charts in the forms that clients keep them in."""

from typing import Any

import pytest

from tertulia.dialects.looker.read_charts import chart_in

CHART: dict[str, Any] = {"mark": "bar", "data": {"values": [1, None, True]}}


@pytest.mark.parametrize(
    "written", [CHART, '{"mark": "bar", "data": {"values": [1, null, true]}}', str(CHART), f"  {CHART}\n"]
)
def test_a_chart_is_an_object_its_json_or_its_python_text(written: object) -> None:
    assert chart_in(written) == CHART


@pytest.mark.parametrize(
    "written",
    [
        None,
        7,
        "",
        "bar",
        "[1]",
        "{1}",
        "{print(1)}",
        "{'a': 1j}",
        str({"a": "x" * 100_000}),
        '{"a":' * 101 + "1" + "}" * 101,
        "{'a':" * 101 + "1" + "}" * 101,
    ],
)
def test_what_is_none_is_none(written: object) -> None:
    assert chart_in(written) is None
