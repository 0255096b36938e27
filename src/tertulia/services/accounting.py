"""What was spent, as those who may know it see it: admins the whole project, others their own."""

from datetime import date

from msgspec import Struct

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.accounting import Grouping, Holdings, Spending, UsageFilter
from tertulia.core.errors import NotFound
from tertulia.core.project import Project
from tertulia.store import projects, usage
from tertulia.store.database import Connection, Database


class Account(Struct, frozen=True, kw_only=True):
    """What was spent in a project and what it holds, at one moment."""

    project: Project
    holdings: Holdings
    total: Spending
    by_day: list[Spending]
    by_user: list[Spending]
    by_agent: list[Spending]
    by_model: list[Spending]


class Accounting:
    """Reports count the turns that ended from the day `since` on and before the day `until`, in UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def usage(
        self, actor: Actor, *, since: date | None = None, until: date | None = None, group_by: Grouping
    ) -> list[Spending]:
        """Days in their order; users, agents, models and conversations dearest first."""
        wanted = _wanted(actor, since, until)
        return await self._database.read(usage.list_usage, actor.project_id, wanted, group_by)

    async def account(self, actor: Actor, *, since: date | None = None, until: date | None = None) -> Account:
        """All groupings but that by conversation. Raises NotFound where the project is gone."""
        wanted = _wanted(actor, since, until)

        def work(connection: Connection) -> Account:
            project = projects.find_project(connection, actor.project_id)
            if project is None:
                raise NotFound

            def by(grouping: Grouping) -> list[Spending]:
                return usage.list_usage(connection, actor.project_id, wanted, grouping)

            return Account(
                project=project,
                holdings=usage.count_holdings(connection, actor.project_id, wanted),
                total=usage.total_usage(connection, actor.project_id, wanted),
                by_day=by(Grouping.DAY),
                by_user=by(Grouping.USER),
                by_agent=by(Grouping.AGENT),
                by_model=by(Grouping.MODEL),
            )

        return await self._database.read(work)


def _wanted(actor: Actor, since: date | None, until: date | None) -> UsageFilter:
    is_all = allowed(actor, Verb.VIEW_ALL_USAGE)
    return UsageFilter(since=since, until=until, user_id=None if is_all else actor.user_id)
