"""However a run ends, what it spent is booked with its end."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from tertulia.core.accounting import Grouping, Spending, UsageFilter
from tertulia.core.clock import now
from tertulia.core.errors import ProviderFailed
from tertulia.core.message import AssistantMessage, Outcome, Usage
from tertulia.core.run import Event, ModelSwitched, TextDelta, TextStarted, UsageReported
from tertulia.runtime.journal import Briefing
from tertulia.store import usage

Open = Callable[..., Any]
FIRST, SECOND = Usage(input_tokens=100, cost=0.25), Usage(input_tokens=20, output_tokens=3, cost=0.5)


class Meter:
    """A turn that uses tokens of two models and then waits to be told how to end."""

    def __init__(self) -> None:
        self.is_waiting = False
        self.gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self, _briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield UsageReported(FIRST)
        yield ModelSwitched(model="other")
        yield TextStarted(at=now())
        yield TextDelta("so far")
        yield UsageReported(SECOND)
        self.is_waiting = True
        await self.gate


async def booked(bench: Any) -> list[Spending]:
    return await bench.database.read(usage.list_usage, bench.actor.project_id, UsageFilter(), Grouping.MODEL)


async def ended(bench: Any, here: Any, meter: Meter, end: Callable[[], object]) -> AssistantMessage:
    """Sends, lets the turn end in that way, and gives back its answer."""
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    await bench.until(lambda: meter.is_waiting)
    asking = end()
    if asyncio.iscoroutine(asking):
        await asking
    async for _ in here.chat.follow(run):
        pass
    return (await bench.messages())[-1]


def check(answer: AssistantMessage, outcome: Outcome, rows: list[Spending]) -> None:
    assert (answer.outcome, answer.text) == (outcome, "so far")
    assert {each.key: each.usage for each in rows} == {"test": FIRST, "other": SECOND}
    assert [each.turn_count for each in rows] == [1, 1]
    assert answer.usage == FIRST + SECOND


async def test_a_turn_that_completes_is_booked(bench: Any, station: Open) -> None:
    meter = Meter()
    answer = await ended(bench, station(meter), meter, lambda: meter.gate.set_result(None))
    check(answer, Outcome.COMPLETED, await booked(bench))


async def test_a_turn_that_is_cancelled_is_booked_as_far_as_it_came(bench: Any, station: Open) -> None:
    meter = Meter()
    here = station(meter)
    answer = await ended(bench, here, meter, lambda: here.chat.cancel(bench.actor, bench.conversation.id))
    check(answer, Outcome.CANCELLED, await booked(bench))


async def test_a_turn_whose_stream_breaks_is_booked_as_far_as_it_came(bench: Any, station: Open) -> None:
    meter = Meter()
    here = station(meter)
    answer = await ended(bench, here, meter, lambda: meter.gate.set_exception(ProviderFailed("Cut.")))
    check(answer, Outcome.FAILED, await booked(bench))


async def test_a_turn_whose_workers_always_die_is_booked_once_with_what_was_kept(bench: Any, station: Open) -> None:
    run = None
    for _ in range(3):
        meter = Meter()
        doomed = station(meter)
        run = run or await doomed.chat.send(bench.actor, bench.conversation.id, "Hi")
        await bench.until(lambda meter=meter: meter.is_waiting)
        await bench.until(lambda doomed=doomed: all(live.stored == len(live.events) for live in doomed.hub.live))
        await doomed.die()
    assert run is not None
    assert await booked(bench) == []
    async for _ in station(Meter()).chat.follow(run):
        pass
    check((await bench.messages())[-1], Outcome.FAILED, await booked(bench))


async def test_the_rows_carry_whose_turn_it_was_and_with_which_agent(bench: Any, station: Open) -> None:
    meter = Meter()
    await ended(bench, station(meter), meter, lambda: meter.gate.set_result(None))
    keys = {
        grouping: (await bench.database.read(usage.list_usage, bench.actor.project_id, UsageFilter(), grouping))[0].key
        for grouping in (Grouping.USER, Grouping.AGENT, Grouping.CONVERSATION, Grouping.DAY)
    }
    assert keys == {
        Grouping.USER: bench.actor.user_id,
        Grouping.AGENT: bench.conversation.agent_id,
        Grouping.CONVERSATION: bench.conversation.id,
        Grouping.DAY: now().date().isoformat(),
    }
