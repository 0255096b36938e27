"""What was spent, by whom and on what, and the budgets that limit it."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from tertulia.core.message import Usage


class Grouping(StrEnum):
    """What a report of usage has one row for."""

    DAY = "day"
    USER = "user"
    AGENT = "agent"
    MODEL = "model"
    CONVERSATION = "conversation"


class UsageFilter(Struct, frozen=True, kw_only=True):
    """What of a project a report counts: from the day `since` on, before the day `until` (UTC), of one user or of all."""

    since: date | None = None
    until: date | None = None
    user_id: str | None = None


class Spending(Struct, frozen=True, kw_only=True):
    """One row of a report: `key` is a day (ISO, UTC), an id or a model's name; `name` is what people call it, if known.

    `turn_count` counts the turns that reached a model, `retrieval_count` their searches for chunks.
    """

    key: str
    usage: Usage
    name: str | None = None
    turn_count: int = 0
    retrieval_count: int = 0


class Holdings(Struct, frozen=True, kw_only=True):
    """How much there is in a project. Documents that were deleted are not counted, archived conversations are."""

    document_count: int = 0
    document_bytes: int = 0
    page_count: int = 0
    conversation_count: int = 0


class Period(StrEnum):
    """How long a budget lasts: a calendar day or month in UTC."""

    DAY = "day"
    MONTH = "month"

    def begins(self, moment: datetime) -> datetime:
        """The first instant of the period that `moment` lies in."""
        midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self is Period.DAY else midnight.replace(day=1)

    def ends(self, moment: datetime) -> datetime:
        """The first instant of the period after that."""
        # 32 days after its first, every month is over
        return self.begins(self.begins(moment) + timedelta(days=1 if self is Period.DAY else 32))


class Budget(Struct, frozen=True, kw_only=True):
    """What may be spent in a period, in tokens or at a cost: one of the two limits is set.

    Without a `user_id` it is the whole project's. Tokens are those read and those written, cached and reasoning ones too.
    """

    id: str
    project_id: str
    period: Period
    created_at: datetime
    user_id: str | None = None
    user_email: str | None = None
    limit_cost: float | None = None
    limit_tokens: int | None = None

    def left(self, spent: Usage) -> float:
        """What is left of the limit; below zero where more was spent than there was."""
        if self.limit_cost is not None:
            # sums of prices are off by their last bits
            return round(self.limit_cost - spent.cost, 9)
        return (self.limit_tokens or 0) - spent.input_tokens - spent.output_tokens


class Allowance(Struct, frozen=True, kw_only=True):
    """A budget at one moment: what is spent of it by turns that have ended, and when it begins anew."""

    budget: Budget
    spent: Usage
    renews_at: datetime

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left for another turn."""
        return self.budget.left(self.spent) <= 0

    @property
    def refusal(self) -> str:
        """Which budget is spent, how much it was and when there is more, for the one who asked."""
        budget = self.budget
        whose = "This project's" if budget.user_id is None else "Your"
        span = "daily" if budget.period is Period.DAY else "monthly"
        limit = (
            f"{budget.limit_tokens:,} tokens" if budget.limit_cost is None else f"a cost of {budget.limit_cost:,.10g}"
        )
        return f"{whose} {span} budget of {limit} is spent. It renews on {self.renews_at:%Y-%m-%d at %H:%M} UTC."

    def is_exceeded_by(self, usage: Usage) -> bool:
        """Whether a turn that used so much has used more than was left for it."""
        return self.budget.left(self.spent + usage) < 0
