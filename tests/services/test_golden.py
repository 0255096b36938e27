"""Golden queries: who writes them, and what becomes of the agents that know them."""

from typing import Any

import pytest
from msgspec import structs

from services.town import ADDRESS, ADMIN, MEMBER, STRANGER, Town
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.query import GoldenQuery, Query

QUERY = Query(model="shop", explore="orders", fields=["orders.count"])
HUGE = 2**70


async def made(town: Town, email: str = ADMIN, *questions: str) -> GoldenQuery:
    return await town.golden(await town.actor(email), *(questions or ["How many?"]))


async def test_a_golden_query_is_read_by_members_of_its_project_only(town: Town) -> None:
    first, second, foreign = await made(town), await made(town), await made(town, STRANGER)
    wanted = [second.serial, foreign.serial, first.serial, HUGE, 0, second.serial]
    assert await town.services.golden.of(await town.actor(MEMBER), wanted) == [second, first]
    assert await town.services.golden.of(await town.actor(MEMBER), []) == []


async def test_a_change_replaces_what_is_given_and_says_who(town: Town) -> None:
    golden = await made(town)
    admin = await town.actor(ADMIN)
    changed = await town.services.golden.change(admin, golden.serial, questions=["  How many orders? ", " "])
    assert (changed.questions, changed.query, changed.address) == (["How many orders?"], QUERY, golden.address)
    assert changed.editor_id == admin.user_id
    assert changed.updated_at > golden.updated_at
    assert await town.services.golden.of(admin, [golden.serial]) == [changed]


@pytest.mark.parametrize("questions", [[], [" "], ["x" * 2_001], ["x"] * 51])
async def test_questions_that_say_nothing_or_too_much_are_refused(town: Town, questions: list[str]) -> None:
    golden, admin = await made(town), await town.actor(ADMIN)
    with pytest.raises(InvalidInput):
        await town.services.golden.create(admin, questions, address=ADDRESS)
    with pytest.raises(InvalidInput):
        await town.services.golden.change(admin, golden.serial, questions=questions)


@pytest.mark.parametrize(("email", "refused"), [(MEMBER, PermissionDenied), (STRANGER, NotFound)])
async def test_who_may_not_write_changes_and_deletes_nothing(town: Town, email: str, refused: Any) -> None:
    golden, actor = await made(town), await town.actor(email)
    with pytest.raises(refused):
        await town.services.golden.change(actor, golden.serial, questions=["Mine?"])
    with pytest.raises(refused):
        await town.services.golden.delete(actor, golden.serial)
    assert await town.services.golden.of(await town.actor(ADMIN), [golden.serial]) == [golden]


@pytest.mark.parametrize("serial", [0, -1, 999, HUGE])
async def test_what_does_not_exist_is_not_found(town: Town, serial: int) -> None:
    admin = await town.actor(ADMIN)
    with pytest.raises(NotFound):
        await town.services.golden.delete(admin, serial)
    with pytest.raises(NotFound):
        await town.services.golden.change(admin, serial, questions=["Where?"])


async def test_a_change_of_the_address_changes_and_saves_the_query(town: Town) -> None:
    golden, admin = await made(town), await town.actor(ADMIN)
    changed = await town.services.golden.change(admin, golden.serial, address=f"{ADDRESS},orders.status")
    assert changed.query.fields == ["orders.count", "orders.status"]
    assert changed.questions == golden.questions
    slugs = [golden.query.slug, changed.query.slug]
    assert set(await town.services.queries.serials(admin, slugs)) == set(slugs)


@pytest.mark.parametrize("email", [MEMBER, ADMIN])
async def test_what_is_refused_saves_no_query(town: Town, email: str) -> None:
    golden, actor = await made(town), await town.actor(email)
    golden_of, other = town.services.golden, f"{ADDRESS},orders.status"
    refused = PermissionDenied if email == MEMBER else NotFound
    with pytest.raises(refused):
        await golden_of.change(actor, 999, address=other)
    with pytest.raises(PermissionDenied if email == MEMBER else InvalidInput):
        await golden_of.create(actor, [] if email == ADMIN else ["Mine?"], address=other)
    with pytest.raises(PermissionDenied if email == MEMBER else InvalidInput):
        await golden_of.create(actor, ["Mine?"], address=f"{ADDRESS},orders.nothing")
    with pytest.raises(PermissionDenied if email == MEMBER else InvalidInput):
        await golden_of.change(actor, golden.serial, questions=[], address=other)
    slug = structs.replace(QUERY, fields=["orders.count", "orders.status"]).slug
    assert await town.services.queries.serials(actor, [slug]) == {}


async def test_any_number_of_them_and_of_saved_queries_is_looked_up(town: Town) -> None:
    golden, admin = await made(town), await town.actor(ADMIN)
    assert await town.services.golden.of(admin, range(1, 40_000)) == [golden]
    slugs = [golden.query.slug, *(f"{number:022}" for number in range(40_000))]
    assert list(await town.services.queries.serials(admin, slugs)) == [golden.query.slug]


async def test_a_number_is_given_once_even_after_a_deletion(town: Town) -> None:
    golden = await made(town)
    await town.services.golden.delete(await town.actor(ADMIN), golden.serial)
    assert (await made(town)).serial > golden.serial
