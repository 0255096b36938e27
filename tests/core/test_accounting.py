"""Periods, what is left of a budget, and which model a turn's tokens are booked to."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.accounting import Allowance, Budget, Period
from tertulia.core.message import AssistantMessage, Usage
from tertulia.core.run import Completed, Event, Failed, ModelSwitched, Problem, Restarted, Started, UsageReported, fold

AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - given UTC
SPENT = st.builds(Usage, input_tokens=st.integers(0, 9), output_tokens=st.integers(0, 9))
EVENTS = st.one_of(
    st.builds(UsageReported, SPENT),
    st.builds(ModelSwitched, model=st.sampled_from(["a", "b", "c"])),
    st.builds(Restarted, at=st.just(AT), model=st.sampled_from(["a", "b"])),
)


def allowance(
    *, cost: float | None = None, tokens: int | None = None, spent: Usage | None = None, user_id: str | None = None
) -> Allowance:
    budget = Budget(
        id="b",
        project_id="p",
        period=Period.MONTH,
        created_at=AT,
        user_id=user_id,
        limit_cost=cost,
        limit_tokens=tokens,
    )
    return Allowance(budget=budget, spent=spent or Usage(), renews_at=Period.MONTH.ends(AT))


@pytest.mark.parametrize(
    ("moment", "period", "begins", "ends"),
    [
        (AT, Period.DAY, "2026-05-04", "2026-05-05"),
        (AT, Period.MONTH, "2026-05-01", "2026-06-01"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), Period.DAY, "2026-12-31", "2027-01-01"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), Period.MONTH, "2026-12-01", "2027-01-01"),
        (datetime(2028, 2, 29, tzinfo=UTC), Period.MONTH, "2028-02-01", "2028-03-01"),
        (datetime(2026, 6, 1, 1, tzinfo=timezone(timedelta(hours=2))), Period.MONTH, "2026-05-01", "2026-06-01"),
    ],
)
def test_a_period_is_a_calendar_day_or_month_in_utc(moment: datetime, period: Period, begins: str, ends: str) -> None:
    assert period.begins(moment) == datetime.fromisoformat(f"{begins}T00:00:00+00:00")
    assert period.ends(moment) == datetime.fromisoformat(f"{ends}T00:00:00+00:00")


@given(MOMENTS, st.sampled_from(Period))
def test_periods_follow_each_other_without_a_gap(moment: datetime, period: Period) -> None:
    begins, ends = period.begins(moment), period.ends(moment)
    assert begins <= moment < ends
    assert period.begins(ends) == ends
    assert period.begins(ends - timedelta(microseconds=1)) == begins


@pytest.mark.parametrize(
    ("spent", "is_spent", "is_exceeded"), [((90, 9), False, False), ((90, 10), True, False), ((90, 11), True, True)]
)
def test_a_budget_may_be_used_up_to_the_last_token(
    spent: tuple[int, int], *, is_spent: bool, is_exceeded: bool
) -> None:
    usage = Usage(input_tokens=spent[0], output_tokens=spent[1], cache_read_tokens=80, reasoning_tokens=5)
    assert allowance(tokens=100, spent=usage).is_spent is is_spent
    assert allowance(tokens=100).is_exceeded_by(usage) is is_exceeded
    earlier = Usage(input_tokens=60)
    rest = Usage(input_tokens=spent[0] - 60, output_tokens=spent[1])
    assert allowance(tokens=100, spent=earlier).is_exceeded_by(rest) is is_exceeded


def test_the_last_bits_of_a_sum_of_prices_are_not_held_against_anybody() -> None:
    ten_cents, twenty_cents = Usage(cost=0.1), Usage(cost=0.2)
    assert allowance(cost=0.3, spent=ten_cents + twenty_cents).is_spent
    assert not allowance(cost=0.3, spent=ten_cents).is_exceeded_by(twenty_cents)
    assert allowance(cost=0.3, spent=ten_cents).is_exceeded_by(Usage(cost=0.200001))


def test_a_limit_of_nothing_is_spent_at_once() -> None:
    assert allowance(tokens=0).is_spent
    assert allowance(cost=0.0).is_spent
    assert not allowance(tokens=0).is_exceeded_by(Usage(cost=3.0))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (allowance(tokens=1_500_000), "This project's monthly budget of 1,500,000 tokens is spent."),
        (allowance(cost=12.5, user_id="u"), "Your monthly budget of a cost of 12.5 is spent."),
    ],
)
def test_a_refusal_says_which_budget_it_was_and_when_there_is_more(given: Allowance, text: str) -> None:
    assert given.refusal == f"{text} It renews on 2026-06-01 at 00:00 UTC."


def test_tokens_are_booked_to_the_model_that_used_them() -> None:
    events: list[Event] = [
        Started(at=AT, model="large"),
        UsageReported(Usage(input_tokens=1)),
        ModelSwitched(model="small"),
        UsageReported(Usage(input_tokens=10, cost=0.5)),
        UsageReported(Usage(output_tokens=100)),
        Failed(at=AT, problem=Problem(code="provider_failed", message="")),
    ]
    assert fold(0, events).spent == {
        "large": Usage(input_tokens=1),
        "small": Usage(input_tokens=10, output_tokens=100, cost=0.5),
    }


def test_a_model_that_answered_for_nothing_is_booked_and_one_that_only_failed_is_not() -> None:
    events: list[Event] = [Started(at=AT, model="large"), ModelSwitched(model="small"), Completed(at=AT)]
    assert fold(0, events).spent == {"small": Usage()}
    assert fold(0, [Failed(at=AT, problem=Problem(code="not_found", message=""))]).spent == {}


@given(st.lists(EVENTS, max_size=20))
def test_what_models_used_is_what_the_answer_says_was_used(events: list[Event]) -> None:
    folded = fold(0, [Started(at=AT, model="a"), *events, Completed(at=AT)])
    answer = folded.messages[-1]
    assert isinstance(answer, AssistantMessage)
    assert sum(folded.spent.values(), Usage()) == answer.usage == folded.usage
    assert answer.model in folded.spent
