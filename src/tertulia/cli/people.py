"""Commands about people and their credentials: user, token."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tertulia.cli.frame import AsJson, InProject, fail, open_house, print_json, settings_for
from tertulia.core.project import Permission
from tertulia.core.query import UserAttribute

if TYPE_CHECKING:
    from tertulia.house import House

users = typer.Typer(no_args_is_help=True, help="People and what they may do.")
tokens = typer.Typer(no_args_is_help=True, help="The credentials that API clients send.")
EVERYTHING = frozenset({Permission.ADMINISTER, Permission.VIEW_DATA, Permission.RUN_TASKS, Permission.VIEW_TECHNICAL})


@users.command("add")
def add_user(
    email: str,
    project: InProject,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="May administer the project.")] = False,
    impersonate: Annotated[bool, typer.Option("--impersonate", help="May act as other members.")] = False,
    superuser: Annotated[bool, typer.Option("--superuser", help="May do everything in every project.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make somebody a member of a project, or change what a member may do."""
    permissions = EVERYTHING if admin else frozenset({Permission.VIEW_DATA})
    if impersonate:
        permissions |= {Permission.IMPERSONATE}

    async def work(house: "House") -> dict[str, Any]:
        found = await house.people.find_project(project)
        user = await house.people.add(email, found.id, permissions, is_superuser=superuser)
        return {"user_id": user.id, "email": user.email, "project_id": found.id, "permissions": sorted(permissions)}

    added = open_house(settings_for(), work)
    if as_json:
        print_json(added)
    else:
        typer.echo(f"{added['email']} is a member of {added['project_id']}: {', '.join(added['permissions'])}")


@users.command("set")
def set_attributes(
    email: str,
    given: Annotated[list[str], typer.Argument(metavar="KEY=VALUE ...", help="KEY= takes it away.")],
    project: InProject,
    *,
    expression: Annotated[
        bool, typer.Option("--expression", help="The value is a Looker filter expression, not a value.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a member may see of the data: user attributes for access filters. A key may be given several values."""
    named = _attributes(given, is_expression=expression)

    async def work(house: "House") -> dict[str, Any]:
        project_id = (await house.people.find_project(project)).id
        held = await house.modelling.set_attributes(project_id, email, named)
        return {name: held[name].values for name in sorted(held)}

    held = open_house(settings_for(), work)
    if as_json:
        print_json(held)
        return
    for name, values in held.items():
        typer.echo(f"{name:20} {', '.join(values)}")


@tokens.command("create")
def create_token(
    email: str,
    project: Annotated[str, typer.Option("--project", "-p", help="The token opens only this project.")] = "",
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    *,
    looker: Annotated[bool, typer.Option("--looker", help="A client_id and client_secret for the Looker API.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a token for a member and print it; it is shown only now."""
    if looker:
        _create_credential(email, project, name, as_json=as_json)
        return

    async def work(house: "House") -> dict[str, Any]:
        project_id = (await house.people.find_project(project)).id if project else None
        token, secret = await house.people.create_token(email, project_id=project_id, name=name)
        return {"id": token.id, "token": secret, "project_id": project_id, "email": email}

    made = open_house(settings_for(), work)
    if as_json:
        print_json(made)
    else:
        typer.echo(made["token"])


@tokens.command("list")
def list_tokens(*, as_json: AsJson = False) -> None:
    """All tokens and API credentials, newest first, without their secrets."""

    async def work(house: "House") -> list[dict[str, Any]]:
        credentials = [
            {
                "id": credential.id,
                "prefix": credential.client_id,
                "email": email,
                "name": "API credential",
                "project_id": credential.project_id,
                "created_at": credential.created_at.isoformat(),
                "last_used_at": None,
                "is_revoked": credential.revoked_at is not None,
            }
            for credential, email in await house.services.credentials.all()
        ]
        tokens = [
            {
                "id": token.id,
                "prefix": token.prefix,
                "email": email,
                "name": token.name,
                "project_id": token.project_id,
                "created_at": token.created_at.isoformat(),
                "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
                "is_revoked": token.revoked_at is not None,
            }
            for token, email in await house.people.tokens()
        ]
        return sorted(credentials + tokens, key=lambda row: row["created_at"], reverse=True)

    rows = open_house(settings_for(), work)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "revoked" if row["is_revoked"] else "open"
        typer.echo(f"{row['prefix']}  {state:8} {row['email']}  {row['project_id'] or 'all projects'}  {row['name']}")


@tokens.command("revoke")
def revoke_token(
    prefix: Annotated[str, typer.Argument(help="Its id, or the prefix or client_id that `token list` shows.")],
) -> None:
    """Close a token at once, or API credentials with all that was opened by them."""

    async def work(house: "House") -> int:
        return await house.people.revoke(prefix) + await house.services.credentials.revoke(prefix)

    if open_house(settings_for(), work) == 0:
        fail(f"There is no open token {prefix}.")
    typer.echo("revoked")


def _create_credential(email: str, project: str, name: str, *, as_json: bool) -> None:
    if not project:
        fail("API credentials open one project: name it with --project.")
    if name:
        fail("API credentials have no name.")

    async def work(house: "House") -> dict[str, Any]:
        project_id = (await house.people.find_project(project)).id
        credential, secret = await house.services.credentials.create(project_id, email)
        return {
            "id": credential.id,
            "client_id": credential.client_id,
            "client_secret": secret,
            "project_id": project_id,
            "email": email,
        }

    made = open_house(settings_for(), work)
    if as_json:
        print_json(made)
        return
    typer.echo(f"client_id={made['client_id']}")
    typer.echo(f"client_secret={made['client_secret']}")


def _attributes(given: list[str], *, is_expression: bool) -> list[UserAttribute]:
    values: dict[str, list[str]] = {}
    for each in given:
        name, separator, value = each.partition("=")
        if not separator or not name.strip():
            fail(f"{each!r} is no KEY=VALUE.")
        kept = values.setdefault(name.strip(), [])
        if value:
            kept.append(value)
    if is_expression and any(len(kept) > 1 for kept in values.values()):
        fail("A filter expression is one value: give each key once.")
    return [UserAttribute(name=name, values=kept, is_expression=is_expression) for name, kept in values.items()]
