"""A folder of files as a database."""

from collections.abc import AsyncIterator
from pathlib import Path

import duckdb
import pytest
import pytest_asyncio

from tertulia.core.errors import InvalidQuery, SourceUnavailable
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.folder_warehouse import FolderWarehouse
from tertulia.semantic.execute.warehouse import Ceiling


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    (path / "landings").mkdir(parents=True)
    (path / ".hidden").mkdir()
    (path / "boats.csv").write_text("id,built,price\n1,1999-05-02,3.50\n2,,4\n")
    (path / "odd [name]*.tsv").write_text("a\tb\n1\tx\n")
    (path / "landings" / "2023.csv").write_text("boat,tons\n1,2.5\n")
    (path / "landings" / "2024.csv").write_text("boat,tons,port\n2,3.5,Porto\n")
    (path / "crew.jsonl").write_text('{"name": "Ana", "tags": ["a"]}\n{"name": "Rui"}\n')
    (path / ".hidden" / "x.csv").write_text("a\n1\n")
    (path / "notes.txt").write_text("not data")
    with duckdb.connect() as connection:
        connection.sql("SELECT 7 AS harbour").write_parquet(str(path / "harbours.parquet"))
    return path


@pytest_asyncio.fixture
async def warehouse(folder: Path, tmp_path: Path) -> AsyncIterator[FolderWarehouse]:
    opened = FolderWarehouse(folder, tmp_path / "cache", processes=1, memory_megabytes=200)
    yield opened
    await opened.close()


async def test_each_file_and_each_folder_is_a_table(warehouse: FolderWarehouse, folder: Path) -> None:
    boats = await warehouse.run("SELECT * FROM boats ORDER BY id", Ceiling())
    assert boats.types == [ColumnType.NUMBER, ColumnType.DATE, ColumnType.NUMBER]
    assert boats.rows == [[1, "1999-05-02", 3.5], [2, None, 4.0]]
    landings = await warehouse.run("SELECT boat, tons, port FROM landings ORDER BY boat", Ceiling())
    assert landings.rows == [[1, 2.5, None], [2, 3.5, "Porto"]]
    assert (await warehouse.run('SELECT a, b FROM "odd [name]*"', Ceiling())).rows == [[1, "x"]]
    assert (await warehouse.run("SELECT name, tags FROM crew ORDER BY 1", Ceiling())).rows == [
        ["Ana", ["a"]],
        ["Rui", None],
    ]
    assert (await warehouse.run("FROM harbours", Ceiling())).rows == [[7]]
    for name in ("x", "notes", "hidden"):
        with pytest.raises(InvalidQuery):
            await warehouse.run(f'FROM "{name}"', Ceiling())
    assert await warehouse.failures() == {}


async def test_the_files_themselves_stay_out_of_reach(warehouse: FolderWarehouse, folder: Path) -> None:
    with pytest.raises(InvalidQuery):
        await warehouse.run(f"FROM '{folder}/boats.csv'", Ceiling())


async def test_a_changed_file_is_loaded_again_and_the_old_database_goes(
    warehouse: FolderWarehouse, folder: Path, tmp_path: Path
) -> None:
    assert len((await warehouse.run("FROM boats", Ceiling())).rows) == 2
    before, [old] = await warehouse.version(), list((tmp_path / "cache").glob("*.duckdb"))
    (folder / "boats.csv").write_text("id\n1\n")
    assert await warehouse.version() != before
    assert (await warehouse.run("FROM boats", Ceiling())).rows == [[1]]
    [new] = (tmp_path / "cache").glob("*.duckdb")
    assert new != old
    (folder / "harbours.parquet").unlink()
    with pytest.raises(InvalidQuery):
        await warehouse.run("FROM harbours", Ceiling())


async def test_a_second_server_finds_the_database_made(
    warehouse: FolderWarehouse, folder: Path, tmp_path: Path
) -> None:
    (folder / "bad.parquet").write_bytes(b"nonsense" * 100)
    await warehouse.run("FROM boats", Ceiling())
    [made] = (tmp_path / "cache").glob("*.duckdb")
    written = made.stat().st_mtime_ns
    other = FolderWarehouse(folder, tmp_path / "cache", processes=1)
    assert len((await other.run("FROM boats", Ceiling())).rows) == 2
    assert (await other.failures()).keys() == {"bad"}
    assert made.stat().st_mtime_ns == written
    await other.close()


async def test_a_bad_file_is_told_by_name_and_spoils_no_other_table(warehouse: FolderWarehouse, folder: Path) -> None:
    (folder / "bad.parquet").write_bytes(b"nonsense" * 100)
    (folder / "broken.json").write_text('{"a": ')
    (folder / "twice.csv").write_text("a\n1\n")
    (folder / "twice.json").write_text('[{"a": 1}]')
    assert len((await warehouse.run("FROM boats", Ceiling())).rows) == 2
    assert (await warehouse.failures()).keys() == {"bad", "broken", "twice"}
    with pytest.raises(SourceUnavailable, match=r"bad\.parquet") as caught:
        await warehouse.run("FROM bad", Ceiling())
    assert str(folder) not in caught.value.message
    with pytest.raises(SourceUnavailable, match="more than one kind"):
        await warehouse.run("FROM twice", Ceiling())
    with pytest.raises(InvalidQuery):
        await warehouse.run("FROM nothing", Ceiling())


async def test_a_folder_without_data_or_that_is_not_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, told in (("empty", "holds no CSV"), ("missing", "cannot be read")):
        warehouse = FolderWarehouse(tmp_path / name, tmp_path / "cache", processes=1)
        with pytest.raises(SourceUnavailable, match=told) as caught:
            await warehouse.run("SELECT 1", Ceiling())
        assert str(tmp_path) not in caught.value.message
