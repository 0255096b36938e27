"""Typed queries and plain questions answered from governed data, for one caller at a time."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Protocol

import msgspec
from msgspec import Struct, structs

from tertulia.core.analysis import (
    Clarification,
    ExploreCard,
    ExploreFields,
    ExploreList,
    FieldCard,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.errors import InvalidQuery, PermissionDenied, UnknownField
from tertulia.core.query import Query, Source
from tertulia.core.table import Table
from tertulia.core.tool import Caller
from tertulia.semantic.charts import chart_of
from tertulia.semantic.compile.asking import Asking
from tertulia.semantic.compile.query import compile_query
from tertulia.semantic.compile.row_scope import row_scope
from tertulia.semantic.compile.scope import may_see, visible_fields
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.execute.cache import ResultCache, ResultKey
from tertulia.semantic.execute.warehouse import Ceiling, Fetched, Warehouse
from tertulia.semantic.interpret.interpret import interpret
from tertulia.semantic.interpret.understanding import Ambiguous, Moment, NotUnderstood, Topic, Understood, Values
from tertulia.semantic.lookml.labels import explore_label
from tertulia.semantic.lookml.model import Explore, FieldKind, Model
from tertulia.semantic.shape import shape_table

_MOST_FIELDS = 200
_MOST_VALUES = 2_000
_TOPICS = 32
_TOGETHER = 4
_TEXT_TYPES = frozenset({"string", "zipcode", "tier"})


class Holding(Struct, frozen=True, kw_only=True):
    """What a project's LookML means as of `version`; `default_timezone` is "" for the database's own."""

    version: str
    models: Mapping[str, Model]
    default_timezone: str = ""
    # the LookML project of each model
    projects: Mapping[str, str] = {}


class Holdings(Protocol):
    """What the analyst needs of the store."""

    async def holding(self, project_id: str) -> Holding: ...

    async def warehouse(self, project_id: str, connection: str) -> Warehouse:
        """Raises SourceUnavailable for a name that no connection has."""
        ...


class Analyst:
    """Stateless but for what can be computed again: results, and what a caller's explores hold."""

    def __init__(self, holdings: Holdings, *, clock: Callable[[], datetime], ceiling: Ceiling) -> None:
        self._holdings = holdings
        self._clock = clock
        self._ceiling = ceiling
        self._results = ResultCache()
        self._topics: dict[str, Topic] = {}

    async def explores(self, caller: Caller) -> ExploreList:
        """Those the caller may ask, by model and name."""
        holding = await self._holdings.holding(caller.project_id)
        cards = [_card(*_found(holding, source)) for source in self._sources(holding, caller)]
        return ExploreList(explores=cards)

    async def fields(self, caller: Caller, source: Source, search: str = "") -> ExploreFields:
        """The fields of an explore that hold a word of `search`, all where none does."""
        holding = await self._holdings.holding(caller.project_id)
        model, explore = self._open(holding, caller, source)
        cards = _field_cards(model, explore, caller)
        wanted = [card for card in cards if _holds(card, search)] if search else cards
        shown = (wanted or cards)[:_MOST_FIELDS]
        return ExploreFields(explore=_card(model, explore), fields=shown, left_out=len(wanted or cards) - len(shown))

    async def values(self, caller: Caller, source: Source, field: str, term: str = "", limit: int = 50) -> FieldValues:
        """The values of a text dimension the caller may see that hold `term`, whatever its case, in order."""
        every = await self._values(caller, source, field)
        found = [value for value in every.values if term.casefold() in value.casefold()]
        return FieldValues(
            source=source,
            field=field,
            values=found[:limit],
            is_complete=every.is_complete and len(found) <= limit,
            scope=await self._scope_of(caller, source),
        )

    async def answer(self, caller: Caller, query: Query, *, question: str = "", understood: str = "") -> QueryAnswer:
        """Runs a query as this caller. Raises InvalidQuery and its children, PermissionDenied, QueryTimeout and
        SourceUnavailable; the message says what to do.
        """
        holding = await self._holdings.holding(caller.project_id)
        model, explore = self._open(holding, caller, query.source)
        warehouse = await self._holdings.warehouse(caller.project_id, model.connection)
        asking = self._asking(holding, caller, query, warehouse)
        compiled = await asyncio.to_thread(compile_query, model, asking)
        scope = row_scope(model, explore, caller.attributes)
        key = ResultKey(
            connection=f"{caller.project_id}/{compiled.connection}",
            sql=compiled.sql,
            attributes=scope,
            ceiling=structs.replace(self._ceiling, rows=compiled.limit),
            version=f"{holding.version}/{await warehouse.version()}",
        )
        statements = [compiled.sql, compiled.total_sql, compiled.row_total_sql]
        rows, total, row_total = await asyncio.gather(
            *(self._fetch(warehouse, structs.replace(key, sql=sql)) for sql in statements)
        )
        if rows is None:
            raise InvalidQuery("This query selects nothing.")
        table = await asyncio.to_thread(shape_table, compiled, rows, total, row_total)
        label = explore_label(explore)
        wish = query.vis_config.get("type", "")
        return QueryAnswer(
            query=query,
            sql=compiled.sql,
            table=table,
            label=label,
            question=question,
            understood=understood,
            notes=_notes(table, query),
            chart=chart_of(table, title=understood or label, wish=wish if isinstance(wish, str) else ""),
            scope=scope,
        )

    async def compiled_sql(self, caller: Caller, query: Query) -> str:
        """The SQL a query becomes, without running it. Raises as `answer` does."""
        holding = await self._holdings.holding(caller.project_id)
        model, _ = self._open(holding, caller, query.source)
        warehouse = await self._holdings.warehouse(caller.project_id, model.connection)
        asking = self._asking(holding, caller, query, warehouse)
        return (await asyncio.to_thread(compile_query, model, asking)).sql

    async def ask(self, caller: Caller, question: str) -> QueryAnswer | Clarification:
        """A plain question, answered where every word of it is explained; otherwise what is missing, with choices."""
        topic = await self._topic(caller)
        moment = Moment(now=self._clock(), earlier=caller.earlier)
        match await asyncio.to_thread(interpret, question, topic, moment):
            case Understood(query=query, words=words, golden=golden):
                found = await self.answer(caller, query, question=question, understood=words)
                return structs.replace(found, golden=golden.serial) if golden is not None else found
            case Ambiguous(question=asked, choices=choices):
                return Clarification(message=asked, choices=[choice.text for choice in choices])
            case NotUnderstood(reason=reason, unknown=unknown, nearest=nearest):
                return Clarification(message=reason, unknown=unknown, nearest=nearest)

    async def holding(self, caller: Caller) -> Holding:
        return await self._holdings.holding(caller.project_id)

    async def engine(self, caller: Caller, model: Model) -> str:
        """The kind of database behind a model. Raises SourceUnavailable where nothing is connected."""
        return (await self._holdings.warehouse(caller.project_id, model.connection)).engine

    def _asking(self, holding: Holding, caller: Caller, query: Query, warehouse: Warehouse) -> Asking:
        return Asking(
            query=query,
            engine=engine_of(warehouse.engine),
            now=self._clock(),
            attributes=caller.attributes,
            default_timezone=holding.default_timezone,
            most_rows=self._ceiling.rows,
        )

    async def _scope_of(self, caller: Caller, source: Source) -> str:
        holding = await self._holdings.holding(caller.project_id)
        return row_scope(*self._open(holding, caller, source), caller.attributes)

    async def _fetch(self, warehouse: Warehouse, key: ResultKey) -> Fetched | None:
        if not key.sql:
            return None
        try:
            return await self._results.get(key, lambda: warehouse.run(key.sql, key.ceiling))
        except InvalidQuery as error:
            raise InvalidQuery(error.message, is_refused=True) from error

    def _sources(self, holding: Holding, caller: Caller) -> list[Source]:
        every = [
            Source(model.name, explore.name)
            for model in holding.models.values()
            for explore in model.explores.values()
            if caller.sources or not explore.is_hidden
        ]
        allowed = set(caller.sources)
        return sorted(
            source
            for source in every
            if (not allowed or source in allowed) and may_see(*_found(holding, source), caller.attributes)
        )

    def _open(self, holding: Holding, caller: Caller, source: Source) -> tuple[Model, Explore]:
        known = self._sources(holding, caller)
        if source not in known:
            names = [str(each) for each in known]
            near = get_close_matches(str(source), names, 3, 0.5) or names[:10]
            raise InvalidQuery(
                f"There is no explore {source} here. " + (f"There is {', '.join(near)}." if near else "There is none.")
            )
        return _found(holding, source)

    async def _topic(self, caller: Caller) -> Topic:
        holding = await self._holdings.holding(caller.project_id)
        sources = [each for each in self._sources(holding, caller) if _has_values(_found(holding, each)[1], caller)]
        versions = [
            await (await self._holdings.warehouse(caller.project_id, connection)).version()
            for connection in sorted({holding.models[source.model].connection for source in sources})
        ]
        known = [
            caller.project_id,
            holding.version,
            versions,
            sources,
            caller.attributes,
            caller.synonyms,
            caller.golden,
        ]
        key = hashlib.sha256(msgspec.json.encode(known, order="deterministic")).hexdigest()
        if key not in self._topics:
            topic = Topic(
                models=holding.models,
                attributes=caller.attributes,
                sources=sources,
                values=await self._every_value(caller, holding, sources),
                synonyms=caller.synonyms,
                golden=caller.golden,
            )
            while len(self._topics) >= _TOPICS:
                self._topics.pop(next(iter(self._topics)))
            self._topics[key] = topic
        return self._topics[key]

    async def _every_value(self, caller: Caller, holding: Holding, sources: Sequence[Source]) -> list[Values]:
        turns = asyncio.Semaphore(_TOGETHER)

        async def read(source: Source, field: str) -> Values | None:
            async with turns:
                try:
                    return await self._values(caller, source, field)
                except (InvalidQuery, PermissionDenied):
                    # a dimension that does not compile or run is one no question can name by its values
                    return None

        wanted = [(source, name) for source in sources for name in _text_dimensions(*_found(holding, source), caller)]
        found = await asyncio.gather(*(read(source, name) for source, name in wanted))
        return [each for each in found if each is not None]

    async def _values(self, caller: Caller, source: Source, field: str) -> Values:
        holding = await self._holdings.holding(caller.project_id)
        model, explore = self._open(holding, caller, source)
        if field not in (known := _text_dimensions(model, explore, caller)):
            near = get_close_matches(field, known, 3, 0.5)
            raise UnknownField(
                f"{field} is no text dimension of {source}." + (f" Did you mean {', '.join(near)}?" if near else "")
            )
        query = Query(model=source.model, explore=source.explore, fields=[field], sorts=[field], limit=_MOST_VALUES)
        found = (await self.answer(caller, query)).table
        values = [str(row[0]) for row in found.rows if row[0] is not None]
        return Values(source=source, field=field, values=values, is_complete=not found.is_truncated)


def _found(holding: Holding, source: Source) -> tuple[Model, Explore]:
    model = holding.models[source.model]
    return model, model.explores[source.explore]


def _card(model: Model, explore: Explore) -> ExploreCard:
    return ExploreCard(
        source=Source(model.name, explore.name), label=explore_label(explore), description=explore.description
    )


def _field_cards(model: Model, explore: Explore, caller: Caller) -> list[FieldCard]:
    return [
        FieldCard(
            name=name,
            label=seen.label,
            type=seen.field.timeframe or seen.field.type,
            is_measure=seen.field.kind is FieldKind.MEASURE,
            description=seen.field.description,
            synonyms=seen.field.synonyms,
            choices=[each.value for each in seen.field.allowed_values] or seen.field.suggestions,
        )
        for name, seen in visible_fields(model, explore, caller.attributes).items()
    ]


def _text_dimensions(model: Model, explore: Explore, caller: Caller) -> list[str]:
    return [
        name
        for name, seen in visible_fields(model, explore, caller.attributes).items()
        if seen.field.kind is FieldKind.DIMENSION
        and seen.field.type in _TEXT_TYPES
        and not seen.field.timeframe
        and seen.field.is_suggestable
        and not seen.field.is_primary_key
    ]


def _holds(card: FieldCard, search: str) -> bool:
    text = " ".join([card.name, card.label, card.description, *card.synonyms]).casefold()
    return any(word in text for word in search.casefold().split())


def _has_values(explore: Explore, caller: Caller) -> bool:
    """Whether the caller has an attribute for each access filter: without one the explore answers nothing."""
    held = (caller.attributes.get(each.user_attribute) for each in explore.access_filters)
    return all(attribute is not None and any(attribute.values) for attribute in held)


def _notes(table: Table, query: Query) -> list[str]:
    notes: list[str] = []
    if table.is_truncated:
        notes.append(f"Only the first {len(table.rows):,} rows are shown; there are more.")
    if query.subtotals:
        notes.append("Subtotals are not computed: the rows are those of the query without them.")
    return notes
