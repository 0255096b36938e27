"""The question as marks: at each word the longest thing that can be read there."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from tertulia.semantic.interpret.amounts import Compare, Rank, compare_at, rank_at
from tertulia.semantic.interpret.calendar_words import TIMEFRAMES, TRENDS, WEEKDAY_GROUPS, WEEKDAYS
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind, Meaning
from tertulia.semantic.interpret.periods import Period, period_at
from tertulia.semantic.interpret.structure import LONGEST, PHRASES, VERBS, Role
from tertulia.semantic.interpret.tokens import Token, TokenKind

_AGAIN = ("day", "week", "month", "quarter", "year")
_VALUES = (Kind.VALUE, Kind.FLAG)


class Term(Struct, frozen=True, kw_only=True):
    """A phrase of the lexicon. `literal` is a text in quotation marks, which may also be a value nobody listed."""

    meanings: tuple[Meaning, ...]
    text: str
    literal: str = ""


class Trend(Struct, frozen=True, kw_only=True):
    """A timeframe, `monthly` (an adverb) or `month` (a noun)."""

    timeframe: str
    is_noun: bool
    is_plural: bool = False


class Days(Struct, frozen=True, kw_only=True):
    """Days of the week, in Looker's spelling."""

    names: tuple[str, ...]


class Amount(Struct, frozen=True, kw_only=True):
    """A number on its own."""

    text: str


class Unknown(Struct, frozen=True, kw_only=True):
    text: str


Sense = Role | Term | Period | Trend | Days | Compare | Rank | Amount | Unknown


class Mark(Struct, frozen=True, kw_only=True):
    sense: Sense
    text: str
    is_plural: bool = False


def marks_of(tokens: Sequence[Token], known: Lexicon, today: date) -> list[Mark]:
    marks: list[Mark] = []
    is_shouted = all(token.raw.isupper() for token in tokens if token.kind is TokenKind.WORD)
    at = 0
    while at < len(tokens):
        length, sense = _best(tokens, at, known, today, is_shouted=is_shouted)
        last = tokens[at + length - 1]
        text = " ".join(token.raw for token in tokens[at : at + length])
        marks.append(Mark(sense=sense, text=text, is_plural=last.text.endswith("s") and last.stem != last.text))
        at += length
    return marks


def _best(tokens: Sequence[Token], at: int, known: Lexicon, today: date, *, is_shouted: bool) -> tuple[int, Sense]:
    """The longest; of equally long ones the first kind listed."""
    found = [
        match
        for match in (
            _quoted(tokens, at, known),
            period_at(tokens, at, today),
            rank_at(tokens, at),
            compare_at(tokens, at),
            _days(tokens, at),
            _trend(tokens, at),
            _form(tokens, at),
            _term(tokens, at, known, is_shouted=is_shouted),
        )
        if match is not None
    ]
    if found:
        best = max(found, key=lambda match: match[0])
        term = found[-1]
        is_value = isinstance(term[1], Term) and any(each.kind in _VALUES for each in term[1].meanings)
        is_code = isinstance(term[1], Term) and all(each.is_code for each in term[1].meanings)
        is_name = (best[1] in VERBS and is_value) or (isinstance(best[1], Role) and is_code)
        return term if is_name and term[0] == best[0] else best
    token = tokens[at]
    if token.kind is TokenKind.NUMBER:
        return 1, Amount(text=token.text)
    return 1, Unknown(text=token.raw)


def _quoted(tokens: Sequence[Token], at: int, known: Lexicon) -> tuple[int, Term] | None:
    token = tokens[at]
    if token.kind is not TokenKind.QUOTED:
        return None
    return 1, Term(meanings=known.named(token.raw), text=token.raw, literal=token.raw)


def _term(tokens: Sequence[Token], at: int, known: Lexicon, *, is_shouted: bool) -> tuple[int, Term] | None:
    stems = tuple(token.stem for token in tokens[at : at + known.longest])
    for length in range(len(stems), 0, -1):
        pieces = tokens[at : at + length]
        # `returns month by month` begins no name that ends in month
        if any(token.kind is TokenKind.QUOTED for token in pieces) or (length > 1 and _again(tokens, at + length - 1)):
            continue
        text = " ".join(token.raw for token in pieces)
        is_upper = text.isupper() and not is_shouted
        meanings = tuple(each for each in known.phrases.get(stems[:length], ()) if is_upper or not each.is_code)
        if meanings:
            return length, Term(meanings=meanings, text=text)
    return None


def _form(tokens: Sequence[Token], at: int) -> tuple[int, Role] | None:
    words = tuple(token.text for token in tokens[at : at + LONGEST])
    for length in range(len(words), 0, -1):
        if (role := PHRASES.get(words[:length])) is not None:
            return length, role
    return None


def _trend(tokens: Sequence[Token], at: int) -> tuple[int, Trend] | None:
    token = tokens[at]
    if token.text in TRENDS:
        return 1, Trend(timeframe=TRENDS[token.text], is_noun=False)
    if _again(tokens, at):
        timeframe = TIMEFRAMES[token.stem,]
        return 3, Trend(timeframe=timeframe, is_noun=False)
    for length in (5, 4, 3, 2, 1):
        stems = tuple(each.stem for each in tokens[at : at + length])
        if len(stems) == length and stems in TIMEFRAMES:
            is_plural = tokens[at].text != tokens[at].stem
            return length, Trend(timeframe=TIMEFRAMES[stems], is_noun=True, is_plural=is_plural)
    return None


def _again(tokens: Sequence[Token], at: int) -> bool:
    """`month by month`."""
    if tokens[at].stem not in _AGAIN:
        return False
    return [each.text for each in tokens[at + 1 : at + 3]] == ["by", tokens[at].text]


def _days(tokens: Sequence[Token], at: int) -> tuple[int, Days] | None:
    """`on weekends`, `Mondays`; never `weekend sales` said of a label that the lexicon knows better."""
    lead = at + 1 if tokens[at].text == "on" else at
    if lead == at or lead >= len(tokens):
        return None
    token = tokens[lead]
    if token.stem in WEEKDAY_GROUPS and token.stem != token.text:
        return lead + 1 - at, Days(names=WEEKDAY_GROUPS[token.stem])
    if token.stem in WEEKDAYS and token.stem != token.text:
        return lead + 1 - at, Days(names=(token.stem.capitalize(),))
    return None
