"""A LookML project over a DuckDB of its own, asked through the compiler and the shaper."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from tertulia.core.query import Query, UserAttribute
from tertulia.core.table import Table
from tertulia.semantic.compile.asking import Asking, Compiled
from tertulia.semantic.compile.query import compile_query
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.execute.plain import plain
from tertulia.semantic.execute.warehouse import Fetched
from tertulia.semantic.lookml.load import load_project
from tertulia.semantic.shape import shape_table

NOW = dt.datetime(2025, 6, 18, 12, 30, tzinfo=dt.UTC)


class Desk:
    """Asks the one model of a project. Fields, filters and the rest are a Query's."""

    def __init__(self, lookml: str, sql: str = "", *, dialect: str = "duckdb", now: dt.datetime = NOW) -> None:
        project = load_project({"shop.model.lkml": lookml})
        errors = [str(finding) for finding in project.findings if finding.severity == "error"]
        assert errors == []
        self.model = next(iter(project.models.values()))
        self.engine = engine_of(dialect)
        self.now = now
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        if sql:
            self.connection.execute(sql)

    def compile(
        self,
        explore: str,
        *fields: str,
        attributes: Mapping[str, Sequence[str] | UserAttribute] | None = None,
        **query: Any,
    ) -> Compiled:
        most_rows = query.pop("most_rows", 5_000)
        return compile_query(
            self.model,
            Asking(
                query=Query(model=self.model.name, explore=explore, fields=list(fields), **query),
                engine=self.engine,
                now=self.now,
                attributes={name: _attribute(name, value) for name, value in (attributes or {}).items()},
                most_rows=most_rows,
            ),
        )

    def table(self, explore: str, *fields: str, **query: Any) -> Table:
        compiled = self.compile(explore, *fields, **query)
        return shape_table(
            compiled,
            self._fetched(compiled.sql),
            self._fetched(compiled.total_sql) if compiled.total_sql else None,
            self._fetched(compiled.row_total_sql) if compiled.row_total_sql else None,
        )

    def rows(self, explore: str, *fields: str, **query: Any) -> list[list[Any]]:
        return self.table(explore, *fields, **query).rows

    def truth(self, sql: str) -> list[list[Any]]:
        """What hand-written SQL gives."""
        return self._fetched(sql).rows

    def _fetched(self, sql: str) -> Fetched:
        found = self.connection.execute(sql)
        names = [column[0] for column in found.description or []]
        return Fetched(names=names, types=[], rows=[[plain(value) for value in row] for row in found.fetchall()])


def _attribute(name: str, value: Sequence[str] | UserAttribute) -> UserAttribute:
    return value if isinstance(value, UserAttribute) else UserAttribute(name=name, values=list(value))


def same(found: Sequence[Sequence[Any]], wanted: Sequence[Sequence[Any]]) -> bool:
    """The same rows in any order; numbers may differ in the last digits that a plan leaves open."""
    return sorted(map(_rounded, found)) == sorted(map(_rounded, wanted))


def _rounded(row: Sequence[Any]) -> list[str]:
    return [
        f"{float(value):.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)
        for value in row
    ]
