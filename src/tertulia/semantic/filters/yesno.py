"""Filter expressions for yesno fields: `yes` and `no`, where no holds for nulls too."""

from msgspec import Struct

from tertulia.core.errors import InvalidFilter

FORMS = "yes  no  true  false  any"
_WORDS = {"yes": {True}, "true": {True}, "no": {False}, "false": {False}, "any": {True, False}}


class YesnoFilter(Struct, frozen=True, tag="yesno"):
    value: bool


def parse_yesno(text: str) -> YesnoFilter | None:
    """None where the field may be either."""
    answers: set[bool] = set()
    for word in filter(None, (piece.strip().lower() for piece in text.split(","))):
        if word not in _WORDS:
            raise InvalidFilter(f"{word[:80]!r} is neither yes nor no. Forms: {FORMS}")
        answers |= _WORDS[word]
    return YesnoFilter(answers.pop()) if len(answers) == 1 else None


def print_yesno(expression: YesnoFilter) -> str:
    return "yes" if expression.value else "no"
