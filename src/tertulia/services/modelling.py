"""What an operator does for governed data: load LookML, connect databases, say what users may see."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, NotFound
from tertulia.core.query import UserAttribute
from tertulia.services.tools import data_tools
from tertulia.store import agents, models, projects
from tertulia.store.database import Connection, Database

_NAME_LIMIT = 255
_FILES_LIMIT = 5_000
_FILES_MEGABYTES = 50


class Loaded(Struct, frozen=True, kw_only=True):
    """What a load did. `is_changed` is False where the same files were loaded before."""

    name: str
    file_count: int
    is_changed: bool


class Modelling:
    """The operator's verbs. No actor is asked: who can run a command here holds the data anyway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, project_id: str, name: str, files: Mapping[str, str]) -> Loaded:
        """Replaces a LookML project by these files. Raises InvalidInput for a name or a size that cannot be."""
        _check(name, files)

        def work(connection: Connection) -> bool:
            changed = models.put_lookml(connection, project_id, name, files, now())
            _offer_tools(connection, project_id)
            return changed

        return Loaded(name=name, file_count=len(files), is_changed=await self._database.write(work))

    async def unload(self, project_id: str, name: str) -> None:
        """Raises NotFound."""
        if not await self._database.write(models.delete_lookml, project_id, name):
            raise NotFound(f"There is no LookML project {name} here.")

    async def loaded(self, project_id: str) -> dict[str, dict[str, str]]:
        """The files of every LookML project, by its name and their path."""
        return await self._database.read(models.lookml_files, project_id)

    async def connect(self, project_id: str, name: str, url: str) -> None:
        """Gives a connection its URL, in place of the one it had."""
        if not name.strip() or len(name) > _NAME_LIMIT:
            raise InvalidInput(f"A connection's name has 1 to {_NAME_LIMIT} characters.")
        given = models.StoredConnection(project_id=project_id, name=name, url=url)
        await self._database.write(models.put_connection, given, now())

    async def disconnect(self, project_id: str, name: str) -> None:
        """Raises NotFound."""
        if not await self._database.write(models.delete_connection, project_id, name):
            raise NotFound(f"There is no connection {name} here.")

    async def connections(self, project_id: str) -> Sequence[models.StoredConnection]:
        return await self._database.read(models.list_connections, project_id)

    async def set_attributes(
        self, project_id: str, email: str, attributes: Sequence[UserAttribute]
    ) -> dict[str, UserAttribute]:
        """Sets a member's attributes and gives all of them; one without values is taken away. Raises NotFound."""

        def work(connection: Connection) -> dict[str, UserAttribute]:
            user = projects.find_user_by_email(connection, email)
            if user is None or projects.find_membership(connection, project_id, user) is None:
                raise NotFound(f"{email} is no member of this project. Run: tertulia user add {email}")
            models.put_attributes(connection, project_id, user.id, attributes)
            return models.attributes_of(connection, project_id, user.id)

        return await self._database.write(work)


def _offer_tools(connection: Connection, project_id: str) -> None:
    """Gives the project the data tools it lacks."""
    present = {tool.kind for tool in agents.all_tools(connection, project_id)}
    for tool in data_tools(project_id, now()):
        if tool.kind not in present:
            agents.insert_tool(connection, tool)


def _check(name: str, files: Mapping[str, str]) -> None:
    if not name.strip() or len(name) > _NAME_LIMIT:
        raise InvalidInput(f"A LookML project's name has 1 to {_NAME_LIMIT} characters.")
    if not files:
        raise InvalidInput("There is no LookML file there: their names end in .lkml or .lookml.")
    size = sum(len(text) for text in files.values())
    if len(files) > _FILES_LIMIT or size > _FILES_MEGABYTES * 1_000_000:
        raise InvalidInput(f"A LookML project has at most {_FILES_LIMIT:,} files and {_FILES_MEGABYTES} MB of text.")
