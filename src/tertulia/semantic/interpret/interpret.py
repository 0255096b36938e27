"""A question in plain English as a query: every content word is explained, or nothing is answered."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import structs

from tertulia.core.query import Query
from tertulia.semantic.interpret.asking import asked
from tertulia.semantic.interpret.choosing import choose
from tertulia.semantic.interpret.composing import query_of
from tertulia.semantic.interpret.counting import is_much_of_many, with_count, without_verbs
from tertulia.semantic.interpret.follow_up import amended, is_follow_up, leans_back
from tertulia.semantic.interpret.golden import golden_for_query, golden_for_text
from tertulia.semantic.interpret.idioms import idiomatic
from tertulia.semantic.interpret.joining import joined
from tertulia.semantic.interpret.lexicon import Lexicon, lexicon
from tertulia.semantic.interpret.marks import Mark, marks_of
from tertulia.semantic.interpret.plan import Unfit
from tertulia.semantic.interpret.reading import Reading, read
from tertulia.semantic.interpret.tokens import stems_of, tokens_of
from tertulia.semantic.interpret.typos import respelled
from tertulia.semantic.interpret.understanding import (
    Ambiguous,
    Choice,
    Interpretation,
    Moment,
    NotUnderstood,
    Topic,
    Understood,
)
from tertulia.semantic.interpret.words import words_of

_MOST_CHARACTERS = 1_000
_MOST_TOKENS = 80
_KEPT_LEXICONS = 32
_NEAREST = 4


class _Shelf:
    """Lexicons of the topics last used. A topic is known by its identity: it never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lexicons: OrderedDict[int, Lexicon] = OrderedDict()

    def lexicon(self, topic: Topic) -> Lexicon:
        with self._lock:
            known = self._lexicons.get(id(topic))
            if known is None or known.topic is not topic:
                known = self._lexicons[id(topic)] = lexicon(topic)
            self._lexicons.move_to_end(id(topic))
            while len(self._lexicons) > _KEPT_LEXICONS:
                self._lexicons.popitem(last=False)
            return known


_shelf = _Shelf()


def interpret(question: str, topic: Topic, moment: Moment) -> Interpretation:
    """The first question about a topic builds its lexicon."""
    return interpret_with(question, _shelf.lexicon(topic), moment)


def interpret_with(question: str, known: Lexicon, moment: Moment) -> Interpretation:
    golden = golden_for_text(question, known)
    if golden is not None:
        return Understood(query=golden.query, words=words_of(golden.query, known, moment.now), golden=golden)
    tokens = tokens_of(question[: _MOST_CHARACTERS + 1])
    if not tokens:
        return NotUnderstood(reason="There is no question.")
    if len(question) > _MOST_CHARACTERS or len(tokens) > _MOST_TOKENS:
        return NotUnderstood(reason="This is too long to be understood word by word. Ask in one sentence.")
    return _interpreted(question, known, moment)


def _interpreted(question: str, known: Lexicon, moment: Moment) -> Interpretation:
    marks = _marks(question, known, moment)
    reading = without_verbs(read(marks))
    if reading.unknown:
        return _unknown(question, reading.unknown, known, moment)
    if moment.earlier is not None and is_follow_up(reading, marks):
        reading = structs.replace(reading, is_asked=question.rstrip().endswith("?"))
        return _answer_follow_up(reading, known, moment)
    if moment.earlier is None and leans_back(reading, marks):
        return NotUnderstood(reason="Nothing was asked before that this could change. Ask it as a whole question.")
    if is_much_of_many(marks, reading):
        return NotUnderstood(reason="How much of what? Say how many, or name a measure such as revenue.")
    return _answer(reading, known, moment)


def _answer(reading: Reading, known: Lexicon, moment: Moment) -> Interpretation:
    if reading.problems:
        return _not_placed(reading.problems)
    counted = with_count(reading, known)
    if counted is None:
        return NotUnderstood(reason="I do not see what to count.")
    reading = counted
    verdict = choose(reading, known)
    if verdict.unfit is not None:
        return NotUnderstood(reason=verdict.unfit.reason)
    if len(verdict.plans) > 1 or verdict.plans[0].doubt:
        return asked(verdict.plans, lambda text: _only_query(text, known, moment))
    return _understood(query_of(verdict.plans[0]), known, moment)


def _only_query(question: str, known: Lexicon, moment: Moment) -> Query | None:
    """What a question means on its own, where it means one thing."""
    reading = with_count(without_verbs(read(_marks(question, known, moment))), known)
    if reading is None or reading.unknown or reading.problems:
        return None
    plans = choose(reading, known).plans
    return query_of(plans[0]) if len(plans) == 1 and not plans[0].doubt else None


def _marks(question: str, known: Lexicon, moment: Moment) -> list[Mark]:
    return joined(idiomatic(marks_of(tokens_of(question), known, moment.now.date()), known), known)


def _answer_follow_up(reading: Reading, known: Lexicon, moment: Moment) -> Interpretation:
    if reading.problems:
        return _not_placed(reading.problems)
    try:
        query = amended(reading, known, moment)
    except Unfit as unfit:
        return NotUnderstood(reason=unfit.reason)
    return _understood(query, known, moment)


def _understood(query: Query, known: Lexicon, moment: Moment) -> Understood:
    return Understood(query=query, words=words_of(query, known, moment.now), golden=golden_for_query(query, known))


def _unknown(question: str, words: Sequence[str], known: Lexicon, moment: Moment) -> Interpretation:
    quoted = ", ".join(f"{word!r}" for word in words)
    reason = f"I do not know what {quoted} means here."
    corrected = respelled(question, words, known)
    query = _only_query(corrected, known, moment) if corrected else None
    if query is not None:
        return Ambiguous(question=f"{reason} Did you mean this?", choices=[Choice(text=corrected, query=query)])
    return NotUnderstood(reason=reason, unknown=list(words), nearest=_nearest(words, known))


def _not_placed(words: Sequence[str]) -> NotUnderstood:
    quoted = ", ".join(f"{word!r}" for word in words)
    return NotUnderstood(reason=f"I do not see what {quoted} is for in this question.", unknown=list(words))


def _nearest(words: Sequence[str], known: Lexicon) -> list[str]:
    """Labels that are written alike, or whose descriptions speak of the word."""
    labels = {seen.label: seen for stage in known.stages for seen in stage.fields.values()}
    found: dict[str, None] = {}
    for word in words:
        stems = set(stems_of(word))
        spellings = {stem: label for label in labels for stem in stems_of(label)}
        for stem in stems:
            for near in get_close_matches(stem, spellings, 2, 0.75):
                found[spellings[near]] = None
        for label, seen in labels.items():
            if stems and stems <= set(stems_of(seen.field.description)):
                found[label] = None
    return list(found)[:_NEAREST]
