"""Turns of phrase that the marks alone do not show. Words are only passed over where they cannot narrow what is asked."""

from collections.abc import Callable, Sequence

from msgspec import structs

from tertulia.semantic.interpret.business_words import ADJECTIVES
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.marks import Mark, Term, Trend, Unknown
from tertulia.semantic.interpret.meaning import Kind, Meaning
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.tokens import stems_of

_COLLECTING = frozenset({"collected", "earned", "charged", "taken"})
_SPLITTING = frozenset({"break", "split", "slice", "divide"})
_CHANGING = frozenset({"change", "changed", "changing", "develop", "developed", "evolve", "evolved"})
_COURSES = frozenset({"trend", "trends", "development", "evolution"})
_STATES = frozenset({"status", "state", "stage"})
_STOCKS = frozenset({"stock", "inventory"})
_MORE = frozenset({"more", "higher", "larger", "bigger", "greater"})
_CHOOSING = frozenset({"which", "which had", "which have", "which has", "what"})
_FLAGGED = (Kind.VALUE, Kind.FLAG)
_ITEM = "order item"

Rule = Callable[[list[Mark], Lexicon], list[Mark]]


def idiomatic(marks: Sequence[Mark], known: Lexicon) -> list[Mark]:
    """Only words that the data does not know are taken for a turn of phrase."""
    row = list(marks)
    for rule in (
        _no_longer,
        _ones,
        _lines,
        _collected,
        _at_present,
        _on_hand,
        _split,
        _course,
        _how_old,
        _which_more,
        _both_answers,
    ):
        row = rule(row, known)
    return row


def _no_longer(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`no longer active` is not active."""
    del known
    for at in range(len(row) - 2):
        if _unknown(row[at]) == "no" and _unknown(row[at + 1]) == "longer" and _kinds(row[at + 2]) & {*_FLAGGED}:
            return [*row[:at], Mark(sense=Role.EXCEPT, text="not"), *row[at + 2 :]]
    return row


def _ones(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`orders, without cancelled ones`: the ones are orders; where nothing is named they go without saying."""
    del known
    done: list[Mark] = []
    for mark in row:
        if _unknown(mark) == "ones" and done and _kinds(done[-1]) & {*_FLAGGED}:
            named = next((each for each in reversed(done[:-1]) if Kind.ENTITY in _kinds(each)), None)
            done += [named] if named is not None else []
        else:
            done.append(mark)
    return done


def _lines(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`discounted lines`: the lines of orders, where it is a line that is discounted."""
    lines = tuple(each for each in known.named(_ITEM) if each.kind is Kind.ENTITY)
    places = {each.place for each in lines}
    done: list[Mark] = []
    for mark in row:
        before = _meanings(done[-1]) if done else ()
        own = [each for each in before if each.kind in _FLAGGED and each.place in places]
        if _unknown(mark) == "lines" and own and lines:
            done.append(Mark(sense=Term(meanings=lines, text=mark.text), text=mark.text, is_plural=True))
        else:
            done.append(mark)
    return done


def _collected(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`fees collected`, said of money."""
    del known
    kept: list[Mark] = []
    for mark in row:
        is_said_of_money = bool(kept) and any(
            each.kind is Kind.MEASURE and each.aggregate == "sum" for each in _meanings(kept[-1])
        )
        if not (_unknown(mark) in _COLLECTING and is_said_of_money):
            kept.append(mark)
    return kept


def _at_present(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`right now`, asked of a status or of stock, which are what they are now."""
    del known
    stems = {stem for mark in row if isinstance(mark.sense, Term) for stem in stems_of(mark.text)}
    is_of_things = any(Kind.ENTITY in _kinds(mark) for mark in row)
    is_of_state = bool(stems & _STOCKS or (stems & _STATES and is_of_things))
    for at in range(len(row) - 1):
        if is_of_state and _unknown(row[at]) == "right" and row[at + 1].text.lower() == "now":
            return [*row[:at], *row[at + 2 :]]
    return row


def _on_hand(row: list[Mark], known: Lexicon) -> list[Mark]:
    """Stock is what is on hand."""
    del known
    for at in range(1, len(row) - 1):
        is_said = row[at].text.lower() == "on" and _unknown(row[at + 1]) == "hand"
        stems = {stem for mark in row[:at] if isinstance(mark.sense, Term) for stem in stems_of(mark.text)}
        if is_said and stems & _STOCKS:
            return [*row[:at], *row[at + 2 :]]
    return row


def _split(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`break revenue down by brand` shows revenue by brand."""
    del known
    first = next((at for at, mark in enumerate(row) if mark.sense is not Role.FILLER), 0)
    if not row or _unknown(row[first]) not in _SPLITTING:
        return row
    rest = row[first + 1 :]
    if not any(mark.sense is Role.BY for mark in rest):
        return row
    by = next(at for at, mark in enumerate(rest) if mark.sense is Role.BY)
    return [*row[:first], *(mark for mark in rest[:by] if _unknown(mark) not in ("down", "up")), *rest[by:]]


def _course(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`how has revenue changed month by month`, `trend of revenue by month`: what is said is in the breakdown by time."""
    del known
    if sum(isinstance(mark.sense, Trend) for mark in row) != 1:
        return row
    words = [_unknown(mark) for mark in row]
    changes = [at for at, word in enumerate(words) if word in _CHANGING]
    if words[:1] == ["how"] and len(changes) == 1 and not _is_term_next(row, changes[0]):
        return [mark for mark, word in zip(row, words, strict=True) if word != "how" and word not in _CHANGING]
    at = next((at for at, word in enumerate(words) if word in _COURSES), None)
    if at is None:
        return row
    is_of = at + 1 < len(row) and row[at + 1].text.lower() in ("of", "of the", "in", "in the")
    return [*row[:at], *row[at + 1 + is_of :]]


def _is_term_next(row: list[Mark], at: int) -> bool:
    """`how did discounts change revenue` asks for a cause."""
    after = next((mark for mark in row[at + 1 :] if mark.sense is not Role.FILLER), None)
    return after is not None and isinstance(after.sense, Term | Unknown)


def _how_old(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`how old are customers on average`: the average age of customers."""
    average = next((at for at, mark in enumerate(row) if mark.text.lower() == "on average"), None)
    if average is None or len(row) < 4 or _unknown(row[0]) != "how" or row[2].sense is not Role.IS:
        return row
    places = {each.place for mark in row[3:] for each in _meanings(mark) if each.kind in (Kind.ENTITY, Kind.FLAG)}
    for name in ADJECTIVES.get(_unknown(row[1]), ()):
        found = tuple(
            each
            for each in known.named(name)
            if each.place in places and (each.kind is Kind.DIMENSION or each.aggregate == "average")
        )
        if found:
            lead = Mark(sense=Role.AVERAGE, text="average")
            asked = Mark(sense=Term(meanings=found, text=name), text=name)
            rest = [mark for at, mark in enumerate(row) if at > 2 and at != average]
            return [lead, asked, Mark(sense=Role.CONTEXT, text="of"), *rest]
    return row


def _which_more(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`Heron or Swift, which of them had more trips`, `which had more trips, Heron or Swift`: one against the other."""
    del known
    words = [_unknown(mark) for mark in row]
    ors = [at for at, mark in enumerate(row) if mark.sense is Role.OR]
    if sum(word in _MORE for word in words) != 1 or len(ors) != 1:
        return row
    which = next((at for at, mark in enumerate(row) if mark.text.lower() in _CHOOSING), None)
    either = ors[0]
    if which is None or not 0 < either < len(row) - 1:
        return row
    fields = [
        {(each.place, each.field) for each in _meanings(row[at]) if each.kind is Kind.VALUE}
        for at in (either - 1, either + 1)
    ]
    if not fields[0] & fields[1]:
        return row
    more = next(at for at, word in enumerate(words) if word in _MORE)
    if not which < more or not all(_is_choosing(mark, fields[0] & fields[1]) for mark in row[which:more]):
        return row
    versus = Mark(sense=Role.VERSUS, text="versus")
    # more orders is a higher number of them
    count = (
        [Mark(sense=Role.COUNT, text="number of")]
        if Kind.ENTITY in _kinds(row[-1 if more + 1 == len(row) else more + 1])
        else []
    )
    asked, values = [*count, *row[more + 1 :]], [row[either - 1], versus, row[either + 1]]
    if either > more:
        end = either - 2 if row[either - 2].sense is Role.COMMA else either - 1
        return [
            *row[:which],
            *count,
            *row[more + 1 : end],
            Mark(sense=Role.CONTEXT, text="for"),
            *values,
            *row[either + 2 :],
        ]
    lead = [mark for mark in row[: either - 1] if mark.sense is not Role.COMMA]
    between = [mark for mark in row[either + 2 : which] if mark.sense is not Role.COMMA]
    return [*lead, *asked, Mark(sense=Role.CONTEXT, text="for"), *values, *between]


def _is_choosing(mark: Mark, fields: set[tuple[str, str]]) -> bool:
    """Whether a word of `which of them had` or `which brand had` says nothing but that one is to be chosen."""
    if mark.sense is Role.FILLER or mark.text.lower() in _CHOOSING:
        return True
    if _unknown(mark) in ("them", "two") or mark.text.lower() in ("of", "of the"):
        return True
    return any(each.kind is Kind.DIMENSION and (each.place, each.field) in fields for each in _meanings(mark))


def _both_answers(row: list[Mark], known: Lexicon) -> list[Mark]:
    """`members vs non-members` is a breakdown by whether one is a member."""
    del known
    for at in range(len(row) - 3):
        first, versus, shut, second = row[at : at + 4]
        if versus.sense is not Role.VERSUS or shut.sense is not Role.EXCEPT:
            continue
        flags = [_flags(first), _flags(second)]
        if Kind.VALUE in _kinds(first):
            continue
        asked = tuple(
            structs.replace(each, kind=Kind.DIMENSION)
            for each in flags[0]
            if any((each.place, each.field) == (other.place, other.field) for other in flags[1])
        )
        if stems_of(first.text) != stems_of(second.text) or len(asked) != 1:
            continue
        head = row[:at]
        while head and head[-1].sense in (Role.COMMA, Role.CONTEXT):
            head.pop()
        by = [] if head and head[-1].sense is Role.BY else [Mark(sense=Role.BY, text="by")]
        return [*head, *by, Mark(sense=Term(meanings=asked, text=first.text), text=first.text), *row[at + 4 :]]
    return row


def _flags(mark: Mark) -> list[Meaning]:
    return [each for each in _meanings(mark) if each.kind is Kind.FLAG]


def _unknown(mark: Mark) -> str:
    return mark.text.lower() if isinstance(mark.sense, Unknown) else ""


def _meanings(mark: Mark) -> tuple[Meaning, ...]:
    return mark.sense.meanings if isinstance(mark.sense, Term) else ()


def _kinds(mark: Mark) -> set[Kind]:
    return {each.kind for each in _meanings(mark)}
