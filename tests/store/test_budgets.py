"""Budgets as rows: one per user and period, and one per period for the whole project."""

from sqlalchemy import Connection

from store.conftest import NOW, make_project
from tertulia.core.accounting import Budget, Period
from tertulia.core.ids import new_id
from tertulia.core.project import Project, User
from tertulia.store import budgets, projects


def limit(
    project: Project, period: Period = Period.DAY, *, user: User | None = None, tokens: int | None = None
) -> Budget:
    return Budget(
        id=new_id(),
        project_id=project.id,
        period=period,
        created_at=NOW,
        user_id=user.id if user else None,
        user_email=user.email if user else None,
        limit_cost=2.5 if tokens is None else None,
        limit_tokens=tokens,
    )


def test_a_budget_comes_back_as_it_was_put_the_whole_projects_first(
    connection: Connection, project: Project, user: User
) -> None:
    put = [limit(project, user=user, tokens=2**53), limit(project, Period.MONTH), limit(project)]
    for each in put:
        budgets.put_budget(connection, each)
    assert budgets.list_budgets(connection, project.id) == [put[2], put[1], put[0]]


def test_a_new_limit_takes_the_place_of_the_one_for_the_same_user_and_period(
    connection: Connection, project: Project, user: User
) -> None:
    for owner in (None, user):
        budgets.put_budget(connection, limit(project, user=owner))
        budgets.put_budget(connection, limit(project, Period.MONTH, user=owner))
        budgets.put_budget(connection, limit(project, user=owner, tokens=7))
    found = budgets.list_budgets(connection, project.id)
    assert [(each.user_email, each.period, each.limit_tokens) for each in found] == [
        (None, Period.DAY, 7),
        (None, Period.MONTH, None),
        (user.email, Period.DAY, 7),
        (user.email, Period.MONTH, None),
    ]


def test_a_turn_draws_on_the_projects_budgets_and_on_those_of_its_user_alone(
    connection: Connection, project: Project, user: User
) -> None:
    other = projects.insert_user(connection, "bo@example.org", NOW, is_superuser=False)
    elsewhere = make_project(connection, "elsewhere")
    whole, own = limit(project), limit(project, user=user)
    for each in (whole, own, limit(project, user=other), limit(elsewhere), limit(elsewhere, user=user)):
        budgets.put_budget(connection, each)
    drawn = budgets.budgets_for(connection, project.id, user.id)
    assert sorted(each.id for each in drawn) == sorted([whole.id, own.id])
    assert [each.id for each in budgets.budgets_for(connection, project.id, "nobody")] == [whole.id]


def test_a_budget_is_removed_once_and_with_its_project(connection: Connection, project: Project, user: User) -> None:
    budgets.put_budget(connection, limit(project))
    budgets.put_budget(connection, limit(project, user=user))
    assert budgets.delete_budget(connection, project.id, user.id, Period.DAY)
    assert not budgets.delete_budget(connection, project.id, user.id, Period.DAY)
    assert not budgets.delete_budget(connection, project.id, None, Period.MONTH)
    assert len(budgets.list_budgets(connection, project.id)) == 1
    projects.delete_project(connection, project.id)
    assert budgets.list_budgets(connection, project.id) == []
