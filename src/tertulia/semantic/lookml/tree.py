"""LookML as it is written: parameters with their places, before anything is made of them."""

from collections.abc import Iterator

from msgspec import Struct

from tertulia.semantic.lookml.model import Place

_YES = frozenset({"yes", "true"})
_NO = frozenset({"no", "false"})


class Node(Struct, frozen=True, kw_only=True):
    """One parameter, `key: value`. A value of a list without a key has the key "".

    `text` is the value, or the name that stands before a block. A node that could not be read to its end `is_broken`:
    what it would have said is not known.
    """

    key: str
    place: Place
    text: str = ""
    items: "list[Node] | None" = None
    block: "list[Node] | None" = None
    is_broken: bool = False

    @property
    def children(self) -> "list[Node]":
        return self.block or []

    def all(self, key: str) -> "Iterator[Node]":
        return (node for node in self.children if node.key == key)

    def last(self, key: str) -> "Node | None":
        """The parameter as it counts: where it is written twice, the later one does."""
        return next((node for node in reversed(self.children) if node.key == key), None)

    def value(self, key: str, default: str = "") -> str:
        node = self.last(key)
        return default if node is None else node.text

    def values(self, key: str) -> list[str]:
        """The values of a list parameter; a single value is a list of one."""
        node = self.last(key)
        return [] if node is None else node.listed

    def yes(self, key: str, *, default: bool = False) -> bool:
        """Whatever is neither yes nor no is the default."""
        text = self.value(key).lower()
        return text in _YES or (default and text not in _NO)

    @property
    def listed(self) -> list[str]:
        if self.items is None:
            return [self.text] if self.text else []
        return [item.text for item in self.items if not item.key and item.text]


def broken(node: Node) -> Node:
    """The same without what it says, which is not to be trusted."""
    return Node(key=node.key, place=node.place, text=node.text, block=[], is_broken=True)


def break_last(nodes: list[Node]) -> None:
    """Breaks the last view or explore of a file: a brace closed it before its end."""
    for at in reversed(range(len(nodes))):
        if nodes[at].key in ("view", "explore"):
            nodes[at] = broken(nodes[at])
            return
