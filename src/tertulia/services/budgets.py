"""Budgets: set by the operator, held before a turn begins and told to it while it runs."""

import math

from tertulia.core.accounting import Allowance, Budget, Period
from tertulia.core.clock import now
from tertulia.core.errors import BudgetSpent, InvalidInput, NotFound
from tertulia.core.ids import new_id
from tertulia.core.project import User
from tertulia.store import budgets, projects, usage
from tertulia.store.database import Connection, Database

# what a column of 64 bits and a float both hold exactly
_MOST_TOKENS = 2**53


class Budgets:
    """What an operator does from the command line. No actor is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(
        self,
        project_id: str,
        email: str | None,
        period: Period,
        *,
        cost: float | None = None,
        tokens: int | None = None,
    ) -> Allowance:
        """Limits a project, or one of its users, in place of the limit there was for that period.

        Raises NotFound for an unknown user; InvalidInput unless exactly one limit is given and is not below zero.
        """
        _check(cost, tokens)

        def work(connection: Connection) -> Allowance:
            user = None if email is None else _user(connection, email)
            if user is not None and not _may_enter(connection, project_id, user):
                raise NotFound(f"{email} is not a member of project {project_id}.")
            new = Budget(
                id=new_id(),
                project_id=project_id,
                user_id=None if user is None else user.id,
                user_email=None if user is None else user.email,
                period=period,
                limit_cost=cost,
                limit_tokens=tokens,
                created_at=now(),
            )
            budgets.put_budget(connection, new)
            return _allowance(connection, new)

        return await self._database.write(work)

    async def list(self, project_id: str) -> "list[Allowance]":
        """The budgets of a project with what is spent of each in its present period; the whole project's first."""

        def work(connection: Connection) -> list[Allowance]:
            return [_allowance(connection, each) for each in budgets.list_budgets(connection, project_id)]

        return await self._database.read(work)

    async def remove(self, project_id: str, email: str | None, period: Period) -> None:
        """Raises NotFound where there is no such budget."""

        def work(connection: Connection) -> None:
            user_id = None if email is None else _user(connection, email).id
            if not budgets.delete_budget(connection, project_id, user_id, period):
                raise NotFound(f"There is no such budget per {period}.")

        await self._database.write(work)


def require_budget(connection: Connection, project_id: str, user_id: str) -> None:
    """Raises BudgetSpent where nothing is left of a budget that a turn of this user would draw on."""
    for each in allowances(connection, project_id, user_id):
        if each.is_spent:
            raise BudgetSpent(each.refusal, renews_at=each.renews_at)


def allowances(connection: Connection, project_id: str, user_id: str) -> list[Allowance]:
    """The budgets that a turn of this user draws on, with what is spent of them by turns that have ended."""
    return [_allowance(connection, each) for each in budgets.budgets_for(connection, project_id, user_id)]


def _allowance(connection: Connection, budget: Budget) -> Allowance:
    moment = now()
    since = budget.period.begins(moment).date()
    spent = usage.spent_since(connection, budget.project_id, since, user_id=budget.user_id)
    return Allowance(budget=budget, spent=spent, renews_at=budget.period.ends(moment))


def _user(connection: Connection, email: str) -> User:
    user = projects.find_user_by_email(connection, email)
    if user is None:
        raise NotFound(f"There is no user {email}.")
    return user


def _may_enter(connection: Connection, project_id: str, user: User) -> bool:
    return user.is_superuser or projects.find_membership(connection, project_id, user) is not None


def _check(cost: float | None, tokens: int | None) -> None:
    if (cost is None) == (tokens is None):
        raise InvalidInput("A budget has one limit: give either a cost or a number of tokens.")
    if cost is not None and not (math.isfinite(cost) and cost >= 0):
        raise InvalidInput("The cost must be a number that is not below zero.")
    if tokens is not None and not 0 <= tokens <= _MOST_TOKENS:
        raise InvalidInput("The number of tokens must not be below zero, nor out of all proportion.")
