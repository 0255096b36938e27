"""Budgets as rows: at most one per period for a project, and one for each of its users."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.accounting import Budget, Period
from tertulia.store.schema import budget, user_account

_FIND = sa.select(budget, user_account.c.email.label("user_email")).select_from(
    budget.outerjoin(user_account, user_account.c.id == budget.c.user_id)
)
# built once: building a statement costs more than running it
_FOR_USER = _FIND.where(
    budget.c.project_id == sa.bindparam("project_id"),
    sa.or_(budget.c.user_id.is_(None), budget.c.user_id == sa.bindparam("user_id")),
)


def put_budget(connection: Connection, new: Budget) -> None:
    """Takes the place of the one there was for the same user, or the whole project, and period."""
    delete_budget(connection, new.project_id, new.user_id, new.period)
    connection.execute(
        budget.insert().values(
            id=new.id,
            project_id=new.project_id,
            user_id=new.user_id,
            period=new.period.value,
            limit_cost=new.limit_cost,
            limit_tokens=new.limit_tokens,
            created_at=new.created_at,
        )
    )


def delete_budget(connection: Connection, project_id: str, user_id: str | None, period: Period) -> bool:
    """Whether there was one."""
    deleted = connection.execute(
        budget.delete().where(
            budget.c.project_id == project_id,
            budget.c.user_id.is_(None) if user_id is None else budget.c.user_id == user_id,
            budget.c.period == period.value,
        )
    )
    return deleted.rowcount > 0


def budgets_for(connection: Connection, project_id: str, user_id: str) -> list[Budget]:
    """The budgets that a turn of this user draws on: the project's and the user's own."""
    rows = connection.execute(_FOR_USER, {"project_id": project_id, "user_id": user_id})
    return [_budget(row) for row in rows]


def list_budgets(connection: Connection, project_id: str) -> list[Budget]:
    """The project's own first, then those of its users by e-mail address."""
    statement = _FIND.where(budget.c.project_id == project_id).order_by(
        budget.c.user_id.is_not(None), user_account.c.email_folded, budget.c.period
    )
    return [_budget(row) for row in connection.execute(statement)]


def _budget(row: sa.Row[Any]) -> Budget:
    return Budget(
        id=row.id,
        project_id=row.project_id,
        user_id=row.user_id,
        user_email=row.user_email,
        period=Period(row.period),
        limit_cost=row.limit_cost,
        limit_tokens=row.limit_tokens,
        created_at=row.created_at,
    )
