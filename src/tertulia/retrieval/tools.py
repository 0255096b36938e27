"""The document tools: what arguments they take, and how they are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import msgspec

from tertulia.core.conversation import Window
from tertulia.core.document import Chunk, ChunkHit, Document, DocumentScope
from tertulia.core.errors import InvalidQuery, NotFound
from tertulia.core.ids import canonical_id
from tertulia.core.tool import (
    ChunkHits,
    DocumentHit,
    DocumentHits,
    Outline,
    OutlineEntry,
    ParameterType,
    Passage,
    Tool,
    ToolKind,
    ToolParameter,
    ToolResult,
)
from tertulia.retrieval.search import LIMIT, Search

HIT_CHARACTERS = 1_500
_PREVIEW_CHARACTERS = 160
_OUTLINE_LIMIT, _OUTLINE_MOST = 50, 200
_WINDOW_CHARACTERS, _WINDOW_MOST = 6_000, 20_000
_BY_NAME, _BY_CONTENT, _BY_TAG, _BY_ID, _ALL = "name", "content", "tag", "id", "list_document_names"
_MODES = {
    _BY_NAME: _BY_NAME,
    _BY_CONTENT: _BY_CONTENT,
    _BY_TAG: _BY_TAG,
    _BY_ID: _BY_ID,
    "identify_document_from_their_name_only": _BY_NAME,
    _ALL: _ALL,
}


class Shelf(Protocol):
    """What the tools need of the store beside search. Only active documents are on it."""

    async def documents(self, project_id: str, scope: DocumentScope) -> Sequence[Document]:
        """The documents a scope lets through, by name."""
        ...

    async def passage(self, project_id: str, chunk_id: str) -> tuple[Chunk, Document] | None: ...

    async def chunks(self, document_id: str, window: Window) -> Sequence[Chunk]: ...


class Toolbox:
    """Runs configured tools. Their scope holds for every kind: what it hides is not found by its id either."""

    def __init__(self, search: Search, shelf: Shelf) -> None:
        self._search = search
        self._shelf = shelf

    def parameters_of(self, tool: Tool) -> list[ToolParameter]:
        return parameters_of(tool)

    async def run(self, project_id: str, tool: Tool, arguments: Mapping[str, Any]) -> ToolResult:
        """The tool's result. Unknown arguments are ignored and numbers kept within their bounds.

        Raises InvalidQuery for an argument that cannot be read and NotFound for an id; the message says what to do.
        """
        given = _Arguments(arguments)
        match tool.kind:
            case ToolKind.RETRIEVAL:
                return await self._retrieve(project_id, tool, given)
            case ToolKind.DOCUMENT_RETRIEVAL:
                return await self._find_documents(project_id, tool, given)
            case ToolKind.GET_DOCUMENT_OUTLINE:
                return await self._outline(project_id, tool, given)
            case ToolKind.GET_CHUNK:
                return await self._read(project_id, tool, given)
            case _:
                raise InvalidQuery(f"{tool.kind} reads no documents.")

    async def _retrieve(self, project_id: str, tool: Tool, given: _Arguments) -> ChunkHits:
        query = given.text("query")
        if not query:
            raise InvalidQuery("The query is empty. Say in `query`, in a few words or a question, what to look for.")
        scope = tool.scope
        if chooses_tags(tool):
            scope = _narrowed(scope, given.texts("included_tags"))
        found = await self._search.search(
            project_id,
            query,
            mode=tool.mode,
            fusion=tool.fusion,
            limit=given.number("top_k", tool.result_limit, least=1, most=LIMIT),
            scope=scope,
        )
        return msgspec.structs.replace(found, hits=[_clipped(hit) for hit in found.hits])

    async def _find_documents(self, project_id: str, tool: Tool, given: _Arguments) -> DocumentHits:
        mode = _mode(given)
        limit = given.number("top_k", LIMIT if mode == _ALL else tool.result_limit, least=1, most=LIMIT)
        documents = await self._shelf.documents(project_id, tool.scope)
        match mode:
            case "name":
                scored = _by_name(documents, _needed(given, "document_name_search_string"))
            case "content":
                scored = await self._by_content(project_id, tool, documents, given)
            case "tag":
                scored = _by_tag(documents, given.texts("tag_list") or _listed(_needed(given, "tag_list")))
            case "id":
                wanted = {canonical_id(each) for each in given.texts("document_ids")}
                scored = [(each, None) for each in documents if each.id in wanted]
            case _:
                scored = [(each, None) for each in documents]
        return DocumentHits(documents=[_document_hit(each, score) for each, score in scored[:limit]])

    async def _by_content(
        self, project_id: str, tool: Tool, documents: Sequence[Document], given: _Arguments
    ) -> list[tuple[Document, float | None]]:
        """Documents by their best chunk."""
        query = _needed(given, "search_query_within_documents")
        found = await self._search.search(
            project_id, query, mode=tool.mode, fusion=tool.fusion, limit=LIMIT, scope=tool.scope
        )
        best: dict[str, float] = {}
        for hit in found.hits:
            best.setdefault(hit.document_id, hit.score)
        by_id = {each.id: each for each in documents}
        return [(by_id[each], score) for each, score in best.items() if each in by_id]

    async def _outline(self, project_id: str, tool: Tool, given: _Arguments) -> Outline:
        document = await self._document(project_id, tool, given)
        offset = given.number("offset", 0, least=0, most=1_000_000_000)
        limit = given.number("limit", _OUTLINE_LIMIT, least=1, most=_OUTLINE_MOST)
        chunks = await self._shelf.chunks(document.id, Window(limit=limit, offset=offset))
        after = offset + len(chunks)
        return Outline(
            document_id=document.id,
            name=document.name,
            content_type=document.content_type,
            state=document.state.value,
            size_bytes=document.size_bytes,
            character_count=document.character_count,
            chunk_count=document.chunk_count,
            entries=[_entry(each) for each in chunks],
            page_count=document.page_count,
            tags=document.tags,
            next_offset=after if chunks and after < document.chunk_count else None,
        )

    async def _document(self, project_id: str, tool: Tool, given: _Arguments) -> Document:
        """The document that `document_id` names, or the one that `chunk_id` stands in."""
        document_id = given.text("document_id")
        if not document_id and given.text("chunk_id"):
            return (await self._passage(project_id, tool, given))[1]
        if not document_id:
            raise InvalidQuery("Give the `document_id` of a document, or the `chunk_id` of a search result.")
        document = await self._visible(project_id, tool, document_id)
        if document is None:
            raise NotFound(f"There is no document {document_id}. Take the `document_id` of a search result.")
        return document

    async def _read(self, project_id: str, tool: Tool, given: _Arguments) -> Passage:
        if not given.text("chunk_id"):
            raise InvalidQuery("Give the `chunk_id` of a search result.")
        chunk, document = await self._passage(project_id, tool, given)
        total = len(chunk.text)
        offset = given.number("offset", 0, least=0, most=total)
        size = given.number("max_chars", _WINDOW_CHARACTERS, least=1, most=_WINDOW_MOST)
        end = min(total, offset + size)
        hit = ChunkHit(
            chunk_id=chunk.id,
            document_id=document.id,
            document_name=document.name,
            text=chunk.text[offset:end],
            score=1.0,
            is_truncated=offset > 0 or end < total,
            first_page=chunk.first_page,
            last_page=chunk.last_page,
            headings=chunk.headings,
            document_tags=document.tags,
        )
        return Passage(hit=hit, offset=offset, total_characters=total, next_offset=end if end < total else None)

    async def _passage(self, project_id: str, tool: Tool, given: _Arguments) -> tuple[Chunk, Document]:
        chunk_id = given.text("chunk_id")
        found = await self._shelf.passage(project_id, canonical_id(chunk_id) or chunk_id)
        if found is None or await self._visible(project_id, tool, found[1].id) is None:
            raise NotFound(f"There is no passage {chunk_id}. Take the `chunk_id` of a search result.")
        return found

    async def _visible(self, project_id: str, tool: Tool, document_id: str) -> Document | None:
        """The active document with this id, where the tool's scope lets it through."""
        wanted = canonical_id(document_id) or document_id
        if tool.scope.document_ids and wanted not in tool.scope.document_ids:
            return None
        scope = msgspec.structs.replace(tool.scope, document_ids=[wanted])
        return next(iter(await self._shelf.documents(project_id, scope)), None)


def parameters_of(tool: Tool) -> list[ToolParameter]:
    """The arguments a tool takes, as a model and an API client see them."""
    match tool.kind:
        case ToolKind.RETRIEVAL:
            parameters = [_QUERY, _parameter("top_k", _TOP_K, default=tool.result_limit)]
            return [*parameters, _INCLUDED_TAGS] if chooses_tags(tool) else parameters
        case ToolKind.DOCUMENT_RETRIEVAL:
            return [*_FINDING, _parameter("top_k", "How many documents to return at most, 1 to 100.", default=None)]
        case ToolKind.GET_DOCUMENT_OUTLINE:
            return _OUTLINING
        case ToolKind.GET_CHUNK:
            return _READING
        case _:
            return []


def chooses_tags(tool: Tool) -> bool:
    """Whether the caller picks the tags to search in: `tags_included_mode` is `auto` or `auto_include`."""
    places: list[Any] = [tool.settings, tool.settings.get("retrieval_parameters")]
    modes = [cast("dict[str, Any]", place).get("tags_included_mode") for place in places if isinstance(place, dict)]
    return any(str(mode).startswith("auto") for mode in modes)


class _Arguments:
    """What the caller gave, read leniently: models and clients send numbers as text and lists as commas."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if value is None:
            return ""
        if isinstance(value, str | int | float):
            return str(value).strip()
        raise InvalidQuery(f"`{name}` must be text, not {type(value).__name__}.")

    def texts(self, name: str) -> list[str]:
        """A list, or one text with commas."""
        value = self._given.get(name)
        if not isinstance(value, list):
            return _listed(self.text(name))
        texts = (str(each).strip() for each in cast("list[object]", value))
        return [text for text in texts if text]

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self._given.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(float(value)) if not isinstance(value, bool) else None
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None:
            raise InvalidQuery(f"`{name}` must be a whole number from {least} to {most}, not {value!r}.")
        return min(max(number, least), most)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _needed(given: _Arguments, name: str) -> str:
    """The argument, or `query` in its place."""
    text = ", ".join(given.texts(name)) if name == "tag_list" else given.text(name)
    text = text or given.text("query")
    if not text:
        raise InvalidQuery(f"Give `{name}`: this mode looks for nothing without it.")
    return text


def _mode(given: _Arguments) -> str:
    """The mode asked for, else the one whose argument is there."""
    asked = given.text("mode").lower()
    if asked and asked not in _MODES:
        raise InvalidQuery(f"There is no mode {asked!r}. Use one of: {', '.join(_MODES)}.")
    if asked:
        return _MODES[asked]
    if given.texts("document_ids"):
        return _BY_ID
    if given.texts("tag_list"):
        return _BY_TAG
    if given.text("document_name_search_string"):
        return _BY_NAME
    return _BY_CONTENT if given.text("search_query_within_documents") or given.text("query") else _ALL


def _by_name(documents: Sequence[Document], wanted: str) -> list[tuple[Document, float | None]]:
    """Documents whose names have any of the words, by how much of them."""
    words = set(wanted.casefold().replace("_", " ").replace("-", " ").split())
    scored = [(each, _share(words, wanted.casefold(), each.name.casefold())) for each in documents]
    found = [(each, score) for each, score in scored if score > 0]
    return [(each, score) for each, score in sorted(found, key=lambda item: -item[1])]


def _share(words: set[str], whole: str, name: str) -> float:
    if whole in name:
        return 1.0
    return round(0.9 * sum(word in name for word in words) / len(words), 6) if words else 0.0


def _by_tag(documents: Sequence[Document], tags: Sequence[str]) -> list[tuple[Document, float | None]]:
    wanted = {tag.casefold() for tag in tags}
    return [(each, None) for each in documents if wanted & {tag.casefold() for tag in each.tags}]


def _narrowed(scope: DocumentScope, tags: list[str]) -> DocumentScope:
    """The scope with only the tags asked for; a tag beyond those the tool allows does not widen it."""
    if not tags:
        return scope
    permitted = {tag.casefold() for tag in scope.included_tags}
    chosen = [tag for tag in tags if not permitted or tag.casefold() in permitted]
    return msgspec.structs.replace(scope, included_tags=chosen or scope.included_tags)


def _clipped(hit: ChunkHit) -> ChunkHit:
    if len(hit.text) <= HIT_CHARACTERS:
        return hit
    return msgspec.structs.replace(hit, text=hit.text[:HIT_CHARACTERS], is_truncated=True)


def _document_hit(document: Document, score: float | None) -> DocumentHit:
    return DocumentHit(
        document_id=document.id,
        name=document.name,
        content_type=document.content_type,
        tags=document.tags,
        page_count=document.page_count,
        chunk_count=document.chunk_count,
        score=score,
    )


def _entry(chunk: Chunk) -> OutlineEntry:
    return OutlineEntry(
        chunk_id=chunk.id,
        ordinal=chunk.ordinal,
        preview=" ".join(chunk.text[: 2 * _PREVIEW_CHARACTERS].split())[:_PREVIEW_CHARACTERS],
        start=chunk.start,
        end=chunk.end,
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        headings=chunk.headings,
    )


def _parameter(
    name: str, description: str, *, kind: ParameterType = ParameterType.INTEGER, default: Any = None
) -> ToolParameter:
    return ToolParameter(name=name, type=kind, description=description, default=default)


_STRING = ParameterType.STRING
_TOP_K = "How many passages to return at most, 1 to 100."
_QUERY = ToolParameter(
    name="query",
    type=_STRING,
    description="What to look for: a question or a few telling words.",
    required=True,
    default="",
)
_INCLUDED_TAGS = _parameter(
    "included_tags",
    "Search only in documents that have one of these tags; leave out to search in all.",
    kind=ParameterType.ARRAY,
)
_FINDING = [
    ToolParameter(
        name="mode",
        type=_STRING,
        description="How to find documents; left out, it follows from the other arguments.",
        choices=list(_MODES),
    ),
    _parameter("document_name_search_string", "For mode name: words of the document's name.", kind=_STRING),
    _parameter("search_query_within_documents", "For mode content: what the document is about.", kind=_STRING),
    _parameter("document_ids", "For mode id: document ids, separated by commas.", kind=_STRING),
    _parameter("tag_list", "For mode tag: tags, separated by commas; any of them counts.", kind=_STRING),
    _parameter("query", "In place of the argument that the mode asks for.", kind=_STRING),
]
_OUTLINING = [
    _parameter("document_id", "The document to outline.", kind=_STRING),
    _parameter("chunk_id", "Instead of document_id: a passage of the document.", kind=_STRING),
    _parameter("offset", "The first passage to list, counted from 0.", default=0),
    _parameter("limit", "How many passages to list, at most 200.", default=_OUTLINE_LIMIT),
]
_READING = [
    ToolParameter(name="chunk_id", type=_STRING, description="The passage to read.", required=True),
    _parameter("offset", "The first character to return, counted from 0.", default=0),
    _parameter("max_chars", "How many characters to return, at most 20,000.", default=_WINDOW_CHARACTERS),
]
