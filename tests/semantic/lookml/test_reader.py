"""LookML text to located trees."""

import lkml
import pytest
from lkml.tree import BlockNode, ListNode, PairNode

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.reader import read
from tertulia.semantic.lookml.tree import Node

TEXT = """
# a comment with { braces } and "quotes
connection: "ward"   # another
include: "/views/*.view"
explore: stays {
  label: "Stays \\"all\\""
  always_filter: { filters: [stays.ward: "A,B", status: "-closed"] }
  access_filter: { field: stays.ward user_attribute: ward }
  join: patients { sql_on: ${stays.patient_id} = ${patients.id} ;; relationship: many_to_one }
  join: nothing {}
}
view: +stays {
  dimension: x { case: { when: { sql: ${TABLE}.a > 1 ;; label: "more" } else: "less" } tiers: [1, 2.5, -3,] }
  dimension: html { html: <b># {{ value }}</b> "x" ;; }
  measure: m { type: sum filters: { field: a value: "b" } filters: { field: c value: "" } }
  set: all { fields: [ALL_FIELDS*, -x, other.set*] }
}
"""


def test_reads_what_the_reference_parser_reads() -> None:
    theirs = [_theirs(item) for item in lkml.parse(TEXT).container.items]
    assert [_ours(node) for node in _read(TEXT)] == theirs


def test_every_parameter_knows_its_line() -> None:
    [_, _, explore, view] = _read(TEXT)
    join = next(explore.all("join"))
    assert (explore.place.line, join.place.line, view.place.line) == (5, 9, 12)
    assert [view.children[1].place.line, view.children[1].children[0].place.line] == [14, 14]


def test_windows_line_ends_make_no_difference() -> None:
    assert _read(TEXT.replace("\n", "\r\n")) == _read(TEXT)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("view: a {\n  dimension: x {\n}\n", 1, "not closed"),
        ('view: a {\n  label: "x\n}\n', 2, "closing quote"),
        ("view: a {\n  sql_table_name: t\n}\n", 2, "no closing ;;"),
        ("view: a {\n  fields: [x, y\n}\n", 3, "expected"),
        ("view: a {\n  sql_table_name: t\n}\nview: b { dimension: y { sql: y ;; } }\n", 2, "no closing ;;"),
        ("view: a {\n  ; \n}\n", 2, "expected"),
        ("view: a { x: 1 }\n}\n", 2, "expected"),
    ],
)
def test_what_cannot_be_read_is_found_with_its_line_and_breaks_that_view_alone(
    text: str, line: int, message: str
) -> None:
    findings = Findings()
    nodes = read(f"{text}view: sound {{ dimension: x {{}} }}\n", "a.view.lkml", findings)
    [finding] = findings.all()
    assert finding.place.line == line
    assert message in finding.message
    assert [node.text for node in nodes if node.is_broken] == ["a"]
    assert nodes[-1].text == "sound"


def test_a_refinement_that_is_swallowed_by_a_broken_one_is_broken_too() -> None:
    nodes = read('view: a {\n  label: "never closed\n explore: +b { hidden: yes }\n', "a.view.lkml", Findings())
    assert [(node.key, node.text, node.is_broken) for node in nodes] == [("view", "a", True), ("explore", "+b", True)]


def test_blocks_nested_beyond_reason_are_refused() -> None:
    findings = Findings()
    read("a: { " * 10_000, "a.view.lkml", findings)
    assert "nested too deeply" in findings.all()[0].message


def _read(text: str) -> list[Node]:
    findings = Findings()
    nodes = read(text, "a.view.lkml", findings)
    assert findings.all() == []
    return nodes


def _ours(node: Node) -> tuple[str, str, object]:
    inner = node.items if node.items is not None else node.block
    return node.key, node.text, None if inner is None else [_ours(child) for child in inner]


def _theirs(node: object) -> tuple[str, str, object]:
    if isinstance(node, PairNode):
        return node.type.value, node.value.value.strip().replace('\\"', '"'), None
    if isinstance(node, ListNode):
        return node.type.value, "", [_theirs(item) for item in node.items]
    if isinstance(node, BlockNode):
        items = node.container.items if node.container else ()
        return node.type.value, node.name.value if node.name else "", [_theirs(item) for item in items]
    return "", str(getattr(node, "value", "")), None
