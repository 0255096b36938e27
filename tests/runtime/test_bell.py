"""When a waiting task is woken: at once, at a time, or with others at the next beat."""

import asyncio

import pytest

from tertulia.runtime.bell import Beat, Bell, PacedBell


async def test_a_bell_wakes_who_waits_when_it_is_rung_and_when_the_time_is_up() -> None:
    clock = asyncio.get_running_loop().time
    bell = Bell()
    began = clock()
    asyncio.get_running_loop().call_later(0.01, bell.ring)
    async with asyncio.timeout(3):
        await bell.wait(None)
        assert bell.is_rung
        await bell.wait(began + 0.05)
    assert clock() >= began + 0.05
    bell.close()


async def test_small_news_waits_for_its_time_and_is_told_once() -> None:
    clock = asyncio.get_running_loop().time
    bell = PacedBell(Beat())
    bell.not_before = clock() + 0.04
    waiting = asyncio.create_task(bell.wait(None))
    await asyncio.sleep(0)
    for _ in range(3):
        bell.ring_in_time(clock())
    async with asyncio.timeout(3):
        await waiting
    assert clock() >= bell.not_before - 0.005
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bell.wait(None)


async def test_what_is_due_at_almost_the_same_time_wakes_together() -> None:
    loop = asyncio.get_running_loop()
    beat = Beat()
    bells = [PacedBell(beat) for _ in range(20)]
    rung: list[int] = []

    async def follow(bell: PacedBell) -> None:
        await bell.wait(None)
        rung.append(sum(each.is_rung for each in bells))

    # well inside one beat, whenever the test began
    due = round(loop.time() + 0.05, 2) + 0.004
    async with asyncio.timeout(3), asyncio.TaskGroup() as group:
        for place, bell in enumerate(bells):
            bell.not_before = due + place * 0.0002
            group.create_task(follow(bell))
        await asyncio.sleep(0)
        for bell in bells:
            bell.ring_in_time(loop.time())
    assert rung == [len(bells)] * len(bells)
    assert loop.time() >= due


async def test_a_bell_that_was_rung_meanwhile_and_waits_anew_is_not_rung_early() -> None:
    clock = asyncio.get_running_loop().time
    bell = PacedBell(Beat())
    bell.not_before = clock() + 0.02
    waiting = asyncio.create_task(bell.wait(None))
    await asyncio.sleep(0)
    bell.ring_in_time(clock())
    bell.ring()
    async with asyncio.timeout(3):
        await waiting
        bell.not_before = clock() + 0.08
        await bell.wait(None)
    assert clock() >= bell.not_before - 0.005
