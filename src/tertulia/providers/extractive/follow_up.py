"""Questions to ask next: those that stand in the passages around an answer, and those their headings answer."""

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from tertulia.core.document import ChunkHit, Citation
from tertulia.providers.extractive.evidence import Candidates
from tertulia.providers.extractive.lexicon import FRAME_WORDS, STOP_WORDS
from tertulia.providers.extractive.question import parse
from tertulia.providers.extractive.sentence import Sentence, SentenceKind, sentences, shown
from tertulia.providers.extractive.verdict import confidence
from tertulia.providers.extractive.words import stem, tokens

_MOST = 3
_MOST_OF_ONE = 2
_SURE = 0.5
_MOST_HITS = 6
_MOST_WEIGHED = 8
_MOST_SENTENCES = 24
_LONGEST_QUESTION = 100
# a question that stands in a document leans on its place more often than a heading does
_LEAST_STEMS = {False: 1, True: 2}
_MOST_WORDS = 8
_LEAST_ENGLISH = 0.1
_ENGLISH_WORDS = "the and of to for is are with on by or you we be not if may must can at from a"
# headings that say nothing without their place
_BARE_WORDS = """
    introduction overview summary scope purpose contents content general miscellaneous notes note exceptions definitions
    references appendix annex background conclusion details information contact contacts faq questions terms specification
    welcome agenda attendance present apologies signature signatures version history changes document about topics
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_BARE = frozenset(_BARE_WORDS.split())
_TOLD = (SentenceKind.PROSE, SentenceKind.ITEM, SentenceKind.PAIR)
_NUMBERING = re.compile(
    r"^\s*(?:(?:section|chapter|part|appendix)\s+)?(?:§+\s*)?(?:\d+(?:\.\d+)*[.):]*\s+|[IVX]+[.):]\s*|[A-Z][.)]\s*)(?=\w)",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"\b(?:it|its|this|that|these|those|them|they|their|we|our|ours|us|here|there|following|above|below|other|others|more|further|next|last|first|meeting)\b",
    re.IGNORECASE,
)
_SHAPES = (
    (re.compile(r"(?:who|what|which) (?:can|may|must|should|will|is|are|has|have)\b", re.IGNORECASE), "{heading}?"),
    (re.compile(r"(?:when|if) ", re.IGNORECASE), "What happens {topic}?"),
    (re.compile(r"(?:before|after) ", re.IGNORECASE), "What should I do {topic}?"),
    (re.compile(r"how to ", re.IGNORECASE), "How do I {rest}?"),
)
_NO_NOUN = re.compile(
    r"(?:who|what|which|how|where|why|whom|whose|at|in|on|for|from|with|without|under|by|of|during|while|until|do|don't|be|never|always|read|see|please|your|my)\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"(?<=[a-z,;] )[A-ZÀ-Þ][\w'’-]*")
_SMALL = re.compile(r"\b[a-zà-ÿ][\w'’-]*")


class Answered(Struct, frozen=True, kw_only=True):
    """A turn that was answered: what was asked so far, newest first, what the tools found, and what was cited of it.

    `near` are the passages next to those that are cited, which no tool found.
    """

    questions: list[str]
    hits: list[ChunkHit]
    near: list[ChunkHit]
    citations: list[Citation]


class _Topic(Struct, frozen=True, kw_only=True):
    """A question with the words that tell it from others, and the hit with the section that answers it."""

    question: str
    stems: frozenset[str]
    number: int
    document_id: str
    told: frozenset[str]


def follow_ups(answered: Answered) -> list[str]:
    """At most three questions, each answered by a passage at hand and none asked before; fewer where fewer make sense."""
    passages = {each.chunk_id: each for each in (*answered.hits[:_MOST_HITS], *answered.near)}
    hits = dict(enumerate(passages.values(), start=1))
    asked = [_stems(question) for question in answered.questions]
    chosen: list[_Topic] = []
    for topic in _nearest(_topics(hits, answered), answered):
        if len(chosen) == _MOST:
            break
        is_new = not any(_is_same(topic.stems, known) for known in [*asked, *(each.stems for each in chosen)])
        siblings = sum(each.document_id == topic.document_id for each in chosen)
        if is_new and siblings < _MOST_OF_ONE and _is_answered(topic, hits):
            chosen.append(topic)
    return [topic.question for topic in chosen]


def _topics(hits: Mapping[int, ChunkHit], answered: Answered) -> Iterator[_Topic]:
    """What the passages speak of; what was cited has been told."""
    cited = {citation.document_id for citation in answered.citations}
    quotes = [citation.quote for citation in answered.citations if citation.quote]
    for number, hit in hits.items():
        for about, told in _sections(number, hit).items():
            if any(each.quote in quote or quote in each.quote for each in told for quote in quotes):
                continue
            is_asking = about.endswith("?")
            question = about if is_asking else _heading_question(about, hit, cited)
            stems = _stems(_NUMBERING.sub("", about))
            if question and len(question) <= _LONGEST_QUESTION and len(stems) >= _LEAST_STEMS[is_asking]:
                yield _Topic(
                    question=question,
                    stems=stems,
                    number=number,
                    document_id=hit.document_id,
                    told=stems | _stems(" ".join(each.shown for each in told)),
                )


def _nearest(topics: Iterator[_Topic], answered: Answered) -> list[_Topic]:
    """Those whose section says most of what was asked about, then what else the cited documents speak of nearby."""
    keys = {stem(term.token) for term in parse(answered.questions[0]).terms if term.is_key}
    cited = {citation.document_id for citation in answered.citations}
    known = [topic for topic in topics if topic.told & keys or topic.document_id in cited]
    return sorted(known, key=lambda topic: -len(topic.told & keys))[:_MOST_WEIGHED]


def _sections(number: int, hit: ChunkHit) -> dict[str, list[Sentence]]:
    """The sentences of a passage by what stands over them: a question, or a heading that is marked as one."""
    sections: dict[str, list[Sentence]] = {}
    asked = ""
    for sentence in sentences(number, hit):
        if sentence.kind is SentenceKind.QUESTION:
            asked = sentence.shown
        if sentence.kind not in _TOLD or not sentence.about:
            continue
        about = sentence.about
        if about.endswith("?"):
            headings = [shown(heading) for heading in hit.headings[-1:]]
            about = next((each for each in (asked, *headings) if each and about.endswith(each)), about)
        elif about not in hit.headings[1:] and not _NUMBERING.match(about) and f"# {about}" not in hit.text:
            continue
        sections.setdefault(about, []).append(sentence)
    return sections


def _heading_question(about: str, hit: ChunkHit, cited: Collection[str]) -> str | None:
    """What a section under this heading answers; None for a heading that alone says too little."""
    heading = _NUMBERING.sub("", about).strip(" :.–-")
    if not _is_telling(heading) or not _is_english(hit.text):
        return None
    topic = _in_a_sentence(heading, hit.text)
    for pattern, shape in _SHAPES:
        if pattern.match(topic):
            return shape.format(heading=heading, topic=topic, rest=topic[len("how to ") :])
    if _NO_NOUN.match(topic) or (topic.endswith("ing") and " " not in topic):
        return None
    is_known = hit.document_id in cited
    return f"What should I know about {topic}?" if is_known else f"What do the documents say about {topic}?"


def _is_telling(heading: str) -> bool:
    words = heading.lower().split()
    if not words or len(words) > _MOST_WORDS or not heading[0].isalpha():
        return False
    return not _LEANING.search(heading) and not _BARE.union(STOP_WORDS).issuperset(words)


def _in_a_sentence(heading: str, text: str) -> str:
    """The heading as it is written within a sentence: small, but for names and abbreviations."""
    first, *rest = heading.split()
    names, common = set(_WITHIN.findall(text)), set(_SMALL.findall(text))
    is_name = first in names or (bool(rest) and rest[0][0].isupper() and first.lower() not in common)
    if first[1:].islower() and not is_name:
        first = first.lower()
    return " ".join([first, *(word.lower() if word.lower() in common else word for word in rest)])


def _is_answered(topic: _Topic, hits: Mapping[int, ChunkHit]) -> bool:
    """Whether the built-in model would answer the question from this passage of all, by its words alone."""
    evidence = Candidates(parse(topic.question), hits, _MOST_SENTENCES).evidence()
    return evidence.best is not None and evidence.best.sentence.number == topic.number and confidence(evidence) >= _SURE


def _is_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return one <= other or len(one & other) > 0.6 * len(one | other)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens(text) if token not in STOP_WORDS and token not in FRAME_WORDS)


def _is_english(text: str) -> bool:
    found = tokens(text)
    return sum(token in _ENGLISH for token in found) >= _LEAST_ENGLISH * max(1, len(found))
