"""Queries by hand: saved under a slug, run, and looked up by what the models offer."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct, structs

from tertulia.core.access import Actor
from tertulia.core.analysis import QueryAnswer
from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, InvalidQuery, NotFound, PermissionDenied, SourceUnavailable
from tertulia.core.query import UNLIMITED, Query, Source
from tertulia.core.table import Column
from tertulia.core.tool import Caller
from tertulia.semantic.compile.scope import FieldOfExplore, may_see, queryable_fields
from tertulia.semantic.explore_url import parse_explore_url
from tertulia.semantic.lookml.model import Explore, Model
from tertulia.services.callers import caller_alone
from tertulia.store import queries
from tertulia.store.database import Database
from tertulia.store.queries import SavedQuery

if TYPE_CHECKING:
    from tertulia.semantic.analyst import Analyst, Holding
    from tertulia.services.field_suggestions import FieldSuggestions

T = TypeVar("T")
_MOST_LIMIT = 1_000_000
_MOST_PROBLEMS = 10


class ModelView(Struct, frozen=True, kw_only=True):
    """A model with the explores somebody may ask, hidden ones too. `project` is its LookML project's name."""

    model: Model
    explores: list[Explore]
    project: str = ""


class FieldView(Struct, frozen=True, kw_only=True):
    """A field that may be asked, and what a column of it is."""

    seen: FieldOfExplore
    column: Column


class ExploreView(Struct, frozen=True, kw_only=True):
    """An explore with every field somebody may ask, hidden ones too. `engine` is "" where nothing is connected."""

    model: Model
    explore: Explore
    fields: list[FieldView]
    engine: str = ""
    project: str = ""

    @property
    def source(self) -> Source:
        return Source(self.model.name, self.explore.name)


class Queries:
    """`load` brings in what asks governed data: heavy, and done when first needed. Every method raises InvalidQuery for
    a query that names what is not there for the actor.
    """

    def __init__(self, database: Database, load: "Callable[[], Analyst]") -> None:
        self._database = database
        self._load = load

    async def save(self, actor: Actor, query: Query) -> SavedQuery:
        """An identical query is the same row under the same slug."""
        _require_storable(query)
        caller = await self._caller(actor, query.source)
        await self._checked(caller, query)
        if query.filter_expression.strip():
            await self._compiled(caller, query)
        return await self._database.write(queries.save_query, actor.project_id, query, now())

    async def find(self, actor: Actor, serial: int) -> SavedQuery:
        """Raises NotFound, also for a query of an explore that is closed to the actor."""
        return await self._open(actor, await self._database.read(queries.find_by_serial, actor.project_id, serial))

    async def find_by_slug(self, actor: Actor, slug: str) -> SavedQuery:
        """Raises NotFound, like `find`."""
        return await self._open(actor, await self._database.read(queries.find_by_slug, actor.project_id, slug))

    async def may_run(self, actor: Actor, query: Query) -> bool:
        """Whether all the query names is there for the actor."""
        try:
            await self._checked(await self._caller(actor, query.source), query)
        except InvalidQuery:
            return False
        return True

    async def run(self, actor: Actor, query: Query, *, limit: int | None = None) -> QueryAnswer:
        """`limit` stands in for the query's own. Raises what semantic.analyst's `answer` raises."""
        _require_storable(query)
        caller = await self._caller(actor, query.source)
        return await self._judged(caller, (await self._analyst()).answer(caller, with_limit(query, limit)), query)

    async def sql(self, actor: Actor, query: Query, *, limit: int | None = None) -> str:
        """The SQL that `run` would run."""
        _require_storable(query)
        caller = await self._caller(actor, query.source)
        return await self._judged(caller, (await self._analyst()).compiled_sql(caller, with_limit(query, limit)), query)

    async def resolve(self, actor: Actor, address: str) -> Query:
        """The query of an Explore URL, or of the slug in one. Raises InvalidInput saying which part is wrong."""
        try:
            query = await self._addressed(actor, address)
            _require_storable(query)
            caller = await self._caller(actor, query.source)
            await self._checked(caller, query)
            await self._compiled(caller, query)
        except InvalidQuery as error:
            raise InvalidInput(fields={"answer": [error.message]}) from error
        return query

    async def serials(self, actor: Actor, slugs: Collection[str]) -> dict[str, int]:
        """The serials of saved queries by slug; slugs that nothing has are left out."""
        return await self._database.read(queries.find_serials, actor.project_id, slugs)

    async def sources(self, actor: Actor) -> set[Source]:
        """The explores the actor may ask, hidden ones too."""
        return {Source(view.model.name, explore.name) for view in await self.models(actor) for explore in view.explores}

    async def models(self, actor: Actor) -> list[ModelView]:
        """By name, with their explores by name."""
        caller = await self._alone(actor)
        holding = await (await self._analyst()).holding(caller)
        return [_model_view(holding, caller, holding.models[name]) for name in sorted(holding.models)]

    async def model(self, actor: Actor, name: str) -> ModelView:
        """Raises NotFound."""
        found = next((view for view in await self.models(actor) if view.model.name == name), None)
        if found is None:
            raise NotFound
        return found

    async def explore(self, actor: Actor, source: Source) -> ExploreView:
        """Raises NotFound."""
        caller = await self._alone(actor)
        analyst = await self._analyst()
        holding = await analyst.holding(caller)
        model = holding.models.get(source.model)
        explore = None if model is None else model.explores.get(source.explore)
        if model is None or explore is None or not may_see(model, explore, caller.attributes):
            raise NotFound
        return ExploreView(
            model=model,
            explore=explore,
            fields=_fields(model, explore, caller),
            engine=await _engine(analyst, caller, model),
            project=holding.projects.get(model.name, ""),
        )

    async def suggestions(
        self,
        actor: Actor,
        model: str,
        view: str,
        field: str,
        *,
        term: str = "",
        filters: Mapping[str, str] | None = None,
    ) -> "FieldSuggestions":
        """Values of a field that hold the term. `view` names an explore of the model, or a view of one. Raises NotFound
        for a model, a view and a field that are not there for the actor.
        """
        from tertulia.services.field_suggestions import Wish, suggest  # noqa: PLC0415 - heavy

        wish = Wish(model=model, view=view, field=field, term=term, filters=dict(filters or {}))
        return await suggest(await self._analyst(), await self._alone(actor), wish)

    async def _analyst(self) -> "Analyst":
        return await asyncio.to_thread(self._load)

    async def _alone(self, actor: Actor) -> Caller:
        return await self._database.read(caller_alone, actor)

    async def _caller(self, actor: Actor, source: Source) -> Caller:
        """The actor alone, with the explore they name: hidden ones may be asked by who knows their name."""
        caller = await self._alone(actor)
        holding = await (await self._analyst()).holding(caller)
        model = holding.models.get(source.model)
        explore = None if model is None else model.explores.get(source.explore)
        return structs.replace(caller, sources=[source]) if explore is not None and explore.is_hidden else caller

    async def _open(self, actor: Actor, found: SavedQuery | None) -> SavedQuery:
        if found is None:
            raise NotFound
        caller = await self._alone(actor)
        holding = await (await self._analyst()).holding(caller)
        model = holding.models.get(found.query.model)
        explore = None if model is None else model.explores.get(found.query.explore)
        # a query whose explore is gone closes nothing: it cannot be run by anybody
        if model is not None and explore is not None and not may_see(model, explore, caller.attributes):
            raise NotFound
        return found

    async def _addressed(self, actor: Actor, address: str) -> Query:
        found = parse_explore_url(address)
        if found.query is not None:
            return found.query
        try:
            query = (await self.find_by_slug(actor, found.slug)).query
        except NotFound:
            raise InvalidQuery(
                f"No query is stored here as {found.slug!r}: give the address with its fields."
            ) from None
        if found.source not in (None, query.source):
            raise InvalidQuery(f"The query {found.slug!r} is not one of {found.source} but of {query.source}.")
        return query

    async def _checked(self, caller: Caller, query: Query) -> None:
        from tertulia.services.query_parts import faults_of, source_fault  # noqa: PLC0415 - heavy

        holding = await (await self._analyst()).holding(caller)
        if fault := source_fault(holding.models, caller, query.source):
            raise InvalidQuery(parts={fault.part: [fault.problem]})
        model = holding.models[query.model]
        faults = faults_of(query, model, model.explores[query.explore], caller)
        parts: dict[str, list[str]] = {}
        # to find what a wrong name may have meant takes a while
        for part, problem in await asyncio.to_thread(lambda: list(islice(faults, _MOST_PROBLEMS))):
            parts.setdefault(part, []).append(problem)
        if parts:
            raise InvalidQuery(parts=parts)

    async def _judged(self, caller: Caller, work: Awaitable[T], query: Query) -> T:
        """What the work gives. Where the query is wrong, it says of every part what is."""
        try:
            return await work
        except InvalidQuery as error:
            if not error.is_refused:
                await self._checked(caller, query)
            raise

    async def _compiled(self, caller: Caller, query: Query) -> None:
        try:
            await (await self._analyst()).compiled_sql(caller, query)
        except (PermissionDenied, SourceUnavailable):
            # the query is sound: it is the actor's attributes or the connection that would be missing
            return


def with_limit(query: Query, limit: int | None) -> Query:
    """The query with another limit, None for its own. Raises InvalidQuery."""
    if limit is None:
        return query
    if limit != UNLIMITED and not 1 <= limit <= _MOST_LIMIT:
        raise InvalidQuery(
            f"A limit is 1 to {_MOST_LIMIT:,}, or {UNLIMITED} for as many rows as there may be; not {limit}."
        )
    return structs.replace(query, limit=limit)


def _require_storable(query: Query) -> None:
    try:
        msgspec.msgpack.encode(query)
    except (OverflowError, RecursionError):
        raise InvalidQuery("The query holds a number that is too large, or is nested too deeply.") from None


def _model_view(holding: "Holding", caller: Caller, model: Model) -> ModelView:
    explores = [
        model.explores[name]
        for name in sorted(model.explores)
        if may_see(model, model.explores[name], caller.attributes)
    ]
    return ModelView(model=model, explores=explores, project=holding.projects.get(model.name, ""))


def _fields(model: Model, explore: Explore, caller: Caller) -> list[FieldView]:
    from tertulia.semantic.compile.kinds import column_of  # noqa: PLC0415 - heavy

    fields = queryable_fields(model, explore, caller.attributes)
    return [FieldView(seen=seen, column=column_of(model, seen)) for seen in fields.values()]


async def _engine(analyst: "Analyst", caller: Caller, model: Model) -> str:
    try:
        return await analyst.engine(caller, model)
    except (SourceUnavailable, InvalidInput):
        # what an explore is can be told where nothing is connected yet
        return ""
