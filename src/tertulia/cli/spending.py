"""Commands about language models and what they may cost: models, budget."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tertulia.cli.frame import AsJson, InProject, open_house, print_json, settings_for
from tertulia.core.accounting import Allowance, Period

if TYPE_CHECKING:
    from tertulia.house import House

models = typer.Typer(no_args_is_help=True, help="The language models of tertulia.toml.")
budget = typer.Typer(no_args_is_help=True, help="What may be spent on language models in a day or a month (UTC).")

OfUser = Annotated[str | None, typer.Option("--user", "-u", help="E-mail address; without it, the whole project.")]
Per = Annotated[Period, typer.Option("--per", help="How long it lasts.")]


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

    rows = open_house(settings_for(), work)
    if as_json:
        print_json(rows)
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

    outcome = open_house(settings_for(), lambda house: try_once(house.roster, name, question))
    if as_json:
        print_json(outcome.as_json())
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

    made = open_house(settings_for(), work)
    if as_json:
        print_json(made)
    else:
        _print_budget(made)


@budget.command("list")
def list_budgets(project: InProject, *, as_json: AsJson = False) -> None:
    """The budgets of a project, and how much of each is spent."""

    async def work(house: "House") -> list[dict[str, Any]]:
        project_id = (await house.people.find_project(project)).id
        return [_shown(each) for each in await house.budgets.list(project_id)]

    rows = open_house(settings_for(), work)
    if as_json:
        print_json(rows)
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

    removed = open_house(settings_for(), work)
    if as_json:
        print_json(removed)
    else:
        typer.echo("removed")


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
