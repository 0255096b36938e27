"""`filters`, in the way they are written now and in the old one, a block for each."""

from tertulia.semantic.lookml.findings import Unusable
from tertulia.semantic.lookml.model import FieldFilter
from tertulia.semantic.lookml.tree import Node


def field_filters(node: Node, key: str = "filters") -> list[FieldFilter]:
    """One filter for each field: where a field is filtered twice the later one stands. Raises Unusable."""
    found: dict[str, str] = {}
    for given in node.all(key):
        if given.items is not None:
            found.update(_pairs(given))
        elif given.block is not None:
            found.update([_block(given)])
        else:
            raise Unusable(given.place, "invalid_filter", f"{key} is not written as a list of fields and expressions.")
    return [FieldFilter(field=field, expression=expression) for field, expression in found.items()]


def _pairs(node: Node) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for item in node.items or []:
        if not item.key or item.items is not None or item.block is not None:
            raise Unusable(item.place, "invalid_filter", 'A filter is written as field: "expression".')
        pairs.append((item.key, item.text))
    return pairs


def _block(node: Node) -> tuple[str, str]:
    field, value = node.last("field"), node.last("value")
    if field is not None and value is not None and field.text:
        return field.text, value.text
    raise Unusable(node.place, "invalid_filter", "A filter needs a field and a value.")
