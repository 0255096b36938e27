"""What a language model is told of the data before it answers: explores, fields and approved queries near the question."""

import re
from collections.abc import Sequence

from tertulia.core.analysis import ExploreCard, FieldCard
from tertulia.core.query import GoldenQuery, Query
from tertulia.core.tool import Caller
from tertulia.semantic.analyst import Analyst

_MOST_EXPLORES = 12
_MOST_FIELDS = 40
_MOST_GOLDEN = 5
_WORD = re.compile(r"\w{3,}")
_RULE = (
    "Numbers about the business come from the data tools alone: never work them out of documents or memory. Ask "
    "ask_data first; where it asks back or refuses, use run_query with fields as they are listed. Write each number as "
    "the tool shows it, and say which dates and filters it stands for. If the data cannot answer, say so."
)


async def data_brief(analyst: Analyst, caller: Caller, question: str) -> str:
    """Plain text for the prompt, "" where there is nothing to ask."""
    cards = (await analyst.explores(caller)).explores
    if not cards:
        return ""
    words = _words(question)
    parts = [_RULE, "Explores:", *(_explore(card) for card in cards[:_MOST_EXPLORES])]
    fields: list[tuple[int, str]] = []
    for card in cards[:_MOST_EXPLORES]:
        described = await analyst.fields(caller, card.source)
        fields.extend((_likeness(words, each), _field(card, each)) for each in described.fields)
    ranked = sorted(fields, key=lambda scored: -scored[0])
    near = [line for score, line in ranked if score][:_MOST_FIELDS] or [line for _, line in ranked[:_MOST_FIELDS]]
    parts += ["Fields near the question:", *near]
    golden = _nearest(words, caller.golden)
    if golden:
        parts += ["Approved queries for similar questions:", *(_golden(each) for each in golden)]
    return "\n".join(parts)


def _explore(card: ExploreCard) -> str:
    return f"- {card.source}: {card.label}" + (f". {_line(card.description)}" if card.description else "")


def _field(card: ExploreCard, field: FieldCard) -> str:
    kind = "measure" if field.is_measure else "dimension"
    described = f": {_line(field.description)}" if field.description else ""
    return f"- {card.source} {field.name} ({kind}, {field.type}) {field.label}{described}"


def _golden(golden: GoldenQuery) -> str:
    return f"- {' / '.join(_line(each) for each in golden.questions[:3])}: {_shown(golden.query)}"


def _shown(query: Query) -> str:
    filters = "; ".join(f"{name} = {value}" for name, value in query.filters.items())
    parts = [f"explore {query.source}", f"fields {', '.join(query.fields)}"]
    parts += [f"filters {filters}"] if filters else []
    parts += [f"sorts {', '.join(query.sorts)}"] if query.sorts else []
    return ", ".join(parts)


def _nearest(words: frozenset[str], golden: Sequence[GoldenQuery]) -> list[GoldenQuery]:
    """Likeness only chooses examples; it never decides which query answers."""
    scored = [(max((len(words & _words(text)) for text in each.questions), default=0), each) for each in golden]
    return [each for score, each in sorted(scored, key=lambda pair: -pair[0]) if score][:_MOST_GOLDEN]


def _likeness(words: frozenset[str], field: FieldCard) -> int:
    return len(words & _words(" ".join([field.label, field.name, field.description, *field.synonyms])))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in _WORD.findall(text.casefold().replace("_", " ")))


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
