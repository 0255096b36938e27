"""Scores the built-in model, and the plain formula it set out from, on the invented questions: python evaluate_builtin.py [--fit] [--notes]."""

import asyncio
import math
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from providers.library import AT, AskedQuestion, Exchange, Library, invented_chunks, questions
from tertulia.core.document import ChunkHit
from tertulia.core.message import UserMessage
from tertulia.providers.builtin import Builtin
from tertulia.providers.embedder import Embedder, Vectors
from tertulia.providers.extractive.answer import NOT_FOUND
from tertulia.providers.extractive.dialogue import asked
from tertulia.providers.extractive.evidence import Candidates, Evidence
from tertulia.providers.extractive.kinship import Kinship
from tertulia.providers.extractive.lexicon import STOP_WORDS
from tertulia.providers.extractive.question import Question
from tertulia.providers.extractive.sentence import sentences
from tertulia.providers.extractive.verdict import features
from tertulia.providers.extractive.words import stem, tokens
from tertulia.providers.minilm import MiniLM

_MARKER = re.compile(r"\[\[\d+(?:\|.*?)?\]\]", re.DOTALL)


class Remembering:
    """An embedder that embeds each text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[str, np.ndarray] = {}

    @property
    def id(self) -> str:
        return self._inner.id

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            for text, vector in zip(fresh, await self._inner.embed(fresh), strict=True):
                self._known[text] = vector
        return np.array([self._known[text] for text in texts], dtype=np.float32)


class Baseline:
    """0.5 cosine + 0.35 idf-weighted coverage + 0.15 rank (+ 0.1 for a digit where a quantity is asked), spans widened
    to 300 characters, MMR 0.3, and a logistic verdict at 0.8: the constants of the first prototype.
    """

    def __init__(self, library: Library, embedder: Embedder | None) -> None:
        self._library = library
        self._embedder = embedder
        self._spread = Counter(word for chunk in library.chunks for word in set(_stems(chunk.text)))

    async def ask(self, text: str) -> tuple[bool, list[str]]:
        hits = await self._library.search(text, 8)
        found = [(hit, sentence, rank) for rank, hit in enumerate(hits) for sentence in sentences(1, hit)]
        query = set(_stems(text))
        if not found:
            return False, []
        cosines, chunk_cosine = await self._cosines(text, [each[1].shown for each in found], hits)
        digits = re.search(r"how (many|much|long|often)|price|cost", text.lower()) is not None
        scores = [
            0.5 * cosine
            + 0.35 * self._coverage(query, sentence.shown)
            + 0.15 / (1 + rank)
            + 0.1 * (digits and any(char.isdigit() for char in sentence.shown))
            for cosine, (_, sentence, rank) in zip(cosines, found, strict=True)
        ]
        order = sorted(range(len(found)), key=lambda at: -scores[at])
        chosen: list[int] = []
        for at in order:
            words = set(_stems(found[at][1].shown))
            if all(len(words & set(_stems(found[had][1].shown))) < 0.7 * max(1, len(words)) for had in chosen):
                chosen.append(at)
            if len(chosen) == 3:
                break
        unseen = sum(self._spread[word] == 0 for word in query) / max(1, len(query))
        top3 = sum(self._coverage(query, hit.text) for hit in hits[:3]) / min(3, len(hits))
        best = max(cosines)
        logit = 7.42 * chunk_cosine + 7.58 * best + 3.19 * self._coverage(query, found[order[0]][1].shown)
        logit += 3.83 * top3 - 1.04 * unseen - 9.32
        spans = [_widened(found[at][0].text, found[at][1].start, len(found[at][1].quote)) for at in chosen]
        return 1 / (1 + math.exp(-logit)) >= 0.8, spans

    async def _cosines(self, text: str, shown: list[str], hits: list[ChunkHit]) -> tuple[list[float], float]:
        if self._embedder is None:
            return [0.0] * len(shown), 0.35
        vectors = await self._embedder.embed([text, *shown, *(hit.text for hit in hits)])
        all_of = [float(value) for value in vectors[1:] @ vectors[0]]
        return all_of[: len(shown)], max(all_of[len(shown) :])

    def _coverage(self, query: set[str], text: str) -> float:
        count = len(self._library.chunks)
        weights = {word: math.log(1 + count / (0.5 + self._spread[word])) for word in query}
        have = set(_stems(text))
        return sum(weight for word, weight in weights.items() if word in have) / (sum(weights.values()) or 1)


class Tally:
    def __init__(self) -> None:
        self.asked = self.first = self.any = self.refused = self.traps = self.false = 0
        self.notes: list[str] = []

    def take(self, question: AskedQuestion, *, answered: bool, first: str, whole: str) -> None:
        if question.kind == "unanswerable":
            self.traps += 1
            self.false += answered
            if answered:
                self.notes.append(f"  FALSE  {question.text} -> {first[:150]!r}")
            return
        self.asked += 1
        self.refused += not answered
        is_first = answered and _matches(question, whole if question.kind == "contradiction" else first)
        is_any = answered and _matches(question, whole)
        self.first += is_first
        self.any += is_any
        if not is_first:
            state = "any" if is_any else "refused" if not answered else "WRONG"
            self.notes.append(f"  {state:7}{question.text} -> {first[:150]!r}")

    def __str__(self) -> str:
        return (
            f"first {self.first}/{self.asked}, any {self.any}/{self.asked}, refused {self.refused}/{self.asked}, "
            f"false answers {self.false}/{self.traps}"
        )


async def run_builtin(library: Library, embedder: Embedder | None, asked_for: Sequence[AskedQuestion]) -> Tally:
    tally = Tally()
    for question in asked_for:
        exchange = Exchange(Builtin(embedder, len), library)
        for earlier in question.history:
            await exchange.ask(earlier)
        answer = await exchange.ask(question.text)
        lists = [line for line in answer.splitlines() if line]
        first = _MARKER.split(answer)[0]
        if len(lists) > 1 and lists[1].startswith(("- ", "1. ")):
            first = answer
        plain = _MARKER.sub("", answer)
        tally.take(question, answered=NOT_FOUND not in answer, first=_MARKER.sub("", first), whole=plain)
    return tally


async def run_baseline(library: Library, embedder: Embedder | None, asked_for: Sequence[AskedQuestion]) -> Tally:
    tally = Tally()
    baseline = Baseline(library, embedder)
    for question in asked_for:
        answered, spans = await baseline.ask(" ".join([*question.history, question.text]))
        whole = " ".join(" ".join(spans).split())
        tally.take(question, answered=answered, first=" ".join(spans[0].split()) if spans else "", whole=whole)
    return tally


async def fit(library: Library, embedder: Embedder | None, asked_for: Sequence[AskedQuestion]) -> None:
    """Prints a logistic regression over the verdict's features, their signs kept.

    What cannot be answered are the unanswerable questions, and each other one with the chunks that answer it withheld.
    """
    rows: list[list[float]] = []
    truth: list[bool] = []
    for question in asked_for:
        texts = [*question.history, question.text]
        messages = [UserMessage(turn=at, at=AT, text=text, user_id="u") for at, text in enumerate(texts)]
        whole = asked(messages).questions[0]
        hits = await library.search(whole.text, 20)
        withheld = [hit for hit in hits if not (question.expect and _matches(question, hit.text))]
        for found, may_answer in ((hits[:8], bool(question.expect)), (withheld[:8], False)):
            evidence = await _evidence(whole, found, embedder)
            seen = features(evidence)
            is_right = evidence.best is not None and _matches(question, evidence.best.sentence.shown)
            if seen is not None and (is_right or not may_answer):
                rows.append(seen.values())
                truth.append(may_answer)
    weights, bias = _regression(np.array(rows), np.array(truth, dtype=float))
    print("fitted", [round(float(weight), 2) for weight in weights], round(bias, 2))


async def _evidence(question: Question, hits: list[ChunkHit], embedder: Embedder | None) -> Evidence:
    candidates = Candidates(question, dict(enumerate(hits, start=1)), 48)
    if embedder is None:
        return candidates.evidence()
    vectors = await embedder.embed([question.text, *candidates.texts])
    evidence = candidates.evidence(vectors)
    told = candidates.unsure(evidence)
    return candidates.evidence(vectors, Kinship(told, await embedder.embed(told))) if told else evidence


def _regression(table: NDArray[np.float64], goal: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    signs = np.array([1.0, 1.0, 1.0] + [-1.0] * (table.shape[1] - 3))
    weights, bias = signs, 0.0
    balance = np.where(goal == 1, 1.0, goal.sum() / max(1.0, len(goal) - goal.sum()))
    for _ in range(8_000):
        error = (1 / (1 + np.exp(-(table @ weights + bias))) - goal) * balance
        weights = weights - 0.2 * (table.T @ error / len(goal) + 0.001 * weights)
        weights = signs * np.maximum(0.0, signs * weights)
        bias -= 0.2 * float(error.mean())
    return weights, bias


def _widened(text: str, start: int, length: int) -> str:
    left = max(0, start - max(0, 300 - length) // 2)
    return text[left : left + max(300, length)]


def _matches(question: AskedQuestion, text: str) -> bool:
    return all(re.search(pattern, text, re.IGNORECASE) for pattern in question.expect)


def _stems(text: str) -> list[str]:
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]


async def main() -> None:
    chosen = questions()
    with TemporaryDirectory() as folder:
        await _score(chosen, [None, Remembering(MiniLM(Path(folder)))])


async def _score(chosen: Sequence[AskedQuestion], embedders: Sequence[Embedder | None]) -> None:
    for embedder in embedders:
        library = Library(invented_chunks(), embedder)
        print("==", "MiniLM" if embedder else "words only")
        if "--fit" in sys.argv:
            await fit(library, embedder, chosen[::2])
        for half, name in ((chosen[::2], "tuning"), (chosen[1::2], "held out")):
            if embedder is not None:
                print(f"{name}: baseline", await run_baseline(library, embedder, half))
            tally = await run_builtin(library, embedder, half)
            print(f"{name}: builtin ", tally)
            if "--notes" in sys.argv and (name == "tuning" or "--all" in sys.argv):
                print("\n".join(tally.notes))


if __name__ == "__main__":
    asyncio.run(main())
