"""Search over chunks: by words, by meaning, or both fused."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec
import structlog

from tertulia.core.document import ChunkHit, DocumentScope
from tertulia.core.errors import ProviderFailed
from tertulia.core.tool import ChunkHits, Fusion, SearchMode

if TYPE_CHECKING:
    from tertulia.providers.embedder import Embedder, Vectors

LIMIT = 100
# how deep each ranking is read; further only where copies of the same text fill it
_DEPTHS = (100, 400, 1_600)
_TERM_LIMIT = 64
_RRF_K = 60
_BATCH = 20
_NO_EMBEDDER = (
    "Searched by words only: no embedding model is installed, so passages that say it otherwise may be missing."
)
_NOT_YET = (
    "Searched by words only: these documents are not embedded yet, so passages that say it otherwise may be missing."
)
_NO_ANSWER = (
    "Searched by words only: the embedding model did not answer, so passages that say it otherwise may be missing."
)
log = structlog.get_logger(__name__)


class Question(NamedTuple):
    """A query as an index takes it: words, and a vector of length 1; either may be missing."""

    terms: Sequence[str]
    vector: Vectors | None
    embedder_id: str


class Rankings(NamedTuple):
    """Chunk keys with BM25 (not negative) and with cosine, each best first.

    What one ranking found stands in the other too, with its score there, however low. So a chunk missing in `lexical`
    has none of the words, and one missing in `dense` has no vector.
    """

    lexical: Sequence[tuple[int, float]]
    dense: Sequence[tuple[int, float]]


class ChunkIndex(Protocol):
    """What a search needs of the store. Scope and project are applied inside, before anything is ranked."""

    async def rank(self, project_id: str, scope: DocumentScope, question: Question, limit: int) -> Rankings:
        """The `limit` best by words and the `limit` best by meaning, fewer only where there are no more."""
        ...

    async def hits(self, project_id: str, keys: Sequence[int]) -> dict[int, ChunkHit]:
        """The chunks with these keys, their scores not set; one that was deleted meanwhile is missing."""
        ...


class Search:
    """Finds chunks for a question. Where meaning cannot be had it goes by words alone, and the result's note says so.

    Words are matched without case, accents and English endings. Chinese, Japanese and Korean runs are matched by
    pairs of characters; other scripts without spaces only by meaning.
    """

    def __init__(self, index: ChunkIndex, embedder: Embedder | None) -> None:
        self._index = index
        self._embedder = embedder

    async def search(
        self,
        project_id: str,
        query: str,
        *,
        mode: SearchMode = SearchMode.HYBRID,
        fusion: Fusion = Fusion.WEIGHTED,
        limit: int = 10,
        scope: DocumentScope = DocumentScope(),  # noqa: B008 - frozen
    ) -> ChunkHits:
        """At most `limit` (1 to 100) chunks, best first; a text that several documents share comes once."""
        text = query.encode("utf-8", "replace").decode()
        limit = min(max(limit, 1), LIMIT)
        vector, note = await self._vector(text, mode)
        by_words = mode is not SearchMode.SEMANTIC or vector is None
        embedder_id = self._embedder.id if self._embedder is not None else ""
        find = partial(self._find, project_id, scope, fusion, limit)
        hits = await find(Question(terms_of(text) if by_words else [], vector, embedder_id))
        if not hits and not by_words:
            hits = await find(Question(terms_of(text), None, embedder_id))
            note = _NOT_YET if hits else None
        return ChunkHits(hits=hits, note=note)

    async def _find(
        self, project_id: str, scope: DocumentScope, fusion: Fusion, limit: int, question: Question
    ) -> list[ChunkHit]:
        hits: list[ChunkHit] = []
        for depth in _DEPTHS:
            rankings = await self._index.rank(project_id, scope, question, depth)
            hits = await self._distinct(project_id, fused(rankings, fusion), limit)
            if len(hits) >= limit or max(len(rankings.lexical), len(rankings.dense)) < depth:
                break
        return hits

    async def _vector(self, text: str, mode: SearchMode) -> tuple[Vectors | None, str | None]:
        if mode is SearchMode.FULLTEXT:
            return None, None
        if self._embedder is None:
            return None, _NO_EMBEDDER
        try:
            return (await self._embedder.embed([text]))[0], None
        except ProviderFailed as failure:
            log.warning("query_not_embedded", reason=failure.message)
            return None, _NO_ANSWER

    async def _distinct(self, project_id: str, ranked: Sequence[tuple[int, float]], limit: int) -> list[ChunkHit]:
        seen: set[str] = set()
        chosen: list[ChunkHit] = []
        size = limit + _BATCH
        for at in range(0, len(ranked), size):
            batch = ranked[at : at + size]
            found = await self._index.hits(project_id, [key for key, _ in batch])
            for key, score in batch:
                hit = found.get(key)
                if hit is None or hit.text in seen:
                    continue
                seen.add(hit.text)
                chosen.append(msgspec.structs.replace(hit, score=round(score, 6)))
                if len(chosen) == limit:
                    return chosen
        return chosen


def terms_of(query: str) -> list[str]:
    """The words of a query worth looking for, at most 64, in order; stop words only where there is nothing else.

    A word in capitals among others ("IT policy") is a name and stays.
    """
    words = _words(query)
    shouted = query.isupper()
    telling = [word for word in words if word.casefold() not in _STOP_WORDS or (_is_acronym(word) and not shouted)]
    return list(dict.fromkeys(word.casefold() for word in telling or words))[:_TERM_LIMIT]


def fused(rankings: Rankings, fusion: Fusion) -> list[tuple[int, float]]:
    """Both rankings as one, scores in [0, 1], best first. A single ranking keeps its own scale: cosine, or share of the best."""
    if not rankings.dense:
        return _shares(rankings.lexical)
    if not rankings.lexical:
        return [(key, min(max(score, 0.0), 1.0)) for key, score in rankings.dense]
    if fusion is Fusion.RRF:
        parts = [_reciprocal(each) for each in rankings]
    else:
        parts = [_shares(rankings.lexical), _spread(rankings.dense)]
    total: dict[int, float] = {}
    for part in parts:
        for key, score in part:
            total[key] = total.get(key, 0.0) + score / 2
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _shares(ranking: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Scores as shares of the best: 0 is BM25's own zero, the chunk without any of the words."""
    best = max((score for _, score in ranking), default=0.0)
    return [(key, score / best if best > 0 else 0.0) for key, score in ranking]


def _spread(ranking: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Scores from 0 (the worst listed) to 1 (the best): where cosines begin depends on the embedder."""
    scores = [score for _, score in ranking]
    low, high = min(scores), max(scores)
    span = high - low
    return [(key, (score - low) / span if span > 0 else 1.0) for key, score in ranking]


def _reciprocal(ranking: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Reciprocal ranks with k = 60, scaled so that the first has 1."""
    return [(key, (_RRF_K + 1) / (_RRF_K + rank)) for rank, (key, _) in enumerate(ranking, start=1)]


def _words(query: str) -> list[str]:
    """Runs of letters, digits and marks: what the text index takes for words, so that no query is a syntax."""
    kept = (character if unicodedata.category(character)[0] in "LNM" else " " for character in query)
    return "".join(kept).split()


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper()


_STOP_WORD_TEXT = """
a about after all also am an and any are as at be because been before being between both but by can could d did
do does doing don down during each few for from further had has have having he her here hers him his how i if in
into is it its just ll m me might more most must my no nor not of off on once only or other our ours out over
own please re s same shall she should so some such t tell than that the their theirs them then there these they
this those through to too under until up upon us ve very was we were what when where which while who whom whose
why will with would you your yours
"""
_STOP_WORDS = frozenset(_STOP_WORD_TEXT.split())
