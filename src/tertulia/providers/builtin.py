"""The built-in model: answers from documents in their own words, with no network and no key."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from tertulia.core.agent import BUILTIN_MODEL
from tertulia.core.analysis import Clarification, QueryAnswer
from tertulia.core.citing import numbered_hits
from tertulia.core.document import ChunkHit
from tertulia.core.errors import ProviderFailed
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning, ToolCall, Usage, UserMessage
from tertulia.core.tool import ChunkHits, ToolFailure, ToolKind, ToolResult
from tertulia.providers.embedder import Embedder
from tertulia.providers.extractive.answer import NOT_FOUND, Part, compose
from tertulia.providers.extractive.dialogue import asked
from tertulia.providers.extractive.evidence import Candidates, Evidence
from tertulia.providers.extractive.kinship import Kinship
from tertulia.providers.extractive.question import Question
from tertulia.providers.extractive.verdict import confidence
from tertulia.providers.extractive.words import alternatives
from tertulia.providers.model import CallWanted, FunctionSpec, ModelEvent, ModelRequest, StepUsage, TextChunk
from tertulia.providers.report import asked_back, reported

_SEARCHES = ("hybrid_chunks", "semantic_chunks", "fulltext_chunks")
_TOP_K = 8
_MOST_ALTERNATIVES = 4
_MOST_EMBEDDED = 48
_WORDS_PER_CHUNK = 3
_NO_SEARCH = (
    "This agent has no search tool, so I cannot look anything up in the documents. "
    "Give it a retrieval tool, or choose another model, and ask again."
)


class Builtin:
    """Deterministic. Without an embedder it goes by words alone; `cut` is the confidence below which it does not answer."""

    def __init__(self, embedder: Embedder | None, count_tokens: Callable[[str], int], *, cut: float = 0.5) -> None:
        self._embedder = embedder
        self._count = count_tokens
        self._cut = cut

    @property
    def name(self) -> str:
        return BUILTIN_MODEL

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """One step: a friendly word, searches wanted, or the answer."""
        written: list[str] = []
        async for event in self._step(request):
            written.append(event.text if isinstance(event, TextChunk) else str(event))
            yield event
        yield StepUsage(await asyncio.to_thread(self._usage, request, "".join(written)))

    async def _step(self, request: ModelRequest) -> AsyncIterator[TextChunk | CallWanted]:
        turn = max((message.turn for message in request.messages if isinstance(message, UserMessage)), default=0)
        now = asked(request.messages)
        if now.reply is not None:
            for chunk in _chunks([now.reply]):
                yield chunk
            return
        calls = [message for message in request.messages if isinstance(message, ToolCall) and message.turn == turn]
        functions = request.functions if request.may_call else []
        asking = _data_call(request.messages, functions, calls, turn)
        if asking is not None:
            yield asking
            return
        data = next((call.result for call in calls if call.label == ToolKind.ASK_DATA), None)
        told = _from_data(data, has_search=any(each.label in _SEARCHES for each in request.functions))
        if told is not None:
            for chunk in _chunks([told]):
                yield chunk
            return
        wanted = _searches(now.questions, functions, calls, turn)
        parts: list[Part] = []
        hits = numbered_hits(request.messages, turn)
        if not wanted and hits:
            parts = await self._parts(now.questions, calls, hits)
            wanted = _wider(parts, functions, calls, turn)
        for call in wanted:
            yield call
        if wanted:
            return
        pieces = await asyncio.to_thread(compose, parts, hits) if hits else [_without_hits(calls)]
        if isinstance(data, Clarification) and not any(part.is_answered for part in parts):
            pieces = [*pieces, f"\n\nThe data cannot tell either. {data.message}"]
        for chunk in _chunks(pieces):
            yield chunk

    async def _parts(
        self, questions: Sequence[Question], calls: Sequence[ToolCall], hits: dict[int, ChunkHit]
    ) -> list[Part]:
        parts: list[Part] = []
        for question in questions:
            evidence = await self._weigh(question, _hits_for(question, calls, hits), _MOST_EMBEDDED // len(questions))
            is_answered = evidence.best is not None and confidence(evidence) >= self._cut
            parts.append(Part(evidence=evidence, is_answered=is_answered))
        return parts

    async def _weigh(self, question: Question, hits: dict[int, ChunkHit], most: int) -> Evidence:
        candidates = await asyncio.to_thread(Candidates, question, hits, most)
        if self._embedder is None or not candidates.chosen:
            return candidates.evidence()
        try:
            vectors = await self._embedder.embed([question.text, *candidates.texts])
            evidence = await asyncio.to_thread(candidates.evidence, vectors)
            words = candidates.unsure(evidence)
            if not words:
                return evidence
            kinship = Kinship(words, await self._embedder.embed(words))
        except ProviderFailed:
            return candidates.evidence()
        return await asyncio.to_thread(candidates.evidence, vectors, kinship)

    def _usage(self, request: ModelRequest, written: str) -> Usage:
        rendered = [request.instructions, *(_rendered(message) for message in request.messages)]
        return Usage(
            input_tokens=sum(self._count(text) for text in rendered if text), output_tokens=self._count(written)
        )


def _data_call(
    messages: Sequence[Message], functions: Sequence[FunctionSpec], calls: Sequence[ToolCall], turn: int
) -> CallWanted | None:
    """Data is asked first: it answers what it understands word by word, and nothing else."""
    function = next((each.name for each in functions if each.label == ToolKind.ASK_DATA), None)
    question = next((each.text for each in reversed(messages) if isinstance(each, UserMessage)), "")
    if function is None or any(call.function == function for call in calls):
        return None
    return CallWanted(call_id=f"data-{turn}", function=function, arguments={"question": question})


def _from_data(result: ToolResult | None, *, has_search: bool) -> str | None:
    """What data says, None where the documents should be asked: it did not know what the question is about."""
    match result:
        case QueryAnswer():
            return reported(result)
        case Clarification() if result.choices or not has_search:
            return asked_back(result)
        case ToolFailure(message=message) if not has_search:
            return f"I could not ask the data: {message}"
        case _:
            return None


def _searches(
    questions: Sequence[Question], functions: Sequence[FunctionSpec], calls: Sequence[ToolCall], turn: int
) -> list[CallWanted]:
    """The searches to ask for now: one per question; where all failed, once more with the next kind of search."""
    calls = [call for call in calls if call.label in _SEARCHES]
    if any(not isinstance(call.result, ToolFailure) for call in calls):
        return []
    tried = {call.function for call in calls}
    left = [function for function in functions if function.name not in tried]
    ranked = [function for label in _SEARCHES for function in left if function.label == label]
    queries = [question.text for question in questions]
    return _wanted(ranked[0].name, queries, len(calls), turn) if ranked else []


def _wider(
    parts: Sequence[Part], functions: Sequence[FunctionSpec], calls: Sequence[ToolCall], turn: int
) -> list[CallWanted]:
    """One more search for each unanswered part whose words the passages lack, with other words for them."""
    function = next((call.function for call in calls if isinstance(call.result, ChunkHits)), None)
    if function not in {each.name for each in functions}:
        return []
    queries: list[str] = []
    for part in parts:
        lacking = [term.token for term in part.evidence.unseen if term.is_key and not term.is_name]
        others = [other for token in lacking for other in alternatives(token)[:_MOST_ALTERNATIVES]]
        text = part.evidence.question.text
        is_first = not any(str(call.arguments.get("query", "")).startswith(f"{text} ") for call in calls)
        if not part.is_answered and others and is_first:
            queries.append(" ".join([text, *others]))
    return _wanted(function, queries, len(calls), turn) if function else []


def _wanted(function: str, queries: Sequence[str], asked_before: int, turn: int) -> list[CallWanted]:
    return [
        CallWanted(
            call_id=f"search-{turn}-{asked_before + at}",
            function=function,
            arguments={"query": query, "top_k": _TOP_K},
        )
        for at, query in enumerate(queries)
    ]


def _without_hits(calls: Sequence[ToolCall]) -> str:
    if not calls:
        return _NO_SEARCH
    problems = [call.result.message for call in calls if isinstance(call.result, ToolFailure)]
    if len(problems) == len(calls):
        return f"I could not search the documents: {problems[0]}"
    return f"{NOT_FOUND} The search found no passage at all."


def _hits_for(question: Question, calls: Sequence[ToolCall], hits: dict[int, ChunkHit]) -> dict[int, ChunkHit]:
    """The hits of the search that was made for this question; all, where none can be told apart."""
    found = {
        hit.chunk_id
        for call in calls
        if isinstance(call.result, ChunkHits) and str(call.arguments.get("query", "")).startswith(question.text)
        for hit in call.result.hits
    }
    return {number: hit for number, hit in hits.items() if hit.chunk_id in found} or hits


def _chunks(pieces: Sequence[str]) -> Iterator[TextChunk]:
    """A few words at a time; a marker stays whole."""
    for piece in pieces:
        if piece.startswith("[["):
            yield TextChunk(piece)
            continue
        words = re.findall(r"\s*\S+\s*|\s+", piece)
        for at in range(0, len(words), _WORDS_PER_CHUNK):
            yield TextChunk("".join(words[at : at + _WORDS_PER_CHUNK]))


def _rendered(message: Message) -> str:
    match message:
        case UserMessage() | AssistantMessage() | Interim() | Reasoning():
            return message.text
        case ToolCall(result=ChunkHits(hits=hits)):
            return "\n".join([str(message.arguments), *(hit.text for hit in hits)])
        case ToolCall():
            return f"{message.arguments}\n{message.result}"
