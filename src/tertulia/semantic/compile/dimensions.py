"""Dimensions: what each is in SQL, row by row."""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.derived import Tables
from tertulia.semantic.compile.kinds import timeframe_of
from tertulia.semantic.compile.references import TABLE, TABLE_NAME, Reference, bracketed
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.compile.templates import filled
from tertulia.semantic.compile.tiers import tiered
from tertulia.semantic.lookml.model import Field, FieldKind

_ZONELESS = frozenset({"date", "yyyymmdd"})
_ORDERED_BY = {"day_of_week": "day_of_week_index", "month_name": "month_num"}
_DEEPEST = 60

Made = TypeVar("Made")


class Subject(Struct, frozen=True):
    """What a text belongs to: the view it is seen from, and how a message names it."""

    alias: str
    title: str


class Dimensions:
    """Trees given out are the caller's own."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._tables = tables
        self._engine = context.engine
        self._texts: dict[str, str] = {}
        self._values: dict[str, exp.Expr] = {}
        self._open: list[str] = []
        self.customs: dict[str, Callable[[], exp.Expr]] = {}
        """How the query's own dimensions are made, by name."""
        self.unnamed: set[str] = set()
        """The views whose columns stand in SQL without the view's name."""

    def value(self, seen: FieldOfExplore) -> exp.Expr:
        """What a query shows of a dimension. Raises InvalidQuery with the place of SQL that cannot be read."""
        if seen.kind is FieldKind.MEASURE:
            raise InvalidQuery(f"{title_of(seen)} is a measure where a dimension belongs.")
        if seen.name not in self._values:
            self._values[seen.name] = self._within(seen, lambda: self._value(seen))
        return self._values[seen.name].copy()

    def raw(self, seen: FieldOfExplore) -> exp.Expr:
        """The dimension's own SQL: the column of a point in time, the condition of a yesno, the number of a tier."""
        if seen.name in self.customs:
            return self._within(seen, self.customs[seen.name])
        return self.read(_own_sql(seen.field), subject_of(seen))

    def order(self, seen: FieldOfExplore) -> exp.Expr | None:
        """What the values are ordered by, where their own order is not meant."""
        field = seen.field
        if field.order_by_field:
            return self.value(self._context.known(field.order_by_field, seen.alias))
        if timeframe_of(field) in _ORDERED_BY:
            index = _ORDERED_BY[timeframe_of(field)]
            return self._engine.timeframe(self.moment(seen), index, self._context.calendar)
        if field.type == "tier":
            return self.raw(seen)
        return self._case(seen, lambda place, _: self._engine.number(place)) if field.whens else None

    def moment(self, seen: FieldOfExplore) -> exp.Expr:
        """A point in time on the wall clock of the query's zone."""
        field, calendar = seen.field, self._context.calendar
        moment = self._engine.as_moment(self.raw(seen), field.datatype)
        if not self.converts(field):
            return moment
        return self._engine.converted(moment, from_zone=calendar.stored_zone, to_zone=calendar.zone)

    def converts(self, field: Field) -> bool:
        """Whether its points in time are read in the query's zone: a column of dates has none."""
        calendar = self._context.calendar
        is_elsewhere = bool(calendar.zone) and calendar.zone != calendar.stored_zone
        return is_elsewhere and field.has_timezone_conversion and field.datatype not in _ZONELESS

    def text(self, seen: FieldOfExplore) -> str:
        """The SQL that a reference to a dimension stands for."""
        if seen.name not in self._texts:
            self._texts[seen.name] = self._within(seen, lambda: self._text(seen))
        return self._texts[seen.name]

    def read(self, sql: str, subject: Subject) -> exp.Expr:
        """A modeller's SQL, seen from a view. Raises InvalidQuery that names the subject."""
        tree = self.parsed(self.expanded(sql, subject), subject)
        self.note(tree, subject)
        return tree

    def note(self, tree: exp.Expr, subject: Subject) -> None:
        """Told of SQL that is used: a column without a table in it is taken for one of the subject's own view."""
        if any(len(column.parts) == 1 for column in tree.find_all(exp.Column)):
            self.unnamed.add(subject.alias)

    def expanded(self, sql: str, subject: Subject) -> str:
        """The text of a modeller's SQL with liquid rendered and everything in it that was a reference."""
        return filled(sql, self._context, subject.alias, lambda reference: self.reference(reference, subject))

    def parsed(self, text: str, subject: Subject) -> exp.Expr:
        try:
            return self._engine.parse(text)
        except InvalidQuery as error:
            raise InvalidQuery(f"{subject.title}: {error.message}") from error

    def reference(self, reference: Reference, subject: Subject) -> str:
        """What a reference stands for, seen from the subject's view."""
        if reference.field == TABLE and not reference.view:
            return self._engine.print(exp.to_identifier(subject.alias))
        if reference.field == TABLE_NAME:
            return self._tables.name_of(reference.view, self._context)
        try:
            seen = self._context.known(f"{reference.view}.{reference.field}", subject.alias)
            return self._cast(bracketed(self.text(seen)), reference.cast, seen)
        except InvalidQuery as error:
            if subject.title in error.message:
                raise
            raise type(error)(f"{subject.title}: {error.message}") from error

    def is_table(self, reference: Reference) -> bool:
        return reference.field == TABLE_NAME or (reference.field == TABLE and not reference.view)

    def latitude_and_longitude(self, seen: FieldOfExplore) -> tuple[exp.Expr, exp.Expr]:
        subject = subject_of(seen)
        texts = (seen.field.sql_latitude, seen.field.sql_longitude)
        if not all(texts):
            raise InvalidQuery(f"{subject.title}: a location needs sql_latitude and sql_longitude.")
        return self.read(texts[0], subject), self.read(texts[1], subject)

    def _value(self, seen: FieldOfExplore) -> exp.Expr:  # noqa: PLR0911 - one return for each type
        field, engine = seen.field, self._engine
        if seen.name in self.customs:
            return self.customs[seen.name]()
        if timeframe := timeframe_of(field):
            if timeframe == "raw":
                return self.raw(seen)
            return engine.timeframe(self.moment(seen), timeframe, self._context.calendar)
        if field.interval:
            return self._elapsed(seen)
        if field.whens:
            return self._case(seen, lambda _, label: engine.text(label))
        match field.type:
            case "tier":
                return tiered(field, self.raw(seen), engine)
            case "location":
                sides = [engine.as_text(side) for side in self.latitude_and_longitude(seen)]
                return exp.DPipe(
                    this=exp.DPipe(this=sides[0], expression=engine.text(","), safe=True),
                    expression=sides[1],
                    safe=True,
                )
            case "yesno":
                return exp.Case().when(exp.paren(self.raw(seen)), exp.true()).else_(exp.false())
            case _:
                return self.raw(seen)

    def _text(self, seen: FieldOfExplore) -> str:
        field = seen.field
        if field.kind is FieldKind.MEASURE:
            raise InvalidQuery(f"{seen.name} is a measure; only a measure of type number can use it.")
        is_plain = not (timeframe_of(field) or field.interval or field.whens or field.type in ("tier", "location"))
        if (is_plain or timeframe_of(field) == "raw") and seen.name not in self.customs:
            return self.expanded(_own_sql(field), subject_of(seen))
        return self._engine.print(self._value(seen))

    def _elapsed(self, seen: FieldOfExplore) -> exp.Expr:
        field, subject = seen.field, subject_of(seen)
        if not (field.sql_start and field.sql_end):
            raise InvalidQuery(f"{subject.title}: a duration needs sql_start and sql_end.")
        ends = [
            self._engine.as_moment(self.read(sql, subject), field.datatype) for sql in (field.sql_start, field.sql_end)
        ]
        return self._engine.elapsed(ends[0], ends[1], field.interval)

    def _case(self, seen: FieldOfExplore, result: Callable[[int, str], exp.Expr]) -> exp.Expr:
        field, subject = seen.field, subject_of(seen)
        case = exp.Case()
        otherwise = field.else_label
        for place, when in enumerate(field.whens):
            if not when.sql:
                otherwise = when.label
                continue
            case = case.when(self.read(when.sql, subject), result(place, when.label))
        return case if otherwise is None else case.else_(result(len(field.whens), otherwise))

    def _cast(self, text: str, cast: str, seen: FieldOfExplore) -> str:
        if not cast:
            return text
        value = self.parsed(text, subject_of(seen))
        match cast:
            case "number":
                return bracketed(self._engine.print(self._engine.as_number(value)))
            case "string":
                return bracketed(self._engine.print(self._engine.as_text(value)))
            case "date":
                return bracketed(self._engine.print(exp.cast(value, exp.DType.DATE)))
            case "datetime" | "datetime_raw" | "timestamp":
                return bracketed(self._engine.print(self._engine.as_moment(value, "")))
            case _:
                raise InvalidQuery(f"${{{seen.name}::{cast}}}: there is no type {cast} to read a field as.")

    def _within(self, seen: FieldOfExplore, make: Callable[[], Made]) -> Made:
        if seen.name in self._open:
            circle = " -> ".join([*self._open[self._open.index(seen.name) :], seen.name])
            raise InvalidQuery(f"{title_of(seen)}: these fields are made of each other: {circle}.")
        if len(self._open) >= _DEEPEST:
            raise InvalidQuery(f"{title_of(seen)}: fields are made of each other too deeply.")
        self._open.append(seen.name)
        try:
            return make()
        finally:
            self._open.pop()


def subject_of(seen: FieldOfExplore) -> Subject:
    return Subject(seen.alias, title_of(seen))


def title_of(seen: FieldOfExplore) -> str:
    """How a message names a field: with the place where a modeller finds it."""
    return f"{seen.name} ({seen.field.place})"


def _own_sql(field: Field) -> str:
    if field.sql.strip():
        return field.sql
    return f"${{{TABLE}}}.{field.group or field.name}"
