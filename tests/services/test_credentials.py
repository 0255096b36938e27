"""Logging in with API credentials, acting as others, logging out: what each token opens, and for how long."""

import asyncio
import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from services.town import ADMIN, DEPUTY, MEMBER, STRANGER, Town
from tertulia.core.clock import now
from tertulia.core.errors import NotFound, PermissionDenied, Unauthenticated
from tertulia.core.ids import new_id
from tertulia.core.project import Membership
from tertulia.store import projects
from tertulia.store.schema import membership, token


async def rows(town: Town, statement: sa.Select[int]) -> int:
    def work(connection: Connection) -> int:
        return connection.execute(statement).scalar_one()

    return await town.house.database.read(work)


async def leave(town: Town, email: str) -> None:
    """Takes somebody out of the project."""

    def work(connection: Connection) -> None:
        connection.execute(membership.delete().where(membership.c.user_id == town.users[email].id))

    await town.house.database.write(work)


async def run_out(town: Town, email: str) -> None:
    """Lets an hour pass for the tokens of somebody."""

    def work(connection: Connection) -> None:
        of = token.update().where(token.c.user_id == town.users[email].id, token.c.expires_at.is_not(None))
        connection.execute(of.values(expires_at=now() - timedelta(seconds=1)))

    await town.house.database.write(work)


async def test_logging_in_opens_the_credentials_project_for_an_hour(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    assert credential.client_id.isalnum()
    assert len(credential.client_id) == 20

    issued, opened = await town.services.credentials.login(credential.client_id, secret)
    actor = await town.services.identity.actor(opened, town.here)
    assert (actor.email, actor.impersonator_id) == (MEMBER, None)
    assert issued.expires_at is not None
    assert timedelta(minutes=59) < issued.expires_at - now() <= timedelta(hours=1)
    with pytest.raises(PermissionDenied):
        await town.services.identity.actor(opened, town.elsewhere)


async def test_no_secret_is_stored(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    _, opened = await town.services.credentials.login(credential.client_id, secret)
    with sqlite3.connect(town.house.settings.database) as connection:
        stored = "\n".join(connection.iterdump())
    connection.close()
    assert credential.client_id in stored
    assert secret not in stored
    assert opened not in stored


@pytest.mark.parametrize("wrong", ["", "ttl_x", "\udcff", "ü", "' OR 1=1 --"])
async def test_a_wrong_name_and_a_wrong_secret_are_refused_alike(town: Town, wrong: str) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    told: set[str] = set()
    for client_id, given in ((credential.client_id, wrong), (wrong, secret), (wrong, wrong)):
        with pytest.raises(Unauthenticated) as refused:
            await town.services.credentials.login(client_id, given)
        told.add(refused.value.message)
    assert len(told) == 1


async def test_the_secret_of_one_credential_does_not_open_another(town: Town) -> None:
    first, _ = await town.services.credentials.create(town.here, MEMBER)
    _, second_secret = await town.services.credentials.create(town.here, MEMBER)
    with pytest.raises(Unauthenticated):
        await town.services.credentials.login(first.client_id, second_secret)


async def test_credentials_are_for_members_of_the_project_only(town: Town) -> None:
    with pytest.raises(NotFound, match="not a member"):
        await town.services.credentials.create(town.here, STRANGER)
    with pytest.raises(NotFound, match="no user"):
        await town.services.credentials.create(town.here, "nobody@example.org")


async def test_who_left_the_project_cannot_log_in_any_more(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    await leave(town, MEMBER)
    with pytest.raises(Unauthenticated):
        await town.services.credentials.login(credential.client_id, secret)


async def test_a_login_that_ran_out_opens_nothing_and_goes_with_the_next(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    _, opened = await town.services.credentials.login(credential.client_id, secret)
    await run_out(town, MEMBER)
    with pytest.raises(Unauthenticated, match="expired"):
        await town.services.identity.caller(opened)

    await town.services.credentials.login(credential.client_id, secret)
    of_member = sa.select(sa.func.count()).select_from(token).where(token.c.user_id == town.users[MEMBER].id)
    assert await rows(town, of_member) == 1


async def test_many_logins_at_once_each_get_a_token_of_their_own(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    logins = [town.services.credentials.login(credential.client_id, secret) for _ in range(20)]
    secrets = {opened for _, opened in await asyncio.gather(*logins)}
    assert len(secrets) == 20
    for opened in secrets:
        assert (await town.services.identity.actor(opened, town.here)).email == MEMBER


async def test_logging_out_closes_that_token_alone(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, MEMBER)
    _, first = await town.services.credentials.login(credential.client_id, secret)
    _, second = await town.services.credentials.login(credential.client_id, secret)
    await town.services.credentials.logout(first)
    with pytest.raises(Unauthenticated):
        await town.services.identity.caller(first)
    assert (await town.services.identity.caller(second)).user.email == MEMBER
    with pytest.raises(Unauthenticated):
        await town.services.credentials.logout("ttl_unknown")


async def test_a_token_of_an_operator_outlives_a_logout(town: Town) -> None:
    _, secret = await town.house.people.create_token(MEMBER, project_id=town.here)
    with pytest.raises(PermissionDenied, match="tertulia token revoke"):
        await town.services.credentials.logout(secret)
    assert (await town.services.identity.caller(secret)).user.email == MEMBER


async def test_revoked_credentials_close_what_they_opened(town: Town) -> None:
    credential, secret = await town.services.credentials.create(town.here, ADMIN)
    _, opened = await town.services.credentials.login(credential.client_id, secret)
    caller = await town.services.identity.caller(opened)
    _, acting = await town.services.credentials.login_as(caller, town.users[MEMBER].serial)
    _, permanent = await town.house.people.create_token(ADMIN, project_id=town.here)

    assert await town.services.credentials.revoke(credential.client_id) == 1
    for closed in (opened, acting):
        with pytest.raises(Unauthenticated):
            await town.services.identity.caller(closed)
    with pytest.raises(Unauthenticated):
        await town.services.credentials.login(credential.client_id, secret)
    assert (await town.services.identity.caller(permanent)).user.email == ADMIN
    assert await town.services.credentials.revoke(credential.client_id) == 0
    [(listed, email)] = await town.services.credentials.all()
    assert (listed.client_id, email, listed.revoked_at is None) == (credential.client_id, ADMIN, False)


@pytest.mark.parametrize("email", [ADMIN, DEPUTY])
async def test_who_may_acts_as_another_and_it_is_written_down(town: Town, email: str) -> None:
    caller = await town.caller(email)
    _, secret = await town.services.credentials.login_as(caller, town.users[MEMBER].serial)
    actor = await town.services.identity.actor(secret, town.here)
    assert (actor.user_id, actor.is_admin) == (town.users[MEMBER].id, False)
    assert actor.impersonator_id == town.users[email].id

    [entry] = await town.house.database.read(projects.list_audit_entries, town.here, 10)
    assert (entry["action"], entry["actor_id"], entry["acted_as_id"]) == (
        "login_as",
        town.users[email].id,
        town.users[MEMBER].id,
    )


async def test_a_member_may_not_act_as_another(town: Town) -> None:
    with pytest.raises(PermissionDenied):
        await town.services.credentials.login_as(await town.caller(MEMBER), town.users[ADMIN].serial)


@pytest.mark.parametrize("serial", [0, -1, 999, 2**70])
async def test_acting_as_somebody_who_does_not_exist_is_not_found(town: Town, serial: int) -> None:
    with pytest.raises(NotFound):
        await town.services.credentials.login_as(await town.caller(ADMIN), serial)


async def test_nobody_acts_as_somebody_of_another_project(town: Town) -> None:
    with pytest.raises(NotFound):
        await town.services.credentials.login_as(await town.caller(ADMIN), town.users[STRANGER].serial)


async def test_a_token_for_all_projects_does_not_say_where_to_act_as_another(town: Town) -> None:
    _, secret = await town.house.people.create_token(ADMIN, project_id=None)
    caller = await town.services.identity.caller(secret)
    with pytest.raises(PermissionDenied):
        await town.services.credentials.login_as(caller, town.users[MEMBER].serial)


async def test_who_acts_as_another_acts_as_no_third(town: Town) -> None:
    _, secret = await town.services.credentials.login_as(await town.caller(ADMIN), town.users[DEPUTY].serial)
    acting = await town.services.identity.caller(secret)
    with pytest.raises(PermissionDenied):
        await town.services.credentials.login_as(acting, town.users[MEMBER].serial)
    actor = await town.services.identity.actor(secret, town.here, impersonate=MEMBER)
    assert actor.user_id == town.users[DEPUTY].id


async def test_acting_as_oneself_is_a_login_like_any_other(town: Town) -> None:
    _, secret = await town.services.credentials.login_as(await town.caller(ADMIN), town.users[ADMIN].serial)
    assert (await town.services.identity.actor(secret, town.here)).impersonator_id is None


async def test_acting_as_another_ends_with_the_permission_to(town: Town) -> None:
    _, secret = await town.services.credentials.login_as(await town.caller(DEPUTY), town.users[MEMBER].serial)

    def demote(connection: Connection) -> None:
        bare = Membership(id=new_id(), project_id=town.here, user=town.users[DEPUTY], permissions=frozenset())
        projects.put_membership(connection, bare, now())

    await town.house.database.write(demote)
    with pytest.raises(PermissionDenied):
        await town.services.identity.actor(secret, town.here)


async def test_people_are_found_by_number_among_members_only(town: Town) -> None:
    actor = await town.actor(MEMBER)
    assert (await town.services.credentials.user(actor)).email == MEMBER
    assert (await town.services.credentials.member(actor, town.users[ADMIN].serial)).email == ADMIN
    with pytest.raises(NotFound):
        await town.services.credentials.member(actor, town.users[STRANGER].serial)
    found = await town.services.credentials.users([town.users[ADMIN].id, "unknown", town.users[ADMIN].id])
    assert {user_id: user.email for user_id, user in found.items()} == {town.users[ADMIN].id: ADMIN}
