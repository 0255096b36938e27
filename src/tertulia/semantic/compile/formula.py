"""The formulas of custom fields and table calculations: `${orders.count} / sum(${orders.count})`, read as a tree."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NoReturn

from msgspec import Struct

from tertulia.core.errors import InvalidQuery

_MOST_CHARACTERS = 10_000
_MOST_WORDS = 400
_MOST_DIGITS = 300
_DEEPEST = 40
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |\$\{(?P<field>[^{}]*)\}
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign><=|>=|!=|<>|[-+*/%(),=<>])
    )""",
    re.VERBOSE,
)
_PARTS = ("total", "row_total")
_COMPARISONS = frozenset({"=", "!=", "<>", "<", ">", "<=", ">="})


class Number(Struct, frozen=True, tag=True):
    value: float | int


class Text(Struct, frozen=True, tag=True):
    value: str


class YesNo(Struct, frozen=True, tag=True):
    value: bool


class Nothing(Struct, frozen=True, tag=True):
    """`null`."""


class FieldValue(Struct, frozen=True, tag=True):
    """`part` is `total` or `row_total` where the value is not that of the row."""

    name: str
    part: str = ""


class Call(Struct, frozen=True, tag=True):
    """A function, in lower case, of its arguments. `not`, and `-` of one argument, are called like functions."""

    name: str
    arguments: "Sequence[Formula]"


class Operation(Struct, frozen=True, tag=True):
    """`sign` is one of `+ - * / % = != < > <= >= and or`."""

    sign: str
    left: "Formula"
    right: "Formula"


Formula = Number | Text | YesNo | Nothing | FieldValue | Call | Operation


def parse_formula(text: str) -> Formula:
    """Raises InvalidQuery that says where the formula cannot be read."""
    if len(text) > _MOST_CHARACTERS:
        raise InvalidQuery(f"A formula has at most {_MOST_CHARACTERS} characters.")
    return _Reader(text).whole()


def parts_of(formula: Formula) -> Iterator[Formula]:
    """The formula and everything in it."""
    yield formula
    match formula:
        case Call(arguments=arguments):
            for argument in arguments:
                yield from parts_of(argument)
        case Operation(left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case _:
            return


def fields_of(formula: Formula) -> list[str]:
    """The names of the fields in it, each once."""
    return list(dict.fromkeys(part.name for part in parts_of(formula) if isinstance(part, FieldValue)))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(islice(self._read(), _MOST_WORDS + 1))
        if len(self._tokens) > _MOST_WORDS:
            self._refuse(f"it has more than {_MOST_WORDS} words and signs")
        self._place = 0
        self._depth = 0

    def whole(self) -> Formula:
        formula = self._either()
        if self._place < len(self._tokens):
            self._refuse(f"{self._tokens[self._place][1]!r} is one word too many")
        return formula

    def _read(self) -> Iterator[tuple[str, str]]:
        position = 0
        text = self._text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None or found.lastgroup is None:
                self._refuse(f"{text[position : position + 20]!r} is no part of one")
            yield found.lastgroup, found[found.lastgroup]
            position = found.end()

    def _either(self) -> Formula:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse("it is nested too deeply")
        left = self._both()
        while self._takes_word("or"):
            left = Operation("or", left, self._both())
        self._depth -= 1
        return left

    def _both(self) -> Formula:
        left = self._negated()
        while self._takes_word("and"):
            left = Operation("and", left, self._negated())
        return left

    def _negated(self) -> Formula:
        count = 0
        while self._takes_word("not"):
            count += 1
        formula = self._compared()
        return Call("not", [formula]) if count % 2 else formula

    def _compared(self) -> Formula:
        left = self._sum()
        sign = self._takes_sign(*_COMPARISONS)
        return Operation("!=" if sign == "<>" else sign, left, self._sum()) if sign else left

    def _sum(self) -> Formula:
        left = self._product()
        while sign := self._takes_sign("+", "-"):
            left = Operation(sign, left, self._product())
        return left

    def _product(self) -> Formula:
        left = self._signed()
        while sign := self._takes_sign("*", "/", "%"):
            left = Operation(sign, left, self._signed())
        return left

    def _signed(self) -> Formula:
        count = 0
        while sign := self._takes_sign("+", "-"):
            count += sign == "-"
        formula = self._single()
        return Call("-", [formula]) if count % 2 else formula

    def _single(self) -> Formula:
        if self._place == len(self._tokens):
            self._refuse("it ends too early")
        kind, token = self._tokens[self._place]
        self._place += 1
        match kind:
            case "number":
                if len(token) > _MOST_DIGITS:
                    self._refuse(f"a number has at most {_MOST_DIGITS} digits")
                return Number(float(token) if re.search(r"[.eE]", token) else int(token))
            case "text":
                return Text(re.sub(r"\\(.)", r"\1", token[1:-1]))
            case "field":
                return self._field(token)
            case "word":
                return self._word(token.lower())
            case _:
                if token != "(":  # noqa: S105 - a sign of the grammar
                    self._refuse(f"{token!r} stands where a value belongs")
                formula = self._either()
                self._expect(")")
                return formula

    def _field(self, token: str) -> Formula:
        name, _, part = token.strip().partition(":")
        if part and part not in _PARTS:
            self._refuse(f"a field has {' and '.join(_PARTS)}, and no {part!r}")
        if not name:
            self._refuse("${} names no field")
        return FieldValue(name, part)

    def _word(self, word: str) -> Formula:
        match word:
            case "null":
                return Nothing()
            case "yes" | "true":
                return YesNo(True)
            case "no" | "false":
                return YesNo(False)
            case _:
                self._expect("(")
                arguments: list[Formula] = []
                while not self._takes_sign(")"):
                    if arguments:
                        self._expect(",")
                    arguments.append(self._either())
                return Call(word, arguments)

    def _takes_sign(self, *signs: str) -> str:
        if self._place < len(self._tokens):
            kind, token = self._tokens[self._place]
            if kind == "sign" and token in signs:
                self._place += 1
                return token
        return ""

    def _takes_word(self, word: str) -> bool:
        if self._place < len(self._tokens):
            kind, token = self._tokens[self._place]
            if kind == "word" and token.lower() == word:
                self._place += 1
                return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._takes_sign(sign):
            found = repr(self._tokens[self._place][1]) if self._place < len(self._tokens) else "the end"
            self._refuse(f"{sign!r} belongs where {found} stands")

    def _refuse(self, why: str) -> NoReturn:
        shown = self._text if len(self._text) <= 200 else f"{self._text[:200]}..."
        raise InvalidQuery(f"The formula {shown!r} cannot be read: {why}.")
