"""Fields that a query defines for itself: custom dimensions, custom measures, table calculations."""

import re
from collections.abc import Mapping
from typing import Any, cast

from msgspec import structs
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ColumnType
from tertulia.semantic.calculations import check_formula
from tertulia.semantic.compile.asking import Calculation
from tertulia.semantic.compile.conditions import Conditions
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.dimensions import Dimensions
from tertulia.semantic.compile.formula import Call, FieldValue, Formula, fields_of, parse_formula, parts_of
from tertulia.semantic.compile.formula_sql import FormulaSql
from tertulia.semantic.compile.kinds import named_format
from tertulia.semantic.compile.measures import Measures
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.lookml.labels import pretty
from tertulia.semantic.lookml.model import Field, FieldFilter, FieldKind, Place

_PLACE = Place("the query")
_MOST_PARTS = 20_000
_MOST_GROUPS = 500
_MOST_FORMAT = 255
_MEASURES = frozenset({"count_distinct", "sum", "average", "min", "max", "median", "percentile", "list"})
_TYPES = {"string", "number", "yesno", "date"}
# calculations that Looker names instead of writing them out
_READY_MADE = {
    "percent_of_column_sum": "{field} / sum({field})",
    "percent_of_row_sum": "{field} / sum(pivot_row({field}))",
    "percent_of_previous": "{field} / offset({field}, -1)",
    "percent_difference_from_previous": "{field} / offset({field}, -1) - 1",
    "running_column_total": "running_total({field})",
    "rank_of_column": "rank({field}, {field})",
}
_FIELD = re.compile(r"\w+(\.\w+)?")
_COLUMN_TYPES = {"string": ColumnType.STRING, "yesno": ColumnType.YESNO, "date": ColumnType.DATE}


class Dynamic:
    """Adds the query's own fields to what it can name. Raises InvalidQuery for those this server does not know."""

    def __init__(self, context: Context, dimensions: Dimensions, conditions: Conditions, measures: Measures) -> None:
        self._context = context
        self._dimensions = dimensions
        self._conditions = conditions
        self._measures = measures
        self.calculations: list[Calculation] = []
        self._parts = 0
        self._formulas: dict[str, Formula] = {}
        self._sizes: dict[str, int] = {}
        for entry in context.query.dynamic_fields:
            self._add(entry)
        self.now = ""
        if any(_asks_now(each.expression) for each in self.calculations):
            context.trace.uses_clock("now")
            self.now = context.clock.wall.isoformat(sep=" ", timespec="seconds")

    def filter(self, text: str) -> tuple[exp.Expr, bool]:
        """The condition of a custom filter, and whether it is one on groups: it names a measure."""
        formula = parse_formula(text)
        is_of_groups = any(self._context.asked(name).kind is FieldKind.MEASURE for name in fields_of(formula))
        return self._sql(formula, of_groups=is_of_groups), is_of_groups

    def _add(self, entry: Mapping[str, Any]) -> None:
        if name := _text(entry, "table_calculation"):
            if entry.get("is_disabled") is not True:
                self.calculations.append(self._calculation(name, entry))
        elif name := _text(entry, "measure"):
            self._add_measure(name, entry)
        elif name := _text(entry, "dimension"):
            self._add_dimension(name, entry)
        else:
            raise InvalidQuery("A dynamic field is a table_calculation, a measure or a dimension, with its name.")

    def _calculation(self, name: str, entry: Mapping[str, Any]) -> Calculation:
        expression = _text(entry, "expression") or _ready_made(entry)
        if not expression:
            raise InvalidQuery(f"The table calculation {name} has no expression that can be calculated here.")
        check_formula(expression)
        return Calculation(
            name=name,
            label=_text(entry, "label") or pretty(name),
            expression=expression,
            type=_COLUMN_TYPES.get(_text(entry, "_type_hint"), ColumnType.NUMBER),
            value_format=self._format(entry),
        )

    def _add_dimension(self, name: str, entry: Mapping[str, Any]) -> None:
        base = self._context.explore.base
        kind = _text(entry, "_type_hint") or "string"
        if kind not in _TYPES:
            raise InvalidQuery(
                f"The custom dimension {name} is of type {kind!r}; it may be {', '.join(sorted(_TYPES))}."
            )
        made = Field(
            name=name,
            kind=FieldKind.DIMENSION,
            type=kind,
            place=_PLACE,
            datatype="date" if kind == "date" else "",
            value_format=self._format(entry),
        )
        label = _text(entry, "label") or pretty(name)
        self._context.add_custom(
            FieldOfExplore(name=name, alias=base, view=self._context.views[base], field=made, label=label)
        )
        if entry.get("calculation_type") == "group_by":
            self._dimensions.customs[name] = lambda: self._groups(name, entry)
            return
        expression = _text(entry, "expression")
        if not expression:
            raise InvalidQuery(f"The custom dimension {name} has no expression that can be calculated here.")
        formula = self._formulas[name] = parse_formula(expression)
        self._dimensions.customs[name] = lambda: self._sql(formula, of_groups=False)

    def _groups(self, name: str, entry: Mapping[str, Any]) -> exp.Expr:
        """Values of a field put together under a label each, by filter expressions."""
        match entry.get("args"):
            case [str(field), [_, *_] as groups, *rest]:
                if len(groups) > _MOST_GROUPS:
                    raise InvalidQuery(f"The custom dimension {name} has more than {_MOST_GROUPS} groups.")
                seen = self._context.asked(field)
                case = exp.Case()
                for group in groups:
                    condition = self._conditions.of_row(seen, _text(_mapping(group), "filter"))
                    label = self._context.engine.text(_text(_mapping(group), "label"))
                    case = case.when(exp.true() if condition is None else condition, label, copy=False)
                other = rest[0] if rest else None
                return case.else_(self._context.engine.text(other), copy=False) if isinstance(other, str) else case
            case _:
                raise InvalidQuery(f"The custom dimension {name} groups nothing: give a field and its groups.")

    def _add_measure(self, name: str, entry: Mapping[str, Any]) -> None:
        based_on = _text(entry, "based_on")
        if not based_on:
            raise InvalidQuery(f"The custom measure {name} needs based_on, the field it is made of.")
        seen = self._context.asked(based_on)
        field = seen.field if seen.kind is FieldKind.MEASURE else self._aggregate(name, entry, seen)
        filters = [*field.filters, *_filters(name, entry)]
        made = structs.replace(
            field,
            name=name,
            label=_text(entry, "label") or pretty(name),
            filters=filters,
            value_format=self._format(entry) or field.value_format,
            is_hidden=False,
        )
        self._context.add_custom(structs.replace(seen, name=name, field=made, label=made.label))
        if expression := _text(entry, "filter_expression"):
            formula = parse_formula(expression)
            self._measures.customs[name] = lambda: self._sql(formula, of_groups=False)

    def _aggregate(self, name: str, entry: Mapping[str, Any], seen: FieldOfExplore) -> Field:
        kind = _text(entry, "type")
        if kind not in _MEASURES:
            raise InvalidQuery(
                f"The custom measure {name} may be of type {', '.join(sorted(_MEASURES))}; not {kind!r}."
            )
        percentile = entry.get("percentile")
        return Field(
            name=name,
            kind=FieldKind.MEASURE,
            type=kind,
            place=_PLACE,
            sql=f"${{{seen.name}}}",
            list_field=seen.name if kind == "list" else "",
            percentile=float(percentile) if isinstance(percentile, int | float) and 0 <= percentile <= 100 else None,
        )

    def _sql(self, formula: Formula, *, of_groups: bool) -> exp.Expr:
        """Fields that are made of each other are written out in each other: a few could fill any memory."""
        self._parts += self._size(formula)
        if self._parts > _MOST_PARTS:
            raise InvalidQuery("The query's own fields are made of each other too often.")
        fields = _Groups(self) if of_groups else _Rows(self)
        return FormulaSql(self._context, fields).of(formula)

    def _size(self, formula: Formula) -> int:
        """How many parts it has once it is written out; at a circle it ends, which is refused where it is read."""
        size = 0
        for part in parts_of(formula):
            size += 1
            if isinstance(part, FieldValue) and part.name in self._formulas:
                if part.name not in self._sizes:
                    self._sizes[part.name] = 0
                    self._sizes[part.name] = self._size(self._formulas[part.name])
                size += self._sizes[part.name]
        return size

    def _format(self, entry: Mapping[str, Any]) -> str:
        written = _text(entry, "value_format")
        if len(written) > _MOST_FORMAT:
            raise InvalidQuery(f"A value_format has at most {_MOST_FORMAT} characters.")
        return named_format(self._context.model, written, _text(entry, "value_format_name"))

    def row_value(self, name: str) -> exp.Expr:
        seen = self._context.asked(name)
        is_condition = seen.field.type == "yesno" and not seen.field.timeframe
        return self._dimensions.raw(seen) if is_condition else self._dimensions.value(seen)

    def group_value(self, name: str) -> exp.Expr:
        seen = self._context.asked(name)
        return self._measures.expression(seen) if seen.kind is FieldKind.MEASURE else self._dimensions.value(seen)

    def row_filter(self, name: str, text: str) -> exp.Expr | None:
        return self._conditions.of_row(self._context.asked(name), text)

    def group_filter(self, name: str, text: str) -> exp.Expr | None:
        seen = self._context.asked(name)
        if seen.kind is FieldKind.MEASURE:
            return self._conditions.of_group(seen, text, self._measures.expression(seen))
        return self._conditions.of_row(seen, text)


class _Rows:
    def __init__(self, dynamic: Dynamic) -> None:
        self.value = dynamic.row_value
        self.filtered = dynamic.row_filter


class _Groups:
    def __init__(self, dynamic: Dynamic) -> None:
        self.value = dynamic.group_value
        self.filtered = dynamic.group_filter


def _filters(name: str, entry: Mapping[str, Any]) -> list[FieldFilter]:
    match entry.get("filters"):
        case None | "":
            return []
        case dict():
            pairs = cast("dict[str, Any]", entry["filters"])
            return [
                FieldFilter(field=field, expression=str(text)) for field, text in pairs.items() if str(text).strip()
            ]
        case _:
            raise InvalidQuery(f"The filters of the custom measure {name} are an object of expressions by field.")


def _mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise InvalidQuery("A group is an object with a label and a filter.")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _ready_made(entry: Mapping[str, Any]) -> str:
    formula = _READY_MADE.get(_text(entry, "calculation_type"), "")
    match entry.get("args"):
        case [str(field), *_] if _FIELD.fullmatch(field):
            return formula.format(field=f"${{{field}}}")
        case _:
            return ""


def _asks_now(expression: str) -> bool:
    return any(isinstance(part, Call) and part.name == "now" for part in parts_of(parse_formula(expression)))
