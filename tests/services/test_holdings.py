"""Governed data on demand: parsed once, and nobody waits for another project."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from services.marina import FILES, Marina
from services.town import SHOP
from tertulia.semantic.execute.registry import open_warehouse
from tertulia.services.holdings import StoredHoldings

VIEWS = "\n".join(
    f"view: v{number} {{ dimension: a {{}} measure: count {{ type: count }} }}" for number in range(3_000)
)
LARGE = {"large.model.lkml": f'connection: "boats"\n{VIEWS}\nexplore: v1 {{}}'}


@pytest.fixture
async def holdings(marina: Marina, tmp_path: Path) -> AsyncIterator[StoredHoldings]:
    opened = StoredHoldings(marina.house.database, open_connection=partial(open_warehouse, cache_dir=tmp_path / "kept"))
    yield opened
    await opened.close()


async def large_project(marina: Marina) -> str:
    project_id = (await marina.house.setup.found("Large", admin_email="large@example.org")).project_id
    await marina.house.modelling.load(project_id, "large", LARGE)
    return project_id


async def test_first_requests_that_come_together_are_given_one_reading(
    marina: Marina, holdings: StoredHoldings
) -> None:
    found = await asyncio.gather(*(holdings.holding(marina.project_id) for _ in range(6)))
    assert len({id(each) for each in found}) == 1
    await marina.house.modelling.load(marina.project_id, "boats", {**FILES, "more.view.lkml": "view: more {}"})
    changed = await asyncio.gather(*(holdings.holding(marina.project_id) for _ in range(6)))
    assert len({id(each) for each in changed}) == 1
    assert changed[0] is not found[0]


async def test_nobody_waits_while_another_project_s_models_are_read(marina: Marina, holdings: StoredHoldings) -> None:
    small = (await marina.house.setup.found("Small", admin_email="small@example.org")).project_id
    await marina.house.modelling.load(small, "shop", SHOP)
    reading = asyncio.create_task(holdings.holding(await large_project(marina)))
    async with asyncio.timeout(30):
        warehouse = await holdings.warehouse(marina.project_id, "boats")
        assert await holdings.warehouse(marina.project_id, "boats") is warehouse
        assert set((await holdings.holding(small)).models) == {"shop"}
        assert not reading.done()
        assert set((await reading).models) == {"large"}
