"""What can be asked for, explore by explore: the fields in sight, the views behind them and how they hang together."""

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

from msgspec import Struct

from tertulia.core.query import Source
from tertulia.semantic.compile.scope import views_of, visible_fields
from tertulia.semantic.interpret.spelling import spaced
from tertulia.semantic.interpret.tokens import stems_of
from tertulia.semantic.interpret.understanding import Topic
from tertulia.semantic.lookml.labels import label_of, view_label
from tertulia.semantic.lookml.model import Explore, Field, FieldKind, Join, Model, View

_REFERENCE = re.compile(r"\$\{\s*(\w+)\.")
_NAMES = ("name", "full_name", "title", "display_name")
_MAIN_DATES = [
    "created",
    "ordered",
    "order",
    "order_date",
    "placed",
    "purchased",
    "purchase",
    "sold",
    "sale",
    "transaction",
    "booked",
    "booking",
    "started",
    "start",
    "begun",
    "opened",
    "occurred",
    "event",
    "visited",
    "visit",
    "checked_in",
    "posted",
    "date",
    "happened",
    "time",
    "timestamp",
    "logged",
    "recorded",
]
# What becomes of a thing later, or what is said of a person: never when it came to be.
_LATER_DATES = frozenset(
    [
        "returned",
        "shipped",
        "delivered",
        "canceled",
        "cancelled",
        "paid",
        "refunded",
        "ended",
        "end",
        "finished",
        "completed",
        "closed",
        "updated",
        "modified",
        "deleted",
        "expired",
        "expires",
        "due",
        "birth",
        "born",
        "last_login",
        "last_seen",
        "last_order",
        "latest_order",
        "first_order",
        "processed",
        "approved",
        "dispatched",
        "received",
        "resolved",
        "rejected",
        "archived",
        "scheduled",
        "expected",
        "estimated",
    ]
)
_TIME_TYPES = {"date", "date_time", "time", "date_raw"}
_FILTERABLE = ("date", "time", "raw", "")


class Seen(Struct, frozen=True, kw_only=True):
    """A field as one explore shows it. `place` names its view (and its alias, where one explore has the view twice)."""

    name: str
    alias: str
    place: str
    field: Field
    view_words: str
    label: str

    @property
    def is_measure(self) -> bool:
        return self.field.kind is FieldKind.MEASURE


class Stage(Struct, frozen=True, kw_only=True):
    """An explore to ask. `up` leads from an alias to those it has at most one row of,
    `reach` to all of those, itself included, `firm` to those that do not only hang on as
    the one return of a line would, `parents` to those its join needs.
    """

    source: Source
    model: Model
    explore: Explore
    fields: Mapping[str, Seen]
    aliases: Mapping[str, View]
    places: Mapping[str, str]
    up: Mapping[str, frozenset[str]]
    reach: Mapping[str, frozenset[str]]
    firm: Mapping[str, frozenset[str]]
    parents: Mapping[str, frozenset[str]]
    view_words: Mapping[str, str]

    def seen(self, place: str, field: str) -> Seen | None:
        alias = self.places.get(place)
        return None if alias is None else self.fields.get(f"{alias}.{field}")

    def determined(self, alias: str) -> frozenset[str]:
        """The aliases of which every row of `alias` has at most one."""
        return self.reach[alias]

    def joined(self, aliases: set[str]) -> frozenset[str]:
        """Every join that must be made for these aliases, the base not counted."""
        needed: set[str] = set()
        open_ = [*aliases, *self.explore.always_join]
        while open_:
            alias = open_.pop()
            if alias in needed or alias == self.explore.base:
                continue
            needed.add(alias)
            open_ += self.parents.get(alias, frozenset())
        return frozenset(needed)

    def dates(self, alias: str) -> list[str]:
        """The date groups of a view that can be filtered, in their order."""
        groups = {group_of(seen.field): None for seen in self.fields.values() if seen.alias == alias and is_date(seen)}
        return [group for group in groups if self.date_field(alias, group)]

    def main_dates(self, alias: str) -> list[str]:
        """The date that tells when a row came to be; several where none is plainly that."""
        groups = self.dates(alias)
        own = {"_".join(stems_of(spaced(alias))), "_".join(stems_of(spaced(self.aliases[alias].name)))}
        ranked = [group for name in _MAIN_DATES for group in groups if _plain_group(group) == name]
        ranked += [group for group in groups if any(_is_of(group, name) for name in own)]
        return ranked[:1] or [group for group in groups if _plain_group(group) not in _LATER_DATES]

    def date_field(self, alias: str, group: str, timeframe: str | None = None) -> Seen | None:
        """The group's field at a timeframe, or the one to filter by."""
        found = {
            seen.field.timeframe: seen
            for seen in self.fields.values()
            if seen.alias == alias and is_date(seen) and group_of(seen.field) == group
        }
        wanted = (timeframe,) if timeframe is not None else _FILTERABLE
        return next((found[name] for name in wanted if name in found), None)


def stages_of(topic: Topic) -> list[Stage]:
    found = [
        (source, model, explore)
        for source in dict.fromkeys(topic.sources)
        if (model := topic.models.get(source.model)) and (explore := model.explores.get(source.explore))
    ]
    twice = {view for _, _, explore in found for view in _seen_twice(explore)}
    return [_stage(source, model, explore, topic, twice) for source, model, explore in found]


def group_of(field: Field) -> str:
    return field.group or field.name


def is_date(seen: Seen) -> bool:
    field = seen.field
    if field.kind is not FieldKind.DIMENSION or field.interval:
        return False
    return bool(field.timeframe) or field.type in _TIME_TYPES


def field_words(field: Field) -> str:
    """The label of a field without its view."""
    return label_of(field)


def name_fields(stage: Stage, alias: str) -> list[Seen]:
    """What a reader calls a row of this view by: its name rather than its id; both parts of a person's name."""
    own = {
        seen.field.name: seen
        for seen in stage.fields.values()
        if seen.alias == alias and seen.field.kind is FieldKind.DIMENSION and seen.field.type == "string"
    }
    called = "_".join(stems_of(stage.view_words[alias]))
    for name in (*_NAMES, f"{called}_name", called, f"{called}_title", f"{called.rpartition('_')[2]}_name"):
        if name in own:
            return [own[name]]
    labelled = [seen for seen in own.values() if stems_of(field_words(seen.field)) in (("name",), ("full", "name"))]
    if labelled:
        return labelled[:1]
    if "first_name" in own and "last_name" in own:
        return [own["first_name"], own["last_name"]]
    return []


def _stage(source: Source, model: Model, explore: Explore, topic: Topic, twice: set[str]) -> Stage:
    views = dict(views_of(model, explore))
    words = {alias: view_label(explore, alias, view) for alias, view in views.items()}
    places = {
        f"{model.name}:{view.name}" + (f"@{alias}" if view.name in twice else ""): alias
        for alias, view in views.items()
    }
    place_of = {alias: place for place, alias in places.items()}
    fields = {
        name: Seen(
            name=name,
            alias=seen.alias,
            place=place_of[seen.alias],
            field=seen.field,
            view_words=seen.field.view_label or words[seen.alias],
            label=_full_label(seen.field.view_label or words[seen.alias], seen.field),
        )
        for name, seen in visible_fields(model, explore, topic.attributes).items()
        if seen.kind in (FieldKind.DIMENSION, FieldKind.MEASURE)
    }
    up, parents = _edges(explore)
    firm = {
        alias: frozenset(
            near for near in above if alias not in up.get(near, frozenset()) or _hangs_on(explore, alias, near)
        )
        for alias, above in up.items()
    }
    return Stage(
        source=source,
        model=model,
        explore=explore,
        fields=fields,
        aliases=views,
        places=places,
        up=up,
        reach={alias: _reach(up, alias) for alias in views},
        firm={alias: _reach(firm, alias) for alias in views},
        parents=parents,
        view_words=words,
    )


def _aliases(explore: Explore) -> Iterator[tuple[str, str]]:
    yield explore.base, explore.view
    for alias, join in explore.joins.items():
        yield alias, join.view


def _seen_twice(explore: Explore) -> set[str]:
    names = [name for _, name in _aliases(explore)]
    return {name for name in names if names.count(name) > 1}


def _edges(explore: Explore) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    up: dict[str, set[str]] = {explore.base: set()}
    parents: dict[str, frozenset[str]] = {explore.base: frozenset()}
    for alias, join in explore.joins.items():
        near = _parents(explore, alias, join)
        parents[alias] = near | set(join.required_joins)
        up.setdefault(alias, set())
        for parent in near:
            if join.relationship in ("many_to_one", "one_to_one"):
                up.setdefault(parent, set()).add(alias)
            if join.relationship in ("one_to_many", "one_to_one"):
                up[alias].add(parent)
    return {alias: frozenset(near) for alias, near in up.items()}, parents


def _hangs_on(explore: Explore, alias: str, near: str) -> bool:
    """Whether `alias` is the one of two joined one to one that was joined to the other."""
    join = explore.joins.get(alias)
    return join is not None and near in _parents(explore, alias, join)


def _reach(up: Mapping[str, frozenset[str]], alias: str) -> frozenset[str]:
    known, open_ = {alias}, [alias]
    while open_:
        for near in up.get(open_.pop(), frozenset()):
            if near not in known:
                known.add(near)
                open_.append(near)
    return frozenset(known)


def _full_label(view_words: str, field: Field) -> str:
    """With its view, so that it is told from others: `Users Country`."""
    own = field_words(field)
    lead = stems_of(view_words)
    return own if stems_of(own)[: len(lead)] == lead else f"{view_words} {own}"


def _parents(explore: Explore, alias: str, join: Join) -> frozenset[str]:
    known = {explore.base, *explore.joins} - {alias}
    named = [name for text in (join.sql_on, join.sql) for name in _REFERENCE.findall(text)]
    return frozenset(name for name in named if name in known) or frozenset({explore.base})


def _is_of(group: str, name: str) -> bool:
    """`returned` is the date of returns, `delivered` that of deliveries."""
    plain = _plain_group(group)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(plain, name, strict=False)))
    return plain == name or alike >= max(4, min(len(plain), len(name)) - 2)


def _plain_group(group: str) -> str:
    return group.removesuffix("_at").removesuffix("_on").removesuffix("_date").removesuffix("_time") or group
