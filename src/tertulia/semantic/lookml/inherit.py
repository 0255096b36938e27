"""Extends and refinements: one merged tree for every view and explore of a model.

What overrides what, from the weakest: what the object extends, what its refinements extend, the object itself, its
refinements in the order they are included.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.merge import TooLong, identity, is_named, merged
from tertulia.semantic.lookml.model import Place
from tertulia.semantic.lookml.tree import Node

_LONGEST_CHAIN = 60


class Definition(Struct, kw_only=True):
    """A view or explore as it stands in the files of one model."""

    name: str
    place: Place
    node: Node | None = None
    refinements: list[Node] = field(default_factory=list[Node])


class Inheritance:
    """The views (or the explores) of a model by name, merged; what cannot be merged is left out, with a finding."""

    def __init__(self, nodes: Iterable[Node], *, kind: str, findings: Findings) -> None:
        self._kind = kind
        self._findings = findings
        self._definitions: dict[str, Definition] = {}
        self._merged: dict[str, list[Node] | None] = {}
        for node in nodes:
            if node.key == kind:
                self._collect(node)

    def all(self) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for name, definition in self._definitions.items():
            block = self._resolved(name, [])
            if block is not None:
                found[name] = Node(key=self._kind, place=definition.place, text=name, block=block)
        return found

    def names(self) -> list[str]:
        """All that are written down, also those that were left out."""
        return list(self._definitions)

    def _collect(self, node: Node) -> None:
        name = node.text.removeprefix("+")
        node = self._without_doubles(node)
        if not name:
            self._findings.error(node.place, "nameless", self._kind, f"This {self._kind} has no name.")
            return
        definition = self._definitions.setdefault(name, Definition(name=name, place=node.place))
        if node.text.startswith("+"):
            definition.refinements.append(node)
        elif definition.node is None:
            definition.node, definition.place = node, node.place
        else:
            message = f"There is a {self._kind} {name!r} already, at {definition.place}. This one is left out."
            self._findings.error(node.place, "duplicate", name, message)

    def _without_doubles(self, node: Node) -> Node:
        """A field, set or join that is written twice in one place stands as it was written first."""
        first: dict[tuple[str, str], Node] = {}
        block: list[Node] = []
        for child in node.children:
            known = first.setdefault(identity(child), child) if is_named(child) else child
            if known is child:
                block.append(child)
                continue
            message = f"There is a {known.key} {child.text!r} already, at {known.place}. This one is left out."
            self._findings.error(child.place, "duplicate", f"{node.text.lstrip('+')}.{child.text}", message)
        if len(block) == len(node.children):
            return node
        return Node(key=node.key, place=node.place, text=node.text, block=block, is_broken=node.is_broken)

    def _resolved(self, name: str, trail: list[str]) -> list[Node] | None:
        if name not in self._merged:
            self._merged[name] = self._merge(self._definitions[name], [*trail, name])
        return self._merged[name]

    def _merge(self, definition: Definition, trail: list[str]) -> list[Node] | None:
        node = self._sound(definition)
        if node is None:
            return None
        if len(trail) > _LONGEST_CHAIN:
            message = f"More than {_LONGEST_CHAIN} extend each other in a row."
            self._findings.error(definition.place, "extends_chain", definition.name, message)
            return None
        layers: list[list[Node]] = []
        for part in (node, *definition.refinements):
            for parent in part.all("extends"):
                for wanted in parent.listed:
                    layer = self._parent(wanted, parent, trail)
                    if layer is None:
                        return None
                    layers.append(layer)
        self._check_final(definition)
        layers += [_own(node), *(_own(refinement) for refinement in definition.refinements)]
        try:
            return merged(layers)
        except TooLong as long:
            self._findings.error(definition.place, "too_long", definition.name, str(long))
            return None

    def _sound(self, definition: Definition) -> Node | None:
        """The object itself, unless it is not there or a part of it could not be read."""
        if definition.node is None:
            place = definition.refinements[0].place
            message = f"This refines the {self._kind} {definition.name!r}, which no included file defines."
            self._findings.error(place, "unknown_refined", definition.name, message)
            return None
        broken = next((part for part in (definition.node, *definition.refinements) if part.is_broken), None)
        if broken is not None:
            message = f"The {self._kind} {definition.name!r} is left out: not all that stands here could be read."
            self._findings.error(broken.place, "unreadable", definition.name, message)
            return None
        return definition.node

    def _parent(self, name: str, by: Node, trail: list[str]) -> list[Node] | None:
        """What an extended object gives to those that extend it."""
        if name in trail:
            message = f"These extend each other: {' -> '.join([*trail[trail.index(name) :], name])}."
            self._findings.error(by.place, "extends_cycle", trail[-1], message)
            return None
        if name not in self._definitions:
            message = f"{trail[-1]!r} extends the {self._kind} {name!r}, which no included file defines."
            self._findings.error(by.place, "unknown_extended", trail[-1], message)
            return None
        block = self._resolved(name, trail)
        if block is None:
            message = f"{trail[-1]!r} is left out, because it extends the {self._kind} {name!r}, which is left out."
            self._findings.error(by.place, "unusable_extended", trail[-1], message)
            return None
        return [node for node in block if node.key != "extension"]

    def _check_final(self, definition: Definition) -> None:
        final = next((part for part in definition.refinements if part.yes("final")), None)
        if final is not None and final is not definition.refinements[-1]:
            place = definition.refinements[-1].place
            message = f"{definition.name!r} is refined again after the refinement marked final at {final.place}."
            self._findings.warn(place, "refined_after_final", definition.name, message)


def _own(node: Node) -> list[Node]:
    return [child for child in node.children if child.key not in ("extends", "final")]
