"""The SQL of every engine, as text files that anybody can read and extend.

`golden/<engine>.sql` holds pairs: a line `-- what is asked` and under it the SQL that the engine says. To add a case, add
its line `-- ...` to any of the files (the forms are those of `_ask` below: copy one and change its words), then run

    TERTULIA_GOLDEN=write pytest tests/semantic/engines/test_golden.py

which writes the SQL of all cases into all files. Read the difference before it is kept: the databases' manuals decide
whether it is right, not this program. DuckDB's expressions are also run, in the tests beside this one.
"""

import os
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import cast

import msgspec
import pytest
from sqlglot import exp

from tertulia.semantic.engines.bigquery import BIGQUERY
from tertulia.semantic.engines.clickhouse import CLICKHOUSE
from tertulia.semantic.engines.databricks import DATABRICKS
from tertulia.semantic.engines.duckdb import DUCKDB
from tertulia.semantic.engines.engine import Calendar, Engine
from tertulia.semantic.engines.phrasebook import Phrasebook
from tertulia.semantic.engines.postgres import POSTGRES
from tertulia.semantic.engines.redshift import REDSHIFT
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.engines.snowflake import SNOWFLAKE
from tertulia.semantic.engines.template import fill
from tertulia.semantic.engines.trino import TRINO

_GOLDEN = Path(__file__).parent / "golden"
_PHRASES = [DUCKDB, POSTGRES, BIGQUERY, SNOWFLAKE, TRINO, CLICKHOUSE, DATABRICKS, REDSHIFT]
_NAMES = [phrases.dialect for phrases in _PHRASES]

MOMENT = exp.column("created_at", table="orders")
OTHER = exp.column("shipped_at", table="orders")
AMOUNT = exp.column("amount", table="orders")
NAME = exp.column("name", table="orders")


def test_every_engine_says_what_its_golden_file_says() -> None:
    if os.environ.get("TERTULIA_GOLDEN") == "write":
        _write()
    for name in _NAMES:
        engine = engine_of(name)
        written = _read(_GOLDEN / f"{name}.sql")
        said = {asked: engine.print(_ask(engine, asked)) for asked in written}
        assert said == written, f"{name}: see the docstring of this file"


def test_all_engines_are_asked_the_same() -> None:
    asked = {name: list(_read(_GOLDEN / f"{name}.sql")) for name in _NAMES}
    assert all(asked[name] == asked["duckdb"] for name in _NAMES)
    assert len(asked["duckdb"]) > 80


@pytest.mark.parametrize("name", _NAMES)
def test_every_golden_line_reads_back_as_the_same_sql(name: str) -> None:
    engine = engine_of(name)
    for sql in _read(_GOLDEN / f"{name}.sql").values():
        assert engine.print(engine.parse(sql)) == sql


@pytest.mark.parametrize("phrases", _PHRASES, ids=_NAMES)
def test_every_phrase_prints_as_it_is_written(phrases: Phrasebook) -> None:
    """Whoever reads a phrasebook reads what the database gets: sqlglot changes nothing on the way."""
    two = exp.Add(this=exp.Literal.number(1), expression=exp.Literal.number(1))
    for template in _templates(phrases):
        said = fill(phrases.dialect, template, **dict.fromkeys("abdfnrtwxz", two))
        assert said.sql(dialect=phrases.dialect) == re.sub(r"\{.\}", "1 + 1", template)


def _templates(phrases: Phrasebook) -> list[str]:
    found: list[str] = []
    for name, value in msgspec.to_builtins(phrases).items():
        if isinstance(value, dict):
            found.extend(cast("dict[str, str]", value).values())
        elif isinstance(value, str) and name not in {"dialect", "plain_name", "escape"}:
            found.append(value)
    return found


def _ask(engine: Engine, asked: str) -> exp.Expr:
    verb, _, rest = asked.partition(" ")
    return _VERBS[verb](engine, rest)


def _timeframe(engine: Engine, rest: str) -> exp.Expr:
    timeframe, *settings = rest.split()
    given = dict(setting.split("=") for setting in settings)
    calendar = Calendar(
        week_start_day=given.get("week_start_day", "monday"),
        fiscal_month_offset=int(given.get("fiscal_month_offset", "0")),
        zone=given.get("zone", ""),
    )
    return engine.timeframe(MOMENT, timeframe, calendar)


def _miles(engine: Engine, rest: str) -> exp.Expr:
    latitude, longitude = rest.split()
    return engine.miles(
        exp.column("lat"), exp.column("lon"), from_latitude=float(latitude), from_longitude=float(longitude)
    )


def _converted(engine: Engine, rest: str) -> exp.Expr:
    from_zone, to_zone = rest.split(" to ")
    return engine.converted(MOMENT, from_zone=from_zone, to_zone=to_zone)


_VERBS: dict[str, Callable[[Engine, str], exp.Expr]] = {
    "timeframe": _timeframe,
    "elapsed": lambda engine, rest: engine.elapsed(MOMENT, OTHER, rest),
    "moment_from": lambda engine, rest: engine.as_moment(MOMENT, rest),
    "converted": _converted,
    "percentile": lambda engine, rest: engine.percentile(AMOUNT, float(rest)),
    "distinct_list": lambda engine, _: engine.distinct_list(NAME),
    "approximate_distinct": lambda engine, _: engine.approximate_distinct(NAME),
    "as_text": lambda engine, _: engine.as_text(AMOUNT),
    "as_number": lambda engine, _: engine.as_number(AMOUNT),
    "like": lambda engine, rest: engine.like(NAME, rest, is_case_sensitive=True),
    "like_any_case": lambda engine, rest: engine.like(NAME, rest, is_case_sensitive=False),
    "equals": lambda engine, rest: engine.equals_text(NAME, rest.split("|"), is_case_sensitive=True),
    "equals_any_case": lambda engine, rest: engine.equals_text(NAME, rest.split("|"), is_case_sensitive=False),
    "is_same": lambda engine, _: engine.is_same(NAME, exp.column("name", table="users")),
    "miles": _miles,
    "text": lambda engine, rest: engine.text(rest),
    "number": lambda engine, rest: engine.number(float(rest)),
    "day": lambda engine, rest: engine.day(date.fromisoformat(rest)),
    "moment": lambda engine, rest: engine.moment(datetime.fromisoformat(rest)),
    "name": lambda _, rest: exp.column(rest.partition(".")[2], table=rest.partition(".")[0]),
}


def _read(file: Path) -> dict[str, str]:
    pairs: dict[str, str] = {}
    asked = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("-- "):
            asked = line.removeprefix("-- ")
            pairs[asked] = ""
        elif line:
            pairs[asked] = f"{pairs[asked]}\n{line}" if pairs[asked] else line
    return pairs


def _write() -> None:
    asked: dict[str, None] = {}
    for name in _NAMES:
        file = _GOLDEN / f"{name}.sql"
        asked |= dict.fromkeys(_read(file) if file.exists() else {})
    for name in _NAMES:
        engine = engine_of(name)
        pairs = [f"-- {one}\n{engine.print(_ask(engine, one))}\n" for one in asked]
        (_GOLDEN / f"{name}.sql").write_text("\n".join(pairs), encoding="utf-8")
