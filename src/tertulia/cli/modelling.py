"""Commands about governed data: lookml, connect, connections, disconnect."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tertulia.cli.frame import AsJson, InProject, open_house, print_json, settings_for

if TYPE_CHECKING:
    from tertulia.house import House
    from tertulia.semantic.lookml.model import Finding

lookml = typer.Typer(no_args_is_help=True, help="The LookML that says what data means.")
connection_app = typer.Typer()

Folder = Annotated[
    Path, typer.Argument(exists=True, file_okay=False, readable=True, help="The LookML project's folder.")
]
Named = Annotated[str, typer.Option("--name", help="What to call it; without it, as its manifest or folder says.")]
_WATCH_S = 1.0


@lookml.command("load")
def load_lookml(
    folder: Folder,
    project: InProject,
    name: Named = "",
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Load again whenever a file changes, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load a LookML project: its explores can be asked at once, and what is wrong is said with file and line."""
    loaded = _load(folder, project, name, as_json=as_json)
    while watch:
        time.sleep(_WATCH_S)
        if (seen := _fingerprint(folder)) != loaded:
            _load(folder, project, name, as_json=as_json)
            loaded = seen


@lookml.command("check")
def check_lookml(
    folder: Folder,
    project: Annotated[
        str, typer.Option("--project", "-p", help="Also look for duplicate keys in this project's data.")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong or doubtful in a LookML project; exits with 1 where something is wrong."""
    from tertulia.semantic.lookml.folder import read_folder  # noqa: PLC0415 - only this command needs it
    from tertulia.semantic.lookml.lint import check  # noqa: PLC0415 - likewise
    from tertulia.semantic.lookml.load import load_project  # noqa: PLC0415 - likewise

    parsed = load_project(read_folder(folder), name=folder.resolve().name)
    findings: Sequence[Finding] = check(parsed)
    if project:

        async def work(house: "House") -> "Sequence[Finding]":
            return await house.data.inspection().duplicate_keys((await house.people.find_project(project)).id, parsed)

        findings = [*findings, *open_house(settings_for(), work)]
    _print_findings(findings, as_json=as_json)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


@lookml.command("list")
def list_lookml(project: InProject, *, as_json: AsJson = False) -> None:
    """The LookML projects that are loaded."""

    async def work(house: "House") -> list[dict[str, Any]]:
        project_id = (await house.people.find_project(project)).id
        return [
            {"name": name, "files": len(files)} for name, files in (await house.modelling.loaded(project_id)).items()
        ]

    rows = open_house(settings_for(), work)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']:30} {row['files']} files")


@lookml.command("unload")
def unload_lookml(name: str, project: InProject) -> None:
    """Take a LookML project out again."""

    async def work(house: "House") -> None:
        await house.modelling.unload((await house.people.find_project(project)).id, name)

    open_house(settings_for(), work)
    typer.echo("unloaded")


@connection_app.command("connect")
def connect(
    name: Annotated[str, typer.Argument(help="The name that LookML models give their connection.")],
    url: Annotated[
        str, typer.Argument(help="duckdb:///file.duckdb, folder:///data, postgresql://...; ${NAME} reads a variable.")
    ],
    project: InProject,
) -> None:
    """Connect a project to the database its LookML reads; it is asked once to see that it answers."""

    async def work(house: "House") -> None:
        project_id = (await house.people.find_project(project)).id
        await house.data.inspection().try_connection(name, url)
        await house.modelling.connect(project_id, name, url)

    open_house(settings_for(), work)
    typer.echo(f"{name} is connected")


@connection_app.command("connections")
def list_connections(project: InProject, *, as_json: AsJson = False) -> None:
    """The databases a project is connected to, without their passwords."""
    from tertulia.semantic.execute.address import redacted  # noqa: PLC0415 - only this command needs it

    async def work(house: "House") -> list[dict[str, Any]]:
        project_id = (await house.people.find_project(project)).id
        return [
            {"name": each.name, "url": redacted(each.url)} for each in await house.modelling.connections(project_id)
        ]

    rows = open_house(settings_for(), work)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']:20} {row['url']}")


@connection_app.command("disconnect")
def disconnect(name: str, project: InProject) -> None:
    """Forget a connection."""

    async def work(house: "House") -> None:
        await house.modelling.disconnect((await house.people.find_project(project)).id, name)

    open_house(settings_for(), work)
    typer.echo("disconnected")


def _load(folder: Path, project: str, name: str, *, as_json: bool) -> str:
    """Loads and tells; gives what the files were."""
    from tertulia.semantic.lookml.folder import read_folder  # noqa: PLC0415 - only this command needs it
    from tertulia.semantic.lookml.load import load_project  # noqa: PLC0415 - likewise

    seen = _fingerprint(folder)
    files = read_folder(folder)
    parsed = load_project(files, name=name)
    called = parsed.name or folder.resolve().name

    async def work(house: "House") -> bool:
        project_id = (await house.people.find_project(project)).id
        return (await house.modelling.load(project_id, called, files)).is_changed

    is_changed = open_house(settings_for(), work)
    if as_json:
        _print_findings(parsed.findings, as_json=True)
        return seen
    _print_findings(parsed.findings, as_json=False)
    for model in parsed.models.values():
        typer.echo(f"{model.name}: {len(model.explores)} explores on connection {model.connection}")
    typer.echo("loaded" if is_changed else "nothing had changed")
    return seen


def _fingerprint(folder: Path) -> str:
    """Changes when a LookML file comes, goes or is written."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".lkml", ".lookml"))
    return ";".join(f"{path}:{path.stat().st_mtime_ns}:{path.stat().st_size}" for path in found if path.exists())


def _print_findings(findings: "Sequence[Finding]", *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "severity": str(each.severity),
                    "file": each.place.file,
                    "line": each.place.line,
                    "code": each.code,
                    "subject": each.subject,
                    "message": each.message,
                }
                for each in findings
            ]
        )
        return
    for each in findings:
        typer.echo(f"{each.severity:8} {each.place}  {each.subject}: {each.message}")
