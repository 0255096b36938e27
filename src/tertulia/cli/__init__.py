"""The command line: demo, init, serve, ingest, user, token, models, budget, doctor."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import msgspec
import typer

from tertulia import __version__
from tertulia.core.accounting import Allowance, Period
from tertulia.core.errors import TertuliaError
from tertulia.core.project import Permission
from tertulia.settings import Settings, load_settings

if TYPE_CHECKING:
    from tertulia.app import House
    from tertulia.services.setup import Founded

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tertulia: conversations with agents that answer from your documents, with proof.",
)
users = typer.Typer(no_args_is_help=True, help="People and what they may do.")
tokens = typer.Typer(no_args_is_help=True, help="The credentials that API clients send.")
models = typer.Typer(no_args_is_help=True, help="The language models of tertulia.toml.")
budget = typer.Typer(no_args_is_help=True, help="What may be spent on language models in a day or a month (UTC).")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token")
app.add_typer(models, name="models")
app.add_typer(budget, name="budget")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value for scripts.")]
InProject = Annotated[str, typer.Option("--project", "-p", help="Id or name of the project.")]
OfUser = Annotated[str | None, typer.Option("--user", "-u", help="E-mail address; without it, the whole project.")]
Per = Annotated[Period, typer.Option("--per", help="How long it lasts.")]
EVERYTHING = frozenset({Permission.ADMINISTER, Permission.VIEW_DATA, Permission.RUN_TASKS, Permission.VIEW_TECHNICAL})


@app.command()
def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Make the demo project if there is none yet, then serve it."""
    from tertulia.services.setup import DEMO_ADMIN  # noqa: PLC0415 - keeps --help quick
    from tertulia.welcome import greeting  # noqa: PLC0415 - likewise

    settings = _settings(host, port)

    async def work(house: "House") -> "Founded | None":
        from tertulia.app import demo_documents  # noqa: PLC0415 - likewise

        return None if await house.setup.find_demo() else await house.setup.demo(demo_documents())

    typer.echo("Tertulia is getting ready ...")
    founded = _run(settings, work, quiet=False)
    if founded is None:
        typer.echo(f"The demo project is there already. A new token: tertulia token create {DEMO_ADMIN}")
    typer.echo(greeting(settings, founded))
    _serve(settings, log_level="warning")


@app.command()
def init(
    *,
    with_demo: Annotated[bool, typer.Option("--demo", help="Make the demo project with its documents.")] = False,
    name: Annotated[str, typer.Option(help="Name of the project.")] = "My project",
    admin: Annotated[str, typer.Option(help="E-mail address of its admin.")] = "admin@example.org",
    as_json: AsJson = False,
) -> None:
    """Make a project with an admin and a token, and print their ids; tokens are shown only now."""

    async def work(house: "House") -> "Founded":
        from tertulia.app import demo_documents  # noqa: PLC0415 - keeps --help quick

        if with_demo:
            return await house.setup.demo(demo_documents())
        return await house.setup.found(name, admin_email=admin)

    founded = _run(_settings(), work, quiet=as_json).as_json()
    if as_json:
        _print_json(founded)
        return
    for label, value in founded.items():
        typer.echo(f"{label:20} {value}")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the API and the page until SIGTERM or Ctrl-C."""
    settings = _settings(host, port)
    _serve(settings, log_level=settings.log_level)


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders are read to the bottom.")],
    project: InProject,
    *,
    as_json: AsJson = False,
) -> None:
    """Upload files into a project and wait until they can be searched."""
    from tertulia.services.setup import files_under  # noqa: PLC0415 - keeps --help quick

    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        _fail(f"There is no {', '.join(missing)}.")
    found = files_under(paths)
    if not found:
        _fail("There are no files to read.")

    async def work(house: "House") -> list[dict[str, Any]]:
        return await house.setup.ingest(project, found)

    outcomes = _run(_settings(), work, quiet=as_json)
    if as_json:
        _print_json(outcomes)
    else:
        for outcome in outcomes:
            typer.echo(f"{outcome['state']:8} {outcome['name']}  {outcome['failure'] or ''}".rstrip())
    if any(outcome["state"] == "failed" for outcome in outcomes):
        raise typer.Exit(1)


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

    added = _run(_settings(), work)
    if as_json:
        _print_json(added)
    else:
        typer.echo(f"{added['email']} is a member of {added['project_id']}: {', '.join(added['permissions'])}")


@tokens.command("create")
def create_token(
    email: str,
    project: Annotated[str, typer.Option("--project", "-p", help="The token opens only this project.")] = "",
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Make a token for a member and print it; it is shown only now."""

    async def work(house: "House") -> dict[str, Any]:
        project_id = (await house.people.find_project(project)).id if project else None
        token, secret = await house.people.create_token(email, project_id=project_id, name=name)
        return {"id": token.id, "token": secret, "project_id": project_id, "email": email}

    made = _run(_settings(), work)
    if as_json:
        _print_json(made)
    else:
        typer.echo(made["token"])


@tokens.command("list")
def list_tokens(*, as_json: AsJson = False) -> None:
    """All tokens, newest first, without their secrets."""

    async def work(house: "House") -> list[dict[str, Any]]:
        return [
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

    rows = _run(_settings(), work)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        state = "revoked" if row["is_revoked"] else "open"
        typer.echo(f"{row['prefix']}  {state:8} {row['email']}  {row['project_id'] or 'all projects'}  {row['name']}")


@tokens.command("revoke")
def revoke_token(
    prefix: Annotated[str, typer.Argument(help="Its id, or the prefix that `token list` shows.")],
) -> None:
    """Close a token at once."""

    async def work(house: "House") -> int:
        return await house.people.revoke(prefix)

    if _run(_settings(), work) == 0:
        _fail(f"There is no open token {prefix}.")
    typer.echo("revoked")


@models.command("list")
def list_models(*, as_json: AsJson = False) -> None:
    """The models agents may name, the default one marked."""

    async def work(house: "House") -> list[dict[str, Any]]:
        cards = house.roster.cards
        return [
            {
                "name": name,
                "provider": str(cards[name].provider) if name in cards else "tertulia",
                "model": cards[name].model if name in cards else name,
                "fallback": cards[name].fallback if name in cards else [],
                "is_default": name == house.roster.default,
            }
            for name in house.roster.names
        ]

    rows = _run(_settings(), work)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        mark = "*" if row["is_default"] else " "
        chain = f"  then {', '.join(row['fallback'])}" if row["fallback"] else ""
        typer.echo(f"{mark} {row['name']:20} {row['provider']:16} {row['model']}{chain}")


@models.command("try")
def try_model(
    name: Annotated[str, typer.Argument(help="Its name in tertulia.toml.")],
    question: Annotated[str, typer.Argument(help="What to ask.")] = "Say hello in five words.",
    *,
    as_json: AsJson = False,
) -> None:
    """Send one question to one model, without fallback, and show what came back and how fast."""
    from tertulia.trial import try_once  # noqa: PLC0415 - keeps --help quick

    outcome = _run(_settings(), lambda house: try_once(house.roster, name, question))
    if as_json:
        _print_json(outcome.as_json())
    else:
        typer.echo(outcome.as_text())
    if outcome.problem is not None:
        raise typer.Exit(1)


@budget.command("set")
def set_budget(
    project: InProject,
    per: Per,
    user: OfUser = None,
    cost: Annotated[float | None, typer.Option(help="Limit in the currency of your prices.")] = None,
    tokens: Annotated[int | None, typer.Option(help="Limit in tokens read and written.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Limit what a project, or one of its users, may spend; takes the place of the limit for that period."""

    async def work(house: "House") -> dict[str, Any]:
        project_id = (await house.people.find_project(project)).id
        return _shown(await house.budgets.set(project_id, user, per, cost=cost, tokens=tokens))

    made = _run(_settings(), work)
    if as_json:
        _print_json(made)
    else:
        _print_budget(made)


@budget.command("list")
def list_budgets(project: InProject, *, as_json: AsJson = False) -> None:
    """The budgets of a project, and how much of each is spent."""

    async def work(house: "House") -> list[dict[str, Any]]:
        project_id = (await house.people.find_project(project)).id
        return [_shown(each) for each in await house.budgets.list(project_id)]

    rows = _run(_settings(), work)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        _print_budget(row)


@budget.command("remove")
def remove_budget(project: InProject, per: Per, user: OfUser = None, *, as_json: AsJson = False) -> None:
    """Lift a limit."""

    async def work(house: "House") -> dict[str, Any]:
        project_id = (await house.people.find_project(project)).id
        await house.budgets.remove(project_id, user, per)
        return {"project_id": project_id, "user": user, "per": str(per), "is_removed": True}

    removed = _run(_settings(), work)
    if as_json:
        _print_json(removed)
    else:
        typer.echo("removed")


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at what this installation has and lacks; exits with 1 where it cannot work."""
    from tertulia import checkup  # noqa: PLC0415 - only this command looks

    findings = checkup.examine(_settings())
    if as_json:
        _print_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{finding.verdict:5} {finding.subject:22} {finding.detail}")
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _settings(host: str | None = None, port: int | None = None) -> Settings:
    try:
        settings = load_settings()
    except TertuliaError as error:
        _fail(error.message)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return msgspec.structs.replace(settings, **given)


def _run(settings: Settings, work: "Callable[[House], Coroutine[Any, Any, T]]", *, quiet: bool = True) -> T:
    """Opens the house without a server, does the work and closes it; a TertuliaError ends as one line and exit 1."""
    from tertulia.app import House  # noqa: PLC0415 - the whole product, which --help does not need
    from tertulia.logs import configure_logging  # noqa: PLC0415 - likewise
    from tertulia.progress import Bar  # noqa: PLC0415 - likewise

    configure_logging("warning")

    async def main() -> T:
        with Bar(is_shown=not quiet) as bar:
            house = House(settings, on_progress=bar.show)
            try:
                return await work(house)
            finally:
                house.close()

    try:
        return asyncio.run(main())
    except TertuliaError as error:
        _fail(error.message)


def _serve(settings: Settings, *, log_level: str) -> None:
    from tertulia.logs import configure_logging  # noqa: PLC0415 - keeps --help quick
    from tertulia.server import serve as serve_http  # noqa: PLC0415 - likewise

    configure_logging(log_level)
    try:
        serve_http(settings)
    except TertuliaError as error:
        _fail(error.message)


def _shown(found: Allowance) -> dict[str, Any]:
    """A budget as --json prints it; spent and limit are in tokens or in the currency, whichever is limited."""
    limited, spent = found.budget, found.spent
    return {
        "project_id": limited.project_id,
        "user": limited.user_email,
        "per": str(limited.period),
        "limit_cost": limited.limit_cost,
        "limit_tokens": limited.limit_tokens,
        "spent": spent.input_tokens + spent.output_tokens if limited.limit_cost is None else round(spent.cost, 9),
        "renews_at": found.renews_at.isoformat(),
    }


def _print_budget(row: dict[str, Any]) -> None:
    limit = f"{row['limit_tokens']:,} tokens" if row["limit_cost"] is None else f"a cost of {row['limit_cost']:,.10g}"
    whose = row["user"] or "the whole project"
    typer.echo(f"{whose:30} {limit} per {row['per']}, {row['spent']:,.10g} spent, renews {row['renews_at']}")


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)
