"""Formulas as SQL: custom dimensions and custom filters. Built of nodes; no text of a formula is ever read as SQL."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.formula import (
    Call,
    FieldValue,
    Formula,
    Nothing,
    Number,
    Operation,
    Text,
    YesNo,
)

_ELAPSED = ("seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years")
_EXTRACTED = {
    "extract_years": "year",
    "extract_months": "month_num",
    "extract_days": "day_of_month",
    "extract_hours": "hour_of_day",
}
_BINARY: Mapping[str, type[exp.Binary]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "%": exp.Mod,
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    ">": exp.GT,
    "<=": exp.LTE,
    ">=": exp.GTE,
    "and": exp.And,
    "or": exp.Or,
}
_OF_ONE: Mapping[str, Callable[[exp.Expr], exp.Expr]] = {
    "abs": lambda value: exp.Abs(this=value),
    "ceiling": lambda value: exp.Ceil(this=value),
    "floor": lambda value: exp.Floor(this=value),
    "sqrt": lambda value: exp.Sqrt(this=value),
    "exp": lambda value: exp.Exp(this=value),
    "ln": lambda value: exp.Ln(this=value),
    "length": lambda value: exp.Length(this=value),
    "lower": lambda value: exp.Lower(this=value),
    "upper": lambda value: exp.Upper(this=value),
    "not": lambda value: exp.Not(this=value),
    "-": lambda value: exp.Neg(this=value),
    "is_null": lambda value: exp.Is(this=value, expression=exp.Null()),
}
_OF_TWO: Mapping[str, Callable[[exp.Expr, exp.Expr], exp.Expr]] = {
    "round": lambda value, digits: exp.Round(this=value, decimals=digits),
    "power": lambda value, exponent: exp.Pow(this=value, expression=exponent),
    "mod": lambda value, divisor: exp.Mod(this=value, expression=divisor),
    "position": lambda value, part: exp.StrPosition(this=value, substr=part),
    "contains": lambda value, part: exp.GT(
        this=exp.StrPosition(this=value, substr=part), expression=exp.Literal.number(0)
    ),
}
_OF_THREE: Mapping[str, Callable[[exp.Expr, exp.Expr, exp.Expr], exp.Expr]] = {
    "if": lambda condition, then, otherwise: exp.Case().when(condition, then).else_(otherwise),
    "replace": lambda value, old, new: exp.Replace(this=value, expression=old, replacement=new),
    "substring": lambda value, start, length: exp.Substring(this=value, start=start, length=length),
}
_MAKERS: Mapping[tuple[str, int], Callable[..., exp.Expr]] = {
    **{(name, 1): maker for name, maker in _OF_ONE.items()},
    **{(name, 2): maker for name, maker in _OF_TWO.items()},
    **{(name, 3): maker for name, maker in _OF_THREE.items()},
}


class Fields(Protocol):
    """What the fields in a formula stand for."""

    def value(self, name: str) -> exp.Expr: ...

    def filtered(self, name: str, text: str) -> exp.Expr | None: ...


class FormulaSql:
    def __init__(self, context: Context, fields: Fields) -> None:
        self._context = context
        self._engine = context.engine
        self._fields = fields

    def of(self, formula: Formula) -> exp.Expr:  # noqa: PLR0911 - one return for each form
        """One term. Raises InvalidQuery for a function that SQL has no equal for."""
        match formula:
            case Number(value=value):
                return self._engine.number(value)
            case Text(value=value):
                return self._engine.text(value)
            case YesNo(value=value):
                return exp.true() if value else exp.false()
            case Nothing():
                return exp.Null()
            case FieldValue(name=name, part=part):
                if part:
                    raise InvalidQuery(f"Only a table calculation can use the {part} of {name}.")
                return exp.paren(self._fields.value(name), copy=False)
            case Operation(sign=sign, left=left, right=right):
                return exp.paren(self._operation(sign, self.of(left), self.of(right)), copy=False)
            case Call(name=name, arguments=arguments):
                return exp.paren(self._call(name, arguments), copy=False)

    def _operation(self, sign: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        if sign == "/":
            divisor = exp.Nullif(this=right, expression=self._engine.number(0))
            return exp.Div(this=self._engine.as_number(left), expression=divisor)
        return _BINARY[sign](this=left, expression=right)

    def _call(self, name: str, arguments: Sequence[Formula]) -> exp.Expr:
        if name == "matches_filter":
            return self._matches(arguments)
        if name == "date":
            return self._date(arguments)
        if name == "case":
            return self._case(arguments)
        if name == "now" and not arguments:
            self._context.trace.uses_clock("now")
            return self._engine.moment(self._context.clock.wall)
        made = self._made(name, [self.of(argument) for argument in arguments])
        if made is None:
            raise InvalidQuery(f"A custom field cannot use {name}() with {len(arguments)} values.")
        return made

    def _made(self, name: str, values: Sequence[exp.Expr]) -> exp.Expr | None:
        if (name, len(values)) in _MAKERS:
            return _MAKERS[name, len(values)](*values)
        match name, values:
            case "coalesce", [first, *rest]:
                return exp.Coalesce(this=first, expressions=rest)
            case "concat", [first, *rest]:
                return self._concatenated(first, rest)
            case "to_string", [value]:
                return self._engine.as_text(value)
            case "to_number", [value]:
                return self._engine.as_number(value)
            case _:
                return self._of_time(name, values)

    def _of_time(self, name: str, values: Sequence[exp.Expr]) -> exp.Expr | None:
        engine = self._engine
        moments = [engine.as_moment(value, "") for value in values]
        unit = name.removeprefix("diff_")
        if name.startswith("diff_") and unit in _ELAPSED and len(moments) == 2:
            return engine.elapsed(moments[0], moments[1], unit.removesuffix("s"))
        if name in _EXTRACTED and len(moments) == 1:
            return engine.timeframe(moments[0], _EXTRACTED[name], self._context.calendar)
        if name == "to_date" and len(moments) == 1:
            return engine.timeframe(moments[0], "date", self._context.calendar)
        return None

    def _concatenated(self, first: exp.Expr, rest: Sequence[exp.Expr]) -> exp.Expr:
        """Nulls read as nothing."""
        texts = [
            exp.Coalesce(this=self._engine.as_text(value), expressions=[self._engine.text("")])
            for value in (first, *rest)
        ]
        made: exp.Expr = texts[0]
        for text in texts[1:]:
            made = exp.DPipe(this=made, expression=text, safe=True)
        return made

    def _case(self, arguments: Sequence[Formula]) -> exp.Expr:
        case = exp.Case()
        for argument in arguments:
            match argument:
                case Call(name="when", arguments=[condition, then]):
                    case = case.when(self.of(condition), self.of(then))
                case _ if argument is arguments[-1]:
                    case = case.else_(self.of(argument))
                case _:
                    raise InvalidQuery("case() takes when(condition, value)s, and at the end a value for the rest.")
        if not case.args.get("ifs"):
            raise InvalidQuery("case() needs a when(condition, value).")
        return case

    def _matches(self, arguments: Sequence[Formula]) -> exp.Expr:
        match arguments:
            case [FieldValue(name=name, part=""), Text(value=text)]:
                made = self._fields.filtered(name, text)
                return exp.true() if made is None else made
            case _:
                raise InvalidQuery('matches_filter() takes a field and a filter expression: (${view.field}, "7 days").')

    def _date(self, arguments: Sequence[Formula]) -> exp.Expr:
        match arguments:
            case [Number(value=year), Number(value=month), Number(value=day)]:
                try:
                    return self._engine.day(date(int(year), int(month), int(day)))
                except ValueError as error:
                    raise InvalidQuery(f"date({year}, {month}, {day}) is no day: {error}.") from error
            case _:
                raise InvalidQuery("In a custom field, date() takes three numbers.")
