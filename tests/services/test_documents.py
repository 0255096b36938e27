"""Documents: stored once per content, found, described, deleted without a trace, each member in their own project."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.shelf import Shelf, WordHashing, member, upload
from tertulia.core.conversation import Window
from tertulia.core.document import DocumentState
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied, TooLarge
from tertulia.core.ids import new_id
from tertulia.core.project import Permission
from tertulia.core.tool import SearchMode
from tertulia.services.documents import Upload, clean_name
from tertulia.services.files import Files

ALL = Window()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path, embedder=WordHashing(), document_megabytes=1) as opened:
        yield opened


def originals(shelf: Shelf) -> list[Path]:
    return [path for path in shelf.settings.files.rglob("*") if path.is_file()]


async def test_an_uploaded_document_can_be_found_and_its_original_read(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    document = (await shelf.add(ana, {"pets.md": "# Pets\n\nDogs may come to the office on Fridays."}))["pets.md"]
    assert document.state is DocumentState.ACTIVE
    assert document.chunk_count == 1
    assert (await shelf.search.search(ana.project_id, "dogs in the office")).hits[0].document_id == document.id
    original = await shelf.documents.open_original(ana, document.id)
    assert original.path.read_text() == "# Pets\n\nDogs may come to the office on Fridays."


async def test_the_same_bytes_twice_are_two_documents_over_one_file(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    text = "The canteen opens at noon."
    both = await shelf.add(ana, {"one.txt": text, "two.txt": text})
    assert len(originals(shelf)) == 1
    assert len((await shelf.search.search(ana.project_id, "canteen")).hits) == 1
    await shelf.documents.delete(ana, both["one.txt"].id)
    assert len(originals(shelf)) == 1
    (hit,) = (await shelf.search.search(ana.project_id, "canteen")).hits
    assert hit.document_id == both["two.txt"].id
    await shelf.documents.delete(ana, both["two.txt"].id)
    assert originals(shelf) == []


async def test_a_deleted_document_is_gone_from_everything_but_its_status(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    document = (await shelf.add(ana, {"pets.txt": "Dogs sleep."}))["pets.txt"]
    hit = (await shelf.search.search(ana.project_id, "dogs")).hits[0]
    await shelf.documents.delete(ana, document.id)
    for mode in SearchMode:
        assert (await shelf.search.search(ana.project_id, "dogs", mode=mode)).hits == []
    assert (await shelf.documents.list(ana, ALL)).total == 0
    for gone in (
        shelf.documents.get(ana, document.id),
        shelf.documents.delete(ana, document.id),
        shelf.documents.open_original(ana, document.id),
        shelf.documents.reference(ana.project_id, hit.chunk_id),
    ):
        with pytest.raises(NotFound):
            await gone
    assert [each.state for each in await shelf.documents.indexing_status(ana, [document.id])] == ["deleted"]
    assert originals(shelf) == []


async def test_a_document_deleted_before_it_was_indexed_never_appears(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    (document,) = await shelf.documents.upload(ana, [upload("pets.txt", "Dogs sleep.")])
    await shelf.documents.delete(ana, document.id)
    await shelf.ingestion.drain()
    assert (await shelf.search.search(ana.project_id, "dogs")).hits == []
    assert [each.state for each in await shelf.documents.indexing_status(ana, None)] == ["deleted"]


async def test_another_project_sees_nothing_of_a_document(shelf: Shelf) -> None:
    ana, ben = await shelf.found_project(), await shelf.found_project()
    document = (await shelf.add(ana, {"pets.txt": "Dogs sleep."}, tags=["home"]))["pets.txt"]
    chunk_id = (await shelf.search.search(ana.project_id, "dogs")).hits[0].chunk_id
    assert (await shelf.documents.list(ben, ALL)).items == []
    assert (await shelf.documents.list_by_tags(ben, ["home"], ALL)).items == []
    assert await shelf.documents.indexing_status(ben, [document.id]) == []
    for hidden in (
        shelf.documents.get(ben, document.id),
        shelf.documents.delete(ben, document.id),
        shelf.documents.add_metadata(ben, document.id, [("a", "b")]),
        shelf.documents.open_original(ben, document.id),
        shelf.documents.reference(ben.project_id, chunk_id),
    ):
        with pytest.raises(NotFound):
            await hidden
    assert (await shelf.documents.reference(ana.project_id, chunk_id.upper())).document.id == document.id


async def test_a_member_who_may_not_run_tasks_reads_but_does_not_write(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    document = (await shelf.add(ana, {"pets.txt": "Dogs sleep."}))["pets.txt"]
    guest = member(ana.project_id, Permission.VIEW_DATA)
    assert (await shelf.documents.get(guest, document.id)).name == "pets.txt"
    for forbidden in (
        shelf.documents.upload(guest, [upload("x.txt", "x")]),
        shelf.documents.delete(guest, document.id),
        shelf.documents.add_metadata(guest, document.id, [("a", "b")]),
    ):
        with pytest.raises(PermissionDenied):
            await forbidden


async def test_an_upload_stores_all_files_or_none(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    with pytest.raises(TooLarge, match=r"big\.txt is larger than the 1 MB"):
        await shelf.documents.upload(ana, [upload("small.txt", "x"), upload("big.txt", b"x" * (1 << 20 | 1))])
    with pytest.raises(InvalidInput):
        await shelf.documents.upload(ana, [])
    with pytest.raises(InvalidInput):
        await shelf.documents.upload(ana, [upload("small.txt", "x", [("", "value")])])
    assert originals(shelf) == []
    assert (await shelf.documents.list(ana, ALL)).total == 0


async def test_a_list_is_paged_searched_by_name_and_filtered_by_state(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    await shelf.add(ana, {"Handbook.txt": "a word", "Price_list.txt": "another word"})
    await shelf.documents.upload(ana, [upload("later.txt", "x")], skip_parsing=True)
    await shelf.ingestion.drain()
    page = await shelf.documents.list(ana, Window(limit=2, offset=1))
    assert (page.total, [each.name for each in page.items]) == (3, ["Price_list.txt", "Handbook.txt"])
    assert [each.name for each in (await shelf.documents.list(ana, ALL, text="HAND")).items] == ["Handbook.txt"]
    assert [each.name for each in (await shelf.documents.list(ana, ALL, text="_")).items] == ["Price_list.txt"]
    waiting = await shelf.documents.list(ana, ALL, states=[DocumentState.CREATED])
    assert [each.name for each in waiting.items] == ["later.txt"]


async def test_lists_by_tag_and_by_metadata_know_no_case(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    await shelf.documents.upload(ana, [upload("a.txt", "x", [("tag", "Policy"), ("year", "2026")])])
    await shelf.documents.upload(ana, [upload("b.txt", "y", [("owner", "POLICY")])])
    tagged = await shelf.documents.list_by_tags(ana, ["policy", "none"], ALL)
    assert [each.name for each in tagged.items] == ["a.txt"]
    described = await shelf.documents.list_by_metadata(ana, ["policy"], Window(limit=1))
    assert (described.total, [each.name for each in described.items]) == (2, ["b.txt"])


async def test_metadata_is_ordered_may_repeat_and_is_removed_by_pair_or_key(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    (document,) = await shelf.documents.upload(ana, [upload("a.txt", "x", [("k", "1")])])
    await shelf.documents.add_metadata(ana, document.id, [("k", "2"), ("k", "1"), ("other", "3")])
    assert await shelf.documents.metadata_values(ana, document.id, "k") == ["1", "2", "1"]
    removed, changed = await shelf.documents.remove_metadata_pair(ana, document.id, "k", "1")
    assert (removed, changed.metadata) == (2, [("k", "2"), ("other", "3")])
    assert (await shelf.documents.remove_metadata_pair(ana, document.id, "k", "9"))[0] == 0
    removed, changed = await shelf.documents.remove_metadata_key(ana, document.id, "k")
    assert (removed, changed.metadata) == (1, [("other", "3")])


@pytest.mark.parametrize("metadata", [[("k", "v" * 2_001)], [("k" * 201, "v")], [(" ", "v")], [("k", "\ud800")]])
async def test_metadata_that_cannot_be_kept_is_refused(shelf: Shelf, metadata: list[tuple[str, str]]) -> None:
    ana = await shelf.found_project()
    with pytest.raises(InvalidInput):
        await shelf.documents.upload(ana, [upload("a.txt", "x", metadata)])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\plan.docx", "plan.docx"),
        ("", "document"),
        ("..", "document"),
        ("bad\x00\n\ud800name.txt", "badname.txt"),
        ("e\u0301.txt", "é.txt"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_a_name_is_kept_without_what_is_no_name(given: str, kept: str) -> None:
    assert clean_name(given) == kept


async def test_uploads_and_deletions_of_one_content_never_lose_its_file(tmp_path: Path, shelf: Shelf) -> None:
    ana = await shelf.found_project()

    async def come_and_go(own: Shelf) -> None:
        for _ in range(15):
            (document,) = await own.documents.upload(ana, [upload("a.txt", "the same")], skip_parsing=True)
            assert (await own.documents.open_original(ana, document.id)).path.read_bytes() == b"the same"
            await own.documents.delete(ana, document.id)

    with Shelf(tmp_path) as other:
        await asyncio.gather(*(come_and_go(each) for each in (shelf, shelf, other, other)))
    assert originals(shelf) == []


async def test_a_sweep_removes_only_originals_that_no_document_has(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    await shelf.documents.upload(ana, [upload("a.txt", "kept")])
    stray = shelf.files.receive(io.BytesIO(b"stray"), name="stray", limit_bytes=10)
    shelf.files.keep(stray)
    assert len(originals(shelf)) == 2
    assert await shelf.documents.sweep() == 1
    assert [path.read_bytes() for path in originals(shelf)] == [b"kept"]


async def test_the_content_type_follows_from_the_name_where_the_client_does_not_say(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    sent = [
        Upload(name="a.pdf", content=io.BytesIO(b"1"), content_type="application/octet-stream"),
        Upload(name="a.bin", content=io.BytesIO(b"2"), content_type="text/plain; charset=utf-8"),
        Upload(name="nothing", content=io.BytesIO(b"3")),
    ]
    stored = await shelf.documents.upload(ana, sent, skip_parsing=True)
    assert [each.content_type for each in stored] == ["application/pdf", "text/plain", "application/octet-stream"]


async def test_an_unknown_id_is_not_found(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    with pytest.raises(NotFound):
        await shelf.documents.get(ana, new_id())
    with pytest.raises(NotFound):
        await shelf.documents.get(ana, "no id at all")


def test_content_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(f"the line is dead, {size} bytes short")

    files = Files(tmp_path)
    with pytest.raises(OSError, match="dead"):
        files.receive(Broken(), name="a", limit_bytes=10)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
