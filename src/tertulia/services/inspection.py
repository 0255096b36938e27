"""Whether a connection answers, and whether the keys that LookML promises are keys in the data."""

from collections.abc import Sequence

from msgspec import structs

from tertulia.core.clock import now
from tertulia.core.errors import SourceUnavailable, ToolFailed
from tertulia.core.query import Query
from tertulia.semantic.compile.asking import Asking
from tertulia.semantic.compile.query import compile_query
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.execute.warehouse import Ceiling, Warehouse
from tertulia.semantic.lookml.lint import KeyCheck, key_checks
from tertulia.semantic.lookml.model import Explore, Field, FieldKind, Finding, LookmlProject, Model, Severity
from tertulia.services.holdings import Open
from tertulia.store import models
from tertulia.store.database import Database

_PROBE = "SELECT 1 AS answer"
_CEILING = Ceiling(rows=10, seconds=60.0)
_EXPLORE, _ROWS, _KEYS = "tertulia_key_check", "tertulia_rows", "tertulia_keys"


class Inspection:
    """Opens what it needs, asks, and closes it again."""

    def __init__(self, database: Database, *, open_connection: Open) -> None:
        self._database = database
        self._open = open_connection

    async def try_connection(self, name: str, url: str) -> None:
        """Raises SourceUnavailable or InvalidInput where it does not answer; the message says why."""
        warehouse = self._open(name, url)
        try:
            await warehouse.run(_PROBE, _CEILING)
        finally:
            await warehouse.close()

    async def duplicate_keys(self, project_id: str, parsed: LookmlProject) -> Sequence[Finding]:
        """A finding for each primary key that is not unique in the data, or is null, or could not be counted."""
        stored = await self._database.read(models.list_connections, project_id)
        opened: dict[str, Warehouse] = {}
        try:
            for each in stored:
                opened[each.name] = self._open(each.name, each.url)
            found = [await self._count(parsed.models[check.model], check, opened) for check in key_checks(parsed)]
        finally:
            for warehouse in opened.values():
                await warehouse.close()
        return [finding for finding in found if finding is not None]

    async def _count(self, model: Model, check: KeyCheck, opened: dict[str, Warehouse]) -> Finding | None:
        place = model.views[check.view].place
        subject = f"{model.name}/{check.view}.{check.field}"
        try:
            warehouse = opened.get(model.connection)
            if warehouse is None:
                raise SourceUnavailable(f"This project has no connection {model.connection}.")
            query = Query(model=model.name, explore=_EXPLORE, fields=[f"{check.view}.{_ROWS}", f"{check.view}.{_KEYS}"])
            asking = Asking(query=query, engine=engine_of(warehouse.engine), now=now())
            compiled = compile_query(_with_counts(model, check), asking)
            [[rows, keys]] = (await warehouse.run(compiled.sql, _CEILING)).rows
        except ToolFailed as error:
            message = f"The key could not be counted: {error.message}"
            return Finding(
                place=place, code="key_not_counted", subject=subject, message=message, severity=Severity.WARNING
            )
        if rows == keys:
            return None
        message = f"The primary key is not unique: {rows:,} rows, {keys:,} keys. Sums over joins would be wrong."
        return Finding(place=place, code="duplicate_key", subject=subject, message=message)


def _with_counts(model: Model, check: KeyCheck) -> Model:
    """The model with an explore of this view alone, whose measures count its rows and its keys."""
    view = model.views[check.view]
    counts = {
        _ROWS: Field(name=_ROWS, kind=FieldKind.MEASURE, type="count", place=view.place),
        _KEYS: Field(
            name=_KEYS, kind=FieldKind.MEASURE, type="count_distinct", sql=f"${{{check.field}}}", place=view.place
        ),
    }
    counted = structs.replace(view, fields={**view.fields, **counts})
    alone = Explore(name=_EXPLORE, model=model.name, base=check.view, view=check.view, place=view.place)
    return structs.replace(
        model, views={**model.views, check.view: counted}, explores={**model.explores, _EXPLORE: alone}
    )
