"""A turn that used more than was left of a budget goes no further: what was written stays, and nothing more is begun."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from msgspec import structs

from runtime.test_loop import AT, Actor, Shelf, briefing, search, text_of
from tertulia.core.accounting import Allowance, Budget, Period
from tertulia.core.errors import BudgetSpent
from tertulia.core.message import Usage
from tertulia.core.model import ModelCard, Prices, Provider
from tertulia.core.run import Completed, Event, SupportChecked, ToolCallRequested, UsageReported
from tertulia.providers.model import Cut, ModelChosen, ModelEvent, ReasoningChunk, StepUsage, TextChunk
from tertulia.providers.roster import Roster
from tertulia.retrieval.citations import verify
from tertulia.runtime.loop import Limits, Loop

CARD = ModelCard(
    provider=Provider.OPENAI, model="m", base_url="http://127.0.0.1:9/v1", prices=Prices(input=1_000_000.0)
)


class Played(NamedTuple):
    """What came of a turn, and why it stopped where it did."""

    events: list[Event]
    refusal: str
    model: Actor
    shelf: Shelf


def allowance(left: int, *, in_cost: bool = False) -> Allowance:
    """One of which others have spent 900."""
    budget = Budget(
        id="b",
        project_id="p",
        period=Period.DAY,
        created_at=AT,
        limit_cost=900.0 + left if in_cost else None,
        limit_tokens=None if in_cost else 900 + left,
    )
    return Allowance(budget=budget, spent=Usage(input_tokens=900, cost=900.0), renews_at=Period.DAY.ends(AT))


def used(read: int, written: int = 0) -> StepUsage:
    return StepUsage(Usage(input_tokens=read, output_tokens=written))


async def play(steps: Sequence[Sequence[ModelEvent]], *allowances: Allowance) -> Played:
    left = iter(steps)
    model, shelf = Actor(lambda _request: [*next(left)]), Shelf()
    loop = Loop(
        shelf,
        roster=Roster({"actor": model}, {"priced": CARD}, {}, default="actor"),
        verify=verify,
        link=lambda _: lambda chunk, _quote: f"/{chunk}",
        limits=Limits(step_limit=5, tool_seconds=1),
    )
    played = Played([], "", model, shelf)
    try:
        async for event in loop.play(structs.replace(briefing(), allowances=list(allowances)), model):
            played.events.append(event)
    except BudgetSpent as error:
        return played._replace(refusal=error.message)
    return played


async def test_a_turn_within_its_allowance_is_let_alone() -> None:
    steps = [[search("fee"), used(90, 5)], [TextChunk("Twelve."), used(4, 1)]]
    played = await play(steps, allowance(100))
    assert played.refusal == ""
    assert text_of(played.events) == "Twelve."
    assert len(played.shelf.ran) == 1


async def test_one_token_too_many_ends_the_turn_before_its_calls_are_made() -> None:
    steps = [[TextChunk("Let me look."), search("fee"), used(90, 11)], [TextChunk("Twelve.")]]
    played = await play(steps, allowance(100))
    assert played.refusal == (
        "This project's daily budget of 1,000 tokens is spent. It renews on 2026-05-05 at 00:00 UTC."
    )
    assert text_of(played.events) == "Let me look."
    assert not [event for event in played.events if isinstance(event, ToolCallRequested)]
    assert played.shelf.ran == []
    assert len(played.model.requests) == 1


@pytest.mark.parametrize("more", [TextChunk(" And more."), ReasoningChunk("Hm."), search("fee")])
async def test_what_was_read_counts_before_the_answer_is_whole(more: ModelEvent) -> None:
    """Some services say at once what they read: such an answer stops in the middle, and its stream is closed."""
    played = await play([[used(60), TextChunk("The fee"), used(41), more]], allowance(100))
    assert played.refusal
    assert text_of(played.events) == "The fee"
    assert [event.usage.input_tokens for event in played.events if isinstance(event, UsageReported)] == [60, 41]
    assert played.model.was_closed


@pytest.mark.parametrize("last", [[used(500)], [Cut(), used(500)]])
async def test_an_answer_that_was_whole_before_its_tokens_were_counted_is_let_stand(last: list[ModelEvent]) -> None:
    played = await play([[TextChunk("Twelve."), *last]], allowance(100))
    assert played.refusal == ""
    assert [type(event) for event in played.events[-2:]] == [SupportChecked, Completed]


async def test_steps_add_up() -> None:
    steps = [[search("fee"), used(60)], [search("fees"), used(60)], [TextChunk("Twelve.")]]
    played = await play(steps, allowance(100))
    assert played.refusal
    assert len(played.shelf.ran) == 1


async def test_the_tightest_of_several_budgets_counts() -> None:
    steps = [[used(60), TextChunk("The fee")]]
    assert (await play(steps, allowance(1_000), allowance(59))).refusal
    assert not (await play(steps, allowance(1_000), allowance(60))).refusal


@pytest.mark.parametrize(("read", "is_refused"), [(3, False), (4, True)])
async def test_a_limit_of_cost_is_held_by_the_prices_of_the_model_that_answers(read: int, *, is_refused: bool) -> None:
    steps = [[used(500), ModelChosen("priced"), TextChunk("The"), used(read), TextChunk(" fee")]]
    played = await play(steps, allowance(3, in_cost=True))
    assert bool(played.refusal) is is_refused
    assert text_of(played.events) == ("The" if is_refused else "The fee")


async def test_a_turn_that_waited_while_others_overspent_asks_no_model() -> None:
    played = await play([[TextChunk("Twelve.")]], allowance(-1))
    assert played.refusal
    assert played.events == []
    assert played.model.requests == []
