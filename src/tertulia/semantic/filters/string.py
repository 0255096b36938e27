"""Filter expressions for text: `FOO`, `FOO,BAR`, `%FOO%`, `_UF`, `-FOO`, `EMPTY`, `NULL`, `"A, B"`; `^` escapes."""

from collections.abc import Sequence

from msgspec import Struct

from tertulia.core.errors import InvalidFilter

FORMS = 'FOO  FOO,BAR  %FOO%  FOO%  %FOO  _OO  -FOO  -%FOO%  EMPTY  -EMPTY  NULL  -NULL  "A, B"  100^%'
_WILDCARDS = "%_"
_SPECIAL = '%_^",'


class Text(Struct, frozen=True, tag="text"):
    """Exactly this text."""

    value: str
    is_excluded: bool = False


class Pattern(Struct, frozen=True, tag="pattern"):
    """`%` stands for any signs, `_` for one, and `^` precedes a `%`, `_` or `^` that stands for itself."""

    value: str
    is_excluded: bool = False


class Blank(Struct, frozen=True, tag="blank"):
    """No text: null or of no length."""

    is_excluded: bool = False


class NoText(Struct, frozen=True, tag="null"):
    is_excluded: bool = False


StringTerm = Text | Pattern | Blank | NoText


class StringFilter(Struct, frozen=True, tag="string"):
    """One of the included terms holds, if there are any, and none of the excluded does."""

    terms: tuple[StringTerm, ...]


def parse_string(text: str, *, is_tier: bool = False) -> StringFilter:
    """In a tier, a comma between brackets belongs to the label (`[10,20)`)."""
    pieces = _pieces(text, is_tier=is_tier)
    return StringFilter(tuple(_term(piece) for piece in pieces if piece.strip(" \t\r\n")))


def print_string(expression: StringFilter) -> str:
    return ",".join(("-" if term.is_excluded else "") + _printed(term) for term in expression.terms)


def _pieces(text: str, *, is_tier: bool) -> Sequence[str]:
    """The text between the commas that separate terms."""
    pieces: list[str] = []
    start = position = depth = 0
    is_quoted = False
    while position < len(text):
        sign = text[position]
        if sign in "^\\" and _is_escape(text, position, is_quoted=is_quoted):
            position += 2
            continue
        if sign == '"':
            is_quoted = not is_quoted
        elif not is_quoted and is_tier and sign in "[(":
            depth = 1
        elif not is_quoted and is_tier and sign in "])":
            depth = 0
        elif sign == "," and not is_quoted and not depth:
            pieces.append(text[start:position])
            start = position + 1
        position += 1
    if is_quoted:
        raise InvalidFilter('A quotation mark is not closed. Write ^" for a quotation mark that stands for itself.')
    if depth:
        return _pieces(text, is_tier=False)
    return [*pieces, text[start:]]


def _term(piece: str) -> StringTerm:
    text = _trimmed(piece)
    is_excluded = text.startswith("-")
    body = _trimmed(text[1:]) if is_excluded else text
    if not body:
        raise InvalidFilter("A minus sign stands alone. Write -FOO to exclude a value, ^- for the sign itself.")
    if body.upper() == "EMPTY":
        return Blank(is_excluded)
    if body.upper() == "NULL":
        return NoText(is_excluded)
    if body.startswith('"'):
        return Text(_unquoted(body), is_excluded)
    signs = _signs(body)
    if any(is_wild for _, is_wild in signs):
        return Pattern("".join(_in_pattern(sign, is_wild=is_wild) for sign, is_wild in signs), is_excluded)
    return Text("".join(sign for sign, _ in signs), is_excluded)


def _signs(body: str) -> Sequence[tuple[str, bool]]:
    """Each sign the body stands for, and whether it is a wildcard."""
    signs: list[tuple[str, bool]] = []
    protected = position = 0
    while position < len(body):
        sign = body[position]
        if sign in "^\\" and _is_escape(body, position, is_quoted=False):
            signs.append((body[position + 1], False))
            protected = protected + 1 if body[position + 1] == " " else 0
            position += 2
            continue
        if sign == "^":
            raise InvalidFilter("A caret escapes the sign after it. Write ^^ for a caret that stands for itself.")
        if sign == '"':
            raise InvalidFilter(
                'Quotation marks stand around a whole value: "A, B". Write ^" for one that stands for itself,'
                " ^, for a comma next to wildcards.",
            )
        signs.append((sign, sign in _WILDCARDS))
        protected = 0
        position += 1
    # Looker writes the last of the protected spaces at the end of a value twice
    return signs[:-1] if protected > 1 else signs


def _unquoted(body: str) -> str:
    letters: list[str] = []
    position = 1
    while position < len(body):
        sign = body[position]
        if sign in "^\\" and _is_escape(body, position, is_quoted=True):
            letters.append(body[position + 1])
            position += 2
            continue
        if sign == '"':
            break
        letters.append(sign)
        position += 1
    if body[position + 1 :]:
        raise InvalidFilter('After a value in quotation marks comes a comma: "A, B","C".')
    return "".join(letters)


def _is_escape(text: str, position: int, *, is_quoted: bool) -> bool:
    """Inside quotation marks a caret before any other sign, and everywhere a backslash, stands for itself."""
    after = text[position + 1 : position + 2]
    if not after:
        return False
    if text[position] == "\\":
        return after in _SPECIAL + "-\\"
    return after in (_SPECIAL + "-" if is_quoted else _SPECIAL + "- ")


def _trimmed(text: str) -> str:
    """Without the space around it, but with a space at the end that a caret protects."""
    stripped = text.strip(" \t\r\n")
    if len(stripped) == len(text) or not text.lstrip(" \t\r\n").startswith(stripped + " "):
        return stripped
    carets = len(stripped) - len(stripped.rstrip("^"))
    return stripped + " " if carets % 2 else stripped


def _in_pattern(sign: str, *, is_wild: bool) -> str:
    return f"^{sign}" if not is_wild and sign in "%_^" else sign


def _printed(term: StringTerm) -> str:
    match term:
        case Blank():
            return "EMPTY"
        case NoText():
            return "NULL"
        case Text(value=value):
            return _quoted(value) if _needs_quotes(value) else value
        case Pattern(value=value):
            return _printed_pattern(value)


def _needs_quotes(value: str) -> bool:
    has_edges = value != value.strip() or value.startswith("-")
    is_keyword = value.upper() in ("", "EMPTY", "NULL")
    return has_edges or is_keyword or any(sign in value for sign in '%_^",\\[](){}')


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace("^", "^^").replace('"', '\\"') + '"'


def _printed_pattern(value: str) -> str:
    text = value.replace("\\", "\\\\").replace(",", "^,").replace('"', '^"')
    if text.startswith("-"):
        text = f"^{text}"
    lead = len(text) - len(text.lstrip(" "))
    body = text[lead:]
    tail = len(body) - len(body.rstrip(" "))
    text = "^ " * lead + (body[:-tail] if tail else body) + "^ " * tail
    return text + "^ " if tail else text
