"""A question cut into words, numbers, dates, quoted texts and signs."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from tertulia.semantic.interpret.spelling import plain, stem, typed


class TokenKind(StrEnum):
    WORD = "word"
    NUMBER = "number"
    DATE = "date"
    QUOTED = "quoted"
    SIGN = "sign"


class Token(Struct, frozen=True, kw_only=True):
    """`text` is plain, `raw` as it was written. A NUMBER has `number` and perhaps `currency` (its ISO code); `is_plain`
    tells one written in digits alone, so that it may be a year.
    """

    text: str
    raw: str
    kind: TokenKind
    stem: str
    number: float | None = None
    currency: str = ""
    is_plain: bool = False


CURRENCIES = {
    "$": "USD",
    "dollar": "USD",
    "usd": "USD",
    "buck": "USD",
    "€": "EUR",
    "euro": "EUR",
    "eur": "EUR",
    "£": "GBP",
    "pound": "GBP",
    "gbp": "GBP",
}
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ],
        start=1,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000}
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "": 1.0}
_PIECES = re.compile(
    r"""
    (?P<quoted>"[^"]*")
    |(?P<date>\d{4}-\d\d-\d\d(?!\d)|\d{4}/\d\d/\d\d(?!\d)|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?!\d)
        |\d{4}[-/](?:q[1-4]|\d\d)(?![\w/]|-\d)|\d{1,2}/\d{4}(?!\d)|fy-?\d{4}(?:-q[1-4])?(?!\w)|q[1-4](?:[-/]\d{4})?(?!\w)
        |h[12](?!\w)|'\d\d(?!\w))
    |(?P<number>(?P<sign>[$€£]\s?)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
        (?P<scale>\s?(?:k|m|mn|bn)(?!\w)|\s(?:thousand|million|billion)(?!\w))?
        (?P<ordinal>(?:st|nd|rd|th)(?!\w))?(?P<after>\s?[$€£])?(?P<plus>\+)?)
    |(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?(?![^\W_])|[^\W_]+)
    |(?P<operator>>=|<=|!=|<>|[><=,;:%&\#+/*^|~@{}\[\]\\]|(?<!\S)-(?!\w)|(?<!\S)-(?=\d))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SHORT_FORMS = {
    "can't": ("can", "not"),
    "won't": ("will", "not"),
    "let's": ("let", "us"),
    "what's": ("what", "is"),
    "who's": ("who", "is"),
    "where's": ("where", "is"),
    "how's": ("how", "is"),
    "that's": ("that", "is"),
    "there's": ("there", "is"),
    "it's": ("it", "is"),
    "i'd": ("i", "would"),
    "i'm": ("i", "am"),
    "we've": ("we", "have"),
    "we're": ("we", "are"),
    "i've": ("i", "have"),
    "we'd": ("we", "would"),
}
_SPOKEN_SIGNS = {"%": "percent", "&": "and", "#": "number", ";": ",", ":": ",", "+": "plus"}


def tokens_of(text: str) -> list[Token]:
    return list(_tokens(text))


def stems_of(text: str) -> tuple[str, ...]:
    """How a label or a value is compared: the stems of its words, without commas."""
    return tuple(token.stem for token in _tokens(text) if token.text not in (",", '"'))


def _tokens(text: str) -> Iterator[Token]:
    for found in _PIECES.finditer(typed(text)):
        raw = found[0]
        if found["quoted"] is not None:
            inner = raw[1:-1].strip()
            yield Token(text=plain(inner), raw=inner, kind=TokenKind.QUOTED, stem=plain(inner))
        elif found["date"] is not None:
            yield Token(text=plain(raw), raw=raw, kind=TokenKind.DATE, stem=plain(raw))
        elif found["number"] is not None:
            yield from _number(found)
        elif found["word"] is not None:
            yield from _words(raw)
        else:
            sign = _SPOKEN_SIGNS.get(raw, raw)
            kind = TokenKind.WORD if sign.isalpha() else TokenKind.SIGN
            yield Token(text=sign, raw=raw, kind=kind, stem=sign)


def _number(found: re.Match[str]) -> Iterator[Token]:
    digits, scale = found["digits"].replace(",", ""), plain(found["scale"] or "").strip()
    value = float(digits) * _SCALES[scale]
    sign = (found["sign"] or found["after"] or "").strip()
    yield Token(
        text=digits if not scale else f"{value:g}",
        raw=found[0],
        kind=TokenKind.NUMBER,
        stem=digits,
        number=value,
        currency=CURRENCIES.get(sign, ""),
        is_plain=found["digits"].isdigit() and not (scale or sign),
    )
    if found["ordinal"]:
        yield Token(text="th", raw=found["ordinal"], kind=TokenKind.WORD, stem="th")
    if found["plus"]:
        yield Token(text="or more", raw="+", kind=TokenKind.WORD, stem="or more")


def _words(raw: str) -> Iterator[Token]:
    text = plain(raw)
    for word in _unfolded(text):
        yield Token(text=word, raw=raw if word == text else word, kind=TokenKind.WORD, stem=stem(word))


def _unfolded(text: str) -> Sequence[str]:
    """`what's` is two words, `isn't` too; the possessive of `women's` says nothing of its own."""
    if text in _SHORT_FORMS:
        return _SHORT_FORMS[text]
    if text.endswith("n't"):
        return text.removesuffix("n't"), "not"
    head, apostrophe, tail = text.partition("'")
    if apostrophe and tail in ("s", ""):
        return (head,)
    return (text.replace("'", ""),)
