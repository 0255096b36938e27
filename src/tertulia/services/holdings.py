"""The governed data of every project as the analyst asks for it: LookML from the store, connections opened on demand."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import TypeAlias

from tertulia.core.errors import SourceUnavailable
from tertulia.semantic.analyst import Holding
from tertulia.semantic.execute.warehouse import Warehouse
from tertulia.semantic.lookml.load import load_project
from tertulia.semantic.lookml.model import LookmlProject, Model
from tertulia.store import models
from tertulia.store.database import Connection, Database

_KEPT = 64
Open: TypeAlias = Callable[[str, str], Warehouse]
"""(name, URL as the operator gave it) -> the connection. Raises InvalidInput and SourceUnavailable."""


class StoredHoldings:
    """Parsed LookML is kept for as long as the project's data version stands; warehouses while their URL does."""

    def __init__(self, database: Database, *, open_connection: Open) -> None:
        self._database = database
        self._open = open_connection
        self._holdings: dict[str, tuple[int, Holding]] = {}
        self._warehouses: dict[tuple[str, str], tuple[str, Warehouse]] = {}
        self._parsing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._opening = asyncio.Lock()

    async def holding(self, project_id: str) -> Holding:
        known = await self._known(project_id)
        if known is not None:
            return known
        async with self._parsing[project_id]:
            known = await self._known(project_id)
            return known if known is not None else await self._parsed(project_id)

    async def warehouse(self, project_id: str, connection: str) -> Warehouse:
        url = await self._database.read(_url, project_id, connection)
        async with self._opening:
            known = self._warehouses.get((project_id, connection))
            if known is not None and known[0] == url:
                return known[1]
            if known is not None:
                await known[1].close()
            opened = self._open(connection, url)
            self._warehouses[project_id, connection] = (url, opened)
            return opened

    async def close(self) -> None:
        await asyncio.gather(*(opened.close() for _, opened in self._warehouses.values()))
        self._warehouses.clear()

    async def _known(self, project_id: str) -> Holding | None:
        """What was parsed of the files as they are now."""
        version = await self._database.read(models.data_version, project_id)
        known = self._holdings.get(project_id)
        return known[1] if known is not None and known[0] == version else None

    async def _parsed(self, project_id: str) -> Holding:
        version, files = await self._database.read(_lookml, project_id)
        loaded = [await asyncio.to_thread(load_project, texts, name=name) for name, texts in files.items()]
        holding = Holding(version=str(version), models=_models(loaded), projects=_projects(loaded))
        while len(self._holdings) >= _KEPT:
            self._holdings.pop(next(iter(self._holdings)))
        self._holdings[project_id] = (version, holding)
        return holding


def _models(loaded: list[LookmlProject]) -> dict[str, Model]:
    """The models of every LookML project; where two share a name the first project's stays."""
    found: dict[str, Model] = {}
    for project in loaded:
        for name, model in project.models.items():
            found.setdefault(name, model)
    return found


def _projects(loaded: list[LookmlProject]) -> dict[str, str]:
    found: dict[str, str] = {}
    for project in loaded:
        for name in project.models:
            found.setdefault(name, project.name)
    return found


def _lookml(connection: Connection, project_id: str) -> tuple[int, dict[str, dict[str, str]]]:
    return models.data_version(connection, project_id), models.lookml_files(connection, project_id)


def _url(connection: Connection, project_id: str, name: str) -> str:
    stored = {each.name: each.url for each in models.list_connections(connection, project_id)}
    if name not in stored:
        known = f"There is {', '.join(stored)}." if stored else "There is none yet."
        raise SourceUnavailable(f"This project has no connection {name}. {known} Run: tertulia connect {name} URL")
    return stored[name]
