"""From an account of what was spent to what this API shows of it."""

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from tertulia.core.accounting import Spending
from tertulia.dialects.clarifeye import wire_library as wire
from tertulia.services.accounting import Account

# a billionth is less than one token of any model costs
COST_DIGITS = 9


class Month(NamedTuple):
    """A calendar month in UTC."""

    first: date

    @property
    def after(self) -> date:
        """The first day that is no longer in it."""
        months = self.first.year * 12 + self.first.month
        return date(months // 12, months % 12 + 1, 1)

    def __str__(self) -> str:
        return self.first.isoformat()[:7]


def project_usage(found: Account, month: Month | None) -> wire.ProjectUsage:
    return wire.ProjectUsage(
        total_documents_size_bytes=found.holdings.document_bytes,
        total_documents_count=found.holdings.document_count,
        total_page_count=found.holdings.page_count,
        retrieval_operations_count=found.total.retrieval_count,
        playground_conversations_count=found.holdings.conversation_count,
        month=None if month is None else str(month),
        month_start=None if month is None else _midnight(month.first),
        month_end=None if month is None else _midnight(month.after),
        project_created_at=found.project.created_at,
        **_spent(found.total),
        by_day=[wire.DayUsage(day=each.key, **_spent(each)) for each in found.by_day],
        by_user=[wire.UserUsage(user_id=each.key, email=each.name, **_spent(each)) for each in found.by_user],
        by_agent=[
            wire.AgentUsage(agent_settings=each.key or None, agent_settings_name=each.name, **_spent(each))
            for each in found.by_agent
        ],
        by_model=[wire.ModelUsage(model=each.key, **_spent(each)) for each in found.by_model],
    )


def _spent(found: Spending) -> dict[str, Any]:
    usage = found.usage
    tokens = wire.SpentTokens(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.cache_read_tokens,
        cache_write=usage.cache_write_tokens,
        reasoning=usage.reasoning_tokens,
        total=usage.input_tokens + usage.output_tokens,
    )
    return {"tokens": tokens, "cost": round(usage.cost, COST_DIGITS), "turns": found.turn_count}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
