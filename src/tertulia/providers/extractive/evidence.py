"""Weighing sentences against a question: by words, by meaning, by the kind of thing they hold."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tertulia.core.document import ChunkHit
from tertulia.providers.embedder import Vectors
from tertulia.providers.extractive.kinship import Kinship
from tertulia.providers.extractive.lexicon import CONTRASTS, STOP_WORDS
from tertulia.providers.extractive.question import Question, Term, phrases
from tertulia.providers.extractive.sentence import Sentence, SentenceKind, leans, sentences
from tertulia.providers.extractive.values import fit, is_specific
from tertulia.providers.extractive.words import Bag, stem

_CONTRASTS = tuple(frozenset(stem(word) for word in words.split()) for words in CONTRASTS)
_MOST_COMPARED = 12
_ORDER = re.compile(r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules|context)\b|\bsystem prompt\b", re.IGNORECASE)  # fmt: skip


class Weights(Struct, frozen=True, kw_only=True):
    """How much each kind of evidence counts for the choice of a sentence."""

    cosine: float
    coverage: float
    rank: float
    fit: float
    phrase: float


WITH_MEANING = Weights(cosine=0.5, coverage=0.5, rank=0.1, fit=0.12, phrase=0.1)
WORDS_ONLY = Weights(cosine=0.0, coverage=0.8, rank=0.1, fit=0.12, phrase=0.0)


class Finding(Struct, frozen=True, kw_only=True):
    """A sentence and what speaks for it: `told` are the question's words it speaks of, `missing` those that neither it
    nor its chunk knows; `likeness` is the cosine to the best sentence.
    """

    sentence: Sentence
    score: float
    coverage: float
    cosine: float | None
    fit: float
    phrase: float
    told: list[Term]
    missing: list[Term]
    has_contrast: bool = False
    likeness: float = 0.0


class Evidence(Struct, frozen=True, kw_only=True):
    """The candidates of one question, best first. `unseen` are its words that no passage has, `named` those that stand in a
    document's name.
    """

    question: Question
    findings: list[Finding]
    unseen: list[Term]
    named: list[Term]

    @property
    def best(self) -> Finding | None:
        return self.findings[0] if self.findings else None


class Candidates:
    """The sentences of the hits, with the words around each; `texts` are what to embed, in the order of `chosen`."""

    def __init__(self, question: Question, hits: Mapping[int, ChunkHit], most: int) -> None:
        self.question = question
        self._hits = hits
        self._chunks = {number: Bag(hit.text) for number, hit in hits.items()}
        self._titles = {number: Bag(_title(hit)) for number, hit in hits.items()}
        self._weights = self._term_weights()
        self._phrases = phrases(question.text)
        found = [place for number, hit in hits.items() for place in _places(sentences(number, hit))]
        weighed = [self._weigh(place) for place in found]
        weighed.sort(key=lambda each: -self._first_score(each))
        self.chosen = weighed[:most]

    @property
    def texts(self) -> list[str]:
        return [_in_context(each.place) for each in self.chosen]

    def evidence(self, vectors: "Vectors | None" = None, kinship: Kinship | None = None) -> Evidence:
        """Ranks the chosen sentences; row 0 of `vectors` is the question's, the others those of `texts`."""
        cosines = [float(cosine) for cosine in vectors[1:] @ vectors[0]] if vectors is not None else None
        weights = WITH_MEANING if cosines is not None else WORDS_ONLY
        found: list[tuple[Finding, int]] = []
        for at, each in enumerate(self.chosen):
            known = each if kinship is None else self._weigh(each.place, kinship)
            found.append((self._finding(known, cosines[at] if cosines is not None else None, weights), at + 1))
        found.sort(key=lambda pair: (-pair[0].score, pair[0].sentence.number, pair[0].sentence.ordinal))
        findings = [finding for finding, _ in found]
        if vectors is not None and found:
            best = vectors[found[0][1]]
            findings = [replace(finding, likeness=float(vectors[row] @ best)) for finding, row in found]
        bags = [*self._chunks.values(), *self._titles.values()]
        unseen = [term for term in self.question.own if all(bag.support(term.token) == 0 for bag in bags)]
        names = [Bag(_name(hit)) for hit in self._hits.values()]
        named = [
            term for term in self.question.own if term.is_key and any(stem(term.token) in bag.stems for bag in names)
        ]
        return Evidence(question=self.question, findings=findings, unseen=unseen, named=named)

    def unsure(self, evidence: Evidence) -> list[str]:
        """The words to compare where the best sentences may say in other words what the question asks; none where not."""
        compared = {id(finding.sentence) for finding in evidence.findings[:_MOST_COMPARED]}
        places = [each.place for each in self.chosen if id(each.place.sentence) in compared]
        soft = [term.token for term in self.question.terms if _is_soft(term)]
        asked = [token for token in soft if any(place.own.support(token) == 0 for place in places)]
        told = {token for place in places for token in place.own.tokens | place.about.tokens if _is_word(token)}
        return [*asked, *sorted(told - set(asked))] if asked else []

    def _term_weights(self) -> list[float]:
        """A word that few of the passages have tells more about where the answer is."""
        count = len(self._chunks)
        weights: list[float] = []
        for term in self.question.terms:
            having = sum(bag.support(term.token) > 0 for bag in self._chunks.values())
            rarity = math.log(1 + (count + 1) / (having + 0.5)) / math.log(1 + 2 * (count + 1))
            weights.append(term.weight * (0.55 + 0.45 * rarity))
        return weights

    def _weigh(self, place: "_Place", kinship: Kinship | None = None) -> "_Weighed":
        supports: list[float] = []
        told: list[Term] = []
        has_contrast = False
        number = place.sentence.number
        for term in self.question.terms:
            spoken = _spoken(term, place, kinship)
            titled, beside = self._titles[number].support(term.token), self._chunks[number].support(term.token)
            around = max(0.6 * titled, 0.45 * beside)
            if spoken < 0.6 and not term.is_carried and self._contrasts(term, place):
                has_contrast = True
                spoken = around = 0.0
            supports.append(max(spoken, around))
            told += [term] if max(place.own.support(term.token), place.about.support(term.token)) >= 0.75 else []
        total = sum(self._weights) or 1.0
        pairs = zip(self.question.terms, supports, strict=True)
        return _Weighed(
            place=place,
            coverage=sum(weight * support for weight, support in zip(self._weights, supports, strict=True)) / total,
            fit=fit(self.question.kind, self.question.unit, place.sentence.shown),
            phrase=self._phrase(place.own, place.about),
            told=told,
            missing=[term for term, support in pairs if support < 0.3 and not term.is_carried],
            has_contrast=has_contrast,
        )

    def _phrase(self, own: Bag, about: Bag) -> float:
        """The share of the question's neighbouring words that are neighbours here too: "probation period"."""
        if not self._phrases:
            return 0.0
        return sum(own.has_phrase(pair) or about.has_phrase(pair) for pair in self._phrases) / len(self._phrases)

    def _contrasts(self, term: Term, place: "_Place") -> bool:
        """Whether the sentence speaks of a sibling of the word (paternity and maternity), and not of the word."""
        token = stem(term.token)
        asked = {stem(each.token) for each in self.question.own}
        told = place.own.stems | place.about.stems
        return token not in told and any(
            token in family and not (family - asked).isdisjoint(told) for family in _CONTRASTS
        )

    def _is_row_of(self, place: "_Place") -> bool:
        """Whether this is the table row of a thing the question names: its first cell says so."""
        if place.sentence.kind is not SentenceKind.ROW:
            return False
        key = Bag(place.sentence.shown.split(";")[0])
        return any(term.is_key and key.support(term.token) == 1 for term in self.question.terms)

    def _first_score(self, each: "_Weighed") -> float:
        return each.coverage + 0.15 * each.fit + 0.1 * each.phrase + 0.15 * self._hits[each.place.sentence.number].score

    def _finding(self, each: "_Weighed", cosine: float | None, weights: Weights) -> Finding:
        score = (
            weights.coverage * each.coverage
            + weights.cosine * (cosine or 0.0)
            + weights.fit * each.fit * (2 if is_specific(self.question.kind, self.question.unit) else 1)
        )
        score += weights.phrase * each.phrase + weights.rank * self._hits[each.place.sentence.number].score
        score -= 0.12 * each.has_contrast + 0.06 * (not each.place.sentence.is_whole)
        score -= 0.15 * (each.place.sentence.kind is SentenceKind.TITLE)
        score += 0.1 * self._is_row_of(each.place)
        score -= 0.08 * each.place.sentence.shown.endswith(":") + 0.5 * (
            _ORDER.search(each.place.sentence.shown) is not None
        )
        return Finding(
            sentence=each.place.sentence,
            score=score,
            coverage=each.coverage,
            cosine=cosine,
            fit=each.fit,
            phrase=each.phrase,
            told=each.told,
            missing=each.missing,
            has_contrast=each.has_contrast,
        )


class _Place(Struct, frozen=True, kw_only=True):
    """A sentence with its words, those above it, and those of the sentence it may lean on."""

    sentence: Sentence
    own: Bag
    about: Bag
    near: Bag
    before: str


class _Weighed(Struct, frozen=True, kw_only=True):
    place: _Place
    coverage: float
    fit: float
    phrase: float
    told: list[Term]
    missing: list[Term]
    has_contrast: bool


def _in_context(place: _Place) -> str:
    """The sentence under what stands above it, and after the one it leans on: "They are valid for a year" says little."""
    sentence = place.sentence
    words = f"{place.before} {sentence.shown}" if place.before and leans(sentence.shown) else sentence.shown
    return (f"{sentence.about}: {words}" if sentence.about else words)[:400]


def _title(hit: ChunkHit) -> str:
    return " ".join([_name(hit), *hit.headings])


def _name(hit: ChunkHit) -> str:
    return re.sub(r"[_-]+", " ", re.sub(r"\.\w{1,5}$", "", hit.document_name))


def _places(found: Sequence[Sentence]) -> Iterator[_Place]:
    said, block = "", -1
    for sentence in found:
        is_prose = sentence.kind is SentenceKind.PROSE
        before = said if is_prose and sentence.block == block else ""
        said, block = sentence.shown if is_prose else "", sentence.block
        if sentence.kind is not SentenceKind.QUESTION and len(sentence.shown) > 2:
            own, about = Bag(sentence.shown), Bag(sentence.about)
            yield _Place(sentence=sentence, own=own, about=about, near=Bag(before), before=before)


def _spoken(term: Term, place: _Place, kinship: Kinship | None) -> float:
    """How far the sentence itself, what stands over it or the one before it speaks of the word."""
    token = term.token
    told = max(place.own.support(token), 0.9 * place.about.support(token), 0.7 * place.near.support(token))
    if told >= 0.7 or kinship is None or not _is_soft(term):
        return told
    return max(told, kinship.support(token, place.own.tokens | place.about.tokens))


def _is_soft(term: Term) -> bool:
    """Whether another word may stand for this one: never for a name or a number."""
    return not term.is_name and _is_word(term.token) and term.weight >= 0.25


def _is_word(token: str) -> bool:
    return token.isalpha() and len(token) > 2 and token not in STOP_WORDS
