"""What every command needs: the settings, the house without a server, output for people and for scripts."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import msgspec
import typer

from tertulia.core.errors import TertuliaError
from tertulia.settings import Settings, load_settings

if TYPE_CHECKING:
    from tertulia.house import House

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value for scripts.")]
InProject = Annotated[str, typer.Option("--project", "-p", help="Id or name of the project.")]


def settings_for(host: str | None = None, port: int | None = None) -> Settings:
    try:
        settings = load_settings()
    except TertuliaError as error:
        fail(error.message)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return msgspec.structs.replace(settings, **given)


def open_house(settings: Settings, work: "Callable[[House], Coroutine[Any, Any, T]]", *, quiet: bool = True) -> T:
    """Opens the house without a server, does the work and closes it; a TertuliaError ends as one line and exit 1."""
    from tertulia.house import House  # noqa: PLC0415 - the whole product, which --help does not need
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
        fail(error.message)


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))


def fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)
