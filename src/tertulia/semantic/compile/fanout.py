"""Where each part of a measure is aggregated: over the joined rows, or over the distinct keys of rows that joins repeat."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from sqlglot import exp

from tertulia.core.errors import UnsafeAggregate
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.dimensions import Dimensions
from tertulia.semantic.compile.joins import Joined, Joins
from tertulia.semantic.compile.measures import Aggregate, Part
from tertulia.semantic.compile.missing import Missing, when_missing
from tertulia.semantic.engines.engine import Engine

_SAFE_TO_REPEAT = frozenset(
    {
        Aggregate.MIN,
        Aggregate.MAX,
        Aggregate.COUNT_DISTINCT,
        Aggregate.APPROXIMATE_DISTINCT,
        Aggregate.LIST,
    }
)


class Placed(Struct, frozen=True, kw_only=True):
    """A part with what it aggregates, `condition` inside; None counts the rows themselves.

    With a `key`, each of its values counts once, and none that is null.
    """

    part: Part
    aggregate: Aggregate
    value: exp.Expr | None
    key: exp.Expr | None = None


class FanOut:
    """What the joins of one statement do to its parts."""

    def __init__(self, context: Context, dimensions: Dimensions, joins: Joins) -> None:
        self._context = context
        self._dimensions = dimensions
        self._joins = joins

    def place(self, part: Part, joined: Joined) -> Placed:
        """Raises UnsafeAggregate where rows would count more than once and no key prevents it."""
        if part.aggregate is Aggregate.WRITTEN:
            return self._written(part, joined)
        if part.key is not None:
            return Placed(part=part, aggregate=part.aggregate, value=_filtered(part, part.value), key=part.key)
        grain = self._grain(part, joined)
        repeating = joined.multiplying(grain)
        if part.aggregate is Aggregate.COUNT:
            return self._count(part, grain, joined)
        if repeating and part.aggregate not in _SAFE_TO_REPEAT:
            key = self._key(part, grain, repeating)
            return Placed(part=part, aggregate=part.aggregate, value=_filtered(part, part.value), key=key)
        value = self._present(part, grain, joined)
        return Placed(part=part, aggregate=part.aggregate, value=_filtered(part, value))

    def _count(self, part: Part, grain: str, joined: Joined) -> Placed:
        repeating = joined.multiplying(grain)
        if repeating:
            value = _filtered(part, self._key(part, grain, repeating))
            return Placed(part=part, aggregate=Aggregate.COUNT_DISTINCT, value=value)
        if joined.may_be_missing(grain):
            return Placed(part=part, aggregate=part.aggregate, value=_filtered(part, self._presence(part, grain)))
        value = _filtered(part, exp.Literal.number(1)) if part.condition is not None else None
        return Placed(part=part, aggregate=part.aggregate, value=value)

    def _grain(self, part: Part, joined: Joined) -> str:
        """The view whose rows the values belong to: the one of those they name that decides the others."""
        named = self._joins.aliases_in([part.value]) if part.value is not None else set[str]()
        candidates = sorted(named or {part.owner}, key=lambda alias: alias != part.owner)
        for alias in candidates:
            if named <= joined.determined(alias):
                return alias
        if part.aggregate in _SAFE_TO_REPEAT:
            return candidates[0]
        raise UnsafeAggregate(
            f"{part.title} is made of columns of {_listed(candidates)}, whose rows repeat each other in this query: "
            "no single row says what to count once."
        )

    def _present(self, part: Part, grain: str, joined: Joined) -> exp.Expr | None:
        """The value without rows that only an outer join made, where they could count."""
        if part.value is None or not joined.may_be_missing(grain):
            return part.value
        absent = when_missing(part.value)
        if absent is Missing.NULL or (absent is Missing.ZERO and part.aggregate is Aggregate.SUM):
            return part.value
        return exp.Case().when(_is_there(self._presence(part, grain)), part.value.copy())

    def _presence(self, part: Part, alias: str) -> exp.Expr:
        key = self.key_of(alias)
        if key is not None:
            return key
        raise UnsafeAggregate(
            f"{part.title} would count rows without {alias} too, which an outer join makes, and {self._view(alias)} "
            "names no primary key to tell them by. Set primary_key: yes on a dimension of that view."
        )

    def _key(self, part: Part, alias: str, repeating: set[str]) -> exp.Expr:
        key = self.key_of(alias)
        if key is not None:
            return key
        raise UnsafeAggregate(
            f"{part.title} would count rows of {alias} more than once, because {_listed(sorted(repeating))} can have "
            f"several for each, and {self._view(alias)} names no primary key to prevent it. "
            "Set primary_key: yes on a dimension of that view."
        )

    def key_of(self, alias: str) -> exp.Expr | None:
        field = self._context.views[alias].primary_key
        return None if field is None else self._dimensions.value(self._context.known(field.name, alias))

    def _view(self, alias: str) -> str:
        view = self._context.views[alias]
        return f"the view {view.name} ({view.place})"

    def _written(self, part: Part, joined: Joined) -> Placed:
        """A modeller's own aggregate: it cannot be mended, so it must be right as it is."""
        value = part.value
        if value is None:
            raise UnsafeAggregate(f"{part.title} aggregates nothing.")
        named = self._joins.aliases_in([value]) or {part.owner}
        repeating = set[str]().union(*(joined.multiplying(alias) for alias in named)) - named
        is_of_one = any(named <= joined.determined(alias) for alias in named)
        if not _is_safe_to_repeat(value):
            if repeating or not is_of_one:
                raise UnsafeAggregate(
                    f"{part.title} writes an aggregate of {_listed(sorted(named))} in its own SQL, and "
                    f"{_listed(sorted(repeating or named))} would repeat the rows it counts. Make it of measures of type "
                    "sum, count or average instead."
                )
            if any(joined.may_be_missing(alias) for alias in named) and _counts_every_row(value):
                raise UnsafeAggregate(
                    f"{part.title} counts every row in its own SQL, also those an outer join makes. Use a measure of "
                    "type count instead."
                )
        return Placed(part=part, aggregate=part.aggregate, value=value)


def aggregated(placed: Placed, value: exp.Expr | None, context: Context) -> exp.Expr:
    """The aggregate over a value that stands for the part's own."""
    if value is None:
        return exp.Count(this=exp.Star())
    return _MAKERS[placed.aggregate](value, context.engine, placed.part)


_Maker = Callable[[exp.Expr, Engine, Part], exp.Expr]
_MAKERS: Mapping[Aggregate, _Maker] = {
    Aggregate.SUM: lambda value, engine, _: exp.Coalesce(this=exp.Sum(this=value), expressions=[engine.number(0)]),
    Aggregate.COUNT: lambda value, _, __: exp.Count(this=value),
    # averages of whole numbers are cut in some databases
    Aggregate.AVERAGE: lambda value, engine, _: exp.Avg(this=engine.as_number(value)),
    Aggregate.MIN: lambda value, _, __: exp.Min(this=value),
    Aggregate.MAX: lambda value, _, __: exp.Max(this=value),
    Aggregate.COUNT_DISTINCT: lambda value, _, __: exp.Count(this=exp.Distinct(expressions=[value])),
    Aggregate.APPROXIMATE_DISTINCT: lambda value, engine, _: engine.approximate_distinct(value),
    Aggregate.PERCENTILE: lambda value, engine, part: engine.percentile(value, part.fraction),
    Aggregate.LIST: lambda value, engine, _: engine.distinct_list(value),
    Aggregate.WRITTEN: lambda value, _, __: value,
}


def _filtered(part: Part, value: exp.Expr | None) -> exp.Expr | None:
    if part.condition is None or value is None:
        return value.copy() if value is not None else None
    return exp.Case().when(part.condition.copy(), value.copy())


def _is_there(key: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=exp.paren(key), expression=exp.Null()))


def _is_safe_to_repeat(value: exp.Expr) -> bool:
    called = value.this if isinstance(value, exp.Filter) else value
    is_extreme = isinstance(called, exp.Min | exp.Max | exp.AnyValue | exp.ApproxDistinct)
    return is_extreme or isinstance(called.this, exp.Distinct)


def _counts_every_row(value: exp.Expr) -> bool:
    return bool(value.find(exp.Star)) or not value.find(exp.Column)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
