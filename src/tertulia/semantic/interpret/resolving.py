"""What each phrase of a reading can be in one explore."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from tertulia.semantic.interpret.amounts import Compare
from tertulia.semantic.interpret.business_words import INTENSIVE
from tertulia.semantic.interpret.catalogue import Seen, Stage, field_words, name_fields
from tertulia.semantic.interpret.lexicon import aggregate_of
from tertulia.semantic.interpret.meaning import Kind, Meaning
from tertulia.semantic.interpret.plan import Measured
from tertulia.semantic.interpret.reading import Item, Use
from tertulia.semantic.interpret.tokens import stems_of

_SPOKEN_AGGREGATES = {"sum": "total", "average": "average", "median": "median", "max": "maximum", "min": "minimum"}
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


def meanings_of(item: Item) -> list[Meaning]:
    """The meanings the phrase can have in its use: the strongest, and of those the ones beside which it stands."""
    fitting = [each for each in item.term.meanings if _fits(each, item)]
    best = max((each.strength for each in fitting), default=0)
    if item.use is Use.EXCLUDED and any(
        each.kind is Kind.ENTITY and each.strength >= best for each in item.term.meanings
    ):
        return []
    strongest = [each for each in fitting if each.strength == best]
    places = {each.place for each in item.near.meanings if each.kind is Kind.ENTITY} if item.near else set[str]()
    beside = [each for each in strongest if each.place in places and each.kind is not Kind.ENTITY]
    return _preferred(beside or strongest, item)


def parts_of(item: Item, stage: Stage, meanings: Sequence[Meaning]) -> list[Part]:
    """Each meaning that this explore shows, as a part of a query."""
    return [part for meaning in meanings for part in _parts(item, stage, meaning)]


def counting(stage: Stage, alias: str) -> Measured | None:
    """The measure that counts the rows of a view: a plain count, or one of its key's distinct values."""
    own = [seen for seen in stage.fields.values() if seen.alias == alias]
    key = stage.aliases[alias].primary_key
    for seen in own:
        if seen.field.type == "count" and seen.is_measure and not seen.field.filters:
            return measured(seen)
    for seen in own:
        if seen.is_measure and seen.field.type == "count_distinct" and not seen.field.filters:
            if key is not None and _is_over(seen, key.name, key.sql):
                return measured(seen)
    return None


def measured(seen: Seen) -> Measured:
    return Measured(
        name=seen.name,
        label=seen.label,
        spoken=seen.label,
        alias=seen.alias,
        place=seen.place,
        aggregate=aggregate_of(seen.field),
    )


def custom(stage: Stage, seen: Seen, aggregate: str) -> Measured:
    """A measure over a dimension: the model's own where it has one, else a custom one."""
    kind = "count_distinct" if aggregate == "count" else aggregate
    for other in stage.fields.values():
        if other.alias == seen.alias and other.is_measure and other.field.type == kind and not other.field.filters:
            if _is_over(other, seen.field.name, seen.field.sql):
                return measured(other)
    name = f"{kind}_of_{seen.field.name}"
    words = "number of different" if aggregate == "count" else _SPOKEN_AGGREGATES[aggregate]
    label = f"{words.capitalize()} {seen.label}"
    return Measured(
        name=name,
        label=label,
        spoken=f"{words} {seen.label}",
        alias=seen.alias,
        place=seen.place,
        aggregate=aggregate,
        dynamic={"measure": name, "based_on": seen.name, "type": kind, "label": label, "_kind_hint": "measure"},
    )


def _fits(meaning: Meaning, item: Item) -> bool:
    use, kind = item.use, meaning.kind
    if item.compare is not None:
        return kind in (Kind.MEASURE, Kind.ENTITY, Kind.DIMENSION) and (kind is not Kind.MEASURE or _is_bare(meaning))
    if item.aggregate:
        return _fits_aggregate(meaning, item)
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
        return meaning.is_counted or meaning.aggregate == "count" or meaning.aggregate == "sum"
    if use is Use.EXCLUDED:
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
    if item.use is Use.COUNT and kinds & {Kind.ENTITY, Kind.MEASURE}:
        dropped = {Kind.DIMENSION}
    if item.use is Use.CONTEXT and Kind.ENTITY in kinds and item.compare is None:
        dropped = {Kind.MEASURE}
    if item.aggregate and Kind.MEASURE in kinds:
        dropped = {Kind.DIMENSION, Kind.ENTITY}
    if item.use in _GROUPED and kinds & {Kind.DIMENSION, Kind.ENTITY, Kind.DATE}:
        dropped = {Kind.MEASURE}
    if item.use in (Use.SUBJECT, *_ORDERED) and Kind.MEASURE in kinds:
        dropped = {Kind.ENTITY, Kind.DIMENSION, Kind.DATE}
    if item.is_attribute and kinds & {Kind.VALUE, Kind.FLAG}:
        dropped = {Kind.DATE}
    if Kind.VALUE in kinds and Kind.FLAG in kinds:
        dropped |= set()
    return [each for each in meanings if each.kind not in dropped]


def _parts(item: Item, stage: Stage, meaning: Meaning) -> Iterator[Part]:
    alias = stage.places.get(meaning.place)
    if alias is None:
        return
    match meaning.kind:
        case Kind.MEASURE:
            seen = stage.seen(meaning.place, meaning.field)
            if seen is not None and (item.use is not Use.COUNT or _is_number_of(seen)):
                yield _measure_part(item, measured(seen))
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
    if item.compare is not None:
        if is_number:
            yield Part(item=item, place=Place.FILTER, alias=seen.alias, fields=(seen,), compare=item.compare)
    elif item.aggregate:
        if is_number:
            yield _measure_part(item, custom(stage, seen, item.aggregate))
    elif item.use is Use.COUNT:
        yield _measure_part(item, custom(stage, seen, "count"))
    elif item.use in _ORDERED:
        if is_number:
            yield Part(item=item, place=Place.ORDER, alias=seen.alias, fields=(seen,))
    elif item.use in _GROUPED:
        yield Part(item=item, place=Place.BREAKDOWN, alias=seen.alias, fields=(seen,))
    else:
        yield Part(item=item, place=Place.THING, alias=seen.alias, fields=(seen,))


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


def _is_over(measure: Seen, name: str, sql: str) -> bool:
    inner = "".join(measure.field.sql.split()).rstrip(";")
    return inner in (f"${{{name}}}", "".join(sql.split()).rstrip(";")) and bool(inner)
