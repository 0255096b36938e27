"""Liquid in LookML's SQL: what a query asks decides what the SQL says.

Values that people bring reach the SQL in four ways, and in no other:

- `{% condition view.field %} column {% endcondition %}` is the compiler's: `LiquidScope.condition` writes it.
- A parameter, as `{% parameter name %}` or `view.name._parameter_value`, is a literal of its type; an `unquoted` one is a
  word of letters, digits, `_`, `.` and `-`. Where the parameter has allowed values it is one of them.
- A user attribute (`_user_attributes['x']`) stands as it is if it holds only letters, digits, spaces and `_ . , @ -`; one
  that the user does not have is an error.
- The text of a filter (`_filters['view.field']`) stands as it is if it is one word; "" where there is no such filter.

Everything else of an attribute or a filter can be compared and goes through `sql_quote`, which makes a literal of it.
Names that do not exist are errors, and so are templates that run long or write much.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.engine import Engine

_WORD = re.compile(r"[A-Za-z0-9_.-]+")
# without a list of choices no dot: it would reach the columns of other views
_FREE_WORD = re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_YESNO = {"yes": "TRUE", "true": "TRUE", "no": "FALSE", "false": "FALSE"}


class ParameterValue(Struct, frozen=True, kw_only=True):
    """What a parameter stands for in this query. `type` is LookML's; no value at all renders as NULL."""

    type: str
    value: str | None = None
    allowed: Sequence[str] = ()


class LiquidScope(Struct, frozen=True, kw_only=True):
    """What liquid may see of a query. Fields are named `view.field`; a name alone is one of `view`.

    `fields` are all that the explore has, `filtered` the filter expressions of the query by field. `condition` gives the SQL
    of a field's filter on a column (TRUE-like where there is none), `bounds` the SQL of the first moment a date filter lets
    through and of the first one after it. `attributes` without a value count as missing. `now` is in the query's zone.
    """

    engine: Engine
    condition: Callable[[str, str], str]
    bounds: Callable[[str], tuple[str, str]]
    now: datetime
    view: str = ""
    explore: str = ""
    model: str = ""
    timezone: str = ""
    fields: Collection[str] = ()
    selected: Collection[str] = ()
    filtered: Mapping[str, str] = {}
    parameters: Mapping[str, ParameterValue] = {}
    attributes: Mapping[str, Sequence[str]] = {}


def render(text: str, scope: LiquidScope) -> str:
    """The text itself where it holds no liquid. Raises InvalidQuery."""
    if "{%" not in text and "{{" not in text:
        return text
    # the liquid library is read by the first template that needs it
    from tertulia.semantic.liquid_template import render_template  # noqa: PLC0415

    return render_template(text, scope)


def full_name(name: str, scope: LiquidScope) -> str:
    """`view.field` of a name as a template writes it. Raises InvalidQuery for one that does not exist."""
    full = name if "." in name else f"{scope.view}.{name}"
    if full not in scope.fields and full not in scope.parameters:
        raise InvalidQuery(f"Liquid names a field that does not exist: {name}.")
    return full


def parameter_sql(name: str, scope: LiquidScope) -> str:
    """The literal or the word that a parameter stands for. Raises InvalidQuery."""
    full = full_name(name, scope)
    parameter = scope.parameters.get(full)
    if parameter is None:
        raise InvalidQuery(f"{full} is no parameter.")
    if parameter.value is None:
        return "NULL"
    if parameter.allowed and parameter.value not in parameter.allowed:
        raise InvalidQuery(f"{full} is one of: {', '.join(parameter.allowed)}; not {parameter.value!r}.")
    try:
        return _written(parameter, scope.engine)
    except ValueError as error:
        raise InvalidQuery(f"{full} is of type {parameter.type}, which {parameter.value!r} is not.") from error


def _written(parameter: ParameterValue, engine: Engine) -> str:
    value = parameter.value or ""
    match parameter.type:
        case "unquoted":
            pattern = _WORD if parameter.allowed else _FREE_WORD
            if pattern.fullmatch(value) is None or "--" in value:
                raise ValueError(value)
            return value
        case "number":
            if _NUMBER.fullmatch(value.strip()) is None:
                raise ValueError(value)
            return value.strip()
        case "yesno":
            if value.strip().lower() not in _YESNO:
                raise ValueError(value)
            return _YESNO[value.strip().lower()]
        case "date":
            return engine.print(engine.day(date.fromisoformat(value.strip().replace("/", "-"))))
        case "date_time":
            return engine.print(engine.moment(datetime.fromisoformat(value.strip().replace("/", "-"))))
        case _:
            return engine.print(engine.text(value))
