"""What a check of the keys opens, it closes."""

from pathlib import Path

import duckdb
import pytest

from services.marina import FILES, Marina
from tertulia.core.errors import InvalidInput, SourceUnavailable
from tertulia.semantic.execute.registry import open_warehouse
from tertulia.semantic.execute.warehouse import Ceiling, Warehouse
from tertulia.semantic.lookml.load import load_project
from tertulia.services.inspection import Inspection

ONE = Ceiling(rows=1, seconds=10.0)


async def test_connections_are_closed_where_a_later_one_cannot_be_opened(marina: Marina, tmp_path: Path) -> None:
    opened: list[Warehouse] = []

    def kept(name: str, url: str) -> Warehouse:
        opened.append(open_warehouse(name, url, cache_dir=tmp_path / "kept"))
        return opened[-1]

    duckdb.connect(str(tmp_path / "boats.duckdb")).close()
    await marina.house.modelling.connect(marina.project_id, "boats", f"duckdb:///{tmp_path / 'boats.duckdb'}")
    await marina.house.modelling.connect(marina.project_id, "wrong", "nowhere://here")
    inspection = Inspection(marina.house.database, open_connection=kept)
    with pytest.raises(InvalidInput):
        await inspection.duplicate_keys(marina.project_id, load_project(FILES, name="boats"))
    [boats] = opened
    with pytest.raises(SourceUnavailable):
        await boats.run("SELECT 1", ONE)
