"""Queries by hand: saved once, found by those they are open to, run as who asks, resolved from addresses."""

import asyncio

import pytest

from services.marina import ANN, BO, BOATS, FILES, PURSER, Marina
from tertulia.core.errors import InvalidInput, InvalidQuery, NotFound, PermissionDenied
from tertulia.core.query import UNLIMITED, Query, Source
from tertulia.services.query_tasks import TaskStatus
from tertulia.services.task_ids import Shape

TAKINGS = Query(model="boats", explore="hires", fields=["boats.name", "hires.takings"], sorts=["boats.name"])

GHOST = "view: +boats { dimension: ghost { sql: ${TABLE}.ghost ;; } }"


def asked(**values: object) -> Query:
    return Query(**({"model": "boats", "explore": "hires", "fields": ["hires.count"]} | values))  # pyright: ignore[reportArgumentType] - told apart by name


async def test_an_identical_query_is_the_same_row_whatever_the_order_of_its_filters(marina: Marina) -> None:
    ann, bo = await marina.actor(ANN), await marina.actor(BO)
    one = asked(filters={"hires.harbour": "North", "boats.name": "Teal"})
    two = asked(filters={"boats.name": "Teal", "hires.harbour": "North"})
    first = await marina.services.queries.save(ann, one)
    again = await marina.services.queries.save(bo, two)
    other = await marina.services.queries.save(ann, asked(filters={"boats.name": "Teal"}))
    assert (again.serial, again.slug) == (first.serial, first.slug)
    assert other.serial != first.serial
    assert len(first.slug) == 22
    assert (await marina.services.queries.find(bo, first.serial)).query == one
    assert (await marina.services.queries.find_by_slug(bo, first.slug)).serial == first.serial


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": "boat"}, r"model 'boat' does not exist here. Did you mean boats\?"),
        ({"explore": "hire"}, "explore 'hire' does not exist in the model boats"),
        ({"fields": ["hires.counts"]}, r"no field 'hires\.counts'.*hires\.count"),
        ({"pivots": ["hires.harbor"]}, r"no field 'hires\.harbor'.*hires\.harbour"),
        ({"sorts": ["hires.cuont desc"]}, r"no field 'hires\.cuont'"),
        ({"filters": {"hires.captain": "x"}}, r"no field 'hires\.captain'"),
        ({"filters": {"hires.takings": "many"}}, r"filter on 'hires\.takings' is wrong"),
        ({"explore": "ledger"}, "explore 'ledger' does not exist"),
        ({"fields": ["hires.cost"]}, r"You may not ask for hires\.cost"),
        ({"fields": ["hires.profit"]}, r"You may not ask for hires\.profit"),
    ],
)
async def test_what_is_not_there_for_the_actor_is_named_and_not_saved(
    marina: Marina, wrong: dict[str, object], said: str
) -> None:
    ann = await marina.actor(ANN)
    with pytest.raises(InvalidQuery, match=said) as refused:
        await marina.services.queries.save(ann, asked(**wrong))
    assert refused.value.parts.keys() == wrong.keys()
    assert await marina.services.queries.serials(ann, [asked(**wrong).slug]) == {}


async def test_a_name_that_two_parts_hold_is_told_once_and_under_both(marina: Marina) -> None:
    ann = await marina.actor(ANN)
    wrong = asked(fields=["hires.count", "hires.captain"], sorts=["hires.captain desc"])
    for ask in (marina.services.queries.save, marina.services.queries.run, marina.services.queries.sql):
        with pytest.raises(InvalidQuery) as refused:
            await ask(ann, wrong)
        assert set(refused.value.parts) == {"fields", "sorts"}
        assert refused.value.message.count("hires.captain") == 1
        assert not refused.value.is_refused


async def test_what_the_database_refuses_is_no_fault_of_the_query(marina: Marina) -> None:
    purser = await marina.actor(PURSER)
    await marina.house.modelling.load(marina.project_id, "boats", {**FILES, "boats.view.lkml": f"{BOATS}\n{GHOST}"})
    with pytest.raises(InvalidQuery, match="ghost") as refused:
        await marina.services.queries.run(purser, asked(fields=["boats.ghost"]))
    assert refused.value.is_refused
    assert refused.value.parts == {}
    assert "ghost" in await marina.services.queries.sql(purser, asked(fields=["boats.ghost"]))


async def test_a_query_is_found_in_its_project_by_those_its_explore_is_open_to(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    saved = await marina.services.queries.save(purser, asked(explore="ledger"))
    assert (await marina.services.queries.find(purser, saved.serial)).slug == saved.slug
    for found in (
        marina.services.queries.find(ann, saved.serial),
        marina.services.queries.find_by_slug(ann, saved.slug),
    ):
        with pytest.raises(NotFound):
            await found
    elsewhere = (await marina.house.setup.found("Elsewhere", admin_email="sten@example.org")).project_id
    _, secret = await marina.house.people.create_token("sten@example.org", project_id=elsewhere)
    stranger = await marina.services.identity.actor(secret, elsewhere)
    with pytest.raises(NotFound):
        await marina.services.queries.find(stranger, saved.serial)


async def test_a_query_runs_as_who_asks(marina: Marina) -> None:
    ann, bo = await marina.actor(ANN), await marina.actor(BO)
    query = asked(explore="my_hires", fields=["hires.harbour", "hires.takings"])
    saved = await marina.services.queries.save(ann, query)
    assert (await marina.services.queries.run(ann, saved.query)).table.rows == [["North", 540]]
    assert (await marina.services.queries.run(bo, saved.query)).table.rows == [["South", 240]]
    await marina.attribute(BO, "harbour")
    with pytest.raises(PermissionDenied):
        await marina.services.queries.run(await marina.actor(BO), saved.query)


async def test_a_limit_stands_in_for_the_query_s_own(marina: Marina) -> None:
    ann = await marina.actor(ANN)
    one = await marina.services.queries.run(ann, TAKINGS, limit=1)
    assert one.table.rows == [["100% Wigeon", 220]]
    assert one.table.is_truncated
    assert len((await marina.services.queries.run(ann, TAKINGS, limit=UNLIMITED)).table.rows) == 3
    assert (await marina.services.queries.sql(ann, TAKINGS, limit=7)).endswith("LIMIT 8")
    with pytest.raises(InvalidQuery, match="1 to 1,000,000"):
        await marina.services.queries.run(ann, TAKINGS, limit=0)


async def test_a_hidden_explore_answers_who_knows_its_name(marina: Marina) -> None:
    answer = await marina.services.queries.run(await marina.actor(ANN), asked(explore="log"))
    assert answer.table.rows == [[12]]


@pytest.mark.parametrize(
    "address",
    [
        "https://looker.example:9999/explore/boats/hires?fields=boats.name,hires.takings&sorts=boats.name&toggle=vis",
        "/explore/boats/hires?fields=boats.name%2Chires.takings&sorts=boats.name+asc",
        "/embed/explore/boats/hires?fields=boats.name&fields=hires.takings&sorts=boats.name+0&qid=",
    ],
)
async def test_an_address_becomes_its_query(marina: Marina, address: str) -> None:
    assert await marina.services.queries.resolve(await marina.actor(ANN), address) == TAKINGS


async def test_a_slug_in_an_address_stands_for_what_is_stored_here(marina: Marina) -> None:
    ann = await marina.actor(ANN)
    slug = (await marina.services.queries.save(ann, TAKINGS)).slug
    for address in (f"/explore/boats/hires?qid={slug}&toggle=fil", f"https://looker.example/x/{slug}"):
        assert await marina.services.queries.resolve(ann, address) == TAKINGS
    with pytest.raises(InvalidInput) as wrong:
        await marina.services.queries.resolve(ann, f"/explore/boats/my_hires?qid={slug}")
    assert "boats/hires" in wrong.value.fields["answer"][0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/explore/ships/hires?fields=hires.count", "The model 'ships'"),
        ("/explore/boats/hiring?fields=hires.count", "The explore 'hiring'"),
        ("/explore/boats/hires?fields=hires.total", "There is no field 'hires.total'"),
        ("/explore/boats/hires?fields=hires.count&f[hires.begun_date]=someday", "The filter on 'hires.begun_date'"),
        ("/explore/boats/hires?fields=", "no field"),
        ("/explore/boats/hires?fields=hires.count&limit=few", "limit"),
        ("/x/nothing", "No query is stored here as 'nothing'"),
        ("takings by boat", "address"),
    ],
)
async def test_the_wrong_part_of_an_address_is_named(marina: Marina, address: str, said: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        await marina.services.queries.resolve(await marina.actor(ANN), address)
    assert said in " ".join(wrong.value.fields["answer"])


async def test_models_and_explores_show_what_the_actor_may_ask(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    [model] = await marina.services.queries.models(ann)
    assert (model.model.name, model.project) == ("boats", "boats")
    assert [each.name for each in model.explores] == ["hires", "log", "my_hires"]
    assert Source("boats", "ledger") in await marina.services.queries.sources(purser)
    assert Source("boats", "ledger") not in await marina.services.queries.sources(ann)
    mine = await marina.services.queries.explore(ann, Source("boats", "hires"))
    whole = await marina.services.queries.explore(purser, Source("boats", "hires"))
    assert mine.engine == "duckdb"
    assert {each.seen.name for each in whole.fields} - {each.seen.name for each in mine.fields} == {
        "hires.cost",
        "hires.profit",
    }
    for source in (Source("boats", "ledger"), Source("boats", "nothing"), Source("ships", "hires")):
        with pytest.raises(NotFound):
            await marina.services.queries.explore(ann, source)


async def test_suggestions_are_values_that_the_actor_s_own_queries_would_show(marina: Marina) -> None:
    ann = await marina.actor(ANN)
    suggestions = marina.services.queries.suggestions
    assert (await suggestions(ann, "boats", "hires", "boats.name")).values == ["100% Wigeon", "Smew", "Teal"]
    assert (await suggestions(ann, "boats", "hires", "boats.name", term="%0% wi")).values == ["100% Wigeon"]
    assert (await suggestions(ann, "boats", "boats", "name", term="TE")).values == ["Teal"]
    assert (await suggestions(ann, "boats", "my_hires", "hires.harbour")).values == ["North"]
    assert (await suggestions(ann, "boats", "boats", "rig", term="oa")).values == ["oars"]
    assert (await suggestions(ann, "boats", "hires", "hires.is_long")).values == ["Yes", "No"]
    assert (await suggestions(ann, "boats", "hires", "hires.takings")).values == []
    north = await suggestions(ann, "boats", "hires", "boats.name", filters={"hires.begun_month": "2026-01"})
    assert north.values == ["Teal"]
    for model, view, field in (("ships", "hires", "x"), ("boats", "crew", "name"), ("boats", "hires", "hires.cost")):
        with pytest.raises(NotFound):
            await suggestions(ann, model, view, field)


async def test_a_task_answers_its_user_and_runs_again_where_it_is_not_known(marina: Marina) -> None:
    ann, bo = await marina.actor(ANN), await marina.actor(BO)
    query = asked(explore="my_hires", fields=["hires.harbour", "hires.count"])
    saved = await marina.services.queries.save(ann, query)
    tasks = marina.services.query_tasks
    made = await tasks.create(ann, saved.serial, Shape(format="json", limit=5, is_formatted=True))
    shown = {}
    for actor in (ann, bo):
        task = await tasks.get(actor, made.id)
        async with asyncio.timeout(30):
            while task.status is TaskStatus.RUNNING:
                await asyncio.sleep(0.01)
                task = await tasks.get(actor, made.id)
        assert task.status is TaskStatus.COMPLETE
        assert task.shape == Shape(format="json", limit=5, is_formatted=True)
        answer = task.answer()
        shown[actor.email] = None if answer is None else answer.table.rows
    assert shown == {ANN: [["North", 9]], BO: [["South", 3]]}
    for unknown in ("", "7", f"{saved.serial}-json-x--aa", "999-json---aa"):
        with pytest.raises(NotFound):
            await tasks.get(ann, unknown)
