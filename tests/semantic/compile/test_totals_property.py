"""Whatever the data and the joins: a repeated sum by any dimension adds up to its total, and the total is the table's."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semantic.compile.desk import Desk

VIEW = """
view: {name} {{
  dimension: id {{ primary_key: yes type: number }}
  dimension: parent {{ type: number }}
  dimension: kind {{}}
  measure: count {{ type: count }}
  measure: total {{ type: sum sql: ${{TABLE}}.v ;; }}
}}
"""
NAMES = ["a", "b", "c", "d"]
Row = tuple[int, int | None, str | None, int | None]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Rows of (id, parent, kind, v). Parents may be missing, and keys may be null."""
    made: dict[str, list[Row]] = {}
    for name in NAMES:
        count = draw(st.integers(0, 6))
        made[name] = [
            (
                number,
                draw(st.one_of(st.none(), st.integers(0, 6))),
                draw(st.sampled_from([None, "", "x", "y"])),
                draw(st.one_of(st.none(), st.integers(-5, 5))),
            )
            for number in range(count)
        ]
    return made


@st.composite
def parents(draw: st.DrawFn) -> list[tuple[str, str, bool]]:
    """A tree over the tables: (parent, child, whether the parent holds the key)."""
    return [
        (NAMES[draw(st.integers(0, place - 1))], NAMES[place], draw(st.booleans())) for place in range(1, len(NAMES))
    ]


def explore(edges: list[tuple[str, str, bool]]) -> str:
    joins = ""
    for parent, child, is_up in edges:
        on = f"{parent}.parent = {child}.id" if is_up else f"{child}.parent = {parent}.id"
        how = "many_to_one" if is_up else "one_to_many"
        joins += f"join: {child} {{ relationship: {how} sql_on: {on} ;; }} "
    return f'connection: "x"\nexplore: a {{ {joins} }}\n' + "".join(VIEW.format(name=name) for name in NAMES)


def reached(rows: dict[str, list[Row]], edges: list[tuple[str, str, bool]]) -> dict[str, set[int]]:
    """The rows of each table that stand beside some row of `a`, walked by hand."""
    found = {"a": {row[0] for row in rows["a"]}}
    for parent, child, is_up in edges:
        if is_up:
            keys = {row[1] for row in rows[parent] if row[0] in found[parent]}
            found[child] = {row[0] for row in rows[child] if row[0] in keys}
        else:
            found[child] = {row[0] for row in rows[child] if row[1] in found[parent]}
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=tables(), edges=parents())
def test_a_repeated_sum_adds_up_to_what_the_table_holds(
    rows: dict[str, list[Row]], edges: list[tuple[str, str, bool]]
) -> None:
    desk = Desk(explore(edges))
    for name in NAMES:
        desk.connection.execute(f"CREATE TABLE {name} (id INT, parent INT, kind TEXT, v INT)")
        if rows[name]:
            insert = f"INSERT INTO {name} VALUES (?, ?, ?, ?)"  # noqa: S608 - a name of this file
            desk.connection.executemany(insert, rows[name])
    stands = reached(rows, edges)
    measures = [f"{name}.{measure}" for name in NAMES for measure in ("total", "count")]
    totals: list[Any] = []
    for name in NAMES:
        mine = [row for row in rows[name] if row[0] in stands[name]]
        totals += [sum(row[3] or 0 for row in mine), len(mine)]
    assert desk.rows("a", *measures) == [totals]
    for name in NAMES:
        # by a key of its own, every row of the table stands in one group
        table = desk.table("a", f"{name}.kind", f"{name}.total", f"{name}.count", *measures, has_total=True)
        assert table.totals is not None
        assert table.totals[1:] == [*_of(measures, totals, name), *_rest(measures, totals, name)]
        assert sum(row[1] for row in table.rows) == _of(measures, totals, name)[0]
        assert sum(row[2] for row in table.rows) == _of(measures, totals, name)[1]


def _of(measures: list[str], totals: list[Any], name: str) -> list[Any]:
    return [total for measure, total in zip(measures, totals, strict=True) if measure.startswith(f"{name}.")]


def _rest(measures: list[str], totals: list[Any], name: str) -> list[Any]:
    return [total for measure, total in zip(measures, totals, strict=True) if not measure.startswith(f"{name}.")]
