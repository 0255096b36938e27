"""Comparisons (`more than 100 dollars`, `between 5 and 10`) and ranks (`top ten`, `bottom 3`, `highest`)."""

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from tertulia.semantic.interpret.calendar_words import UNITS
from tertulia.semantic.interpret.tokens import CURRENCIES, NUMBER_WORDS, Token, TokenKind

_OPENERS: dict[tuple[str, ...], str] = {
    tuple(words.split()): sign
    for sign, phrases in {
        ">": (
            "more than|over|above|greater than|higher than|larger than|bigger than|exceeding|exceeds|exceed|exceeded|in excess of|>|"
            "upwards of|longer than|older than|better than|more expensive than|heavier than|beyond"
        ),
        ">=": "at least|no less than|not less than|minimum of|a minimum of|>=|at minimum|no fewer than|not fewer than",
        "<": (
            "less than|under|below|fewer than|lower than|smaller than|<|shorter than|younger than|cheaper than|"
            "worse than|lighter than|not more expensive than"
        ),
        "<=": "at most|no more than|not more than|up to|maximum of|a maximum of|<=",
        "=": "exactly|precisely|=|equal to|of exactly",
        "!=": "!=|<>|not equal to",
    }.items()
    for words in phrases.split("|")
}
_OPENERS.pop(("not", "more", "expensive", "than"))
_ADJECTIVES = {
    "older": "old",
    "younger": "young",
    "cheaper": "cheap",
    "expensive": "expensive",
    "longer": "long",
    "shorter": "short",
    "heavier": "heavy",
    "lighter": "light",
}
_CLOSERS: dict[tuple[str, ...], str] = {
    ("or more",): ">=",
    ("or", "more"): ">=",
    ("and", "more"): ">=",
    ("or", "higher"): ">=",
    ("or", "above"): ">=",
    ("and", "above"): ">=",
    ("or", "over"): ">=",
    ("and", "over"): ">=",
    ("or", "older"): ">=",
    ("and", "older"): ">=",
    ("or", "less"): "<=",
    ("or", "fewer"): "<=",
    ("or", "lower"): "<=",
    ("or", "below"): "<=",
    ("and", "below"): "<=",
    ("or", "under"): "<=",
    ("and", "under"): "<=",
    ("or", "younger"): "<=",
    ("or", "cheaper"): "<=",
}
_TOP = {
    "top",
    "best",
    "highest",
    "most",
    "largest",
    "biggest",
    "greatest",
    "leading",
    "strongest",
    "priciest",
}
_BOTTOM = {"bottom", "worst", "lowest", "least", "fewest", "smallest", "weakest", "poorest"}
_SUPERLATIVES = {
    "oldest": ("old", True),
    "youngest": ("young", False),
    "cheapest": ("cheap", False),
    "priciest": ("expensive", True),
    "longest": ("long", True),
    "shortest": ("short", False),
    "heaviest": ("heavy", True),
    "lightest": ("light", False),
}
SIZES = frozenset({"biggest", "largest", "greatest", "smallest"})
_OF_ENTITIES = {"top", "bottom", "best", "worst", "leading", "strongest", "weakest", "poorest"}
_COSTING = {"cost", "costs", "costing", "priced"}
_PRAISE = {"popular": "", "profitable": "profit"}
_OFTEN = {"common", "frequent"}
_RATING = "average rating"
_SELLING = {"selling", "seller", "sold"}
_AGES = {("year", "old"), ("year", "of", "age")}


class Compare(Struct, frozen=True, kw_only=True):
    """`expression` is a number filter. `currency` is an ISO code, `unit` a unit of time or `percent`; `adjective` says
    what is compared where the phrase does (`old` of `older than`).
    """

    expression: str
    currency: str = ""
    unit: str = ""
    adjective: str = ""


class Rank(Struct, frozen=True, kw_only=True):
    """The first `amount` (0 where none is said) by something. `word` is what was written; `is_of_entities` tells `top`,
    which ranks things, from `highest`, which ranks by what follows. `measure` is named by the word itself;
    `is_common` ranks by how often.
    """

    amount: int
    is_top: bool
    word: str
    is_of_entities: bool
    adjective: str = ""
    is_selling: bool = False
    measure: str = ""
    is_common: bool = False


def compare_at(tokens: Sequence[Token], at: int) -> tuple[int, Compare] | None:
    if tokens[at].text in _COSTING and at + 1 < len(tokens):
        lead = at + 1 + (tokens[at + 1].text == "at")
        inner = compare_at(tokens, lead) if lead < len(tokens) else None
        if inner is not None:
            return inner[0] + lead - at, structs.replace(inner[1], adjective="cost")
    if tokens[at].text == "aged" and at + 1 < len(tokens) and (inner := compare_at(tokens, at + 1)) is not None:
        return inner[0] + 1, structs.replace(inner[1], adjective="old")
    found = [each for form in (_opened, _closed, _between) if (each := form(tokens, at)) is not None]
    return max(found, key=lambda match: match[0], default=None)


def rank_at(tokens: Sequence[Token], at: int) -> tuple[int, Rank] | None:
    found = list(_ranks(tokens, at))
    return max(found, key=lambda match: match[0], default=None)


def _opened(tokens: Sequence[Token], at: int) -> tuple[int, Compare] | None:
    for words in sorted(_OPENERS, key=len, reverse=True):
        if not _reads(tokens, at, words):
            continue
        adjective = next((_ADJECTIVES[word] for word in words if word in _ADJECTIVES), "")
        found = _quantity(tokens, at + len(words))
        if found is None:
            return None
        length, value, currency, unit = found
        sign = _OPENERS[words]
        expression = {"=": "", "!=": "NOT "}.get(sign, sign) + value
        return len(words) + length, Compare(
            expression=expression, currency=currency, unit=unit, adjective=adjective or _aged(unit)
        )
    return None


def _closed(tokens: Sequence[Token], at: int) -> tuple[int, Compare] | None:
    """`5 or more`, `100 dollars and above`."""
    found = _quantity(tokens, at)
    if found is None:
        return None
    length, value, currency, unit = found
    for words, sign in _CLOSERS.items():
        if _reads(tokens, at + length, words):
            adjective = "old" if words[-1] in ("older", "younger") else _aged(unit)
            return length + len(words), Compare(
                expression=sign + value, currency=currency, unit=unit, adjective=adjective
            )
    return None


def _between(tokens: Sequence[Token], at: int) -> tuple[int, Compare] | None:
    opener = next((word for word in ("between", "from") if _reads(tokens, at, (word,))), "")
    first = _quantity(tokens, at + bool(opener))
    if first is None:
        return None
    joint = at + bool(opener) + first[0]
    if not _reads(tokens, joint, ("and",) if opener == "between" else ("to",)):
        return None
    second = _quantity(tokens, joint + 1)
    if second is None or float(first[1]) > float(second[1]):
        return None
    currency, unit = second[2] or first[2], second[3] or first[3]
    expression = f"[{first[1]},{second[1]}]"
    length = joint + 1 + second[0] - at
    return length, Compare(expression=expression, currency=currency, unit=unit, adjective=_aged(unit))


def _ranks(tokens: Sequence[Token], at: int) -> Iterator[tuple[int, Rank]]:
    """`top 10`, `10 best`, `best selling`, `most expensive`, `highest`."""
    amount, lead = 0, at
    if (number := _count(tokens, at)) is not None:
        amount, lead = number, at + 1
    if lead >= len(tokens):
        return
    word = tokens[lead].text
    follow = lead + 1
    if not amount and (number := _count(tokens, follow)) is not None:
        amount, follow = number, follow + 1
    is_selling = follow < len(tokens) and tokens[follow].stem in _SELLING
    if word in _SUPERLATIVES:
        adjective, is_top = _SUPERLATIVES[word]
        yield follow - at, Rank(amount=amount, is_top=is_top, word=word, is_of_entities=True, adjective=adjective)
    elif word in ("most", "least") and _reads(tokens, follow, ("expensive",)):
        is_top = word == "most"
        rank = Rank(amount=amount, is_top=is_top, word=word, is_of_entities=True, adjective="expensive")
        yield follow + 1 - at, rank
    elif word in ("most", "least") and follow < len(tokens) and tokens[follow].text in _PRAISE:
        is_top = word == "most"
        praised = tokens[follow].text
        named = f"{word} {praised}"
        rank = Rank(amount=amount, is_top=is_top, word=named, is_of_entities=True, measure=_PRAISE[praised])
        yield follow + 1 - at, rank
    elif word in ("most", "least") and follow < len(tokens) and tokens[follow].text in _OFTEN:
        named = f"{word} {tokens[follow].text}"
        rank = Rank(amount=amount, is_top=word == "most", word=named, is_of_entities=True, is_common=True)
        yield follow + 1 - at, rank
    elif word in _TOP | _BOTTOM and word not in ("most", "least") and _reads(tokens, follow, ("rated",)):
        named = f"{word} rated"
        rank = Rank(amount=amount, is_top=word in _TOP, word=named, is_of_entities=True, measure=_RATING)
        yield follow + 1 - at, rank
    elif word in _TOP | _BOTTOM and (word not in ("most", "least") or not amount or lead == at):
        is_of_entities = word in _OF_ENTITIES
        rank = Rank(amount=amount, is_top=word in _TOP, word=word, is_of_entities=is_of_entities, is_selling=is_selling)
        yield follow + is_selling - at, rank


def _quantity(tokens: Sequence[Token], at: int) -> tuple[int, str, str, str] | None:  # noqa: PLR0911 - one return for each form
    """How many tokens, the number as text, its currency, its unit."""
    if at >= len(tokens):
        return None
    length, currency = 0, ""
    if tokens[at].text in ("usd", "eur", "gbp") and at + 1 < len(tokens):
        currency, length = CURRENCIES[tokens[at].text], 1
    token = tokens[at + length]
    number = token.number if token.kind is TokenKind.NUMBER else NUMBER_WORDS.get(token.text)
    if number is None:
        return None
    length += 1
    currency = token.currency or currency
    after = tokens[at + length].stem if at + length < len(tokens) else ""
    if after in CURRENCIES and not currency:
        return length + 1, _written(number), CURRENCIES[after], ""
    if after == "percent":
        return length + 1, _written(number), currency, "percent"
    for words in _AGES:
        if tuple(token.stem for token in tokens[at + length : at + length + len(words)]) == words:
            return length + len(words), _written(number), "", "year old"
    if after in UNITS and not currency:
        return length + 1, _written(number), "", UNITS[after]
    return length, _written(number), currency, ""


def _count(tokens: Sequence[Token], at: int) -> int | None:
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.is_plain and len(token.text) < 4:
        return int(token.text) or None
    return NUMBER_WORDS.get(token.text)


def _aged(unit: str) -> str:
    return "old" if unit == "year old" else ""


def _written(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def _reads(tokens: Sequence[Token], at: int, words: Sequence[str]) -> bool:
    return tuple(token.text for token in tokens[at : at + len(words)]) == tuple(words)
