"""Queries as clients keep them, in several messages: what was asked, its SQL, its rows, its chart."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from msgspec import structs

from tertulia.core.analysis import QueryAnswer
from tertulia.core.errors import InvalidQuery
from tertulia.core.query import DEFAULT_LIMIT, Query
from tertulia.core.table import Table
from tertulia.dialects.looker.read_charts import chart_in
from tertulia.dialects.looker.read_tables import table_in
from tertulia.semantic.charts import stripped

_LONGEST_NAME = 200
_LARGEST = 10**9
_WHOLE = re.compile(r"-?[0-9]{1,10}")
Json = Mapping[str, Any]


class Answers:
    """Takes the system messages of one batch in their order, and tells afterwards what each became."""

    def __init__(self, before: Sequence[Json]) -> None:
        """`before` are messages kept earlier, to which those of the batch may belong."""
        self._asked: list[_Asked] = []
        self._answered: list[_Answered] = []
        self._charted = ""
        for system in before:
            self.take(-1, system)

    def take(self, at: int, system: Json) -> None:
        """The message at this place of the batch; anything that is no part of a query is passed over."""
        data, chart = _object(system.get("data")), _object(system.get("chart"))
        self._take_query(data)
        sql = data.get("generatedSql")
        if isinstance(sql, str) and self._asked:
            self._asked[-1].sql = sql
        self._take_rows(at, _object(data.get("result")))
        if "query" in chart:
            self._charted = _name(_object(chart["query"]).get("dataResultName"))
        self._take_chart(_object(chart.get("result")))

    def find(self, at: int) -> QueryAnswer | None:
        """The answer whose rows stand at this place of the batch."""
        return next((each.answer() for each in self._answered if each.at == at), None)

    def _take_query(self, data: Json) -> None:
        asked = _object(data.get("query"))
        query = query_in(_object(asked.get("looker")) or _object(data.get("generatedLookerQuery")))
        if query is not None:
            question = asked.get("question")
            name = _name(asked.get("name"))
            self._asked.append(_Asked(query, name, question if isinstance(question, str) else ""))

    def _take_rows(self, at: int, result: Json) -> None:
        name = _name(result.get("name"))
        named = [each for each in self._asked if each.name and each.name == name]
        # rows of another name are another query's, which was not kept
        asked = named or [each for each in self._asked[-1:] if not (each.name and name)]
        table = table_in(result, asked[-1].query) if asked else None
        if table is not None:
            self._answered.append(_Answered(at, asked[-1], table, name))

    def _take_chart(self, result: Json) -> None:
        chart = chart_in(result.get("vegaConfig"))
        named = [each for each in self._answered if each.name == self._charted]
        answered = named or ([] if self._charted else self._answered[-1:])
        if chart is None or not answered:
            return
        try:
            answered[-1].chart = stripped(chart)
        except InvalidQuery:
            return


class _Asked:
    def __init__(self, query: Query, name: str, question: str) -> None:
        self.query = query
        self.name = name
        self.question = question
        self.sql = ""


class _Answered:
    def __init__(self, at: int, asked: _Asked, table: Table, name: str) -> None:
        self.at = at
        self.name = name
        self.chart: dict[str, Any] | None = None
        self._asked = asked
        self._table = table

    def answer(self) -> QueryAnswer:
        asked = self._asked
        label = " ".join((self.name or asked.name or asked.query.explore).split("_")).strip()
        return QueryAnswer(
            query=asked.query,
            sql=asked.sql,
            table=self._table,
            label=label[:1].upper() + label[1:],
            question=asked.question,
            chart=self.chart,
        )


def query_in(looker: Json) -> Query | None:
    """None where the model or the explore is not named; `filters` are a map or a list of fields with values."""
    model, explore = looker.get("model"), looker.get("explore") or looker.get("view")
    if not (isinstance(model, str) and isinstance(explore, str) and model and explore):
        return None
    # chat writes the default out, which nobody asked for: told again it would read "the 500 with the highest ..."
    limit = _count(looker.get("limit"), least=-1)
    query = Query(
        model=model,
        explore=explore,
        fields=_texts(looker.get("fields")),
        pivots=_texts(looker.get("pivots")),
        fill_fields=_texts(looker.get("fill_fields")),
        filters=_filters(looker.get("filters")),
        filter_expression=_text(looker.get("filter_expression")),
        sorts=[_sort(each) for each in _texts(looker.get("sorts"))],
        limit=None if limit == DEFAULT_LIMIT else limit,
        column_limit=_count(looker.get("column_limit"), least=1),
        has_total=looker.get("total") is True,
        row_total=_text(looker.get("row_total")),
        subtotals=_texts(looker.get("subtotals")),
        timezone=_text(looker.get("query_timezone")),
    )
    return structs.replace(query, dynamic_fields=_dynamic_fields(looker.get("dynamic_fields")))


def _filters(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        given = list(cast("Json", value).items())
    else:
        listed = cast("list[Any]", value) if isinstance(value, list) else []
        given = [(each.get("field"), each.get("value")) for each in map(_object, listed)]
    return {str(name): str(each) for name, each in given if name and isinstance(each, (str, int, float))}


def _sort(text: str) -> str:
    """Without the pivot it sorts by, and without the direction that goes without saying."""
    words = text.split()
    while len(words) > 1 and words[-1].lower() in ("0", "asc"):
        words.pop()
    return " ".join(word.lower() if word.lower() == "desc" else word for word in words)


def _count(value: Any, *, least: int) -> int | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if least <= value <= _LARGEST and value != 0 else None


def _dynamic_fields(value: Any) -> list[dict[str, Any]]:
    try:
        read: Any = msgspec.json.decode(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return []
    listed = cast("list[Any]", read) if isinstance(read, list) else []
    return [cast("dict[str, Any]", each) for each in listed if isinstance(each, dict)]


def _texts(value: Any) -> list[str]:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, str) and each.strip()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _name(value: Any) -> str:
    return value[:_LONGEST_NAME] if isinstance(value, str) else ""


def _object(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}
