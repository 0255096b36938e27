"""Tools: lenient in what they take, clear in what they refuse, and bound to their scope."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.shelf import Shelf, WordHashing, member
from tertulia.core.access import Actor
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import Window
from tertulia.core.document import Document, DocumentScope
from tertulia.core.errors import InvalidInput, InvalidQuery, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.core.tool import ChunkHits, DocumentHits, Outline, Passage, SearchMode, Tool, ToolKind
from tertulia.retrieval.tools import parameters_of
from tertulia.store import agents

LONG = "\n\n".join(f"Paragraph {n} is about leashes. " + "It says the same thing again. " * 12 for n in range(12))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path, embedder=WordHashing()) as opened:
        yield opened


@pytest.fixture
async def ana(shelf: Shelf) -> Actor:
    return await shelf.found_project()


@pytest.fixture
async def documents(shelf: Shelf, ana: Actor) -> dict[str, Document]:
    tagged = await shelf.add(ana, {"dog policy.md": "# Dogs\n\nA dog may come to the office."}, tags=["Pets"])
    return tagged | await shelf.add(ana, {"fee_schedule.txt": "The fee is ten euros.", "leashes.txt": LONG})


def tool_of(ana: Actor, kind: ToolKind, **values: Any) -> Tool:
    moment = now()
    return Tool(
        id=new_id(),
        project_id=ana.project_id,
        name="A tool",
        description="",
        kind=kind,
        created_at=moment,
        updated_at=moment,
        **values,
    )


async def found(shelf: Shelf, ana: Actor, arguments: dict[str, Any], **values: Any) -> list[str]:
    """Names of the documents document_retrieval finds."""
    tool = tool_of(ana, ToolKind.DOCUMENT_RETRIEVAL, **values)
    result = await shelf.toolbox.run(ana.project_id, tool, arguments)
    assert isinstance(result, DocumentHits)
    return [each.name for each in result.documents]


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"top_k": "2"}, 2), ({"top_k": 2.0}, 2), ({"top_k": 0}, 1), ({"top_k": -5}, 1), ({}, 3), ({"top_k": None}, 3)],
)
async def test_top_k_is_read_leniently_and_kept_in_bounds(
    shelf: Shelf, ana: Actor, documents: dict[str, Document], given: dict[str, Any], expected: int
) -> None:
    tool = tool_of(ana, ToolKind.RETRIEVAL, result_limit=3)
    result = await shelf.toolbox.run(ana.project_id, tool, {"query": "leashes", "unknown": [1], **given})
    assert isinstance(result, ChunkHits)
    assert len(result.hits) == expected
    assert result.hits[0].document_name == "leashes.txt"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "query is empty"),
        ({"query": "  "}, "query is empty"),
        ({"query": ["a"]}, "must be text"),
        ({"query": "a", "top_k": "many"}, "from 1 to 100, not 'many'"),
        ({"query": "a", "top_k": True}, "whole number"),
        ({"query": "a", "top_k": float("nan")}, "whole number"),
        ({"query": "a", "top_k": float("inf")}, "whole number"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_what_to_do(
    shelf: Shelf, ana: Actor, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidQuery, match=message):
        await shelf.toolbox.run(ana.project_id, tool_of(ana, ToolKind.RETRIEVAL), given)


async def test_a_long_hit_is_cut_and_get_chunk_reads_it_in_windows(shelf: Shelf, ana: Actor) -> None:
    await shelf.add(ana, {"table.csv": "name,text\nx," + "word " * 150})
    hit = (await shelf.search.search(ana.project_id, "word")).hits[0]
    tool = tool_of(ana, ToolKind.GET_CHUNK)
    pieces: list[str] = []
    offset: int | None = 0
    while offset is not None:
        arguments = {"chunk_id": hit.chunk_id, "offset": offset, "max_chars": "100"}
        result = await shelf.toolbox.run(ana.project_id, tool, arguments)
        assert isinstance(result, Passage)
        assert result.total_characters == len(hit.text)
        assert result.hit.is_truncated
        pieces.append(result.hit.text)
        offset = result.next_offset
    assert "".join(pieces) == hit.text
    whole = await shelf.toolbox.run(ana.project_id, tool, {"chunk_id": hit.chunk_id.upper()})
    assert isinstance(whole, Passage)
    assert (whole.hit.text, whole.hit.is_truncated, whole.next_offset) == (hit.text, False, None)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"mode": "name", "document_name_search_string": "POLICY"}, ["dog policy.md"]),
        ({"mode": "identify_document_from_their_name_only", "query": "fee schedule"}, ["fee_schedule.txt"]),
        ({"document_name_search_string": "schedule of fee"}, ["fee_schedule.txt"]),
        ({"mode": "content", "search_query_within_documents": "come to the office", "top_k": 1}, ["dog policy.md"]),
        ({"query": "ten euros", "top_k": "1"}, ["fee_schedule.txt"]),
        ({"mode": "tag", "tag_list": "none, PETS"}, ["dog policy.md"]),
        ({"tag_list": ["pets"]}, ["dog policy.md"]),
        ({"mode": "tag", "query": "pets"}, ["dog policy.md"]),
        ({"mode": "list_document_names"}, ["dog policy.md", "fee_schedule.txt", "leashes.txt"]),
        ({}, ["dog policy.md", "fee_schedule.txt", "leashes.txt"]),
        ({"mode": "list_document_names", "top_k": 2}, ["dog policy.md", "fee_schedule.txt"]),
        ({"mode": "name", "document_name_search_string": "nothing"}, []),
    ],
)
async def test_documents_are_found_every_way(
    shelf: Shelf, ana: Actor, documents: dict[str, Document], arguments: dict[str, Any], names: list[str]
) -> None:
    assert await found(shelf, ana, arguments) == names


async def test_documents_are_found_by_id(shelf: Shelf, ana: Actor, documents: dict[str, Document]) -> None:
    ids = [documents["leashes.txt"].id.upper(), documents["dog policy.md"].id, new_id(), "no id"]
    expected = ["dog policy.md", "leashes.txt"]
    assert await found(shelf, ana, {"mode": "id", "document_ids": ",".join(ids)}) == expected
    assert await found(shelf, ana, {"document_ids": ids}) == expected


async def test_a_mode_that_does_not_exist_names_those_that_do(shelf: Shelf, ana: Actor) -> None:
    with pytest.raises(InvalidQuery, match="list_document_names"):
        await found(shelf, ana, {"mode": "guess"})
    with pytest.raises(InvalidQuery, match="document_name_search_string"):
        await found(shelf, ana, {"mode": "name"})


async def test_an_outline_maps_a_document_window_by_window(
    shelf: Shelf, ana: Actor, documents: dict[str, Document]
) -> None:
    document = documents["leashes.txt"]
    tool = tool_of(ana, ToolKind.GET_DOCUMENT_OUTLINE)
    ordinals: list[int] = []
    chunk_ids: list[str] = []
    offset: int | None = 0
    while offset is not None:
        arguments = {"document_id": document.id, "offset": offset, "limit": 3}
        result = await shelf.toolbox.run(ana.project_id, tool, arguments)
        assert isinstance(result, Outline)
        assert (result.name, result.chunk_count, result.state) == ("leashes.txt", document.chunk_count, "active")
        ordinals += [entry.ordinal for entry in result.entries]
        chunk_ids += [entry.chunk_id for entry in result.entries]
        offset = result.next_offset
    assert ordinals == list(range(document.chunk_count))
    by_chunk = await shelf.toolbox.run(ana.project_id, tool, {"chunk_id": chunk_ids[-1]})
    assert isinstance(by_chunk, Outline)
    assert by_chunk.document_id == document.id
    beyond = await shelf.toolbox.run(ana.project_id, tool, {"document_id": document.id, "offset": 10_000})
    assert isinstance(beyond, Outline)
    assert (beyond.entries, beyond.next_offset) == ([], None)


@pytest.mark.parametrize("kind", [ToolKind.GET_CHUNK, ToolKind.GET_DOCUMENT_OUTLINE])
async def test_ids_that_are_missing_or_unknown_are_told_apart(shelf: Shelf, ana: Actor, kind: ToolKind) -> None:
    with pytest.raises(InvalidQuery, match="chunk_id"):
        await shelf.toolbox.run(ana.project_id, tool_of(ana, kind), {})
    for unknown in (new_id(), "no id"):
        with pytest.raises(NotFound, match="search result"):
            await shelf.toolbox.run(ana.project_id, tool_of(ana, kind), {"chunk_id": unknown})
    outline = tool_of(ana, ToolKind.GET_DOCUMENT_OUTLINE)
    with pytest.raises(NotFound):
        await shelf.toolbox.run(ana.project_id, outline, {"document_id": new_id()})


async def test_what_a_tools_scope_hides_no_kind_of_tool_shows(
    shelf: Shelf, ana: Actor, documents: dict[str, Document]
) -> None:
    hidden = (await shelf.search.search(ana.project_id, "fee euros")).hits[0]
    assert hidden.document_name == "fee_schedule.txt"
    scope = DocumentScope(included_tags=["pets"])
    for arguments in ({"query": "fee"}, {"document_ids": hidden.document_id}, {}, {"document_name_search_string": "e"}):
        assert "fee_schedule.txt" not in await found(shelf, ana, arguments, scope=scope)
    for kind, arguments in [
        (ToolKind.GET_CHUNK, {"chunk_id": hidden.chunk_id}),
        (ToolKind.GET_DOCUMENT_OUTLINE, {"chunk_id": hidden.chunk_id}),
        (ToolKind.GET_DOCUMENT_OUTLINE, {"document_id": hidden.document_id}),
    ]:
        with pytest.raises(NotFound):
            await shelf.toolbox.run(ana.project_id, tool_of(ana, kind, scope=scope), arguments)
    by_document = DocumentScope(document_ids=[documents["leashes.txt"].id])
    tool = tool_of(ana, ToolKind.GET_CHUNK, scope=by_document)
    with pytest.raises(NotFound):
        await shelf.toolbox.run(ana.project_id, tool, {"chunk_id": hidden.chunk_id})


async def test_another_projects_passages_are_not_found(
    shelf: Shelf, ana: Actor, documents: dict[str, Document]
) -> None:
    ben = await shelf.found_project()
    hit = (await shelf.search.search(ana.project_id, "fee euros")).hits[0]
    for kind in (ToolKind.GET_CHUNK, ToolKind.GET_DOCUMENT_OUTLINE):
        with pytest.raises(NotFound):
            await shelf.toolbox.run(ben.project_id, tool_of(ben, kind), {"chunk_id": hit.chunk_id})
    assert await found(shelf, ben, {}) == []


@pytest.mark.parametrize(
    "settings", [{"tags_included_mode": "auto"}, {"retrieval_parameters": {"tags_included_mode": "auto_include"}}]
)
async def test_the_caller_picks_tags_where_the_tool_lets_them(
    shelf: Shelf, ana: Actor, documents: dict[str, Document], settings: dict[str, Any]
) -> None:
    tool = tool_of(ana, ToolKind.RETRIEVAL, settings=settings)
    assert [each.name for each in parameters_of(tool)] == ["query", "top_k", "included_tags"]
    result = await shelf.toolbox.run(ana.project_id, tool, {"query": "fee office", "included_tags": "PETS"})
    assert isinstance(result, ChunkHits)
    assert {hit.document_name for hit in result.hits} == {"dog policy.md"}
    fixed = tool_of(ana, ToolKind.RETRIEVAL, scope=DocumentScope(included_tags=["none"]), settings=settings)
    result = await shelf.toolbox.run(ana.project_id, fixed, {"query": "office", "included_tags": ["pets"]})
    assert isinstance(result, ChunkHits)
    assert result.hits == []


@pytest.mark.parametrize("kind", [kind for kind in ToolKind if not kind.reads_data])
def test_every_tool_describes_each_of_its_parameters(kind: ToolKind) -> None:
    tool = tool_of(member("p"), kind)
    parameters = parameters_of(tool)
    assert all(each.description for each in parameters)
    assert len({each.name for each in parameters}) == len(parameters)


async def test_a_new_project_has_readonly_tools_for_every_kind(shelf: Shelf, ana: Actor) -> None:
    page = await shelf.tools.list(ana, Window())
    assert [tool.label for tool in page.items] == [
        "hybrid_chunks",
        "semantic_chunks",
        "fulltext_chunks",
        "document_retrieval",
        "get_document_outline",
        "get_chunk",
    ]
    for tool in page.items:
        with pytest.raises(PermissionDenied):
            await shelf.tools.change(ana, tool.id, name="Mine")
        with pytest.raises(PermissionDenied):
            await shelf.tools.delete(ana, tool.id)


async def test_an_admin_makes_changes_runs_and_deletes_a_tool(
    shelf: Shelf, ana: Actor, documents: dict[str, Document]
) -> None:
    values = {"name": "Pets", "description": "", "kind": ToolKind.RETRIEVAL, "mode": SearchMode.FULLTEXT}
    tool = await shelf.tools.create(ana, **values, scope=DocumentScope(included_tags=["pets"]))
    changed = await shelf.tools.change(ana, tool.id, result_limit=1)
    assert (await shelf.tools.get(ana, tool.id)) == changed
    result = await shelf.tools.run(ana, tool.id, {"query": "office fee"})
    assert isinstance(result, ChunkHits)
    assert [hit.document_name for hit in result.hits] == ["dog policy.md"]
    assert [each.name for each in await shelf.tools.parameters(ana, tool.id)] == ["query", "top_k"]
    for wrong in ({"name": " "}, {"result_limit": 0}, {"result_limit": 101}, {"name": "x" * 256}):
        with pytest.raises(InvalidInput):
            await shelf.tools.change(ana, tool.id, **wrong)
    await shelf.tools.delete(ana, tool.id)
    with pytest.raises(NotFound):
        await shelf.tools.run(ana, tool.id, {"query": "x"})


async def test_a_member_runs_tools_but_does_not_write_them(shelf: Shelf, ana: Actor) -> None:
    guest = member(ana.project_id)
    tool = (await shelf.tools.list(guest, Window(), kind="retrieval")).items[0]
    assert isinstance(await shelf.tools.run(guest, tool.id, {"query": "dog"}), ChunkHits)
    with pytest.raises(PermissionDenied):
        await shelf.tools.create(guest, name="Mine", description="", kind=ToolKind.RETRIEVAL)
    outsider = await shelf.found_project()
    with pytest.raises(NotFound):
        await shelf.tools.get(outsider, tool.id)


async def callable_by(shelf: Shelf, agent: Agent) -> list[Tool]:
    return await shelf.database.read(agents.tools_of_agent, agent)


async def test_an_agent_has_the_tools_it_names_or_all(shelf: Shelf, ana: Actor) -> None:
    page = await shelf.tools.list(ana, Window())
    moment = now()
    agent = Agent(id=new_id(), project_id=ana.project_id, name="A", created_at=moment, updated_at=moment)
    assert [tool.id for tool in await callable_by(shelf, agent)] == [tool.id for tool in page.items]
    chosen = [page.items[2].id, new_id(), page.items[0].id]
    picky = Agent(
        id=new_id(), project_id=ana.project_id, name="A", created_at=moment, updated_at=moment, tool_ids=chosen
    )
    assert [tool.id for tool in await callable_by(shelf, picky)] == [chosen[0], chosen[2]]
