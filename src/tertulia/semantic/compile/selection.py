"""What a query selects, filters and sorts by, as expressions ready for a statement."""

from collections.abc import Sequence

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import Column
from tertulia.semantic.compile.asking import Applied, Asking, OverRows
from tertulia.semantic.compile.conditions import Conditions
from tertulia.semantic.compile.context import Context, Trace
from tertulia.semantic.compile.derived import Tables
from tertulia.semantic.compile.dimensions import Dimensions, Subject, title_of
from tertulia.semantic.compile.dynamic import Dynamic
from tertulia.semantic.compile.joins import Joins
from tertulia.semantic.compile.kinds import column_of
from tertulia.semantic.compile.measures import OVER_ROWS, Measures
from tertulia.semantic.compile.ordering import Sort
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.compile.statement import Request, Shown, Sorted, Statements
from tertulia.semantic.lookml.model import FieldKind, Model

_MOST_NAME = 60
_SHOWN = (FieldKind.DIMENSION, FieldKind.MEASURE)


class Selection:
    """One query of one explore. Raises what `compile_query` raises."""

    def __init__(self, model: Model, asking: Asking, trace: Trace, tables: Tables) -> None:
        self.context = Context(model, asking, trace)
        self.query = asking.query
        self._dimensions = Dimensions(self.context, tables)
        conditions = Conditions(self.context, self._dimensions)
        self._measures = Measures(self.context, self._dimensions, conditions)
        joins = Joins(self.context, self._dimensions, tables)
        self._statements = Statements(self.context, self._dimensions, joins, tables)
        self.dynamic = Dynamic(self.context, self._dimensions, conditions, self._measures)
        self.dimensions, self.measures = self._selected()
        self.names = _output_names([seen.name for seen in (*self.dimensions, *self.measures)])
        self._rows: list[exp.Expr] = []
        self._groups: list[exp.Expr] = []
        self._filter(conditions)

    @property
    def filters_groups(self) -> bool:
        """Whether groups are left out by what their measures are."""
        return bool(self._groups)

    @property
    def over_rows(self) -> list[OverRows]:
        return [
            OverRows(field=seen.name, kind=seen.field.type, along=seen.field.direction or "column")
            for seen in self.measures
            if seen.field.type in OVER_ROWS
        ]

    def columns_of(self, dimensions: Sequence[FieldOfExplore]) -> list[Column]:
        """Of these dimensions and all measures."""
        return [column_of(self.context.model, seen) for seen in (*dimensions, *self.measures)]

    def ordered_by_others(self) -> list[FieldOfExplore]:
        """The dimensions whose values have an order that is not their own."""
        return [seen for seen in self.dimensions if self._dimensions.order(seen) is not None]

    def select(
        self,
        dimensions: Sequence[FieldOfExplore],
        *,
        sorts: Sequence[Sort] = (),
        limit: int | None = None,
        orders: Sequence[FieldOfExplore] = (),
    ) -> exp.Select:
        """The measures by these dimensions, and after them what the values of `orders` are ordered by."""
        measures = [Shown(self.names[seen.name], self._measures.shown(seen), title_of(seen)) for seen in self.measures]
        shown = [Shown(self.names[seen.name], self._dimensions.value(seen), title_of(seen)) for seen in dimensions]
        request = Request(
            dimensions=shown,
            measures=[*measures, *(self._order(seen, place) for place, seen in enumerate(orders))],
            sorts=self._sorted([*dimensions, *self.measures], sorts),
            parts=self._measures.parts,
            rows=self._rows,
            groups=self._groups,
            limit=limit,
        )
        return self._statements.select(request)

    def _order(self, seen: FieldOfExplore, place: int) -> Shown:
        order = self._dimensions.order(seen)
        lowest = exp.Null() if order is None else self._measures.lowest(order, seen)
        return Shown(f"order_{place}", lowest, title_of(seen))

    def _sorted(self, shown: Sequence[FieldOfExplore], sorts: Sequence[Sort]) -> list[Sorted]:
        places = {seen.name: place for place, seen in enumerate(shown)}
        made: list[Sorted] = []
        for sort in sorts:
            seen = shown[places[sort.name]]
            order = None if seen.kind is FieldKind.MEASURE else self._dimensions.order(seen)
            if order is not None:
                lowest = self._measures.lowest(order, seen)
                made.append(Sorted(value=lowest, is_descending=sort.is_descending))
            made.append(Sorted(place=places[sort.name], is_descending=sort.is_descending))
        return made

    def _selected(self) -> tuple[list[FieldOfExplore], list[FieldOfExplore]]:
        calculated = {calculation.name for calculation in self.dynamic.calculations}
        names = [name for name in dict.fromkeys([*self.query.fields, *self.query.pivots]) if name not in calculated]
        asked = [self.context.asked(name) for name in names]
        for seen in asked:
            if seen.kind not in _SHOWN:
                raise InvalidQuery(f"{seen.name} is a {seen.kind}: it can be filtered by, but not shown.")
            if seen.name in self.query.pivots and seen.kind is not FieldKind.DIMENSION:
                raise InvalidQuery(f"{seen.name} is a measure: a query pivots by dimensions.")
        if not asked:
            raise InvalidQuery("The query asks for no field. Name at least one dimension or measure.")
        dimensions = [seen for seen in asked if seen.kind is FieldKind.DIMENSION]
        return dimensions, [seen for seen in asked if seen.kind is FieldKind.MEASURE]

    def _filter(self, conditions: Conditions) -> None:
        """The query's filters, then the model's, then what the asker may see: nothing comes after that."""
        for name, text in self.context.filters.items():
            origin = self.context.origins[name]
            seen = self.context.asked(name) if origin == "query" else self.context.known(name)
            self._filter_by(seen, text, conditions)
            self.context.trace.applied.append(Applied(field=name, label=seen.label, expression=text, origin=origin))
        if self.query.filter_expression.strip():
            self._filter_by_formula(self.query.filter_expression)
        self._rows += conditions.always_where()
        explore = self.context.explore
        if explore.sql_always_having:
            subject = Subject(explore.base, f"sql_always_having of {explore.name} ({explore.place})")
            self._groups.append(self._measures.composed(explore.sql_always_having, subject))
        self._rows += conditions.access()
        for each in explore.access_filters:
            seen = self.context.known(each.field)
            applied = Applied(field=seen.name, label=seen.label, expression="", origin="access_filter")
            self.context.trace.applied.append(applied)

    def _filter_by(self, seen: FieldOfExplore, text: str, conditions: Conditions) -> None:
        made: exp.Expr | None = None
        match seen.kind:
            case FieldKind.DIMENSION:
                made = conditions.of_row(seen, text)
            case FieldKind.FILTER:
                made = conditions.of_filter_field(seen)
            case FieldKind.PARAMETER:
                self.context.parameter(seen)
            case FieldKind.MEASURE:
                group = conditions.of_group(seen, text, self._measures.expression(seen))
                self._groups += [] if group is None else [group]
        if made is not None:
            self._rows.append(made)

    def _filter_by_formula(self, text: str) -> None:
        condition, is_of_groups = self.dynamic.filter(text)
        (self._groups if is_of_groups else self._rows).append(condition)
        applied = Applied(field="", label="Custom filter", expression=text, origin="filter_expression")
        self.context.trace.applied.append(applied)


def _output_names(fields: Sequence[str]) -> dict[str, str]:
    """Plain words that are names in every database, each once whatever the case."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for field in fields:
        word = "".join(sign if sign.isascii() and (sign.isalnum() or sign == "_") else "_" for sign in field)
        word = f"f_{word}" if not word[:1].isalpha() else word
        name, count = word[:_MOST_NAME], 1
        while name.lower() in taken:
            count += 1
            name = f"{word[:_MOST_NAME]}_{count}"
        taken.add(name.lower())
        names[field] = name
    return names
