"""Numbers in parameters. A number that is none makes what it stands in unusable."""

from tertulia.semantic.lookml.findings import Unusable
from tertulia.semantic.lookml.tree import Node


def whole(node: Node, key: str) -> int | None:
    given = node.last(key)
    if given is None:
        return None
    try:
        return int(given.text)
    except ValueError as wrong:
        raise Unusable(given.place, "not_a_number", f"{key} is no whole number: {given.text!r}.") from wrong


def number(node: Node, key: str) -> float | None:
    given = node.last(key)
    return None if given is None else _number(given, given.text)


def numbers(node: Node, key: str) -> list[float]:
    given = node.last(key)
    return [] if given is None else [_number(given, text) for text in given.listed]


def _number(node: Node, text: str) -> float:
    try:
        value = float(text)
    except ValueError as wrong:
        raise Unusable(node.place, "not_a_number", f"{node.key} is no number: {text!r}.") from wrong
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - only nan differs from itself
        raise Unusable(node.place, "not_a_number", f"{node.key} is no number: {text!r}.")
    return value
