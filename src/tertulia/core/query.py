"""What to ask governed data for: the typed query that only the compiler turns into SQL."""

import hashlib
import string
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

DEFAULT_LIMIT = 500
UNLIMITED = -1
_ALPHABET = string.digits + string.ascii_letters
_SLUG_LENGTH = 22


class Source(Struct, frozen=True, order=True):
    """An explore an agent may ask: its LookML model and its name there."""

    model: str
    explore: str

    def __str__(self) -> str:
        return f"{self.model}/{self.explore}"


class Query(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Fields of one explore, filtered and sorted. Fields are named `view.field`, as the explore names its views.

    `filters` are Looker filter expressions by field; `sorts` read `view.field` or `view.field desc`; `limit` counts rows,
    None for the server's default and -1 for as many as the server allows. `dynamic_fields` are custom dimensions, custom
    measures and table calculations as Looker writes them. `vis_config` is kept and not interpreted.
    """

    model: str
    explore: str
    fields: list[str] = []
    pivots: list[str] = []
    fill_fields: list[str] = []
    filters: dict[str, str] = {}
    filter_expression: str = ""
    sorts: list[str] = []
    limit: int | None = None
    column_limit: int | None = None
    has_total: bool = False
    row_total: str = ""
    subtotals: list[str] = []
    dynamic_fields: list[dict[str, Any]] = []
    timezone: str = ""
    vis_config: dict[str, Any] = {}

    @property
    def source(self) -> Source:
        return Source(self.model, self.explore)

    @property
    def slug(self) -> str:
        """22 letters and digits that are the same for identical queries; the order of filters makes no difference."""
        number = int.from_bytes(hashlib.sha256(msgspec.json.encode(self, order="deterministic")).digest())
        letters: list[str] = []
        for _ in range(_SLUG_LENGTH):
            number, digit = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[digit])
        return "".join(letters)


class GoldenQuery(Struct, frozen=True, kw_only=True):
    """Questions and the query that was approved as their answer. `serial` is the number clients know it by.

    `address` is the Explore URL a client gave for the query, kept as it was written.
    """

    id: str
    serial: int
    project_id: str
    questions: list[str]
    query: Query
    created_at: datetime
    updated_at: datetime
    creator_id: str | None = None
    editor_id: str | None = None
    address: str = ""


class UserAttribute(Struct, frozen=True, kw_only=True):
    """What a user may see, by name. The values stand for themselves unless `is_expression`: then the only one is a
    filter expression. No value, or an empty one, lets nothing through.
    """

    name: str
    values: list[str] = []
    is_expression: bool = False
