"""What is left of a conversation once something in it was withheld, message by message and as it lies in the store."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, get_args

import msgspec
import pytest
from msgspec import structs

from services.marina import ANN, BO, PURSER, Marina, speaks_of
from tertulia.core.access import Actor
from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    Drawing,
    ExploreCard,
    ExploreFields,
    ExploreList,
    FieldCard,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.clock import now
from tertulia.core.conversation import ConversationDraft
from tertulia.core.document import ChunkHit
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Support, ToolCall, UserMessage
from tertulia.core.query import Query, Source
from tertulia.core.run import (
    Batch,
    Completed,
    Event,
    Position,
    Restarted,
    Run,
    RunStatus,
    SupportChecked,
    TextDelta,
    ToolCallRequested,
)
from tertulia.core.tool import (
    ChunkHits,
    DocumentHit,
    DocumentHits,
    Outline,
    OutlineEntry,
    Passage,
    ToolFailure,
    ToolResult,
)
from tertulia.services.history import Written
from tertulia.services.screening import TEXT_WITHHELD
from tertulia.store import codec

MINE = Query(model="boats", explore="my_hires", fields=["hires.harbour", "hires.takings"])
OPEN = Query(model="boats", explore="hires", fields=["hires.harbour", "hires.takings"], sorts=["hires.harbour"])
COSTS = structs.replace(OPEN, fields=["hires.harbour", "hires.cost", "hires.takings"])
HIT = ChunkHit(chunk_id="c", document_id="d", document_name="prices.md", text="A day costs 12.", score=0.5)
SECRET = "Teal took 240"


def called(result: ToolResult, turn: int = 0, **arguments: Any) -> ToolCall:
    return ToolCall(turn=turn, at=now(), call_id="c", function="tool", label="tool", arguments=arguments, result=result)


def told(text: str, turn: int = 0) -> AssistantMessage:
    return AssistantMessage(turn=turn, at=now(), text=text)


async def answered(marina: Marina, actor: Actor, query: Query, **changes: Any) -> QueryAnswer:
    return structs.replace(await marina.services.queries.run(actor, query), **changes)


async def seen(marina: Marina, reader: Actor, messages: Sequence[Message]) -> list[Message]:
    """What the reader is shown, which is the same whether messages were decoded before or lay in the store."""
    shown = await marina.services.rights.messages(reader, messages)
    stored = codec.dump(list(messages)).encode()
    [raw] = await marina.services.rights.histories(reader, [stored])
    assert codec.messages.decode(raw) == shown
    assert (raw is stored) == (shown == list(messages))
    return shown


async def results(marina: Marina, actor: Actor) -> list[ToolResult]:
    """Results of every kind, as the actor is given them."""
    mine = await answered(marina, actor, MINE)
    return [
        mine,
        await answered(marina, actor, OPEN),
        CodeResult(code="print(1)", output="240", value=[240], answers=[mine]),
        CodeResult(code="print(2)", output="2"),
        FieldValues(source=Source("boats", "my_hires"), field="hires.harbour", values=["South"], scope=mine.scope),
        FieldValues(source=Source("boats", "hires"), field="hires.harbour", values=["South"]),
        Drawing(title="Takings", chart={"data": [240]}, query=MINE, scope=mine.scope),
        Drawing(title="Of the open", chart={"data": [540]}, query=OPEN),
        Drawing(title="Of unknown rows", chart={"data": [240]}),
        Clarification(message="Which?", choices=["Takings of Teal"], unknown=["Teal"], nearest=["Boat"]),
        ExploreList(explores=[ExploreCard(source=Source("boats", "hires"), label="Hires")]),
        ExploreFields(
            explore=ExploreCard(source=Source("boats", "hires"), label="Hires"),
            fields=[FieldCard(name="hires.harbour", label="Harbour", type="string")],
        ),
        ChunkHits(hits=[HIT]),
        DocumentHits(documents=[DocumentHit(document_id="d", name="prices.md", content_type="text/markdown")]),
        Outline(
            document_id="d",
            name="prices.md",
            content_type="text/markdown",
            state="active",
            size_bytes=1,
            character_count=1,
            chunk_count=1,
            entries=[OutlineEntry(chunk_id="c", ordinal=0, preview="A day", start=0, end=1)],
        ),
        Passage(hit=HIT, offset=0, total_characters=9),
        ToolFailure(code="invalid_query", message="No."),
    ]


def kinds(union: Any) -> set[type]:
    """The classes of a union, whatever unions are in it."""
    inner = get_args(union)
    return {kind for each in inner for kind in kinds(each)} if inner else {union}


async def test_every_kind_of_result_is_judged_where_it_lies(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    every = await results(marina, bo)
    assert {type(each) for each in every} == kinds(ToolResult)
    # such arguments look like data before they are read
    for result in every:
        history: list[Message] = [called(result, looks=[{"kind": "query_answer"}]), told(SECRET)]
        assert await seen(marina, bo, history) == history
        await seen(marina, ann, history)
    closed = await answered(marina, bo, MINE)
    for result in every:
        await seen(marina, ann, [called(closed), called(result, looks=[{"kind": "drawing"}]), told(SECRET)])


async def test_after_withheld_data_nothing_a_model_wrote_is_left(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    closed = await answered(marina, bo, MINE)
    later: list[ToolResult] = [
        Clarification(message=SECRET, choices=[SECRET], unknown=[SECRET], nearest=[SECRET]),
        ToolFailure(code="invalid_query", message=SECRET),
        CodeResult(code=f"print({SECRET!r})", output=SECRET, value=SECRET, problem=SECRET),
        Drawing(title=SECRET, chart={"title": SECRET}, query=OPEN),
        await answered(marina, bo, OPEN, question=SECRET),
        ChunkHits(hits=[HIT]),
    ]
    asked = UserMessage(turn=1, at=now(), text="And Teal alone?", user_id=bo.user_id)
    history = [called(closed), asked, *(called(each, 1, query=SECRET) for each in later), told(SECRET, 1)]
    assert await seen(marina, bo, history) == history
    shown = await seen(marina, ann, history)
    assert SECRET not in msgspec.json.encode(shown).decode()
    assert shown[1] == asked
    clarified, failed, code, drawing, rows, hits = (
        each.result for each in shown if isinstance(each, ToolCall) and each.turn
    )
    assert clarified == Clarification(message=TEXT_WITHHELD)
    assert failed == ToolFailure(code="invalid_query", message=TEXT_WITHHELD)
    assert code == CodeResult(code="", output=TEXT_WITHHELD)
    assert isinstance(drawing, ToolFailure)
    # what everybody may see stays: rows of an open explore, passages of documents
    assert rows == await answered(marina, bo, OPEN)
    assert hits == ChunkHits(hits=[HIT])


async def test_before_withheld_data_everything_stays(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    before: list[Message] = [
        UserMessage(turn=0, at=now(), text="Teal?", user_id=bo.user_id),
        called(Clarification(message="Which?", choices=["Takings of Teal"]), question="Teal?"),
        called(CodeResult(code="print(2)", output="2"), code="print(2)"),
        told("Which?"),
    ]
    closed = called(await answered(marina, bo, MINE), 1, question="Takings of Teal")
    shown = await seen(marina, ann, [*before, closed])
    assert shown[:4] == before
    assert isinstance(shown[4], ToolCall)
    assert shown[4].arguments == {"question": "Takings of Teal"}


async def test_closed_columns_are_emptied_where_the_rows_lie(marina: Marina) -> None:
    purser, ann = await marina.actor(PURSER), await marina.actor(ANN)
    answer = await answered(marina, purser, COSTS)
    for result in (answer, CodeResult(code="print(1)", output="270", answers=[answer])):
        [call] = await seen(marina, ann, [called(result)])
        text = msgspec.json.encode(call)
        assert speaks_of(540, text)
        assert not speaks_of(270, text)


async def test_what_is_open_is_judged_anew_when_rights_or_models_change(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    history: list[Message] = [called(await answered(marina, bo, MINE)), told(SECRET)]
    assert await seen(marina, ann, history) != history
    await marina.attribute(ANN, "harbour", "South")
    assert await seen(marina, ann, history) == history
    await marina.house.modelling.unload(marina.project_id, "boats")
    assert await seen(marina, ann, history) != history


async def test_who_watches_a_later_turn_is_not_told_what_an_earlier_one_withheld(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    draft = ConversationDraft(name="Takings", sources=[Source("boats", "my_hires")])
    talk = (await marina.services.conversations.create(bo, draft)).conversation
    answer = await answered(marina, bo, MINE)
    for turn in range(2):
        asked = UserMessage(turn=turn, at=now(), text="And now?", user_id=bo.user_id)
        said: list[Message | Aside] = [
            asked,
            *([called(answer)] if turn == 0 else [Interim(turn=1, at=now(), text="Hm")]),
        ]
        await marina.services.history.add(bo, talk.id, [Written(message=each, wire={}) for each in said])
    asking = ToolCallRequested(at=now(), call_id="c", function="f", label="f", arguments={"query": SECRET})
    events: list[Event] = [TextDelta(text=SECRET), asking, SupportChecked(Support(uncited=[SECRET]))]
    anew: list[Event] = [Restarted(at=now(), model="m"), TextDelta(text=SECRET), Completed(at=now())]

    async def watched(reader: Actor, turn: int) -> list[Event]:
        run = Run(
            id="r",
            project_id=marina.project_id,
            conversation_id=talk.id,
            turn=turn,
            user_id=bo.user_id,
            status=RunStatus.RUNNING,
            created_at=now(),
        )

        async def live() -> AsyncIterator[Batch]:
            yield Batch(Position(1, 1), [*events, *anew])

        return [each async for batch in marina.services.rights.batches(reader, run, live()) for each in batch.events]

    assert await watched(bo, 1) == [*events, *anew]
    # nothing was withheld before the first turn
    assert await watched(ann, 0) == [*events, *anew]
    shown = await watched(ann, 1)
    assert len(shown) == 6
    assert SECRET not in msgspec.json.encode(shown).decode()
    assert [each.text for each in shown if isinstance(each, TextDelta)] == [TEXT_WITHHELD] * 2


async def test_what_a_client_kept_before_withheld_data_stays_in_its_own_words_and_nothing_after(marina: Marina) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    draft = ConversationDraft(name="Takings", sources=[Source("boats", "hires")])
    talk = (await marina.services.conversations.create(bo, draft)).conversation
    said: list[Message | Aside] = [
        UserMessage(turn=0, at=now(), text="And now?", user_id=bo.user_id),
        called(await answered(marina, bo, OPEN, question="Mine")),
        UserMessage(turn=1, at=now(), text="And now?", user_id=bo.user_id),
        called(await answered(marina, bo, MINE)),
        called(await answered(marina, bo, OPEN, question=SECRET)),
    ]
    await marina.services.history.add(bo, talk.id, [Written(message=each, wire={"said": SECRET}) for each in said])
    await marina.services.conversations.share(bo, talk.id)
    kept = await marina.services.history.read(ann, talk.id)
    assert not kept.can_send
    shown = (await marina.services.rights.entries(ann, {talk.id: kept.entries}))[talk.id]
    assert [each.wire is not None for each in shown] == [True, True, True, False, False]
    assert SECRET not in msgspec.json.encode([each.message for each in shown]).decode()


@pytest.mark.parametrize("count", [0, 3])
async def test_histories_of_several_conversations_are_judged_one_by_one(marina: Marina, count: int) -> None:
    bo, ann = await marina.actor(BO), await marina.actor(ANN)
    closed = codec.dump([called(await answered(marina, bo, MINE)), told(SECRET)]).encode()
    plain = codec.dump([told(SECRET)]).encode()
    shown = await marina.services.rights.histories(ann, [plain, *[closed, plain] * count])
    assert [each is plain for each in shown] == [True, *[False, True] * count]
    assert all((SECRET.encode() in each) == (each is plain) for each in shown)
