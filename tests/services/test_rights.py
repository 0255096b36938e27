"""Old conversations and their readers: data is shown to those who may see it now, and nothing repeats it to others."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest
from msgspec import structs

from services.marina import ANN, BO, PURSER, Marina, speaks_of
from tertulia.core.access import Actor
from tertulia.core.analysis import CodeResult, Drawing, FieldValues, QueryAnswer
from tertulia.core.clock import now
from tertulia.core.conversation import ConversationDraft
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Reasoning, ToolCall, UserMessage
from tertulia.core.query import Query, Source
from tertulia.core.run import (
    Batch,
    Completed,
    Event,
    Position,
    ReasoningDelta,
    Restarted,
    Run,
    RunStatus,
    TextDelta,
    ToolCallFinished,
)
from tertulia.core.tool import ToolFailure, ToolResult
from tertulia.services.history import Written
from tertulia.services.screening import CELLS_WITHHELD, ROWS_WITHHELD, TEXT_WITHHELD
from tertulia.store.codec import messages as decoder

MINE = Query(model="boats", explore="my_hires", fields=["hires.harbour", "hires.takings"])
OPEN = Query(model="boats", explore="hires", fields=["hires.harbour", "hires.takings"])
COSTS = Query(
    model="boats", explore="hires", fields=["hires.harbour", "hires.cost", "hires.takings"], sorts=["hires.harbour"]
)


def called(result: ToolResult, turn: int = 0) -> ToolCall:
    return ToolCall(
        turn=turn, at=now(), call_id="c", function="run_query", label="run_query", arguments={}, result=result
    )


def told(text: str, turn: int = 0) -> AssistantMessage:
    return AssistantMessage(turn=turn, at=now(), text=text)


def turn_of(actor: Actor, *results: ToolResult, turn: int = 0) -> list[Message]:
    """A question, a thought, the results, a word on the way and the answer."""
    return [
        UserMessage(turn=turn, at=now(), text="What did we take?", user_id=actor.user_id),
        Reasoning(turn=turn, at=now(), text="I should ask."),
        *(called(each, turn) for each in results),
        Interim(turn=turn, at=now(), text="So 240."),
        told("You took 240.", turn),
    ]


async def seen(marina: Marina, reader: Actor, messages: Sequence[Message]) -> list[Message]:
    return await marina.services.rights.messages(reader, messages)


async def answered(marina: Marina, actor: Actor, query: Query) -> QueryAnswer:
    return await marina.services.queries.run(actor, query)


async def shown_answer(marina: Marina, reader: Actor, answer: QueryAnswer) -> QueryAnswer:
    [call] = await seen(marina, reader, [called(answer)])
    assert isinstance(call, ToolCall)
    assert isinstance(call.result, QueryAnswer)
    return call.result


async def test_who_may_see_the_same_sees_all_of_it(marina: Marina) -> None:
    bo = await marina.actor(BO)
    history = turn_of(bo, await answered(marina, bo, MINE), await answered(marina, bo, OPEN))
    await marina.attribute(ANN, "harbour", "South")
    assert await seen(marina, bo, history) == history
    assert await seen(marina, await marina.actor(ANN), history) == history


async def test_rows_that_another_s_attribute_let_through_are_withheld_with_all_that_repeats_them(
    marina: Marina,
) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    answer = await answered(marina, bo, MINE)
    assert answer.chart is not None
    later = [UserMessage(turn=1, at=now(), text="Double it.", user_id=bo.user_id), told("480.", 1)]
    asked, thought, call, word, said, again, doubled = await seen(marina, ann, [*turn_of(bo, answer), *later])
    assert isinstance(call, ToolCall)
    assert isinstance(call.result, QueryAnswer)
    kept = call.result
    assert (kept.query, kept.sql, kept.chart, kept.table.rows) == (MINE, "", None, [])
    assert [column.name for column in kept.table.columns] == ["hires.harbour", "hires.takings"]
    assert kept.notes == [ROWS_WITHHELD]
    assert [each.text for each in (word, said, doubled) if not isinstance(each, ToolCall)] == [TEXT_WITHHELD] * 3
    assert [each.text for each in (asked, thought, again) if not isinstance(each, ToolCall)] == [
        "What did we take?",
        "I should ask.",
        "Double it.",
    ]
    assert not speaks_of(240, msgspec.json.encode(await seen(marina, ann, turn_of(bo, answer))))
    assert speaks_of(240, msgspec.json.encode(turn_of(bo, answer)))


async def test_columns_that_the_reader_may_not_ask_for_are_emptied_and_named(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    answer = await answered(marina, purser, structs.replace(COSTS, has_total=True))
    assert answer.table.rows == [["North", 270, 540], ["South", 120, 240]]
    kept = await shown_answer(marina, ann, answer)
    assert kept.table.rows == [["North", None, 540], ["South", None, 240]]
    assert kept.table.totals == [None, None, 780]
    assert kept.notes == [CELLS_WITHHELD.format(names="Hires Cost")]
    assert (kept.sql, kept.chart) == ("", None)


@pytest.mark.parametrize(
    "changed",
    [
        {"filters": {"hires.cost": ">200"}},
        {"filter_expression": "${hires.cost} > 200"},
        {"sorts": ["hires.cost desc"], "limit": 1},
        {"sorts": [], "fields": ["hires.harbour", "hires.cost"], "limit": 1},
    ],
)
async def test_rows_chosen_by_what_the_reader_may_not_ask_for_are_withheld(
    marina: Marina, changed: dict[str, Any]
) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    answer = await answered(marina, purser, structs.replace(COSTS, **changed))
    assert answer.table.rows != []
    assert (await shown_answer(marina, ann, answer)).table.rows == []


async def test_the_order_of_rows_does_not_tell_what_is_withheld(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    by_cost = structs.replace(COSTS, fields=["hires.harbour", "hires.cost"], sorts=["hires.cost"])
    answer = await answered(marina, purser, by_cost)
    assert [row[0] for row in answer.table.rows] == ["South", "North"]
    assert (await shown_answer(marina, ann, answer)).table.rows == [["North", None], ["South", None]]


async def test_what_a_query_makes_of_a_closed_field_is_closed(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    share = {"table_calculation": "share", "label": "Share", "expression": "${hires.cost} / ${hires.takings}"}
    query = structs.replace(COSTS, fields=[*COSTS.fields, "share"], dynamic_fields=[share])
    answer = await answered(marina, purser, query)
    assert [row[-1] for row in answer.table.rows] == [0.5, 0.5]
    assert [row[-1] for row in (await shown_answer(marina, ann, answer)).table.rows] == [None, None]
    # and of an open one it stays open
    double = {"table_calculation": "double", "label": "Double", "expression": "${hires.takings} * 2"}
    open_query = structs.replace(OPEN, fields=[*OPEN.fields, "double"], dynamic_fields=[double])
    own = await answered(marina, purser, open_query)
    assert await shown_answer(marina, ann, own) == own


async def test_an_explore_that_is_closed_or_gone_shows_nothing(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    answer = await answered(marina, purser, Query(model="boats", explore="ledger", fields=["hires.count"]))
    assert (await shown_answer(marina, ann, answer)).table.rows == []
    assert await shown_answer(marina, purser, answer) == answer
    await marina.house.modelling.unload(marina.project_id, "boats")
    assert (await shown_answer(marina, purser, answer)).table.rows == []


async def test_code_values_and_charts_are_withheld_with_the_rows_they_come_from(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    answer = await answered(marina, bo, MINE)
    assert answer.chart is not None
    source = Source("boats", "my_hires")
    results: list[ToolResult] = [
        CodeResult(code="print(1)", output="240", value=240, answers=[answer]),
        FieldValues(source=source, field="hires.harbour", values=["South"], scope=answer.scope),
        Drawing(title="Takings", chart=answer.chart, query=MINE, scope=answer.scope),
        Drawing(title="Of unknown rows", chart=answer.chart),
    ]
    calls = [called(each) for each in results]
    assert await seen(marina, bo, calls) == calls
    code, values, chart, unknown = (
        each.result for each in await seen(marina, ann, calls) if isinstance(each, ToolCall)
    )
    assert isinstance(code, CodeResult)
    assert (code.code, code.output, code.value) == ("print(1)", TEXT_WITHHELD, None)
    assert [each.table.rows for each in code.answers] == [[]]
    assert isinstance(values, FieldValues)
    assert values.values == []
    assert isinstance(chart, ToolFailure)
    assert isinstance(unknown, ToolFailure)


async def test_conversations_without_data_are_given_back_as_they_are_stored(marina: Marina) -> None:
    ann = await marina.actor(ANN)
    stored = [b'[ {"kind":"user","turn":0,"at":"2026-01-01T00:00:00Z","text":"query_answer","user_id":"u"} ]', b"[]"]
    [first, second] = await marina.services.rights.histories(ann, stored)
    assert first is stored[0]
    assert second is stored[1]


async def test_a_shared_conversation_shows_its_reader_only_what_they_may_see(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    services = marina.services
    draft = ConversationDraft(name="Takings", sources=[Source("boats", "my_hires")])
    talk = (await services.conversations.create(bo, draft)).conversation
    answer = await answered(marina, bo, MINE)
    written = [Written(message=each, wire={"type": "system", "message": {"n": 240}}) for each in turn_of(bo, answer)]
    written.insert(3, Written(message=Aside(turn=0, at=now()), wire={"type": "system", "message": {"vega": "240"}}))
    await services.history.add(bo, talk.id, written)
    await services.conversations.share(bo, talk.id)

    own, hers = [await services.history.list(actor, talk.id) for actor in (bo, ann)]
    assert await services.rights.entries(bo, {talk.id: own}) == {talk.id: own}
    shown = (await services.rights.entries(ann, {talk.id: hers}))[talk.id]
    assert [each.id for each in shown] == [each.id for each in own]
    # the question and the thought before the data stay in their client's words
    assert [each.wire is None for each in shown] == [False, False, True, True, True, True]
    assert not speaks_of(240, msgspec.json.encode(shown[2:]))

    view = await services.conversations.get(ann, talk.id)
    assert not speaks_of(240, bytes(view.history))
    assert decoder.decode(view.history)[0] == own[0].message
    assert speaks_of(240, bytes((await services.conversations.get(bo, talk.id)).history))


async def test_rows_that_a_client_keeps_are_its_user_s_to_see(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    answer = structs.replace(await answered(marina, bo, MINE), scope="")
    kept = await marina.services.rights.scoped(bo, called(answer))
    assert isinstance(kept, ToolCall)
    assert await seen(marina, bo, [kept]) == [kept]
    [hers] = await seen(marina, ann, [kept])
    assert isinstance(hers, ToolCall)
    assert isinstance(hers.result, QueryAnswer)
    assert hers.result.table.rows == []


async def test_a_watcher_sees_no_more_of_a_running_answer_than_of_a_stored_one(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    answer = await answered(marina, bo, MINE)
    run = Run(
        id="r",
        project_id=marina.project_id,
        conversation_id="c",
        turn=0,
        user_id=bo.user_id,
        status=RunStatus.RUNNING,
        created_at=now(),
    )
    done = ToolCallFinished(at=now(), call_id="c", result=answer)
    events: list[Event] = [TextDelta(text="Let me see."), done, ReasoningDelta("240!"), TextDelta(text="You took ")]
    rest: list[Event] = [
        TextDelta(text="240."),
        Restarted(at=now(), model="m"),
        TextDelta(text="Anew."),
        Completed(at=now()),
    ]

    async def live() -> AsyncIterator[Batch]:
        yield Batch(Position(1, 1), events)
        yield Batch(Position(1, 5), rest)

    own = [each async for batch in marina.services.rights.batches(bo, run, live()) for each in batch.events]
    assert own == [*events, *rest]
    hers = [each async for batch in marina.services.rights.batches(ann, run, live()) for each in batch.events]
    assert len(hers) == len(own)
    assert not speaks_of(240, msgspec.json.encode(hers))
    assert [each.text for each in hers if isinstance(each, TextDelta)] == ["Let me see.", TEXT_WITHHELD, "", "Anew."]
