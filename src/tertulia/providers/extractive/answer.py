"""Writing the answer: verbatim sentences, one citation marker each, in pieces that a stream may be cut at."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from tertulia.core.citing import marker
from tertulia.core.document import ChunkHit
from tertulia.providers.extractive.disagreement import Side, disagreement, words_shared
from tertulia.providers.extractive.evidence import Evidence, Finding
from tertulia.providers.extractive.question import AnswerKind
from tertulia.providers.extractive.sentence import Sentence, SentenceKind, leans, sentences, shown
from tertulia.providers.extractive.words import Bag

NOT_FOUND = "The documents do not contain an answer to this question."
_MOST_SENTENCES = 3
_MOST_ITEMS = 10
_NEAR_BEST = 0.84
_SAME = 0.7
_GOES_ON = re.compile(
    r"(?:it|this|these|they|those|he|she|however|but|in (?:that|this) case|otherwise|unless|except\w*|the exception|if)\b",
    re.IGNORECASE,
)


class Part(Struct, frozen=True, kw_only=True):
    """One question with what was found for it and how sure the verdict is."""

    evidence: Evidence
    is_answered: bool


Pieces = list[str]
"""Text and markers in order; a marker is always one whole piece."""


def compose(parts: Sequence[Part], hits: dict[int, ChunkHit]) -> Pieces:
    """The answer to all parts; each of several is led by its question where it found none."""
    pieces: Pieces = []
    for part in parts:
        if pieces:
            pieces.append("\n\n")
        if len(parts) > 1 and not part.is_answered:
            pieces.append(f"On “{shown(part.evidence.question.text)}”: ")
        pieces += (
            _answered(part.evidence, hits) if part.is_answered else _unanswered(part.evidence, hits, few=len(parts) > 1)
        )
    return pieces


def _answered(evidence: Evidence, hits: dict[int, ChunkHit]) -> Pieces:
    best = evidence.findings[0]
    sides = disagreement(evidence, hits)
    if sides:
        return _both(sides)
    siblings = sentences(best.sentence.number, hits[best.sentence.number])
    listed = _listed(evidence, best.sentence, siblings)
    if listed:
        return _list(listed, is_ordered=evidence.question.kind is AnswerKind.STEPS)
    lead = _extended(best.sentence, siblings, hits)
    chosen = [lead, *_further(evidence, lead, siblings)]
    if len(chosen) > 1 and any(sentence.kind is SentenceKind.ROW for sentence in chosen):
        return _list(chosen, is_ordered=False)
    pieces: Pieces = []
    for sentence in chosen:
        pieces += [" "] if pieces else []
        pieces += _cited(sentence)
    return pieces


def _unanswered(evidence: Evidence, hits: dict[int, ChunkHit], *, few: bool) -> Pieces:
    pieces: Pieces = [NOT_FOUND]
    unseen = [term.token for term in evidence.unseen if term.is_key]
    if unseen and evidence.findings:
        words = ", ".join(f"“{token}”" for token in unseen[:3])
        pieces.append(f" Nothing I found speaks of {words}.")
    closest = _closest(evidence, 2 if few else 3)
    if closest:
        pieces.append("\n\nThe closest passages are:")
    for sentence in closest:
        pieces += ["\n- ", f"{shown(hits[sentence.number].document_name)}: ", *_cited(sentence)]
    return pieces


def _both(sides: Sequence[Side]) -> Pieces:
    pieces: Pieces = ["The documents disagree on this:"]
    for side in sides:
        date = f" (dated {side.date})" if side.date else ""
        pieces += ["\n- ", f"{shown(side.document_name)}{date}: ", *_cited(side.finding.sentence)]
    newer, older = sides[0].date, sides[1].date
    if newer and older and newer > older:
        pieces.append(f"\n\nBy its date, {shown(sides[0].document_name)} is the newer of the two.")
    return pieces


def _listed(evidence: Evidence, lead: Sentence, siblings: Sequence[Sentence]) -> list[Sentence]:
    """The list or table the lead introduces or belongs to, where a list answers best."""
    follows = [each for each in siblings[lead.ordinal + 1 :] if each.block <= lead.block + 1]
    if lead.shown.endswith(":"):
        items = _run_of(follows, (SentenceKind.ITEM, SentenceKind.ROW, SentenceKind.PAIR))
        return [lead, *items] if items else []
    wants = evidence.question.wants_list or evidence.question.kind is AnswerKind.STEPS
    if not wants or lead.kind is SentenceKind.PROSE:
        return []
    if (
        lead.kind is SentenceKind.ITEM
        and evidence.question.kind is AnswerKind.STEPS
        and not evidence.question.wants_list
    ):
        wants = _is_ordered(lead, siblings)
    items = [each for each in siblings if each.kind is lead.kind and _belongs(each, lead)]
    before = siblings[items[0].ordinal - 1] if items[0].ordinal else None
    intro = [before] if before is not None and before.shown.endswith(":") else []
    return [*intro, *items[:_MOST_ITEMS]] if wants and len(items) > 1 else []


def _belongs(sentence: Sentence, lead: Sentence) -> bool:
    """Whether it stands in the lead's list or table; rows of one table begin with the same column."""
    if lead.kind is SentenceKind.ROW:
        return sentence.shown.split(":")[0] == lead.shown.split(":")[0]
    return sentence.block == lead.block


def _run_of(found: Sequence[Sentence], kinds: tuple[SentenceKind, ...]) -> list[Sentence]:
    items: list[Sentence] = []
    for sentence in found:
        if sentence.kind not in kinds:
            break
        items.append(sentence)
    return items[:_MOST_ITEMS]


def _is_ordered(lead: Sentence, siblings: Sequence[Sentence]) -> bool:
    before = next((each for each in reversed(siblings[: lead.ordinal]) if each.kind is not SentenceKind.ITEM), None)
    return before is not None and before.shown.endswith(":")


def _list(listed: Sequence[Sentence], *, is_ordered: bool) -> Pieces:
    pieces: Pieces = []
    count = 0
    for sentence in listed:
        if sentence.shown.endswith(":") and not count:
            pieces += _cited(sentence)
            continue
        count += 1
        bullet = f"{count}. " if is_ordered and sentence.kind is SentenceKind.ITEM else "- "
        pieces += ["\n" if pieces else "", bullet, *_cited(sentence)]
    return [piece for piece in pieces if piece]


def _extended(lead: Sentence, siblings: Sequence[Sentence], hits: dict[int, ChunkHit]) -> Sentence:
    """The lead together with the sentence before it, where it starts with a word that leans on that one."""
    before = siblings[lead.ordinal - 1] if lead.ordinal else None
    if before is None or lead.kind is not SentenceKind.PROSE or not leans(lead.shown):
        return lead
    if before.kind is not SentenceKind.PROSE or before.block != lead.block:
        return lead
    end = lead.start + len(lead.quote)
    if end - before.start > 420:
        return lead
    quote = hits[lead.number].text[before.start : end]
    return Sentence(
        number=lead.number,
        ordinal=lead.ordinal,
        block=lead.block,
        start=before.start,
        quote=quote,
        shown=f"{before.shown} {lead.shown}",
        kind=lead.kind,
        about=lead.about,
    )


def _further(evidence: Evidence, lead: Sentence, siblings: Sequence[Sentence]) -> list[Sentence]:
    """What is worth adding: the sentence that goes on from the lead, and others that are nearly as good."""
    chosen: list[Sentence] = []
    after = siblings[lead.ordinal + 1] if lead.ordinal + 1 < len(siblings) else None
    follows = after is not None and after.block == lead.block and after.kind is lead.kind is SentenceKind.PROSE
    if after is not None and follows and after.is_whole and _GOES_ON.match(after.shown):
        chosen.append(after)
    for finding in evidence.findings[1:12]:
        if len(chosen) + 1 >= _MOST_SENTENCES:
            break
        if _adds(finding, evidence.findings[0], [lead, *chosen]):
            chosen.append(finding.sentence)
    return chosen


def _adds(finding: Finding, best: Finding, chosen: Sequence[Sentence]) -> bool:
    if finding.score < _NEAR_BEST * best.score or finding.has_contrast or not finding.sentence.is_whole:
        return False
    if finding.sentence.kind is best.sentence.kind is SentenceKind.ROW and _is_named(best):
        return False
    if finding.fit < best.fit or finding.sentence.shown.endswith(":"):
        return False
    return all(words_shared(finding.sentence.shown, other.shown) < _SAME for other in chosen)


def _is_named(finding: Finding) -> bool:
    """Whether the question names the row: then the other rows of its table answer other questions."""
    key = Bag(finding.sentence.shown.split(";")[0])
    return any(term.is_key and key.support(term.token) == 1 for term in finding.told)


def _closest(evidence: Evidence, most: int) -> list[Sentence]:
    chosen: list[Sentence] = []
    for finding in evidence.findings:
        if len(chosen) == most:
            break
        is_title = finding.sentence.kind is SentenceKind.TITLE
        if (
            finding.score > 0
            and not is_title
            and all(words_shared(finding.sentence.shown, other.shown) < _SAME for other in chosen)
        ):
            chosen.append(finding.sentence)
    return chosen


def _cited(sentence: Sentence) -> Iterator[str]:
    words = sentence.shown
    heads = sentence.kind in (SentenceKind.ROW, SentenceKind.PAIR, SentenceKind.ITEM)
    yield f"{words}." if words[-1].isalnum() and not heads else words
    yield " "
    yield marker(sentence.number, sentence.quote)
