"""Documents that answer the same question differently."""

import re

from msgspec import Struct

from tertulia.core.document import ChunkHit
from tertulia.providers.extractive.evidence import Evidence, Finding
from tertulia.providers.extractive.lexicon import CONTRASTS
from tertulia.providers.extractive.question import content_tokens
from tertulia.providers.extractive.values import Fact, dated, facts, year_in
from tertulia.providers.extractive.words import is_number, stem, tokens

_ALIKE = 0.45
_ALIKE_POLAR = 0.6
_MEANING_DISCOUNT = 0.15
_CLOSE_SCORE = 0.72
_CONTRASTS = tuple(frozenset(stem(word) for word in words.split()) for words in CONTRASTS)
_REFUSING = re.compile(r"\b(?:not|no|never|cannot|prohibited|forbidden|without|banned)\b", re.IGNORECASE)


class Side(Struct, frozen=True, kw_only=True):
    """One document's answer. `date` is what the document gives as its own, "2026" or finer."""

    finding: Finding
    document_name: str
    date: str | None


def disagreement(evidence: Evidence, hits: dict[int, ChunkHit]) -> list[Side]:
    """The best sentence and one of another document that says otherwise, the newer first where both are dated; else nothing."""
    best = evidence.best
    if best is None:
        return []
    for other in evidence.findings[1:]:
        if other.score < _CLOSE_SCORE * best.score:
            break
        if _document(other, hits) != _document(best, hits) and _contradict(best, other):
            sides = [_side(best, hits), _side(other, hits)]
            dates = [side.date for side in sides]
            return sorted(sides, key=lambda side: side.date or "", reverse=True) if all(dates) else sides
    return []


def _contradict(one: Finding, other: Finding) -> bool:
    keys = [{term.token for term in finding.told if term.is_key} for finding in (one, other)]
    if one.has_contrast or other.has_contrast or keys[0] - keys[1]:
        return False
    left, right = _subject(one), _subject(other)
    shared = len(left & right) / (len(left | right) or 1)
    odd = left ^ right
    if any(family & (left - right) and family & (right - left) for family in _CONTRASTS):
        return False
    shared = max(shared, other.likeness - _MEANING_DISCOUNT)
    if shared >= _ALIKE and _values_differ(facts(one.sentence.shown), facts(other.sentence.shown)):
        return True
    refusals = [_REFUSING.search(finding.sentence.shown) is not None for finding in (one, other)]
    return shared >= _ALIKE_POLAR and refusals[0] != refusals[1] and len(odd) <= 4


def _values_differ(left: list[Fact], right: list[Fact]) -> bool:
    """Whether both give one value of the same unit, and not the same one; a row of prices gives many, and proves nothing."""
    for unit in {fact.unit for fact in left} & {fact.unit for fact in right} - {""}:
        values = [{fact.value for fact in found if fact.unit == unit} for found in (left, right)]
        if len(values[0]) == len(values[1]) == 1 and values[0] != values[1]:
            return True
    return False


def _subject(finding: Finding) -> set[str]:
    return {stem(token) for token in content_tokens(finding.sentence.shown) if not is_number(token)}


def _document(finding: Finding, hits: dict[int, ChunkHit]) -> str:
    return hits[finding.sentence.number].document_id


def _side(finding: Finding, hits: dict[int, ChunkHit]) -> Side:
    hit = hits[finding.sentence.number]
    texts = [other.text for other in hits.values() if other.document_id == hit.document_id]
    own = [date for text in [*texts, *hit.headings] if (date := dated(text)) is not None]
    return Side(finding=finding, document_name=hit.document_name, date=year_or(own, hit))


def year_or(own: list[str], hit: ChunkHit) -> str | None:
    return max(own, default=None) or year_in(hit.document_name)


def words_shared(one: str, other: str) -> float:
    """The share of content words two texts have in common."""
    left, right = ({stem(token) for token in tokens(text)} for text in (one, other))
    return len(left & right) / (min(len(left), len(right)) or 1)
