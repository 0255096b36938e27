"""What somebody may ask of an explore: its fields by their full names, without what grants and field lists withhold."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from msgspec import Struct

from tertulia.core.errors import PermissionDenied, UnknownField
from tertulia.core.query import UserAttribute
from tertulia.semantic.compile.memory import Memory
from tertulia.semantic.compile.references import references_of
from tertulia.semantic.lookml.labels import field_label
from tertulia.semantic.lookml.model import Explore, Field, FieldKind, Join, Model, View

_NEAREST = 3
_MOST_EXPLORES = 500


class FieldOfExplore(Struct, frozen=True, kw_only=True):
    """A field under its full name, `alias.field`; `alias` is how the explore calls the view."""

    name: str
    alias: str
    view: View
    field: Field
    label: str

    @property
    def kind(self) -> FieldKind:
        return self.field.kind


_seen: Memory[dict[str, FieldOfExplore]] = Memory(_MOST_EXPLORES)


def visible_fields(
    model: Model, explore: Explore, attributes: Mapping[str, UserAttribute]
) -> dict[str, FieldOfExplore]:
    """By full name, in the order they were written: the base view's first. Hidden fields are left out."""
    fields = queryable_fields(model, explore, attributes)
    return {name: seen for name, seen in fields.items() if not seen.field.is_hidden}


def queryable_fields(
    model: Model, explore: Explore, attributes: Mapping[str, UserAttribute]
) -> dict[str, FieldOfExplore]:
    """What a query may name: hidden fields too, since hiding a field tidies and does not protect."""
    granted = frozenset(name for name in model.access_grants if _holds(model, [name], attributes))

    def make() -> dict[str, FieldOfExplore]:
        withheld = _withheld(model, explore, granted)
        return {
            name: seen
            for name, seen in every_field(model, explore).items()
            if name not in withheld and _is_listed(explore, seen)
        }

    return _seen.of((id(model), id(explore), granted), make, (model, explore))


def every_field(model: Model, explore: Explore) -> dict[str, FieldOfExplore]:
    """What the explore's own SQL may name: everything that its views have."""
    return _seen.of((id(model), id(explore)), lambda: _every_field(model, explore), (model, explore))


def views_of(model: Model, explore: Explore) -> Iterator[tuple[str, View]]:
    """The explore's views by alias. A join of a view that the model does not have brings nothing."""
    if explore.view in model.views:
        yield explore.base, model.views[explore.view]
    for join in explore.joins.values():
        if join.view in model.views:
            yield join.name, model.views[join.view]


def may_see(model: Model, explore: Explore, attributes: Mapping[str, UserAttribute]) -> bool:
    """Whether the explore's access grants let somebody with these attributes ask it anything."""
    return _holds(model, explore.required_access_grants, attributes)


def find_field(
    fields: Mapping[str, FieldOfExplore],
    name: str,
    *,
    every: Mapping[str, FieldOfExplore],
) -> FieldOfExplore:
    """Raises UnknownField with the nearest names, PermissionDenied for one that is there but withheld."""
    if name in fields:
        return fields[name]
    if name in every:
        raise PermissionDenied(f"You may not ask for {name} in this explore.")
    visible = [known for known, seen in fields.items() if not seen.field.is_hidden]
    near = get_close_matches(name, visible, _NEAREST, 0.5) or _same_field(name, visible)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise UnknownField(f"There is no field {name!r} in this explore.{hint}")


def _every_field(model: Model, explore: Explore) -> dict[str, FieldOfExplore]:
    return {
        f"{alias}.{field.name}": FieldOfExplore(
            name=f"{alias}.{field.name}",
            alias=alias,
            view=view,
            field=field,
            label=field_label(explore, alias, view, field),
        )
        for alias, view in views_of(model, explore)
        for field in view.fields.values()
    }


def _same_field(name: str, known: list[str]) -> list[str]:
    wanted = name.rpartition(".")[2]
    return [each for each in known if each.rpartition(".")[2] == wanted][:_NEAREST]


def _is_listed(explore: Explore, seen: FieldOfExplore) -> bool:
    join = explore.joins.get(seen.alias)
    lists = [explore.fields, join.fields if join else None]
    return all(listed is None or seen.name in listed for listed in lists)


def _withheld(model: Model, explore: Explore, granted: frozenset[str]) -> set[str]:
    """The fields whose grants do not hold, and every field whose SQL would show them."""
    every = every_field(model, explore)
    withheld = {
        name for name, seen in every.items() if not granted.issuperset(_grants(explore.joins.get(seen.alias), seen))
    }
    if not withheld:
        return withheld
    using = {name: set(references_of(seen.alias, seen.field)) for name, seen in every.items()}
    while found := {name for name, used in using.items() if name not in withheld and used & withheld}:
        withheld |= found
    return withheld


def _grants(join: Join | None, seen: FieldOfExplore) -> list[str]:
    joined = join.required_access_grants if join else []
    return [*joined, *seen.view.required_access_grants, *seen.field.required_access_grants]


def _holds(model: Model, grants: list[str], attributes: Mapping[str, UserAttribute]) -> bool:
    for name in grants:
        grant = model.access_grants.get(name)
        attribute = attributes.get(grant.user_attribute) if grant else None
        if grant is None or attribute is None or not set(attribute.values) & set(grant.allowed_values):
            return False
    return True
