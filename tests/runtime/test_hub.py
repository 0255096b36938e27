"""When a follower is told of what happens: text in its own time, everything else at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from itertools import pairwise
from typing import Any

import pytest
from msgspec import structs

from tertulia.core.clock import now
from tertulia.core.run import Batch, Event, Run, TextDelta, TextStarted, ToolCallRequested
from tertulia.runtime.hub import LONGEST_PAUSE_S
from tertulia.runtime.journal import Briefing

Open = Callable[..., Any]

WORDS = 40


async def steadily(_briefing: Briefing) -> AsyncGenerator[Event, None]:
    yield TextStarted(at=now())
    for number in range(WORDS):
        await asyncio.sleep(0.01)
        yield TextDelta(f"{number} ")


async def timed(here: Any, run: Run, **options: Any) -> list[tuple[float, Batch]]:
    clock = asyncio.get_running_loop().time
    return [(clock(), batch) async for batch in here.chat.follow(run, **options)]


def text_of(came: list[tuple[float, Batch]]) -> str:
    return "".join(event.text for _, batch in came for event in batch.events if isinstance(event, TextDelta))


def gaps(came: list[tuple[float, Batch]]) -> list[float]:
    """Seconds between batches of nothing but text."""
    moments = [moment for moment, batch in came if all(isinstance(event, TextDelta) for event in batch.events)]
    return [after - before for before, after in pairwise(moments)]


@pytest.mark.parametrize(("crowd", "least"), [(0, 0.04), (150, 0.075), (1000, LONGEST_PAUSE_S)])
async def test_text_comes_whole_and_no_more_often_than_asked_for_or_than_a_crowd_allows(
    bench: Any, station: Open, crowd: int, least: float
) -> None:
    here = station(steadily)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    await bench.until(lambda: here.hub.find(run.id) is not None)
    others = [here.hub.open(structs.replace(run, id=f"other-{number}")) for number in range(crowd)]
    came = await timed(here, run, pause_s=0.04)
    for other in others:
        here.hub.close(other)
    assert text_of(came) == "".join(f"{number} " for number in range(WORDS))
    assert min(gaps(came)) > least * 0.9


async def test_anything_but_text_is_told_at_once_with_the_text_before_it(bench: Any, station: Open) -> None:
    async def play(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield TextStarted(at=now())
        yield TextDelta("One")
        await asyncio.sleep(0.02)
        yield TextDelta(" two")
        yield ToolCallRequested(at=now(), call_id="c", function="f", label="l", arguments={})
        await asyncio.Event().wait()

    here = station(play)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    text = ""
    async with asyncio.timeout(3):
        async for batch in here.chat.follow(run, pause_s=60.0):
            text += "".join(event.text for event in batch.events if isinstance(event, TextDelta))
            if isinstance(batch.events[-1], ToolCallRequested):
                break
    assert text == "One two"


async def test_silence_is_told_again_and_again_while_the_follower_is_patient(bench: Any, station: Open) -> None:
    async def silent(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield TextStarted(at=now())
        await asyncio.Event().wait()

    here = station(silent)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    clock = asyncio.get_running_loop().time
    moments: list[float] = []
    async with asyncio.timeout(3):
        async for batch in here.chat.follow(run, patience=lambda: 0.05):
            if not batch.events:
                moments.append(clock())
            if len(moments) == 4:
                break
    assert min(after - before for before, after in pairwise(moments)) > 0.04


async def test_what_was_said_is_stored_soon_though_nothing_follows(bench: Any, station: Open) -> None:
    async def says_one_word(_briefing: Briefing) -> AsyncGenerator[Event, None]:
        yield TextStarted(at=now())
        yield TextDelta("One")
        await asyncio.Event().wait()

    here = station(says_one_word)
    run = await here.chat.send(bench.actor, bench.conversation.id, "Hi")
    await bench.until(lambda: here.hub.find(run.id) is not None)
    live = here.hub.find(run.id)
    await bench.until(lambda: live.stored == 3, 1.0)
    assert len(live.events) == 3
