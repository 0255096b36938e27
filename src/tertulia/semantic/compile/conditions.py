"""Filters as conditions: of rows and of groups, and what somebody may see at all."""

import re
from collections.abc import Sequence

from sqlglot import exp

from tertulia.core.errors import InvalidFilter, InvalidQuery, PermissionDenied
from tertulia.core.query import UserAttribute
from tertulia.semantic.compile.access import lets_everything_through
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.dimensions import Dimensions, Subject, subject_of, title_of
from tertulia.semantic.compile.kinds import filter_kind, is_period, timeframe_of
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.filters.expression import Filter, FilterKind, parse
from tertulia.semantic.filters.meaning import DateOperand, LocationOperand, condition
from tertulia.semantic.lookml.model import FieldKind

_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")


class Conditions:
    def __init__(self, context: Context, dimensions: Dimensions) -> None:
        self._context = context
        self._dimensions = dimensions

    def of_row(self, seen: FieldOfExplore, text: str) -> exp.Expr | None:
        """None where every row passes. Raises InvalidFilter that names the field, InvalidQuery for a measure."""
        if seen.kind is FieldKind.MEASURE:
            raise InvalidQuery(f"{title_of(seen)} is a measure; a measure's filters are on dimensions.")
        return self._condition(seen, self._parsed(seen, text))

    def of_group(self, seen: FieldOfExplore, text: str, measure: exp.Expr) -> exp.Expr | None:
        """The condition on a measure, whose expression is given."""
        return self._made(seen, self._parsed(seen, text), exp.paren(measure))

    def of_filter_field(self, seen: FieldOfExplore) -> exp.Expr | None:
        """What a filter-only field adds by itself: its own sql, where the modeller wrote any."""
        if not seen.field.sql.strip():
            return None
        return self._dimensions.read(seen.field.sql, subject_of(seen))

    def always_where(self) -> list[exp.Expr]:
        explore = self._context.explore
        if not explore.sql_always_where:
            return []
        subject = Subject(explore.base, f"sql_always_where of {explore.name} ({explore.place})")
        return [self._dimensions.read(explore.sql_always_where, subject)]

    def access(self) -> list[exp.Expr]:
        """What the asker's attributes let through. Raises PermissionDenied where one is missing or says nothing."""
        return [
            self._access(
                self._context.known(each.field), self._context.attributes.get(each.user_attribute), each.user_attribute
            )
            for each in self._context.explore.access_filters
        ]

    def _access(self, seen: FieldOfExplore, attribute: UserAttribute | None, name: str) -> exp.Expr:
        refusal = PermissionDenied(f"Your user attribute {name!r} decides what you may see here, and it has no value.")
        values = [value for value in attribute.values if value.strip()] if attribute else []
        if attribute is None or not values:
            raise refusal
        if not attribute.is_expression:
            return self._among(seen, values, refusal)
        try:
            allowed = self._parsed(seen, values[0])
        except InvalidFilter as error:
            raise refusal from error
        made = None if len(values) > 1 or lets_everything_through(allowed) else self._condition(seen, allowed)
        if made is None:
            raise refusal
        return made

    def _among(self, seen: FieldOfExplore, values: Sequence[str], refusal: PermissionDenied) -> exp.Expr:
        """Exactly these values, whatever signs they hold."""
        engine = self._context.engine
        match filter_kind(seen.field):
            case FilterKind.STRING | FilterKind.TIER:
                value = self._dimensions.value(seen)
                return engine.equals_text(value, values, is_case_sensitive=self._context.is_case_sensitive(seen))
            case FilterKind.NUMBER:
                numbers = [engine.number(_number(value, refusal)) for value in values]
                return exp.In(this=exp.paren(self._dimensions.value(seen)), expressions=numbers)
            case FilterKind.YESNO:
                wanted = {value.strip().lower() for value in values}
                if len(wanted) != 1 or not wanted <= {"yes", "no"}:
                    raise refusal
                made = self._condition(seen, self._parsed(seen, wanted.pop()))
                if made is None:
                    raise refusal
                return made
            case _:
                raise PermissionDenied(f"{seen.name} cannot decide what you may see: it is a date or a place.")

    def _parsed(self, seen: FieldOfExplore, text: str) -> Filter:
        kind = filter_kind(seen.field)
        if kind is FilterKind.DATE:
            self._context.trace.uses_clock(text)
        try:
            return parse(self._context.expression(text), kind)
        except InvalidFilter as error:
            raise InvalidFilter(f"{seen.name}: {error.message}") from error

    def _condition(self, seen: FieldOfExplore, parsed: Filter) -> exp.Expr | None:
        return self._made(seen, parsed, self._operand(seen))

    def _made(
        self, seen: FieldOfExplore, parsed: Filter, operand: exp.Expr | DateOperand | LocationOperand
    ) -> exp.Expr | None:
        try:
            return condition(
                parsed,
                operand,
                self._context.engine,
                clock=self._context.clock,
                is_case_sensitive=self._context.is_case_sensitive(seen),
            )
        except InvalidFilter as error:
            raise InvalidFilter(f"{seen.name}: {error.message}") from error

    def _operand(self, seen: FieldOfExplore) -> exp.Expr | DateOperand | LocationOperand:
        dimensions, field = self._dimensions, seen.field
        if seen.name in dimensions.customs:
            return dimensions.value(seen)
        if is_period(field):
            if field.datatype == "date":
                return DateOperand(value=dimensions.raw(seen), is_date=True)
            zone = self._context.calendar.stored_zone if dimensions.converts(field) else ""
            value = self._context.engine.as_moment(dimensions.raw(seen), field.datatype)
            return DateOperand(value=value, stored_zone=zone)
        if field.type == "location":
            latitude, longitude = dimensions.latitude_and_longitude(seen)
            return LocationOperand(latitude=latitude, longitude=longitude)
        is_bare = field.type == "yesno" and not timeframe_of(field)
        return exp.paren(dimensions.raw(seen)) if is_bare else dimensions.value(seen)


def _number(value: str, refusal: PermissionDenied) -> float:
    if not _NUMBER.fullmatch(value.strip()):
        raise refusal
    return float(value) if "." in value else int(value)
