"""Table calculations: columns made of the others, row by row, pivot by pivot."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind
from tertulia.semantic.column_functions import COLUMN_FUNCTIONS, NEEDS_EVERY_ROW
from tertulia.semantic.compile.asking import Calculation
from tertulia.semantic.compile.formula import (
    Call,
    FieldValue,
    Formula,
    Nothing,
    Number,
    Operation,
    Text,
    YesNo,
    parse_formula,
    parts_of,
)
from tertulia.semantic.grid import Grid
from tertulia.semantic.row_functions import ROW_FUNCTIONS, operate

_ACROSS_PIVOTS = frozenset({"pivot_row", "pivot_index", "pivot_where"})
_OF_PIVOT = frozenset({"pivot_column", "pivot_offset"})
_LOOKS_AWAY = COLUMN_FUNCTIONS.keys() | {"row"}
_TOTALS_ROW = -1
_MOST_STEPS = 5_000_000
_DEEPEST = 60


def with_calculations(grid: Grid, calculations: Sequence[Calculation], now: str = "") -> Grid:
    """`now` is wall-clock time in the zone of the query. Raises InvalidQuery for what cannot be calculated."""
    if not calculations:
        return grid
    try:
        return _calculated(grid, calculations, now)
    except RecursionError as error:
        raise InvalidQuery("These calculations are nested too deeply.") from error


def _calculated(grid: Grid, calculations: Sequence[Calculation], now: str) -> Grid:
    sheet = _Sheet(grid, {each.name: parse_formula(each.expression) for each in calculations}, now)
    columns: list[Column] = []
    for each in calculations:
        pivots = [pivot.key for pivot in grid.pivots] if sheet.is_pivoted(each.name) else [""]
        columns += [_column(each, pivot) for pivot in pivots]
    rows = [
        [*row, *(sheet.value(column.name, place, column.pivot) for column in columns)]
        for place, row in enumerate(grid.rows)
    ]
    totals = None
    if grid.totals is not None:
        totals = [*grid.totals, *(sheet.total(column.name, column.pivot) for column in columns)]
    return structs.replace(grid, columns=[*grid.columns, *columns], rows=rows, totals=totals)


def check_formula(text: str) -> Formula:
    """Raises InvalidQuery for a table calculation with a function that does not exist."""
    formula = parse_formula(text)
    known = COLUMN_FUNCTIONS.keys() | ROW_FUNCTIONS.keys() | _ACROSS_PIVOTS | _OF_PIVOT | _LAZY.keys() | {"row", "now"}
    for part in parts_of(formula):
        if isinstance(part, Call) and part.name not in known:
            raise InvalidQuery(f"There is no function {part.name!r}. There are: {', '.join(sorted(known))}.")
    return formula


def _column(calculation: Calculation, pivot: str) -> Column:
    return Column(
        name=calculation.name,
        label=calculation.label,
        kind=ColumnKind.CALCULATION,
        type=calculation.type,
        value_format=calculation.value_format,
        pivot=pivot,
    )


class _Sheet:
    def __init__(self, grid: Grid, formulas: Mapping[str, Formula], now: str) -> None:
        self._grid = grid
        self._formulas = formulas
        self._now = now
        self._places = {(column.name, column.pivot): place for place, column in enumerate(grid.columns)}
        self._pivots = [pivot.key for pivot in grid.pivots]
        self._made: dict[tuple[str, int, str], Any] = {}
        self._columns: dict[tuple[int, str], list[Any]] = {}
        self._once: dict[tuple[int, str, Hashable], Any] = {}
        self._pivoted: dict[str, bool] = {}
        self._open: list[str] = []
        self._steps = 0
        self.row = 0
        self.pivot = ""

    def value(self, name: str, row: int, pivot: str) -> Any:
        """Raises InvalidQuery for calculations that are made of each other."""
        key = (name, row, pivot)
        if key not in self._made:
            if name in self._open:
                raise InvalidQuery(f"These calculations are made of each other: {' -> '.join([*self._open, name])}.")
            if len(self._open) >= _DEEPEST:
                raise InvalidQuery("These calculations are made of each other too deeply.")
            self._open.append(name)
            self._made[key] = self._at(self._formulas[name], row, pivot)
            self._open.pop()
        return self._made[key]

    def total(self, name: str, pivot: str) -> Any:
        """Of the totals, as if they were a row; None for what looks at other rows."""
        if any(isinstance(part, Call) and part.name in _LOOKS_AWAY for part in self._parts_with_inner(name)):
            return None
        return self.value(name, _TOTALS_ROW, pivot)

    def is_pivoted(self, name: str) -> bool:
        if name not in self._pivoted:
            self._pivoted[name] = bool(self._pivots) and self._depends_on_pivot(name)
        return self._pivoted[name]

    def spend(self, steps: int) -> None:
        """Raises InvalidQuery for more than calculations may take: they stand in the way of everybody else."""
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise InvalidQuery("These calculations take too long. Ask for fewer of them, or for fewer rows.")

    def evaluate(self, formula: Formula) -> Any:
        self.spend(1)
        match formula:
            case Number(value=value) | Text(value=value) | YesNo(value=value):
                return value
            case Nothing():
                return None
            case FieldValue():
                return self._field(formula)
            case Operation(sign=sign, left=left, right=right):
                return operate(sign, self.evaluate(left), lambda: self.evaluate(right))
            case Call():
                return self._call(formula)

    def column(self, formula: Formula) -> list[Any]:
        """The formula in every row."""
        key = (id(formula), self.pivot)
        if key not in self._columns:
            self._columns[key] = [self._at(formula, row, self.pivot) for row in range(len(self._grid.rows))]
        return self._columns[key]

    def once(self, formula: Formula, what: Hashable, make: Callable[[], Any]) -> Any:
        key = (id(formula), self.pivot, what)
        if key not in self._once:
            self._once[key] = make()
        return self._once[key]

    def across(self, formula: Formula) -> list[Any]:
        """The formula in every pivot of this row."""
        return [self._at(formula, self.row, pivot) for pivot in self._pivots]

    @property
    def place_of_pivot(self) -> int:
        return self._pivots.index(self.pivot) if self.pivot in self._pivots else 0

    def _at(self, formula: Formula, row: int, pivot: str) -> Any:
        before = self.row, self.pivot
        self.row, self.pivot = row, pivot
        try:
            return self.evaluate(formula)
        finally:
            self.row, self.pivot = before

    def _field(self, field: FieldValue) -> Any:
        if field.name in self._formulas:
            pivot = self.pivot if self.is_pivoted(field.name) else ""
            return self.total(field.name, pivot) if field.part == "total" else self.value(field.name, self.row, pivot)
        wanted = ROW_TOTAL if field.part == "row_total" else self.pivot
        place = self._places.get((field.name, wanted))
        if place is None and field.part != "row_total":
            place = self._places.get((field.name, ""))
        if place is None:
            hint = " Ask for row totals." if field.part == "row_total" else ""
            raise InvalidQuery(f"A calculation uses {field.name}, which is none of the query's columns.{hint}")
        if field.part == "total" or self.row == _TOTALS_ROW:
            if self._grid.totals is None:
                raise InvalidQuery(f"A calculation uses the total of {field.name}: ask for totals.")
            return self._grid.totals[place]
        return self._grid.rows[self.row][place]

    def _call(self, call: Call) -> Any:
        name, arguments = call.name, call.arguments
        if name in _LAZY:
            return _LAZY[name](self, arguments)
        if name in COLUMN_FUNCTIONS:
            if name in NEEDS_EVERY_ROW and self._grid.is_truncated:
                raise InvalidQuery(f"{name}() looks at every row, and the limit hides some: raise the limit.")
            count, function = COLUMN_FUNCTIONS[name]
            _expect(call, count)
            return function(self, arguments)
        if name == "row":
            return self.row + 1
        if name == "now":
            return self._now
        function_of_row = ROW_FUNCTIONS.get(name)
        if function_of_row is None:
            raise InvalidQuery(f"There is no function {name!r}.")
        counts, scalar = function_of_row
        _expect(call, counts)
        return scalar(*(self.evaluate(argument) for argument in arguments))

    def _depends_on_pivot(self, name: str) -> bool:
        for part in self._parts_with_inner(name, closed=_ACROSS_PIVOTS):
            match part:
                case FieldValue(name=field, part=side) if side != "row_total":
                    if any((field, pivot) in self._places for pivot in self._pivots):
                        return True
                case Call(name=function) if function in _OF_PIVOT:
                    return True
                case _:
                    pass
        return False

    def _parts_with_inner(self, name: str, *, closed: Collection[str] = ()) -> Iterator[Formula]:
        """Of a calculation and of all that it is made of, but not what stands inside of functions that are `closed`."""
        todo: list[Formula] = [self._formulas[name]]
        seen = {name}
        while todo:
            part = todo.pop()
            self.spend(1)
            yield part
            match part:
                case FieldValue(name=field) if field in self._formulas and field not in seen:
                    seen.add(field)
                    todo.append(self._formulas[field])
                case Call(name=function, arguments=arguments) if function not in closed:
                    todo.extend(arguments)
                case Operation(left=left, right=right):
                    todo += (left, right)
                case _:
                    pass


def _expect(call: Call, counts: range) -> None:
    if len(call.arguments) not in counts:
        least, most = counts.start, counts.stop - 1
        wanted = str(least) if least == most else f"{least} to {most}"
        raise InvalidQuery(f"{call.name}() takes {wanted} values, not {len(call.arguments)}.")


def _if(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    _expect(Call("if", arguments), range(3, 4))
    return sheet.evaluate(arguments[1] if sheet.evaluate(arguments[0]) is True else arguments[2])


def _case(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    for argument in arguments:
        if isinstance(argument, Call) and argument.name == "when":
            _expect(argument, range(2, 3))
            if sheet.evaluate(argument.arguments[0]) is True:
                return sheet.evaluate(argument.arguments[1])
        else:
            return sheet.evaluate(argument)
    return None


def _coalesce(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    return next((value for value in map(sheet.evaluate, arguments) if value is not None), None)


def _when(_sheet: _Sheet, _arguments: Sequence[Formula]) -> Any:
    raise InvalidQuery("when() stands only in case().")


def _pivot_row(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    _expect(Call("pivot_row", arguments), range(1, 2))
    return sheet.across(arguments[0])


def _pivot_index(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    _expect(Call("pivot_index", arguments), range(2, 3))
    values, place = sheet.across(arguments[0]), sheet.evaluate(arguments[1])
    return values[place - 1] if isinstance(place, int) and 1 <= place <= len(values) else None


def _pivot_where(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    _expect(Call("pivot_where", arguments), range(2, 3))
    pairs = zip(sheet.across(arguments[0]), sheet.across(arguments[1]), strict=True)
    found = [value for holds, value in pairs if holds is True]
    return found[0] if len(found) == 1 else None


def _pivot_column(sheet: _Sheet, _arguments: Sequence[Formula]) -> Any:
    return sheet.place_of_pivot + 1


def _pivot_offset(sheet: _Sheet, arguments: Sequence[Formula]) -> Any:
    _expect(Call("pivot_offset", arguments), range(2, 3))
    values, step = sheet.across(arguments[0]), sheet.evaluate(arguments[1])
    place = sheet.place_of_pivot + step if isinstance(step, int) else -1
    return values[place] if 0 <= place < len(values) else None


_LAZY: Mapping[str, Callable[[_Sheet, Sequence[Formula]], Any]] = {
    "if": _if,
    "case": _case,
    "when": _when,
    "coalesce": _coalesce,
    "pivot_row": _pivot_row,
    "pivot_index": _pivot_index,
    "pivot_where": _pivot_where,
    "pivot_column": _pivot_column,
    "pivot_offset": _pivot_offset,
}
