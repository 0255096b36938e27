"""Results as pictures: the chart that their rows make."""

from typing import Any

from tertulia.core.analysis import QueryAnswer
from tertulia.core.errors import InvalidQuery, SourceUnavailable
from tertulia.semantic.charts import render_jpeg, render_png

# pictures are drawn at twice their size, for screens that have it
_SCALE = 2


def png(answer: QueryAnswer, width: int | None, height: int | None) -> bytes:
    """Takes a while: call it from a thread. Raises InvalidQuery for rows that make no chart."""
    chart = _sized(answer, width, height)
    try:
        return render_png(chart)
    except ImportError:
        raise _missing() from None


def jpeg(answer: QueryAnswer, width: int | None, height: int | None) -> bytes:
    """Like png."""
    chart = _sized(answer, width, height)
    try:
        return render_jpeg(chart)
    except ImportError:
        raise _missing() from None


def _sized(answer: QueryAnswer, width: int | None, height: int | None) -> dict[str, Any]:
    if answer.chart is None:
        raise InvalidQuery("These rows make no chart: ask for a measure by one or two dimensions, or for html.")
    given = {"width": width, "height": height}
    size = {name: pixels / _SCALE for name, pixels in given.items() if pixels is not None}
    if not size:
        return answer.chart
    return {**answer.chart, **size, "autosize": {"type": "fit", "contains": "padding"}}


def _missing() -> SourceUnavailable:
    return SourceUnavailable("This server draws no pictures: its extra `charts` is not installed.")
