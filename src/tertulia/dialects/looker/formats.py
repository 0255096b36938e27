"""Results of queries in the format a client asks for."""

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, structs

from tertulia.core.analysis import QueryAnswer
from tertulia.dialects.looker import formats_json, formats_page, formats_picture, formats_sheet, formats_text
from tertulia.dialects.looker.errors import InvalidParameter
from tertulia.dialects.looker.grid import grid_of
from tertulia.services.queries import ExploreView

SQL = "sql"
_TEXT = "text/plain; charset=utf-8"
_MEDIA_TYPES = {
    "json": "application/json",
    "inline_json": "application/json",
    "json_bi": "application/json",
    "json_detail": "application/json",
    "csv": "text/csv; charset=utf-8",
    "txt": _TEXT,
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpg": "image/jpeg",
}


class Wanted(Struct, frozen=True, kw_only=True):
    """How a client wants a result. Sizes count pixels of a picture; None for the picture's own."""

    format: str = "json"
    limit: int | None = None
    is_formatted: bool = False
    is_visual: bool = False
    width: int | None = None
    height: int | None = None

    def as_format(self, name: str) -> "Wanted":
        """Raises InvalidParameter for a format that there is not."""
        return structs.replace(self, format=check_format(name))


class Outcome(Struct, frozen=True, kw_only=True):
    """A query that ran, with what is needed to show it. `seconds` is how long it took, `query_id` None for one not saved."""

    answer: QueryAnswer
    explore: ExploreView
    wanted: Wanted
    ran_at: datetime
    seconds: float = 0.0
    query_id: str | None = None
    sees_lookml: bool = False

    @property
    def ran(self) -> formats_json.Ran:
        return formats_json.Ran(at=self.ran_at, seconds=self.seconds, query_id=self.query_id)


class Rendered(NamedTuple):
    content: bytes
    media_type: str


def check_format(name: str) -> str:
    """Raises InvalidParameter for a format that there is not."""
    if name != SQL and name not in _MEDIA_TYPES:
        raise InvalidParameter("result_format", f"There is {', '.join(sorted([*_MEDIA_TYPES, SQL]))}.")
    return name


def rendered(outcome: Outcome) -> Rendered:
    """Takes a while for many rows and for pictures: call it from a thread. Raises InvalidQuery for what has no picture."""
    answer, wanted = outcome.answer, outcome.wanted
    match wanted.format:
        case "json_bi":
            content = formats_json.bi(answer, outcome.explore, sees_lookml=outcome.sees_lookml)
        case "json_detail":
            content = formats_json.detail(answer, outcome.explore, sees_lookml=outcome.sees_lookml, ran=outcome.ran)
        case "png":
            content = formats_picture.png(answer, wanted.width, wanted.height)
        case "jpg":
            content = formats_picture.jpeg(answer, wanted.width, wanted.height)
        case "csv" | "txt" | "md" | "html" | "xlsx":
            content = _tabular(outcome)
        case _:
            content = formats_json.plain_rows(answer, is_formatted=wanted.is_formatted)
    return Rendered(content, _MEDIA_TYPES[wanted.format])


def rendered_sql(sql: str) -> Rendered:
    return Rendered(sql.encode(), _TEXT)


def _tabular(outcome: Outcome) -> bytes:
    answer, wanted = outcome.answer, outcome.wanted
    grid = grid_of(answer, outcome.explore, is_formatted=wanted.is_formatted, is_visual=wanted.is_visual)
    match wanted.format:
        case "csv":
            return formats_text.separated(grid, ",")
        case "txt":
            return formats_text.separated(grid, "\t")
        case "md":
            return formats_text.markdown(grid)
        case "html":
            return formats_page.page(grid, answer.label)
        case _:
            return formats_sheet.workbook(grid, answer.label)
