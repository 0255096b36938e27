"""What an expression is where all its columns are null, as an outer join leaves them."""

from enum import Enum, auto

from sqlglot import exp

_PASSING_NULL = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.Neg,
    exp.Paren,
    exp.Cast,
    exp.TryCast,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Not,
    exp.Like,
    exp.Abs,
    exp.Round,
    exp.Extract,
)


class Missing(Enum):
    NULL = auto()
    ZERO = auto()
    UNKNOWN = auto()


def when_missing(expression: exp.Expr) -> Missing:  # noqa: PLR0911 - one return for each form
    """UNKNOWN wherever it takes more than a look to tell."""
    match expression:
        case exp.Column() | exp.Null():
            return Missing.NULL
        case exp.Literal():
            is_zero = not expression.is_string and expression.name in ("0", "0.0")
            return Missing.ZERO if is_zero else Missing.UNKNOWN
        case exp.Coalesce():
            found = [when_missing(value) for value in (expression.this, *expression.expressions)]
            return next((one for one in found if one is not Missing.NULL), Missing.NULL)
        case exp.Case():
            return _case(expression)
        case exp.In() | exp.Nullif():
            return Missing.NULL if when_missing(expression.this) is Missing.NULL else Missing.UNKNOWN
        case exp.And() | exp.Or():
            sides = {when_missing(expression.this), when_missing(expression.expression)}
            return Missing.NULL if sides == {Missing.NULL} else Missing.UNKNOWN
        case _ if isinstance(expression, _PASSING_NULL):
            operands = [
                when_missing(value) for value in expression.iter_expressions() if not isinstance(value, exp.DataType)
            ]
            return Missing.NULL if Missing.NULL in operands else Missing.UNKNOWN
        case _:
            return Missing.UNKNOWN


def _case(case: exp.Case) -> Missing:
    """No branch is taken whose condition is null."""
    operand = case.args.get("this")
    for branch in case.args["ifs"]:
        tested = operand if operand is not None else branch.this
        if when_missing(tested) is not Missing.NULL:
            return Missing.UNKNOWN
    otherwise = case.args.get("default")
    return Missing.NULL if otherwise is None else when_missing(otherwise)
