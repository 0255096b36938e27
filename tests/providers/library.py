"""A small library over invented documents: chunks, a BM25 search, and the messages a loop would hand to the model."""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from tertulia.core.citing import numbered_hits
from tertulia.core.document import ChunkHit
from tertulia.core.message import AssistantMessage, Message, ToolCall, UserMessage
from tertulia.core.tool import ChunkHits, ParameterType, ToolParameter
from tertulia.providers.embedder import Embedder
from tertulia.providers.extractive.lexicon import STOP_WORDS
from tertulia.providers.extractive.words import stem, tokens
from tertulia.providers.model import CallWanted, FunctionSpec, Model, ModelEvent, ModelRequest, TextChunk

HERE = Path(__file__).parent
AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SEARCH = FunctionSpec(
    name="search_documents",
    label="hybrid_chunks",
    description="Searches the documents.",
    parameters=[ToolParameter(name="query", type=ParameterType.STRING, description="What to look for.", required=True)],
)


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    kind: str = "answerable"
    expect: list[str] = []
    history: list[str] = []
    document: str = ""
    follows: str = ""


class Library:
    """Chunks with BM25; with an embedder also by meaning, fused half and half after min-max."""

    def __init__(self, chunks: Sequence[ChunkHit], embedder: Embedder | None = None) -> None:
        self.chunks: list[ChunkHit] = list(chunks)
        self._embedder = embedder
        self._words = [Counter(_stems(f"{chunk.document_name} {chunk.text}")) for chunk in self.chunks]
        self._spread = Counter(word for words in self._words for word in words)
        self._vectors: NDArray[np.float32] | None = None

    async def search(self, query: str, limit: int = 8) -> list[ChunkHit]:
        scores = _scaled(np.array([self._bm25(set(_stems(query)), words) for words in self._words]))
        if self._embedder is not None:
            if self._vectors is None:
                self._vectors = await self._embedder.embed([chunk.text for chunk in self.chunks])
            scores = (scores + _scaled(self._vectors @ (await self._embedder.embed([query]))[0])) / 2
        best: list[int] = np.argsort(-scores, kind="stable")[:limit].tolist()
        return [replace(self.chunks[at], score=float(scores[at])) for at in best if scores[at] > 0]

    def _bm25(self, query: set[str], words: Counter[str]) -> float:
        mean = sum(sum(each.values()) for each in self._words) / len(self._words)
        total = 0.0
        for word in query & words.keys():
            rarity = math.log(1 + (len(self._words) - self._spread[word] + 0.5) / (self._spread[word] + 0.5))
            total += rarity * words[word] * 2.2 / (words[word] + 1.2 * (0.25 + 0.75 * sum(words.values()) / mean))
        return total


def invented_chunks() -> list[ChunkHit]:
    documents = tomllib.loads((HERE / "invented_documents.toml").read_text("utf-8"))["document"]
    return [chunk for document in documents for chunk in chunked(document["name"], document["text"])]


def chunked(name: str, text: str, size: int = 800) -> list[ChunkHit]:
    """Cuts at blank lines, as near to `size` characters as paragraphs allow; headings lead to each piece."""
    pieces: list[tuple[str, list[str]]] = []
    title = section = ""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        marked = re.match(r"(#+)\s+(.+)", paragraph)
        if marked:
            title, section = (marked[2], "") if len(marked[1]) == 1 else (title, marked[2])
        headings = [heading for heading in (title, section) if heading]
        if pieces and len(pieces[-1][0]) + len(paragraph) < size and not (marked and len(pieces[-1][0]) > size // 2):
            pieces[-1] = (f"{pieces[-1][0]}\n\n{paragraph}", pieces[-1][1])
        else:
            pieces.append((paragraph, headings))
    return [
        ChunkHit(
            chunk_id=f"{name}#{at}", document_id=name, document_name=name, text=piece, score=1.0, headings=headings
        )
        for at, (piece, headings) in enumerate(pieces)
    ]


def questions(path: Path = HERE / "invented_questions.toml") -> list[AskedQuestion]:
    return msgspec.convert(tomllib.loads(path.read_text("utf-8"))["question"], list[AskedQuestion])


class Exchange:
    """A conversation with one model over one library, driven the way the loop drives it."""

    def __init__(self, model: Model, library: Library) -> None:
        self.model = model
        self.library = library
        self.messages: list[Message] = []
        self.turn = -1
        self.events: list[ModelEvent] = []
        self.queries: list[str] = []

    async def ask(self, text: str, functions: Sequence[FunctionSpec] = (SEARCH,)) -> str:
        self.turn += 1
        self.messages.append(UserMessage(turn=self.turn, at=AT, text=text, user_id="u"))
        self.events = []
        for _ in range(6):
            request = ModelRequest(instructions="Answer.", messages=list(self.messages), functions=list(functions))
            events = [event async for event in self.model.stream(request)]
            self.events += events
            wanted = [event for event in events if isinstance(event, CallWanted)]
            if not wanted:
                answer = "".join(event.text for event in events if isinstance(event, TextChunk))
                self.messages.append(AssistantMessage(turn=self.turn, at=AT, text=answer))
                return answer
            for call in wanted:
                self.messages.append(await self._result(call, functions))
        raise AssertionError("the model never answered")

    @property
    def hits(self) -> dict[int, ChunkHit]:
        return numbered_hits(self.messages, self.turn)

    async def _result(self, call: CallWanted, functions: Sequence[FunctionSpec]) -> ToolCall:
        label = next(function.label for function in functions if function.name == call.function)
        self.queries.append(call.arguments["query"])
        hits = await self.library.search(call.arguments["query"], call.arguments["top_k"])
        return ToolCall(
            turn=self.turn,
            at=AT,
            call_id=call.call_id,
            function=call.function,
            label=label,
            arguments=call.arguments,
            result=ChunkHits(hits=hits),
        )


def _stems(text: str) -> list[str]:
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]


def _scaled(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.full_like(scores, float(high > 0))
