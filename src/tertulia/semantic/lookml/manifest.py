"""What a project says of itself: its name, its constants, what it imports."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.model import Place
from tertulia.semantic.lookml.tree import Node, broken

_CONSTANT = re.compile(r"@\{\s*([^}\s]*)\s*\}")
_IMPORTS = ("local_dependency", "remote_dependency")
_DEEPEST = 8
_LONGEST = 100_000


class Manifest(Struct, frozen=True, kw_only=True):
    """`overrides` are the constants it sets for projects it imports, by project."""

    name: str = ""
    constants: Mapping[str, str] = {}
    imports: list[str] = []
    overrides: Mapping[str, Mapping[str, str]] = {}


def manifest_of(nodes: Iterable[Node]) -> Manifest:
    name = ""
    constants: dict[str, str] = {}
    overrides: dict[str, dict[str, str]] = {}
    for node in nodes:
        if node.key == "project_name":
            name = node.text
        elif node.key == "constant" and node.text:
            constants[node.text] = node.value("value")
        elif node.key in _IMPORTS:
            project = node.value("project") or node.text or node.value("name")
            overrides[project] = {
                given.text: given.value("value") for given in node.all("override_constant") if given.text
            }
    return Manifest(name=name, constants=constants, imports=[key for key in overrides if key], overrides=overrides)


def filled(nodes: list[Node], constants: Mapping[str, str], findings: Findings) -> list[Node]:
    """The nodes with every `@{name}` replaced; a view or explore that names an unknown constant is broken."""
    return [_top(node, constants, findings) for node in nodes]


class _Unknown(Exception):
    """A constant that is not there, or that never ends."""

    def __init__(self, place: Place, message: str) -> None:
        self.place = place
        self.message = message
        super().__init__(message)


def _top(node: Node, constants: Mapping[str, str], findings: Findings) -> Node:
    try:
        return _filled(node, constants)
    except _Unknown as unknown:
        findings.error(unknown.place, "unknown_constant", f"{node.key} {node.text}".strip(), unknown.message)
        return broken(node)


def _filled(node: Node, constants: Mapping[str, str]) -> Node:
    text = _replaced(node.text, constants, node.place)
    items = None if node.items is None else _each(node.items, constants)
    block = None if node.block is None else _each(node.block, constants)
    if text is node.text and items is node.items and block is node.block:
        return node
    return Node(key=node.key, place=node.place, text=text, items=items, block=block, is_broken=node.is_broken)


def _each(nodes: list[Node], constants: Mapping[str, str]) -> list[Node]:
    """The very same list where nothing changed, which is nearly always."""
    changed = [_filled(node, constants) for node in nodes]
    return nodes if all(new is old for new, old in zip(changed, nodes, strict=True)) else changed


def _replaced(text: str, constants: Mapping[str, str], place: Place) -> str:
    for _ in range(_DEEPEST):
        if "@{" not in text:
            return text
        found = _CONSTANT.search(text)
        if found is None:
            return text
        missing = next((name for name in _CONSTANT.findall(text) if name not in constants), None)
        if missing is not None:
            raise _Unknown(place, f"The manifest has no constant {missing!r}.")
        text = _CONSTANT.sub(lambda match: constants[match[1]], text)
        if len(text) > _LONGEST:
            break
    raise _Unknown(place, "The constants used here refer to each other without end.")
