"""How the parameters of two versions of one object become those of one."""

from collections.abc import Iterable

from tertulia.semantic.lookml.tree import Node

FIELD_KEYS = ("dimension", "dimension_group", "measure", "filter", "parameter")
_LONGEST = 200_000
_EXTENDED_LIST = "EXTENDED*"
_EXTENDED = "${EXTENDED}"
# merged name by name; everything else of the same key is replaced
_NAMED = frozenset({*FIELD_KEYS, "set", "join", "column", "derived_column"})
# kept from both sides
_ADDED = frozenset({"filters", "bind_filters", "sorts", "sort", "allowed_value", "access_filter", "link", "action"})
# kept from both sides as well, but only in these; elsewhere the later one stands
_ADDED_IN = frozenset({"dimension", "measure", "filter", "parameter", "explore_source", "view", "explore"})
_ALONE = ("derived_table", "explore_source")
_RIVALS = ({"sql_table_name", "derived_table"}, {"sql", "explore_source", "sql_create", "create_process"})


class TooLong(Exception):
    """The merged text grows without end."""


def merged(layers: Iterable[list[Node]]) -> list[Node]:
    """The later layer wins. Raises TooLong."""
    result: list[Node] = []
    for layer in layers:
        result = _over(result, layer, within="view") if result else layer
    return result


def is_named(node: Node) -> bool:
    """Whether it is one of several that are told apart by their names."""
    return node.key in _NAMED


def identity(node: Node) -> tuple[str, str]:
    """Fields share one name space, whatever their kinds; the name of a group is not that of a field."""
    if node.key in FIELD_KEYS and node.key != "dimension_group":
        return "field", node.text
    return (node.key, node.text) if node.key in _NAMED else (node.key, "")


def _over(under: list[Node], over: list[Node], *, within: str) -> list[Node]:
    replaced = {identity(node): node for node in over if _is_single(node, within)}
    gone = _rivals(over, within)
    result: list[Node] = []
    used: set[tuple[str, str]] = set()
    for node in under:
        own = identity(node)
        winner = replaced.get(own) if _is_single(node, within) else None
        if winner is not None:
            if own not in used:
                result.append(_merged_node(_last(under, own, within), winner))
            used.add(own)
        elif node.key not in gone:
            result.append(node)
    return result + [node for node in over if not (_is_single(node, within) and identity(node) in used)]


def _last(under: list[Node], own: tuple[str, str], within: str) -> Node:
    return next(node for node in reversed(under) if _is_single(node, within) and identity(node) == own)


def _is_single(node: Node, within: str) -> bool:
    return not (node.key in _ADDED and within in _ADDED_IN)


def _rivals(over: list[Node], within: str) -> set[str]:
    """A view has one table: what names another takes the place of what was there."""
    if within not in ("view", "derived_table"):
        return set()
    keys = {node.key for node in over}
    return {key for rivals in _RIVALS if rivals & keys for key in rivals - keys}


def _merged_node(under: Node, over: Node) -> Node:
    """Blocks of the same kind merge deeply; texts and lists give way, but for what they take over by name."""
    if over.items is not None:
        return _list(under, over)
    if over.block is None:
        return _text(under, over)
    is_deep = over.key in _NAMED or over.key in _ALONE
    if not is_deep or over.key != under.key or (over.key == "explore_source" and over.text not in ("", under.text)):
        return over
    is_broken = under.is_broken or over.is_broken
    block = _over(under.children, over.block, within=over.key)
    return Node(key=over.key, place=over.place, text=over.text or under.text, block=block, is_broken=is_broken)


def _list(under: Node, over: Node) -> Node:
    items: list[Node] = []
    for item in over.items or []:
        items += (under.items or []) if item.text == _EXTENDED_LIST else [item]
    return Node(key=over.key, place=over.place, text=over.text, items=items)


def _text(under: Node, over: Node) -> Node:
    if _EXTENDED not in over.text:
        return over
    text = over.text.replace(_EXTENDED, under.text)
    if len(text) > _LONGEST:
        raise TooLong(f"{over.key} takes over ${{EXTENDED}} until it is too long.")
    return Node(key=over.key, place=over.place, text=text)
