"""What each phrase of a reading can be in one explore."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct, structs

from tertulia.semantic.interpret.amounts import Compare
from tertulia.semantic.interpret.business_words import INTENSIVE
from tertulia.semantic.interpret.catalogue import Seen, Stage, field_words, name_fields
from tertulia.semantic.interpret.lexicon import AGGREGATES, aggregate_of
from tertulia.semantic.interpret.meaning import EXACT, STATED, Kind, Meaning
from tertulia.semantic.interpret.plan import Measured
from tertulia.semantic.interpret.reading import Item, Use
from tertulia.semantic.interpret.tokens import stems_of
from tertulia.semantic.lookml.model import FieldKind

_SPOKEN_AGGREGATES = {"sum": "total", "average": "average", "median": "median", "max": "maximum", "min": "minimum"}
_REFERENCE = re.compile(r"\$\{\s*([\w.]+)\s*\}")
_NUMBERS = ("number", "tier", "duration")
_PIECES = frozenset({"unit", "quantity", "item", "piece"})
_GROUPED = (Use.BREAKDOWN, Use.EACH, Use.PER, Use.LIST, Use.RANKED)
_ORDERED = (Use.RANKING, Use.SORTING)


class Place(StrEnum):
    """Where in the query a part goes. A THING is an entity or dimension named without saying what for."""

    MEASURE = "measure"
    ORDER = "order"
    BREAKDOWN = "breakdown"
    FILTER = "filter"
    THING = "thing"
    CONTEXT = "context"
    DATE = "date"


class Part(Struct, frozen=True, kw_only=True):
    """One phrase, resolved. Exactly the members its place needs are set; `count` is what counts a THING."""

    item: Item
    place: Place
    alias: str
    measure: Measured | None = None
    fields: tuple[Seen, ...] = ()
    value: str = ""
    group: str = ""
    count: Measured | None = None
    compare: Compare | None = None
    doubt: str = ""
    is_stated: bool = False


def meanings_of(item: Item) -> list[Meaning]:
    """The meanings the phrase can have in its use: the strongest, and of those the ones beside which it stands."""
    fitting = [each for each in item.term.meanings if _fits(each, item)]
    if item.use is Use.CONTEXT and item.compare is None and any(_is_narrowing(each) for each in fitting):
        # `from members` narrows, though `members` may also be their number
        fitting = [each for each in fitting if each.kind is not Kind.MEASURE or each.aggregate not in ("", "count")]
    if (
        item.use in (Use.SUBJECT, Use.COUNT, *_ORDERED)
        and item.compare is None
        and any(_is_entity(each) for each in fitting)
    ):
        fitting = [each for each in fitting if each.kind is not Kind.DIMENSION]
    places = {each.place for each in item.near.meanings if each.kind is Kind.ENTITY} if item.near else set[str]()
    beside = [each for each in fitting if each.place in places and each.kind is not Kind.ENTITY]
    if any(each.strength >= EXACT for each in beside) or (beside and all(each.kind is Kind.VALUE for each in fitting)):
        # `German brands`: the entity says more than any preference
        fitting = beside
    best = max((each.strength for each in fitting), default=0)
    if item.use is Use.EXCLUDED and any(
        each.kind is Kind.ENTITY and each.strength >= best for each in item.term.meanings
    ):
        return []
    strongest = [each for each in fitting if each.strength == best or _is_rival(each, best, fitting)]
    if item.near is not None and (item.is_attribute or item.is_predicate):
        # `active customers` are not those of active products
        strongest = [each for each in strongest if each.kind is not Kind.FLAG or each.place in places]
    nearest = [each for each in strongest if each.place in places and each.kind is not Kind.ENTITY]
    return _preferred(nearest or strongest, item)


def parts_of(item: Item, stage: Stage, meanings: Sequence[Meaning]) -> list[Part]:
    """Each meaning that this explore shows, as a part of a query."""
    return [
        structs.replace(part, is_stated=meaning.strength == STATED)
        for meaning in meanings
        for part in _parts(item, stage, meaning)
    ]


def counting(stage: Stage, alias: str) -> Measured | None:
    """The measure that counts the rows of a view: a plain count, or one of its key's distinct values."""
    own = [seen for seen in stage.fields.values() if seen.alias == alias]
    key = stage.aliases[alias].primary_key
    for seen in own:
        if seen.field.type == "count" and seen.is_measure and not seen.field.filters:
            return measured(stage, seen)
    for seen in own:
        is_distinct = seen.is_measure and seen.field.type == "count_distinct" and not seen.field.filters
        if is_distinct and key is not None and _is_over(seen, key.name, key.sql):
            return measured(stage, seen)
    return _key_count(stage, alias)


def _key_count(stage: Stage, alias: str) -> Measured | None:
    """Where the model counts nothing, the values of its key are the rows."""
    key = stage.aliases[alias].primary_key
    if key is None:
        return None
    words = stage.view_words[alias]
    place = next(place for place, own in stage.places.items() if own == alias)
    seen = Seen(name=f"{alias}.{key.name}", alias=alias, place=place, field=key, view_words=words, label=words)
    return custom(stage, seen, "count")


def measured(stage: Stage, seen: Seen) -> Measured:
    return Measured(
        name=seen.name,
        label=seen.label,
        spoken=seen.label,
        alias=seen.alias,
        place=seen.place,
        aggregate=aggregate_of(seen.field),
        is_ratio=seen.field.type not in AGGREGATES,
        views=_views_of(stage, seen, frozenset()),
    )


def custom(stage: Stage, seen: Seen, aggregate: str) -> Measured:
    """A measure over a dimension: the model's own where it has one, else a custom one."""
    kind = "count_distinct" if aggregate == "count" else aggregate
    for other in stage.fields.values():
        is_kind = other.alias == seen.alias and other.is_measure and other.field.type == kind
        if is_kind and not other.field.filters and _is_over(other, seen.field.name, seen.field.sql):
            return measured(stage, other)
    name = f"{kind}_of_{seen.field.name}"
    words = "number of different" if aggregate == "count" else _SPOKEN_AGGREGATES[aggregate]
    if seen.field.is_primary_key and aggregate == "count":
        words = "number of"
    label = f"{words.capitalize()} {seen.label}"
    return Measured(
        name=name,
        label=label,
        spoken=f"{words} {seen.label}",
        alias=seen.alias,
        place=seen.place,
        aggregate=aggregate,
        views=frozenset({seen.alias}),
        dynamic={"measure": name, "based_on": seen.name, "type": kind, "label": label, "_kind_hint": "measure"},
    )


def _is_rival(meaning: Meaning, best: int, fitting: Sequence[Meaning]) -> bool:
    """A field that a modeller stated to be the plain one goes before its like, but not before the counted thing's own."""
    if best != STATED or meaning.strength != EXACT or meaning.kind not in (Kind.DIMENSION, Kind.VALUE):
        return False
    return any(each.strength == STATED and each.kind is meaning.kind for each in fitting)


def _is_narrowing(meaning: Meaning) -> bool:
    return meaning.kind in (Kind.ENTITY, Kind.VALUE, Kind.FLAG) and meaning.strength >= EXACT


def _is_entity(meaning: Meaning) -> bool:
    return meaning.kind is Kind.ENTITY and meaning.strength >= EXACT


def _fits(meaning: Meaning, item: Item) -> bool:  # noqa: PLR0911 - one return for each form
    use, kind = item.use, meaning.kind
    if item.aggregate:
        return _fits_aggregate(meaning, item)
    if item.compare is not None:
        return kind in (Kind.MEASURE, Kind.ENTITY, Kind.DIMENSION) and (kind is not Kind.MEASURE or _is_bare(meaning))
    if kind is Kind.MEASURE:
        return _fits_measure(meaning, use)
    if use is Use.EXCLUDED:
        return kind in (Kind.VALUE, Kind.FLAG, Kind.DATE)
    if use is Use.COUNT:
        return kind in (Kind.ENTITY, Kind.DIMENSION)
    if use in _GROUPED:
        return kind in (Kind.ENTITY, Kind.DIMENSION) or (kind is Kind.DATE and bool(meaning.timeframe))
    if use in _ORDERED:
        return kind in (Kind.ENTITY, Kind.DIMENSION)
    return kind is not Kind.DIMENSION or use is Use.SUBJECT


def _fits_measure(meaning: Meaning, use: Use) -> bool:
    if use is Use.COUNT:
        return meaning.is_counted or meaning.aggregate in ("count", "sum")
    if use in (Use.EXCLUDED, Use.PER, Use.EACH) or (use is Use.LIST and meaning.aggregate == "count"):
        return False
    return _is_bare(meaning)


def _fits_aggregate(meaning: Meaning, item: Item) -> bool:
    if meaning.kind is Kind.DIMENSION:
        return True
    if meaning.kind is Kind.MEASURE:
        # a total of a count is the count; nothing else of another aggregate is what was asked for
        return meaning.aggregate == item.aggregate or (item.aggregate == "sum" and meaning.aggregate == "count")
    return meaning.kind is Kind.ENTITY and item.aggregate == "sum"


def _is_bare(meaning: Meaning) -> bool:
    """Whether the phrase names the measure without a word for how it sums up."""
    if meaning.is_counted:
        return False
    if not meaning.is_core:
        return True
    is_intensive = bool(set(stems_of(meaning.field.replace("_", " "))) & INTENSIVE)
    return meaning.aggregate == ("average" if is_intensive else "sum")


def _preferred(meanings: Sequence[Meaning], item: Item) -> list[Meaning]:
    """Kinds that say the same in a use are not two readings."""
    kinds = {each.kind for each in meanings}
    dropped: set[Kind] = set()
    if item.compare is not None and not item.aggregate and Kind.DIMENSION in kinds:
        # `a duration of more than 30` is of each one, not of their average
        meanings = [each for each in meanings if not each.is_core]
    if item.use is Use.COUNT and kinds & {Kind.ENTITY, Kind.MEASURE}:
        dropped |= {Kind.DIMENSION}
    if Kind.FLAG in kinds and item.use not in _GROUPED:
        dropped |= {Kind.DIMENSION}
    if item.use is Use.CONTEXT and Kind.ENTITY in kinds and item.compare is None:
        dropped |= {Kind.MEASURE}
    if item.aggregate and Kind.MEASURE in kinds:
        dropped |= {Kind.DIMENSION, Kind.ENTITY}
    if item.use in _GROUPED and kinds & {Kind.DIMENSION, Kind.ENTITY, Kind.DATE}:
        dropped |= {Kind.MEASURE}
    if Kind.ENTITY in kinds:
        dropped |= {Kind.DATE}
    if item.use in _ORDERED and Kind.DIMENSION in kinds:
        meanings = [each for each in meanings if not (each.is_core and each.aggregate != "sum")]
        kinds = {each.kind for each in meanings}
    if item.use in (Use.SUBJECT, *_ORDERED) and Kind.MEASURE in kinds:
        dropped |= {Kind.ENTITY, Kind.DIMENSION, Kind.DATE}
    if item.is_attribute and kinds & {Kind.VALUE, Kind.FLAG}:
        dropped |= {Kind.DATE}
    return [each for each in meanings if each.kind not in dropped]


def _parts(item: Item, stage: Stage, meaning: Meaning) -> Iterator[Part]:
    alias = stage.places.get(meaning.place)
    if alias is None:
        return
    match meaning.kind:
        case Kind.MEASURE:
            seen = stage.seen(meaning.place, meaning.field)
            if seen is not None and (item.use is not Use.COUNT or _is_number_of(seen)):
                part = _measure_part(item, measured(stage, seen))
                is_guess = meaning.is_core and not item.aggregate and meaning.aggregate != "sum"
                yield structs.replace(part, doubt=f"Is the {meaning.aggregate} meant?") if is_guess else part
        case Kind.ENTITY:
            yield from _entity_parts(item, stage, alias)
        case Kind.DIMENSION:
            seen = stage.seen(meaning.place, meaning.field)
            if seen is not None:
                yield from _dimension_parts(item, stage, seen)
        case Kind.DATE:
            yield from _date_parts(item, stage, alias, meaning)
        case Kind.VALUE | Kind.FLAG:
            seen = stage.seen(meaning.place, meaning.field)
            if seen is not None:
                value = meaning.value if meaning.kind is Kind.VALUE else ""
                yield Part(item=item, place=Place.FILTER, alias=alias, fields=(seen,), value=value)


def _measure_part(item: Item, measure: Measured) -> Part:
    place = Place.ORDER if item.use in (*_ORDERED, Use.BREAKDOWN) else Place.MEASURE
    return Part(item=item, place=place, alias=measure.alias, measure=measure, compare=item.compare)


def _entity_parts(item: Item, stage: Stage, alias: str) -> Iterator[Part]:
    count = counting(stage, alias)
    is_counted = item.use in (Use.COUNT, *_ORDERED) or item.compare is not None or item.aggregate == "sum"
    if is_counted:
        if count is not None:
            yield _measure_part(item, count)
        return
    if item.use in _GROUPED:
        fields = tuple(naming(stage, alias))
        if fields:
            yield Part(item=item, place=Place.BREAKDOWN, alias=alias, fields=fields)
        return
    place = Place.THING if item.use is Use.SUBJECT else Place.CONTEXT
    yield Part(item=item, place=place, alias=alias, fields=tuple(naming(stage, alias)), count=count)


def naming(stage: Stage, alias: str) -> list[Seen]:
    """The fields that name a row for a reader; its key where it has no name."""
    named = name_fields(stage, alias)
    key = stage.aliases[alias].primary_key
    seen = stage.fields.get(f"{alias}.{key.name}") if key is not None else None
    return named or ([seen] if seen is not None else [])


def _dimension_parts(item: Item, stage: Stage, seen: Seen) -> Iterator[Part]:
    is_number = seen.field.type in _NUMBERS
    if item.aggregate:
        if is_number:
            yield _measure_part(item, custom(stage, seen, item.aggregate))
    elif item.compare is not None:
        if is_number:
            yield Part(item=item, place=Place.FILTER, alias=seen.alias, fields=(seen,), compare=item.compare)
    elif item.use is Use.COUNT and seen.field.type != "yesno":
        yield _measure_part(item, custom(stage, seen, "count"))
    elif item.use in _ORDERED:
        if is_number:
            yield Part(item=item, place=Place.ORDER, alias=seen.alias, fields=(seen,))
    elif item.use in _GROUPED:
        # a list of `yes` and `no` is no list of members
        if not (item.use is Use.LIST and seen.field.type == "yesno"):
            yield Part(item=item, place=Place.BREAKDOWN, alias=seen.alias, fields=(seen,))
    else:
        count = custom(stage, seen, "count")
        yield Part(item=item, place=Place.THING, alias=seen.alias, fields=(seen,), count=count)


def _date_parts(item: Item, stage: Stage, alias: str, meaning: Meaning) -> Iterator[Part]:
    if item.use in _GROUPED:
        seen = stage.date_field(alias, meaning.field, meaning.timeframe)
        if seen is not None:
            yield Part(item=item, place=Place.BREAKDOWN, alias=alias, fields=(seen,))
        return
    seen = stage.date_field(alias, meaning.field)
    if seen is not None:
        yield Part(item=item, place=Place.DATE, alias=alias, fields=(seen,), group=meaning.field)


def _is_number_of(seen: Seen) -> bool:
    """Whether `how many` can ask for this measure: a count, or a sum of pieces."""
    aggregate = aggregate_of(seen.field)
    return aggregate == "count" or (aggregate == "sum" and bool(set(stems_of(field_words(seen.field))) & _PIECES))


def _views_of(stage: Stage, seen: Seen, passed: frozenset[str]) -> frozenset[str]:
    """The views a measure's rows are of: its own, or those of the measures it is made of."""
    if seen.field.type in AGGREGATES or seen.name in passed:
        return frozenset({seen.alias})
    views: set[str] = set()
    for reference in _REFERENCE.findall(seen.field.sql):
        alias, _, name = reference.rpartition(".")
        view = stage.aliases.get(alias or seen.alias)
        field = view.fields.get(name) if view is not None else None
        if field is None or field.kind is not FieldKind.MEASURE:
            continue
        inner = Seen(
            name=f"{alias or seen.alias}.{name}",
            alias=alias or seen.alias,
            place="",
            field=field,
            view_words="",
            label="",
        )
        views |= _views_of(stage, inner, passed | {seen.name})
    return frozenset(views or {seen.alias})


def _is_over(measure: Seen, name: str, sql: str) -> bool:
    inner = "".join(measure.field.sql.split()).rstrip(";")
    return inner in (f"${{{name}}}", "".join(sql.split()).rstrip(";")) and bool(inner)
