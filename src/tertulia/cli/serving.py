"""Commands that make a project, fill it and serve it: demo, init, serve, ingest, doctor, version."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from tertulia import __version__
from tertulia.cli.frame import AsJson, InProject, fail, open_house, print_json, settings_for
from tertulia.core.errors import TertuliaError
from tertulia.settings import Settings

if TYPE_CHECKING:
    from tertulia.house import House
    from tertulia.services.setup import Founded

app = typer.Typer()


@app.command()
def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Make the demo project if there is none yet, then serve it; its clock stands at the end of the shop's data."""
    from tertulia.demo import SHOP_NOW  # noqa: PLC0415 - keeps --help quick
    from tertulia.services.setup import DEMO_ADMIN  # noqa: PLC0415 - likewise
    from tertulia.welcome import greeting  # noqa: PLC0415 - likewise

    settings = settings_for(host, port)
    if not settings.now:
        settings = msgspec.structs.replace(settings, now=SHOP_NOW.isoformat())

    async def work(house: "House") -> "Founded | None":
        from tertulia.house import demo_data, demo_documents  # noqa: PLC0415 - likewise

        if await house.setup.find_demo():
            return None
        return await house.setup.demo(demo_documents(), demo_data(house.settings))

    typer.echo("Tertulia is getting ready ...")
    founded = open_house(settings, work, quiet=False)
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
        from tertulia.house import demo_data, demo_documents  # noqa: PLC0415 - keeps --help quick

        if with_demo:
            return await house.setup.demo(demo_documents(), demo_data(house.settings))
        return await house.setup.found(name, admin_email=admin)

    founded = open_house(settings_for(), work, quiet=as_json).as_json()
    if as_json:
        print_json(founded)
        return
    for label, value in founded.items():
        typer.echo(f"{label:20} {value}")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the API and the page until SIGTERM or Ctrl-C."""
    settings = settings_for(host, port)
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
        fail(f"There is no {', '.join(missing)}.")
    found = files_under(paths)
    if not found:
        fail("There are no files to read.")

    async def work(house: "House") -> list[dict[str, Any]]:
        return await house.setup.ingest(project, found)

    outcomes = open_house(settings_for(), work, quiet=as_json)
    if as_json:
        print_json(outcomes)
    else:
        for outcome in outcomes:
            typer.echo(f"{outcome['state']:8} {outcome['name']}  {outcome['failure'] or ''}".rstrip())
    if any(outcome["state"] == "failed" for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at what this installation has and lacks; exits with 1 where it cannot work."""
    from tertulia import checkup  # noqa: PLC0415 - only this command looks

    findings = checkup.examine(settings_for())
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{finding.verdict:5} {finding.subject:22} {finding.detail}")
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _serve(settings: Settings, *, log_level: str) -> None:
    from tertulia.logs import configure_logging  # noqa: PLC0415 - keeps --help quick
    from tertulia.server import serve as serve_http  # noqa: PLC0415 - likewise

    configure_logging(log_level)
    try:
        serve_http(settings)
    except TertuliaError as error:
        fail(error.message)
