"""Lists of fields: sets, `set*`, `ALL_FIELDS*` and what a minus takes out again."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.model import Field, Place
from tertulia.semantic.lookml.tree import Node

ALL = "ALL_FIELDS*"
_DEEPEST = 40


class Members(Struct, frozen=True, kw_only=True):
    """What a view has that lists may name."""

    fields: Mapping[str, Field]
    sets: Mapping[str, Node]


class Sets:
    """The sets of all views of a model. Names that do not exist are findings and are passed over."""

    def __init__(self, views: Mapping[str, Members], findings: Findings) -> None:
        self._views = views
        self._resolved: dict[str, list[str]] = {}
        self._findings = findings

    def of_view(self, view: str) -> dict[str, list[str]]:
        return {
            name: self.listed(node.values("fields"), home=view, place=node.place, trail=(f"{view}.{name}",))
            for name, node in self._views[view].sets.items()
        }

    def listed(self, items: Iterable[str], *, home: str, place: Place, trail: tuple[str, ...] = ()) -> list[str]:
        """Fields of the view `home` by their names, those of others as `view.field`."""
        return _folded(items, lambda name: self._meant(name, home, place, trail))

    def within(self, items: Iterable[str], *, home: str, views: Mapping[str, str], place: Place) -> list[str]:
        """Full names, `alias.field`, in an explore whose aliases stand for `views`. Bare names are of the alias `home`."""
        listed = list(items)
        is_taking_away = bool(listed) and all(item.startswith("-") for item in listed)
        return _folded([ALL, *listed] if is_taking_away else listed, lambda name: self._full(name, home, views, place))

    def _meant(self, name: str, home: str, place: Place, trail: tuple[str, ...]) -> list[str]:
        if name == ALL:
            return list(self._views[home].fields)
        view, _, rest = name.rpartition(".")
        view = view or home
        if not name.endswith("*"):
            if view != home:
                return [name]
            return self._fields(rest, home, place, name)
        found = self._set(view, rest.removesuffix("*"), place, trail)
        return found if view == home else [field if "." in field else f"{view}.{field}" for field in found]

    def _set(self, view: str, name: str, place: Place, trail: tuple[str, ...]) -> list[str]:
        full = f"{view}.{name}"
        members = self._views.get(view)
        node = None if members is None else members.sets.get(name)
        if node is None:
            self._findings.warn(place, "unknown_set", full, f"There is no set {full!r}.")
            return []
        if len(trail) > _DEEPEST:
            self._findings.error(place, "set_cycle", full, f"More than {_DEEPEST} sets are nested here.")
            return []
        if full in trail:
            message = f"These sets contain each other: {' -> '.join([*trail[trail.index(full) :], full])}."
            self._findings.error(place, "set_cycle", full, message)
            return []
        if full not in self._resolved:
            found = self.listed(node.values("fields"), home=view, place=node.place, trail=(*trail, full))
            self._resolved[full] = found
        return self._resolved[full]

    def _fields(self, name: str, view: str, place: Place, written: str) -> list[str]:
        """The field, or all fields of the group of that name."""
        members = self._views.get(view)
        if members is None:
            return []
        if name in members.fields:
            return [name]
        grouped = [field.name for field in members.fields.values() if field.group == name]
        if not grouped:
            self._findings.warn(place, "unknown_field", written, f"The view {view!r} has no field {name!r}.")
        return grouped

    def _full(self, name: str, home: str, views: Mapping[str, str], place: Place) -> list[str]:
        if name == ALL:
            return [f"{alias}.{field}" for alias, view in views.items() for field in self._members(view).fields]
        written, _, rest = name.rpartition(".")
        alias = _alias(written, views) if written else home
        if alias is None:
            self._findings.warn(place, "unknown_field", name, f"This explore has no view {written!r}.")
            return []
        view = views[alias]
        if rest == ALL:
            return [f"{alias}.{field}" for field in self._members(view).fields]
        found = (
            self._set(view, rest.removesuffix("*"), place, ())
            if rest.endswith("*")
            else self._fields(rest, view, place, name)
        )
        return [field if "." in field else f"{alias}.{field}" for field in found]

    def _members(self, view: str) -> Members:
        return self._views.get(view) or Members(fields={}, sets={})


def _alias(written: str, views: Mapping[str, str]) -> str | None:
    """An explore's name for a view; the view's own name will do where only one alias stands for it."""
    if written in views:
        return written
    aliases = [alias for alias, view in views.items() if view == written]
    return aliases[0] if len(aliases) == 1 else None


def _folded(items: Iterable[str], meant: Callable[[str], list[str]]) -> list[str]:
    found: dict[str, None] = {}
    for item in items:
        if item.startswith("-"):
            for name in meant(item.removeprefix("-")):
                found.pop(name, None)
        else:
            found.update(dict.fromkeys(meant(item)))
    return list(found)
