"""Runs are executed once, ended always, and seen the same by everybody."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, cast

import pytest

from tertulia.core.clock import now
from tertulia.core.errors import Conflict, ProviderFailed, RunInProgress, Unavailable
from tertulia.core.message import AssistantMessage, Outcome, ToolCall, UserMessage
from tertulia.core.run import (
    BEGINNING,
    Batch,
    CancelledByUser,
    Completed,
    Event,
    Failed,
    Position,
    Restarted,
    Run,
    RunStatus,
    Started,
    TextDelta,
    TextStarted,
    ToolCallFinished,
    ToolCallRequested,
    fold,
)
from tertulia.core.tool import ChunkHits
from tertulia.runtime.hub import Hub
from tertulia.runtime.journal import Briefing

Open = Callable[..., Any]


async def collect(chat: Any, run: Run, after: Position = BEGINNING) -> list[Batch]:
    return [batch async for batch in chat.follow(run, after)]


def events_of(batches: list[Batch]) -> list[Event]:
    return [event for batch in batches for event in batch.events]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def hello(_briefing: Briefing) -> AsyncGenerator[Event, None]:
    yield TextStarted(at=now())
    for word in ("Hello", " ", "world"):
        yield TextDelta(word)


class Tap:
    """A turn that says one word for each drop let through, and ends when closed."""

    def __init__(self) -> None:
        self.drops: asyncio.Queue[str | None] = asyncio.Queue()
        self.attempts = 0
        self.closed_early = 0

    async def __call__(self, _briefing: Briefing) -> AsyncGenerator[Event, None]:
        self.attempts += 1
        try:
            yield TextStarted(at=now())
            while (word := await self.drops.get()) is not None:
                yield TextDelta(word)
        except (asyncio.CancelledError, GeneratorExit):
            self.closed_early += 1
            raise

    def let(self, *words: str | None) -> None:
        for word in words:
            self.drops.put_nowait(word)


async def test_a_turn_is_streamed_and_stored_alike(bench: Any, station: Open) -> None:
    chat = station(hello).chat
    run = await chat.send(bench.actor, bench.conversation.id, "Hi")
    events = events_of(await collect(chat, run))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Completed)
    question, answer = await bench.messages()
    assert (question.text, question.user_id, question.turn) == ("Hi", bench.actor.user_id, 0)
    assert [answer] == fold(0, events).messages
    assert (await bench.run(run.id)).status is RunStatus.COMPLETED


async def test_an_end_that_says_that_the_answer_was_cut_is_kept(bench: Any, station: Open) -> None:
    async def cut(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield TextStarted(at=now())
        yield TextDelta("So far")
        yield Completed(at=now(), is_cut=True)

    chat = station(cut).chat
    run = await chat.send(bench.actor, bench.conversation.id, "Hi")
    events = events_of(await collect(chat, run))
    assert [isinstance(event, Completed) for event in events] == [False, False, False, True]
    _, answer = await bench.messages()
    assert answer.is_cut


async def test_every_follower_sees_every_event_in_order_wherever_it_begins(bench: Any, station: Open) -> None:
    chat = station(hello).chat
    run = await chat.send(bench.actor, bench.conversation.id, "Hi")
    whole = events_of(await collect(chat, run))
    for seen in range(len(whole)):
        batches = await collect(chat, run, Position(1, seen))
        assert events_of(batches) == whole[seen:]
        assert batches[0].first == Position(1, seen + 1)
    assert await collect(chat, run, Position(1, len(whole))) == []


async def test_a_second_send_is_refused_while_the_first_is_answered(bench: Any, station: Open) -> None:
    tap = Tap()
    chat = station(tap).chat
    run = await chat.send(bench.actor, bench.conversation.id, "one")
    with pytest.raises(RunInProgress):
        await chat.send(bench.actor, bench.conversation.id, "two")
    tap.let("x", None)
    await collect(chat, run)
    tap.let(None)
    second = await chat.send(bench.actor, bench.conversation.id, "two")
    await collect(chat, second)
    assert second.turn == 1
    assert [message.turn for message in await bench.messages()] == [0, 0, 1, 1]


async def test_of_many_sends_at_once_exactly_one_begins_a_turn(bench: Any, station: Open) -> None:
    tap = Tap()
    chat = station(tap).chat
    sends = [chat.send(bench.actor, bench.conversation.id, f"m{i}") for i in range(20)]
    results = await asyncio.gather(*sends, return_exceptions=True)
    began = [result for result in results if isinstance(result, Run)]
    assert len(began) == 1
    assert all(isinstance(result, RunInProgress) for result in results if not isinstance(result, Run))
    tap.let(None)
    await collect(chat, began[0])
    assert len(await bench.messages()) == 2


async def test_the_same_idempotency_key_gives_the_same_turn_and_another_message_a_conflict(
    bench: Any, station: Open
) -> None:
    chat = station(hello).chat
    first = await chat.send(bench.actor, bench.conversation.id, "Hi", idempotency_key="k")
    await collect(chat, first)
    again = await chat.send(bench.actor, bench.conversation.id, "Hi", idempotency_key="k")
    assert again.id == first.id
    with pytest.raises(Conflict):
        await chat.send(bench.actor, bench.conversation.id, "Other", idempotency_key="k")
    assert len(await bench.messages()) == 2


async def test_cancel_stops_the_work_at_once_and_keeps_the_text(bench: Any, station: Open) -> None:
    tap = Tap()
    chat = station(tap).chat
    run = await chat.send(bench.actor, bench.conversation.id, "Hi")
    tap.let("par", "tial")
    follower = asyncio.create_task(collect(chat, run))
    await bench.until(tap.drops.empty)
    assert await chat.cancel(bench.actor, bench.conversation.id) is True
    events = events_of(await follower)
    assert isinstance(events[-1], CancelledByUser)
    assert tap.closed_early == 1
    answer = cast("AssistantMessage", (await bench.messages())[-1])
    assert (answer.text, answer.outcome) == ("partial", Outcome.CANCELLED)
    assert await chat.cancel(bench.actor, bench.conversation.id) is False


async def test_cancel_through_another_process_is_seen_at_the_heartbeat(bench: Any, station: Open) -> None:
    tap = Tap()
    here = station(tap)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    await bench.until(lambda: tap.attempts == 1)
    elsewhere = station(hello)
    await elsewhere.chat.cancel(bench.actor, bench.conversation.id)
    assert isinstance(events_of(await collect(elsewhere.chat, run))[-1], CancelledByUser)


async def test_an_error_ends_the_turn_with_what_was_written_and_why(bench: Any, station: Open) -> None:
    async def fails(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield TextStarted(at=now())
        yield TextDelta("so far")
        raise ProviderFailed("The model is away.")

    chat = station(fails).chat
    run = await chat.send(bench.actor, bench.conversation.id, "Hi")
    last = events_of(await collect(chat, run))[-1]
    assert isinstance(last, Failed)
    assert (last.problem.code, last.problem.message) == ("provider_failed", "The model is away.")
    answer = cast("AssistantMessage", (await bench.messages())[-1])
    assert (answer.text, answer.outcome, answer.problem) == ("so far", Outcome.FAILED, last.problem)


async def test_a_bug_in_a_turn_ends_it_without_showing_internals(bench: Any, station: Open) -> None:
    async def breaks(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield TextStarted(at=now())
        raise ZeroDivisionError("secret detail")

    chat = station(breaks).chat
    run = await chat.send(bench.actor, bench.conversation.id, "Hi")
    last = events_of(await collect(chat, run))[-1]
    assert isinstance(last, Failed)
    assert "secret" not in last.problem.message


async def test_a_tool_result_is_stored_before_anybody_sees_it(bench: Any, station: Open) -> None:
    gate = asyncio.Event()

    async def calls(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield ToolCallRequested(at=now(), call_id="c", function="f", label="l", arguments={})
        yield ToolCallFinished(at=now(), call_id="c", result=ChunkHits(hits=[]))
        await gate.wait()

    here = station(calls)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    async for batch in here.chat.follow(run):
        if any(isinstance(event, ToolCallFinished) for event in batch.events):
            stored = events_of((await here.worker._journal.events_after(run.id, Position()))[1])
            assert any(isinstance(event, ToolCallFinished) for event in stored)
            gate.set()
    assert isinstance((await bench.messages())[1], ToolCall)


async def test_a_run_of_a_dead_worker_is_taken_over_and_followers_are_told_to_discard(
    bench: Any, station: Open
) -> None:
    tap = Tap()
    dead = station(tap)
    run = await dead.chat.send(bench.actor, bench.conversation.id, "Hi")
    tap.let("lost")
    await bench.until(tap.drops.empty)
    await dead.die()
    survivor = station(hello)
    events = events_of(await collect(survivor.chat, run))
    restarts = [event for event in events if isinstance(event, Restarted)]
    assert len(restarts) == 1
    assert text_of(events[events.index(restarts[0]) :]) == "Hello world"
    answer = cast("AssistantMessage", (await bench.messages())[-1])
    assert answer.text == "Hello world"
    assert (await bench.run(run.id)).attempt == 2


async def test_a_run_whose_workers_always_die_is_failed_after_three_attempts(bench: Any, station: Open) -> None:
    run: Run | None = None
    for attempt in range(1, 4):
        tap = Tap()
        doomed = station(tap)
        if run is None:
            run = await doomed.chat.send(bench.actor, bench.conversation.id, "Hi")
        tap.let(f"try {attempt}")
        await bench.until(lambda tap=tap: tap.attempts == 1 and tap.drops.empty())
        await asyncio.sleep(0)
        await bench.until(lambda d=doomed: all(live.stored == len(live.events) for live in d.hub.live))
        await doomed.die()
    assert run is not None
    sweeper = station(hello)
    last = events_of(await collect(sweeper.chat, run))[-1]
    assert isinstance(last, Failed)
    ended = await bench.run(run.id)
    assert (ended.status, ended.attempt) == (RunStatus.FAILED, 3)
    answer = cast("AssistantMessage", (await bench.messages())[-1])
    assert answer.text.startswith("try")
    assert answer.outcome is Outcome.FAILED


async def test_a_worker_that_lost_its_lease_changes_nothing_more(bench: Any, station: Open) -> None:
    tap = Tap()
    slow = station(tap, lease_s=30)
    run = await slow.chat.send(bench.actor, bench.conversation.id, "Hi")
    await bench.until(lambda: tap.attempts == 1)

    def steal(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE run SET owner = 'thief', attempt = attempt + 1 WHERE id = ?", (run.id,))

    await bench.database.write(steal)
    tap.let("never stored", None)
    await bench.until(lambda: not slow.hub.live)
    assert [type(message) for message in await bench.messages()] == [UserMessage]
    assert (await bench.run(run.id)).status is RunStatus.RUNNING


async def test_two_workers_on_one_file_execute_each_run_once(bench: Any, station: Open) -> None:
    played: list[str] = []

    async def notes(briefing: Briefing) -> AsyncGenerator[Event, None]:
        played.append(briefing.run.id)
        yield TextStarted(at=now())
        yield TextDelta("done")

    stations = [station(notes, lease_s=30) for _ in range(3)]
    for number in range(12):
        chat = stations[number % 3].chat
        run = await chat.send(bench.actor, bench.conversation.id, f"m{number}")
        await collect(stations[(number + 1) % 3].chat, run)
    assert len(played) == len(set(played)) == 12


async def test_a_drain_hands_the_run_back_and_another_process_answers(bench: Any, station: Open) -> None:
    tap = Tap()
    leaving = station(tap, lease_s=30, drain_s=0.05)
    run = await leaving.chat.send(bench.actor, bench.conversation.id, "Hi")
    follower = asyncio.create_task(collect(leaving.chat, run))
    await bench.until(lambda: tap.attempts == 1)
    await leaving.worker.drain()
    with pytest.raises(Unavailable):
        await follower
    handed = await bench.run(run.id)
    assert (handed.status, handed.owner) == (RunStatus.QUEUED, None)
    successor = station(hello)
    assert isinstance(events_of(await collect(successor.chat, run))[-1], Completed)
    assert cast("AssistantMessage", (await bench.messages())[-1]).text == "Hello world"


async def test_a_drain_lets_a_short_turn_end(bench: Any, station: Open) -> None:
    tap = Tap()
    leaving = station(tap, drain_s=5)
    run = await leaving.chat.send(bench.actor, bench.conversation.id, "Hi")
    await bench.until(lambda: tap.attempts == 1)
    drained = asyncio.create_task(leaving.worker.drain())
    tap.let("bye", None)
    await drained
    assert (await bench.run(run.id)).status is RunStatus.COMPLETED


async def test_a_cancel_that_comes_while_the_run_is_queued_ends_it_unplayed(bench: Any, station: Open) -> None:
    here = station(hello)
    await here.worker.drain()
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    await here.chat.cancel(bench.actor, bench.conversation.id)
    other = station(Tap())
    events = events_of(await collect(other.chat, run))
    assert [type(event) for event in events] == [CancelledByUser]
    assert len(await bench.messages()) == 2


async def test_a_cancel_before_the_first_step_of_a_claimed_run_ends_it(bench: Any, station: Open) -> None:
    here = station(Tap())
    here.worker._loops[0].cancel()
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    assert await here.worker._claim()
    here.worker.cancel(run.id)
    async with asyncio.timeout(5):
        events = events_of(await collect(here.chat, run))
    assert [type(event) for event in events] == [CancelledByUser]
    assert here.hub.live == []


async def test_a_follower_is_given_what_piled_up_together(bench: Any, station: Open) -> None:
    tap = Tap()
    here = station(tap)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    batches: list[Batch] = []
    async for batch in here.chat.follow(run, pause_s=0.05):
        batches.append(batch)
        if len(batches) == 1:
            tap.let(*"abcdefgh", None)
    deltas = [batch for batch in batches if any(isinstance(event, TextDelta) for event in batch.events)]
    assert text_of(events_of(batches)) == "abcdefgh"
    assert len(deltas) <= 3


async def test_following_costs_nothing_after_the_follower_left(bench: Any, station: Open) -> None:
    tap = Tap()
    here = station(tap)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    follower = asyncio.create_task(collect(here.chat, run))
    await bench.until(lambda: tap.attempts == 1)
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    tap.let("still said", None)
    await bench.until(lambda: not here.hub.live)
    assert cast("AssistantMessage", (await bench.messages())[-1]).text == "still said"
    assert isinstance(here.hub, Hub)
