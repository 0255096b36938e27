"""Tools: what the agents of a project may call, and what a member may run by hand."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.conversation import Page, Window
from tertulia.core.document import Chunk, ChunkHit, Document, DocumentScope, DocumentState
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.core.tool import Caller, SearchMode, Tool, ToolKind, ToolParameter, ToolResult
from tertulia.retrieval.search import LIMIT, Question, Rankings
from tertulia.retrieval.tools import Toolbox as DocumentTools
from tertulia.retrieval.tools import parameters_of
from tertulia.services.callers import caller_alone
from tertulia.store import agents, library
from tertulia.store.database import Connection, Database
from tertulia.store.sqlite import chunks

NAME_LIMIT = 255


class DataTools(Protocol):
    """The tools that ask governed data."""

    async def parameters_of(self, caller: Caller, tool: Tool) -> list[ToolParameter]: ...

    async def brief(self, caller: Caller, question: str) -> str: ...

    async def run(self, caller: Caller, tool: Tool, arguments: Mapping[str, Any]) -> ToolResult: ...


class Toolbox:
    """Every tool behind one door. `load_data` brings in what asks governed data: heavy, and done when first needed."""

    def __init__(self, documents: DocumentTools, load_data: Callable[[], DataTools]) -> None:
        self._documents = documents
        self._load_data = load_data
        self._data: DataTools | None = None
        self._loading = asyncio.Lock()

    async def parameters_of(self, caller: Caller, tool: Tool) -> list[ToolParameter]:
        if tool.kind.reads_data:
            return await (await self._loaded()).parameters_of(caller, tool)
        return parameters_of(tool)

    async def brief(self, caller: Caller, tools: Sequence[Tool], question: str) -> str:
        """What a model should know of the data these tools reach, "" where they reach none."""
        if not any(tool.kind.reads_data for tool in tools):
            return ""
        return await (await self._loaded()).brief(caller, question)

    async def run(self, caller: Caller, tool: Tool, arguments: Mapping[str, Any]) -> ToolResult:
        """Raises children of TertuliaError whose message says what to do."""
        if tool.kind.reads_data:
            return await (await self._loaded()).run(caller, tool, arguments)
        return await self._documents.run(caller.project_id, tool, arguments)

    async def _loaded(self) -> DataTools:
        async with self._loading:
            if self._data is None:
                self._data = await asyncio.to_thread(self._load_data)
            return self._data


class Tools:
    """Reading and running is for every member, writing for admins; a readonly tool is changed by nobody."""

    def __init__(self, database: Database, toolbox: Toolbox) -> None:
        self._database = database
        self._toolbox = toolbox

    async def list(self, actor: Actor, window: Window, *, kind: str | None = None) -> Page[Tool]:
        """Oldest first; `kind` narrows to one kind, an unknown one to nothing."""
        return await self._database.read(agents.list_tools, actor.project_id, window, kind=kind)

    async def get(self, actor: Actor, tool_id: str) -> Tool:
        return await self._database.read(_get, actor.project_id, tool_id)

    async def create(self, actor: Actor, **values: Any) -> Tool:
        """A tool from the fields of core Tool given. Raises InvalidInput."""

        def work(connection: Connection) -> Tool:
            _require_writer(actor)
            moment = now()
            tool = Tool(id=new_id(), project_id=actor.project_id, created_at=moment, updated_at=moment, **values)
            _check(tool)
            agents.insert_tool(connection, tool)
            return tool

        return await self._database.write(work)

    async def change(self, actor: Actor, tool_id: str, **changes: Any) -> Tool:
        """Replaces the fields given. Raises NotFound; PermissionDenied for a readonly tool."""

        def work(connection: Connection) -> Tool:
            changed = msgspec.structs.replace(_writable(connection, actor, tool_id), **changes, updated_at=now())
            _check(changed)
            agents.update_tool(connection, changed)
            return changed

        return await self._database.write(work)

    async def delete(self, actor: Actor, tool_id: str) -> None:
        """Agents that had it go on without. Raises NotFound; PermissionDenied for a readonly tool."""

        def work(connection: Connection) -> None:
            agents.delete_tool(connection, _writable(connection, actor, tool_id).id)

        await self._database.write(work)

    async def parameters(self, actor: Actor, tool_id: str) -> Sequence[ToolParameter]:
        tool, caller = await self._found(actor, tool_id)
        return await self._toolbox.parameters_of(caller, tool)

    async def run(self, actor: Actor, tool_id: str, arguments: Mapping[str, Any]) -> ToolResult:
        """The tool's result. Raises NotFound and InvalidQuery with a message that says what to do."""
        tool, caller = await self._found(actor, tool_id)
        return await self._toolbox.run(caller, tool, arguments)

    async def _found(self, actor: Actor, tool_id: str) -> tuple[Tool, Caller]:
        def work(connection: Connection) -> tuple[Tool, Caller]:
            return _get(connection, actor.project_id, tool_id), caller_alone(connection, actor)

        return await self._database.read(work)


class StoredLibrary:
    """The documents and chunks of the database, as search and tools ask for them (retrieval's ChunkIndex and Shelf)."""

    def __init__(self, database: Database, vectors: chunks.VectorCache | None = None) -> None:
        self._database = database
        self._vectors = vectors or chunks.VectorCache()

    async def rank(self, project_id: str, scope: DocumentScope, question: Question, limit: int) -> Rankings:
        def work(connection: Connection) -> Rankings:
            lexical = chunks.lexical(connection, project_id, scope, question.terms, limit)
            if question.vector is None:
                return Rankings(lexical, [])
            query = chunks.QueryVector(question.embedder_id, question.vector)
            dense = chunks.dense(connection, self._vectors, project_id, scope, query, limit)
            by_words, by_meaning = dict(lexical), dict(dense)
            unread = [key for key in by_meaning if key not in by_words]
            unmet = [key for key in by_words if key not in by_meaning]
            # whoever stands below a full ranking scores no better than its last, so the order holds
            return Rankings(
                lexical + chunks.lexical_of(connection, question.terms, unread),
                dense + chunks.dense_of(connection, self._vectors, project_id, query, unmet),
            )

        return await self._database.read(work)

    async def hits(self, project_id: str, keys: Sequence[int]) -> dict[int, ChunkHit]:
        return await self._database.read(library.hits_by_key, project_id, keys)

    async def documents(self, project_id: str, scope: DocumentScope) -> Sequence[Document]:
        return await self._database.read(library.documents_in_scope, project_id, scope)

    async def passage(self, project_id: str, chunk_id: str) -> tuple[Chunk, Document] | None:
        found = await self._database.read(library.find_chunk, project_id, chunk_id)
        return found if found is not None and found[1].state is DocumentState.ACTIVE else None

    async def chunks(self, document_id: str, window: Window) -> Sequence[Chunk]:
        return await self._database.read(library.list_chunks, document_id, window)


def default_tools(project_id: str, moment: datetime) -> list[Tool]:
    """The readonly tools every project begins with, the most useful first."""
    return [
        _readonly(project_id, moment, name=name, description=description, kind=kind, mode=mode)
        for name, description, kind, mode in _DOCUMENT_TOOLS
    ]


def data_tools(project_id: str, moment: datetime) -> list[Tool]:
    """The readonly tools of a project with LookML."""
    return [
        _readonly(project_id, moment, name=name, description=description, kind=kind)
        for name, description, kind in _DATA_TOOLS
    ]


def _readonly(project_id: str, moment: datetime, **values: Any) -> Tool:
    return Tool(id=new_id(), project_id=project_id, is_readonly=True, created_at=moment, updated_at=moment, **values)


_HYBRID, _SEMANTIC, _FULLTEXT = SearchMode.HYBRID, SearchMode.SEMANTIC, SearchMode.FULLTEXT
_DOCUMENT_TOOLS = (
    (
        "Search documents",
        "Finds passages that answer a question, by their words and by their meaning. Try this first.",
        ToolKind.RETRIEVAL,
        _HYBRID,
    ),
    (
        "Search by meaning",
        "Finds passages close in meaning, also where they use other words than the question.",
        ToolKind.RETRIEVAL,
        _SEMANTIC,
    ),
    (
        "Search by words",
        "Finds passages that contain the words: names, numbers, codes, exact terms.",
        ToolKind.RETRIEVAL,
        _FULLTEXT,
    ),
    (
        "Find documents",
        "Finds documents by name, content, tag or id, or lists them all. Returns no content.",
        ToolKind.DOCUMENT_RETRIEVAL,
        _HYBRID,
    ),
    (
        "Document outline",
        "Maps a document: its size, pages, tags, and every passage with its headings and first words.",
        ToolKind.GET_DOCUMENT_OUTLINE,
        _HYBRID,
    ),
    (
        "Read passage",
        "Reads a passage in full, for search results that were cut short.",
        ToolKind.GET_CHUNK,
        _HYBRID,
    ),
)
_DATA_TOOLS = (
    (
        "Ask data",
        "Answers a question about numbers where every word of it is explained by the data model; asks back otherwise.",
        ToolKind.ASK_DATA,
    ),
    ("List explores", "Lists what data can be asked about.", ToolKind.LIST_EXPLORES),
    (
        "Describe explore",
        "Lists the dimensions and measures of an explore, with what they mean.",
        ToolKind.DESCRIBE_EXPLORE,
    ),
    (
        "Search field values",
        "Finds the values of a text dimension, so that filters name them as the data does.",
        ToolKind.SEARCH_FIELD_VALUES,
    ),
    (
        "Run query",
        "Computes measures by dimensions of one explore, filtered and sorted; the SQL is written for you.",
        ToolKind.RUN_QUERY,
    ),
    ("Draw chart", "Runs a query and draws its rows.", ToolKind.DRAW_CHART),
    (
        "Run code",
        "Runs a short Python program that may ask queries and work with their rows.",
        ToolKind.RUN_CODE,
    ),
)


def _get(connection: Connection, project_id: str, tool_id: str) -> Tool:
    found = agents.find_tool(connection, project_id, tool_id)
    if found is None:
        raise NotFound
    return found


def _writable(connection: Connection, actor: Actor, tool_id: str) -> Tool:
    _require_writer(actor)
    tool = _get(connection, actor.project_id, tool_id)
    if tool.is_readonly:
        raise PermissionDenied("This tool is read-only. Create a tool of your own instead.")
    return tool


def _require_writer(actor: Actor) -> None:
    if not allowed(actor, Verb.WRITE_AGENTS):
        raise PermissionDenied


def _check(tool: Tool) -> None:
    if not tool.name.strip():
        raise InvalidInput(fields={"name": ["This field may not be blank."]})
    if len(tool.name) > NAME_LIMIT:
        raise InvalidInput(fields={"name": [f"Ensure this field has no more than {NAME_LIMIT} characters."]})
    if not 1 <= tool.result_limit <= LIMIT:
        raise InvalidInput(fields={"result_limit": [f"Ensure this value is between 1 and {LIMIT}."]})
