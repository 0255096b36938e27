"""A filter expression as a condition of SQL, built of nodes: no text of a filter is ever read as SQL."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlglot import exp

from tertulia.core.errors import InvalidFilter, InvalidQuery
from tertulia.semantic.engines.engine import Engine
from tertulia.semantic.filters.clock import Clock, Range, converted
from tertulia.semantic.filters.date import DateFilter, NoDate
from tertulia.semantic.filters.expression import AnyValue, Filter
from tertulia.semantic.filters.location import Box, Circle, LocationFilter, NoPlace, Spot
from tertulia.semantic.filters.number import Interval, NoNumber, NumberFilter, Values
from tertulia.semantic.filters.ranges import ranges
from tertulia.semantic.filters.string import Blank, NoText, Pattern, StringFilter, Text
from tertulia.semantic.filters.yesno import YesnoFilter

__all__ = ["Clock", "DateOperand", "LocationOperand", "Range", "condition", "ranges"]


class DateOperand(Struct, frozen=True, kw_only=True):
    """A column of dates (`is_date`) or of times without zone, which are wall-clock time in `stored_zone`.

    `stored_zone` "" says that nothing is to be converted. The bounds are: so the column stays bare for indexes.
    """

    value: exp.Expr
    is_date: bool = False
    stored_zone: str = ""


class LocationOperand(Struct, frozen=True, kw_only=True):
    """Two columns of degrees."""

    latitude: exp.Expr
    longitude: exp.Expr


def condition(
    filter: Filter,  # noqa: A002 - the word of the trade
    operand: exp.Expr | DateOperand | LocationOperand,
    engine: Engine,
    *,
    clock: Clock,
    is_case_sensitive: bool = True,
) -> exp.Expr | None:
    """None where everything passes. It is true or not; whether otherwise false or null is left open.

    A DateFilter also takes a plain expression: a time of the clock's zone. A YesnoFilter takes a boolean one.
    """
    if isinstance(filter, AnyValue):
        return None
    if isinstance(filter, LocationFilter) and isinstance(operand, LocationOperand):
        return _place(filter.term, operand, engine)
    if isinstance(filter, DateFilter) and not isinstance(operand, LocationOperand):
        return _dates(
            filter, operand if isinstance(operand, DateOperand) else DateOperand(value=operand), engine, clock
        )
    if isinstance(filter, DateFilter | LocationFilter) or isinstance(operand, DateOperand | LocationOperand):
        raise InvalidQuery("This filter does not fit the type of its field.")
    value = _closed(operand)
    match filter:
        case StringFilter():
            return _texts(filter, value, engine, is_case_sensitive=is_case_sensitive)
        case NumberFilter():
            return _numbers(filter, value, engine)
        case YesnoFilter(value=is_yes):
            return _yesno(value, is_yes=is_yes)


def _texts(
    expression: StringFilter,
    value: exp.Expr,
    engine: Engine,
    *,
    is_case_sensitive: bool,
) -> exp.Expr:
    def met(terms: Sequence[Text | Pattern | Blank | NoText]) -> list[exp.Expr]:
        texts = list(dict.fromkeys(term.value for term in terms if isinstance(term, Text)))
        conditions = [engine.equals_text(value.copy(), texts, is_case_sensitive=is_case_sensitive)] if texts else []
        patterns = dict.fromkeys(term.value for term in terms if isinstance(term, Pattern))
        conditions += [engine.like(value.copy(), pattern, is_case_sensitive=is_case_sensitive) for pattern in patterns]
        if any(isinstance(term, Blank) for term in terms):
            conditions.append(_either([_is_null(value), _compared(exp.EQ, value, engine.text(""))]))
        if any(isinstance(term, NoText) for term in terms):
            conditions.append(_is_null(value))
        return conditions

    barred = [term for term in expression.terms if term.is_excluded and isinstance(term, Text | Pattern)]
    kept = [_or_null(condition, value) for condition in met(barred)]
    if any(term.is_excluded and isinstance(term, Blank) for term in expression.terms):
        kept.append(_both([_is_something(value), _compared(exp.NEQ, value, engine.text(""))]))
    if any(term.is_excluded and isinstance(term, NoText) for term in expression.terms):
        kept.append(_is_something(value))
    return _narrowed(met([term for term in expression.terms if not term.is_excluded]), kept)


def _numbers(expression: NumberFilter, value: exp.Expr, engine: Engine) -> exp.Expr:
    included = [_number(term, value, engine) for term in expression.terms if not term.is_excluded]
    kept = [
        _is_something(value) if isinstance(term, NoNumber) else _or_null(_number(term, value, engine), value)
        for term in expression.terms
        if term.is_excluded
    ]
    return _narrowed(included, kept)


def _number(term: Values | Interval | NoNumber, value: exp.Expr, engine: Engine) -> exp.Expr:
    match term:
        case NoNumber():
            return _is_null(value)
        case Values(values=(single,)):
            return _compared(exp.EQ, value, engine.number(single))
        case Values(values=values):
            return exp.In(this=value.copy(), expressions=[engine.number(one) for one in values])
        case Interval(low=low, high=high):
            bounds: list[exp.Expr] = []
            if low is not None:
                bounds.append(_compared(exp.GTE if term.has_low else exp.GT, value, engine.number(low)))
            if high is not None:
                bounds.append(_compared(exp.LTE if term.has_high else exp.LT, value, engine.number(high)))
            return _both(bounds)


def _dates(expression: DateFilter, operand: DateOperand, engine: Engine, clock: Clock) -> exp.Expr:
    value = _closed(operand.value)
    conditions = [
        _both(
            [
                _compared(comparison, value, _bound(moment, operand, engine, clock))
                for comparison, moment in ((exp.GTE, span.start), (exp.LT, span.end))
                if moment is not None
            ],
        )
        for span in ranges(expression, clock)
    ]
    conditions += [
        _is_something(value) if term.is_excluded else _is_null(value)
        for term in dict.fromkeys(term for term in expression.terms if isinstance(term, NoDate))
    ]
    return _either(conditions)


def _bound(moment: datetime, operand: DateOperand, engine: Engine, clock: Clock) -> exp.Expr:
    if operand.is_date:
        return engine.day(_day_from(moment))
    if operand.stored_zone and operand.stored_zone != clock.zone:
        moment = converted(moment, from_zone=clock.zone, to_zone=operand.stored_zone)
    return engine.moment(moment.replace(fold=0))


def _day_from(moment: datetime) -> date:
    """The first day whose midnight is not before `moment`: what a bound means to a column of dates."""
    is_midnight = moment.time() == datetime.min.time()
    try:
        return moment.date() if is_midnight else moment.date() + timedelta(days=1)
    except OverflowError as error:
        raise InvalidFilter("This date lies outside the years 1 to 9999.") from error


def _yesno(value: exp.Expr, *, is_yes: bool) -> exp.Expr:
    return value if is_yes else exp.Not(this=exp.Coalesce(this=value, expressions=[exp.false()]))


def _place(term: Spot | Circle | Box | NoPlace, operand: LocationOperand, engine: Engine) -> exp.Expr:
    latitude, longitude = _closed(operand.latitude), _closed(operand.longitude)
    match term:
        case NoPlace(is_excluded=True):
            return _both([_is_something(latitude), _is_something(longitude)])
        case NoPlace():
            return _either([_is_null(latitude), _is_null(longitude)])
        case Spot():
            north, east = engine.number(term.latitude), engine.number(term.longitude)
            return _both([_compared(exp.EQ, latitude, north), _compared(exp.EQ, longitude, east)])
        case Circle(center=center):
            distance = engine.miles(
                latitude.copy(),
                longitude.copy(),
                from_latitude=center.latitude,
                from_longitude=center.longitude,
            )
            return _compared(exp.LTE, distance, engine.number(term.miles))
        case Box(south=south, west=west, north=north, east=east):
            sides = [
                _compared(exp.GTE, longitude, engine.number(west)),
                _compared(exp.LTE, longitude, engine.number(east)),
            ]
            return _both(
                [
                    _compared(exp.GTE, latitude, engine.number(south)),
                    _compared(exp.LTE, latitude, engine.number(north)),
                    _both(sides) if west <= east else _either(sides),
                ],
            )


def _narrowed(included: Sequence[exp.Expr], kept: Sequence[exp.Expr]) -> exp.Expr:
    return _both([*([_either(included)] if included else []), *kept])


def _or_null(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    """What an exclusion means: nulls are not the value that is excluded."""
    return _either([exp.Not(this=_closed(condition)), _is_null(value)])


def _is_null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=value.copy(), expression=exp.Null())


def _is_something(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=_is_null(value))


def _compared(kind: type[exp.Binary], value: exp.Expr, bound: exp.Expr) -> exp.Expr:
    return kind(this=value.copy(), expression=bound)


def _either(conditions: Sequence[exp.Expr]) -> exp.Expr:
    return _joined(conditions, exp.Or)


def _both(conditions: Sequence[exp.Expr]) -> exp.Expr:
    return _joined(conditions, exp.And)


def _joined(conditions: Sequence[exp.Expr], kind: type[exp.Connector]) -> exp.Expr:
    """Joined as a balanced tree: databases bound how deep an expression may be."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _joined(conditions[:middle], kind), _joined(conditions[middle:], kind)
    return exp.Paren(this=kind(this=left, expression=right))


def _closed(value: exp.Expr) -> exp.Expr:
    """In brackets, where what stands around it could tear it apart."""
    is_whole = isinstance(value, exp.Column | exp.Func | exp.Paren | exp.Literal | exp.Identifier)
    return value if is_whole and not isinstance(value, exp.Connector) else exp.Paren(this=value.copy())
