"""No row counts twice: every relationship, aggregate and depth against SQL written by hand."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from semantic.compile.desk import Desk, same
from tertulia.core.errors import UnsafeAggregate

RELATIONSHIPS = ("many_to_one", "one_to_many", "many_to_many", "one_to_one")
# a measure's name in the model -> what it is over the rows of its own table
AGGREGATES = {
    "count": "COUNT(*)",
    "total": "COALESCE(SUM(t.v), 0)",
    "average": "AVG(t.v)",
    "least": "MIN(t.v)",
    "kinds": "COUNT(DISTINCT t.kind)",
    "middle": "QUANTILE_CONT(t.v, 0.5)",
    "ratio": "SUM(t.v) / NULLIF(COUNT(*), 0)",
    "flagged_total": "COALESCE(SUM(t.v) FILTER (WHERE t.kind = 'x'), 0)",
    "flagged_count": "COUNT(*) FILTER (WHERE t.kind = 'x')",
}
VIEW = """
view: {name} {{
  dimension: id {{ primary_key: yes type: number }}
  dimension: kind {{}}
  dimension: v {{ type: number }}
  measure: count {{ type: count }}
  measure: total {{ type: sum sql: ${{v}} ;; }}
  measure: average {{ type: average sql: ${{v}} ;; }}
  measure: least {{ type: min sql: ${{v}} ;; }}
  measure: kinds {{ type: count_distinct sql: ${{kind}} ;; }}
  measure: middle {{ type: median sql: ${{v}} ;; }}
  measure: ratio {{ type: number sql: ${{real_total}} / NULLIF(${{count}}, 0) ;; }}
  measure: real_total {{ type: number sql: NULLIF(${{total}}, 0) ;; }}
  measure: flagged_total {{ type: sum sql: ${{v}} ;; filters: [kind: "x"] }}
  measure: flagged_count {{ type: count filters: [kind: "x"] }}
}}
"""
# Every table has every key; the relationship decides by which of them a join goes.
TABLE = """
CREATE TABLE {name} AS
SELECT i AS id, CASE i % 4 WHEN 0 THEN 'x' WHEN 1 THEN 'y' WHEN 2 THEN 'z' END AS kind,
  CASE WHEN i % 7 = 6 THEN NULL ELSE (i * {factor}) % 50 + 1 END AS v,
  CASE WHEN i % 5 = 4 THEN NULL ELSE (i * 3) % 9 END AS up, CASE WHEN i % 6 = 5 THEN NULL ELSE i % 4 END AS tag
FROM range({count}) r(i);
"""
SIZES = {"a": (12, 7), "b": (9, 11), "c": (15, 13), "d": (8, 17)}
ON = {
    "many_to_one": "{parent}.up = {child}.id",
    "one_to_many": "{parent}.id = {child}.up",
    "many_to_many": "{parent}.tag = {child}.tag",
    "one_to_one": "{parent}.id = {child}.id",
}
Edge = tuple[str, str, str]


def desk_of(edges: Sequence[Edge], *, empty: str = "") -> Desk:
    """A project of `a` and what is joined to it: (parent, child, relationship)."""
    joins = "".join(
        f"join: {child} {{ relationship: {how} sql_on: {ON[how].format(parent=parent, child=child)} ;; }}\n"
        for parent, child, how in edges
    )
    names = ["a", *(child for _, child, _ in edges)]
    lookml = f'connection: "shop"\nexplore: a {{ {joins} }}\n' + "".join(VIEW.format(name=name) for name in names)
    tables = "".join(
        TABLE.format(name=name, count=0 if name == empty else SIZES[name][0], factor=SIZES[name][1]) for name in names
    )
    return Desk(lookml, tables)


def truth(desk: Desk, edges: Sequence[Edge], by: str, measures: Sequence[tuple[str, str]]) -> list[list[Any]]:
    """Each aggregate over the rows of its own table that stand beside a group: chosen by IN, never joined."""
    joins = " ".join(
        f"LEFT JOIN {child} ON {ON[how].format(parent=parent, child=child)}" for parent, child, how in edges
    )
    keys = ", ".join(f"{name}.id AS {name}_id" for name in ("a", *(child for _, child, _ in edges)))
    views = list(dict.fromkeys(view for view, _ in measures))
    # a lateral query of one view is planned once for all of its measures
    laterals = "".join(
        f", LATERAL (SELECT {', '.join(f'{AGGREGATES[name]} AS {name}' for of, name in measures if of == view)}"  # noqa: S608 - of names in this file
        f" FROM {view} t WHERE t.id IN (SELECT {view}_id FROM joined WHERE joined.g IS NOT DISTINCT FROM groups.g)"
        f") AS of_{view}"
        for view in views
    )
    columns = ", ".join(f"of_{view}.{measure}" for view, measure in measures)
    return desk.truth(
        f"WITH joined AS MATERIALIZED (SELECT {by}.kind AS g, {keys} FROM a {joins}),"  # noqa: S608 - of names in this file
        f" groups AS (SELECT DISTINCT g FROM joined) SELECT g, {columns} FROM groups{laterals}"
    )


def check(edges: Sequence[Edge], *, empty: str = "", by_views: Sequence[str] = ()) -> None:
    desk = desk_of(edges, empty=empty)
    views = ["a", *(child for _, child, _ in edges)]
    every = [(view, measure) for view in views for measure in AGGREGATES]
    for by in by_views or views:
        # a query joins what it names: all of the views stand in it
        found = desk.rows("a", f"{by}.kind", *(f"{view}.{measure}" for view, measure in every))
        assert same(found, truth(desk, edges, by, every)), by


@pytest.mark.parametrize("how", RELATIONSHIPS)
def test_both_views_of_one_join(how: str) -> None:
    check([("a", "b", how)])


@pytest.mark.parametrize(("first", "second"), list(product(RELATIONSHIPS, RELATIONSHIPS)))
def test_views_over_two_hops(first: str, second: str) -> None:
    check([("a", "b", first), ("b", "c", second)])


@pytest.mark.parametrize(("first", "second"), list(product(RELATIONSHIPS, RELATIONSHIPS)))
def test_a_chasm_of_two(first: str, second: str) -> None:
    check([("a", "b", first), ("a", "c", second)])


@pytest.mark.parametrize(
    "hows",
    [
        *(tuple([how] * 3) for how in RELATIONSHIPS),
        ("one_to_many", "one_to_many", "many_to_one"),
        ("one_to_many", "many_to_many", "one_to_one"),
        ("many_to_one", "one_to_one", "one_to_many"),
    ],
)
def test_a_chasm_of_three(hows: tuple[str, str, str]) -> None:
    check([("a", child, how) for child, how in zip("bcd", hows, strict=True)], by_views=["a", "d"])


@pytest.mark.parametrize("how", RELATIONSHIPS)
@pytest.mark.parametrize("empty", ["a", "b", "c"])
def test_empty_tables_count_nothing(how: str, empty: str) -> None:
    check([("a", "b", how), ("b", "c", "one_to_many")], empty=empty)


@pytest.mark.parametrize(("first", "second"), list(product(RELATIONSHIPS, RELATIONSHIPS)))
def test_a_measure_alone_is_what_it_is_among_others(first: str, second: str) -> None:
    edges = [("a", "b", first), ("b", "c", second)]
    desk = desk_of(edges)
    for measure in AGGREGATES:
        wanted = truth(desk, edges, "c", [("a", measure)])
        assert same(desk.rows("a", "c.kind", f"a.{measure}"), wanted), measure


@pytest.mark.parametrize("how", ["one_to_many", "many_to_many"])
@pytest.mark.parametrize("measure", ["total", "average", "middle", "count", "ratio", "flagged_total"])
def test_rows_that_a_join_repeats_are_refused_without_a_key(how: str, measure: str) -> None:
    join = f"join: b {{ relationship: {how} sql_on: ${{a.id}} = ${{b.id}} ;; }}"
    lookml = f'connection: "shop"\nexplore: a {{ {join} }}\n'
    desk = Desk(lookml + VIEW.format(name="a").replace("primary_key: yes", "") + VIEW.format(name="b"))
    with pytest.raises(UnsafeAggregate, match=r"a\..*view a .*primary key"):
        desk.compile("a", "b.kind", f"a.{measure}")


@pytest.mark.parametrize("measure", ["least", "kinds"])
def test_what_repetition_cannot_change_needs_no_key(measure: str) -> None:
    edges = [("a", "b", "one_to_many")]
    desk = desk_of(edges)
    keyless = Desk(
        'connection: "shop"\nexplore: a { join: b { relationship: one_to_many sql_on: a.id = b.up ;; } }\n'
        + VIEW.format(name="a").replace("primary_key: yes", "")
        + VIEW.format(name="b")
    )
    keyless.connection = desk.connection
    assert same(keyless.rows("a", "b.kind", f"a.{measure}"), truth(desk, edges, "b", [("a", measure)]))


def test_a_view_without_a_key_is_counted_where_nothing_repeats_it() -> None:
    lookml = 'connection: "shop"\nexplore: a { join: b { relationship: many_to_one sql_on: a.up = b.id ;; } }\n'
    desk = Desk(
        lookml + VIEW.format(name="a").replace("primary_key: yes", "") + VIEW.format(name="b"),
        TABLE.format(name="a", count=12, factor=7) + TABLE.format(name="b", count=9, factor=11),
    )
    wanted = desk.truth(
        "SELECT (SELECT COUNT(*) FROM a), (SELECT SUM(v) FROM a), (SELECT COUNT(*) FROM b WHERE id IN (SELECT up FROM a))"
    )
    assert desk.rows("a", "a.count", "a.total", "b.count") == wanted
