"""SQL with holes: read once by sqlglot in its own dialect, then filled with expressions."""

from functools import lru_cache

from sqlglot import exp, parse_one

_HOLE = "hole_of_template_"
_STANDS_ALONE = (
    exp.Anonymous,
    exp.Boolean,
    exp.Case,
    exp.Cast,
    exp.Column,
    exp.Extract,
    exp.Literal,
    exp.Null,
    exp.Paren,
    exp.Subquery,
)


def fill(dialect: str, template: str, **operands: exp.Expr) -> exp.Expr:
    """The template with a copy of each operand where its `{name}` stands.

    A template writes `({x})` wherever an operand that is no single term must be kept together; the brackets go where
    they are not needed.
    """
    tree = _read(dialect, template).copy()
    for hole in list(tree.find_all(exp.Column)):
        if not hole.name.startswith(_HOLE):
            continue
        operand = operands[hole.name.removeprefix(_HOLE)].copy()
        parent = hole.parent
        place = parent if isinstance(parent, exp.Paren) and isinstance(operand, _STANDS_ALONE) else hole
        if place is tree:
            tree = operand
        else:
            place.replace(operand)
    return tree


def term(expression: exp.Expr) -> exp.Expr:
    """The expression as one term: in brackets unless it needs none anywhere."""
    is_open = isinstance(expression, exp.Binary | exp.Unary | exp.AtTimeZone | exp.Interval | exp.In | exp.Between)
    return exp.Paren(this=expression) if is_open and not isinstance(expression, exp.Paren) else expression


@lru_cache(maxsize=2_048)
def _read(dialect: str, template: str) -> exp.Expr:
    return parse_one(template.replace("{", _HOLE).replace("}", ""), read=dialect, into=exp.Expr)
