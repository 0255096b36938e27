"""Where joins multiply rows, and which views then need a primary key that they do not have."""

from collections.abc import Iterator

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.model import Explore, FieldKind, Join, Model, View
from tertulia.semantic.lookml.references import views_named

_COUNTING = frozenset({"sum", "average", "count", "median", "percentile"})
_SHOWN = 4


def keyless(model: Model, findings: Findings) -> None:
    """Warns once for each view; the compiler refuses the measures it names."""
    explores: dict[str, list[str]] = {}
    for explore in model.explores.values():
        for alias in fanned(explore):
            view = model.views[explore.view if alias == explore.base else explore.joins[alias].view]
            if view.primary_key is None and _measures(view):
                explores.setdefault(view.name, []).append(explore.name)
    for name, among in explores.items():
        view = model.views[name]
        measures = _measures(view)
        message = (
            f"The view {name!r} has no primary key, and joins multiply its rows in {_listed(among)}: "
            f"{_listed(measures)} cannot be asked there together with what multiplies them."
        )
        findings.warn(view.place, "no_primary_key", name, message)


def fanned(explore: Explore) -> list[str]:
    """The aliases whose rows some join of the explore may multiply."""
    edges = dict(_edges(explore))
    multiplying: dict[str, set[str]] = {}
    neighbours: dict[str, set[str]] = {}
    for (start, end), multiplies in edges.items():
        neighbours.setdefault(start, set()).add(end)
        if multiplies:
            multiplying.setdefault(start, set()).add(end)
    return [alias for alias in (explore.base, *explore.joins) if _is_fanned(alias, neighbours, multiplying)]


def _is_fanned(alias: str, neighbours: dict[str, set[str]], multiplying: dict[str, set[str]]) -> bool:
    """Walks away from the view and never back towards it."""
    seen, todo = {alias}, [alias]
    while todo:
        here = todo.pop()
        ahead = neighbours.get(here, set()) - seen
        if ahead & multiplying.get(here, set()):
            return True
        seen |= ahead
        todo += ahead
    return False


def _edges(explore: Explore) -> Iterator[tuple[tuple[str, str], bool]]:
    """Each step from a view to another, and whether it may find more than one row."""
    for name, join in explore.joins.items():
        for parent in _parents(join, explore.base):
            yield (parent, name), join.relationship in ("one_to_many", "many_to_many") or join.type == "cross"
            yield (name, parent), join.relationship in ("many_to_one", "many_to_many") or join.type == "cross"


def _parents(join: Join, base: str) -> list[str]:
    named = [alias for alias in views_named(f"{join.sql_on} {join.sql}") if alias != join.name]
    if "." in join.foreign_key:
        named.append(join.foreign_key.partition(".")[0])
    return named or [base]


def _measures(view: View) -> list[str]:
    return [field.name for field in view.fields.values() if field.kind is FieldKind.MEASURE and field.type in _COUNTING]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
