"""Pictures of charts, drawn in this process without any access to the network."""

import re
from collections.abc import Mapping
from typing import Any

from tertulia.core.errors import InvalidQuery

_VERSIONS = {"v6": "6.4"}
_USUAL = "5.21"
_SCALE = 2
_MOST_PIXELS = 12_000_000
_SIZE = re.compile(r'<svg[^>]*? width="([0-9.]+)"[^>]*? height="([0-9.]+)"')


def render_svg(spec: Mapping[str, Any]) -> str:
    """Takes a while: call it from a thread. Raises InvalidQuery for what is no chart or a huge one."""
    import vl_convert  # noqa: PLC0415 - heavy

    try:
        svg = vl_convert.vegalite_to_svg(dict(spec), vl_version=_version(spec), allowed_base_urls=[])
    except ValueError as error:
        reason = str(error).partition("\n")[2].partition("\n")[0] or str(error)
        raise InvalidQuery(f"This chart cannot be drawn: {reason[:300]}") from error
    size = _SIZE.search(svg)
    if size is None or float(size[1]) * float(size[2]) > _MOST_PIXELS:
        raise InvalidQuery("This chart is too large to be drawn.")
    return svg


def render_png(spec: Mapping[str, Any]) -> bytes:
    """At twice the size, for screens that have it. Otherwise like render_svg."""
    import vl_convert  # noqa: PLC0415 - heavy

    return vl_convert.svg_to_png(render_svg(spec), scale=_SCALE)


def render_jpeg(spec: Mapping[str, Any]) -> bytes:
    """Like render_png, on white."""
    import vl_convert  # noqa: PLC0415 - heavy

    return vl_convert.svg_to_jpeg(render_svg(spec), scale=_SCALE)


def _version(spec: Mapping[str, Any]) -> str:
    named = str(spec.get("$schema", "")).rpartition("/")[2]
    return next((version for prefix, version in _VERSIONS.items() if named.startswith(prefix)), _USUAL)
