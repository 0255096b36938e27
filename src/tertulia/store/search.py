"""Searches with wildcards: SQL decides what it can, Python the texts, so that both engines match the same characters."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from tertulia.core.agent import AgentSearch, Workflow
from tertulia.core.conversation import ConversationSearch
from tertulia.core.errors import InvalidInput
from tertulia.core.search import Pattern, Sort
from tertulia.store import codec
from tertulia.store.schema import agent, conversation, user_account
from tertulia.store.text import fold

_MOST_VALUES = 1_000
_LONGEST_PATTERN = 1_000
_LARGEST = 2**61
_CONVERSATION_SORTS: dict[str, sa.Column[Any]] = {
    name: conversation.c[name]
    for name in ("id", "name", "creator_id", "agent_id", "category", "created_at", "updated_at")
}
_AGENT_SORTS: dict[str, sa.Column[Any]] = {
    name: agent.c[name] for name in ("id", "name", "description", "creator_id", "category", "created_at", "updated_at")
}


def search_conversations(
    connection: Connection, project_id: str, wanted: ConversationSearch, *, creator_id: str
) -> list[str]:
    """The ids of one page, in order. Raises InvalidInput for an unknown sort, and for too much of anything."""
    scope = [conversation.c.project_id == project_id, conversation.c.creator_id == creator_id]
    if wanted.is_archived is not None:
        scope.append(_is_set(conversation.c.archived_at, is_set=wanted.is_archived))
    asked = [
        _among("id", conversation.c.id, wanted.ids),
        _reference("agent_id", conversation.c.agent_id, wanted.agent_ids, is_null=wanted.agent_is_null),
        _reference("category", conversation.c.category, wanted.categories, is_null=wanted.category_is_null),
    ]
    criteria = _Criteria(
        conditions=[each for each in asked if each is not None],
        texts=_texts({"name": (conversation.c.name, wanted.name)}),
        is_any=wanted.is_any,
    )
    statement = sa.select(conversation.c.id).where(*scope).order_by(*_order(_CONVERSATION_SORTS, wanted.sorts))
    return _page(connection, statement, criteria, limit=wanted.limit, offset=wanted.offset)


def search_agents(connection: Connection, project_id: str, wanted: AgentSearch) -> list[str]:
    """The ids of one page, in order. Raises InvalidInput for an unknown sort, and for too much of anything."""
    scope = [agent.c.project_id == project_id, agent.c.deleted_at.is_(None)]
    if wanted.is_trashed is not None:
        scope.append(_is_set(agent.c.trashed_at, is_set=wanted.is_trashed))
    asked = [
        _among("id", agent.c.id, wanted.ids),
        _creators(wanted),
        _reference("category", agent.c.category, wanted.categories, is_null=wanted.category_is_null),
        _primaries(wanted),
    ]
    criteria = _Criteria(
        conditions=[each for each in asked if each is not None],
        texts=_texts({"name": (agent.c.name, wanted.name), "description": (agent.c.description, wanted.description)}),
        is_any=wanted.is_any,
    )
    statement = sa.select(agent.c.id).where(*scope).order_by(*_order(_AGENT_SORTS, wanted.sorts))
    return _page(connection, statement, criteria, limit=wanted.limit, offset=wanted.offset)


def matcher(pattern: Pattern) -> Callable[[str], bool]:
    """Whether a text is what the pattern says, both folded.

    What stands between two `%` is taken as far left as it is found: no pattern takes long, however many it has.
    """
    first, *others = (_Stretch.of(part) for part in fold(pattern.text).split("%"))
    *middle, last = others or [first]

    def matches(text: str) -> bool:
        folded = fold(text)
        if len(folded) < first.length or first.regex.match(folded) is None:
            return False
        if not others:
            return len(folded) == first.length
        position = first.length
        for stretch in middle:
            found = stretch.regex.search(folded, position)
            if found is None:
                return False
            position = found.end()
        start = len(folded) - last.length
        return start >= position and last.regex.match(folded, start) is not None

    return matches


class _Stretch(NamedTuple):
    """A part of a pattern without `%`, which has one length."""

    regex: re.Pattern[str]
    length: int

    @classmethod
    def of(cls, text: str) -> "_Stretch":
        written = "".join("." if each == "_" else re.escape(each) for each in text)
        return cls(re.compile(written, re.DOTALL), len(text))


class _Text(NamedTuple):
    column: sa.Column[Any]
    matches: Callable[[str], bool]


class _Criteria(Struct, frozen=True, kw_only=True):
    conditions: Sequence[sa.ColumnElement[bool]]
    texts: Sequence[_Text]
    is_any: bool


def _page(
    connection: Connection, statement: sa.Select[Any], criteria: _Criteria, *, limit: int, offset: int
) -> list[str]:
    if limit < 0 or offset < 0:
        raise InvalidInput(fields={"limit" if limit < 0 else "offset": ["This must not be less than 0."]})
    limit, offset = min(limit, _LARGEST), min(offset, _LARGEST)
    if not criteria.texts:
        if criteria.conditions:
            joined = sa.or_ if criteria.is_any else sa.and_
            statement = statement.where(joined(*criteria.conditions))
        return list(connection.execute(statement.limit(limit).offset(offset)).scalars())
    is_met = sa.or_(sa.false(), *criteria.conditions) if criteria.is_any else sa.and_(sa.true(), *criteria.conditions)
    statement = statement.add_columns(is_met, *(text.column for text in criteria.texts))
    if not criteria.is_any:
        statement = statement.where(is_met)
    with connection.execute(statement) as rows:
        return list(islice(_meeting(rows, criteria), offset, offset + limit))


def _meeting(rows: Iterable[Sequence[Any]], criteria: _Criteria) -> Iterable[str]:
    for found, is_met, *texts in rows:
        told = (each.matches(text) for each, text in zip(criteria.texts, texts, strict=True))
        if (is_met or any(told)) if criteria.is_any else all(told):
            yield found


def _texts(given: Mapping[str, tuple[sa.Column[Any], Pattern | None]]) -> list[_Text]:
    for name, (_, pattern) in given.items():
        if pattern is not None and len(pattern.text) > _LONGEST_PATTERN:
            raise InvalidInput(fields={name: [f"Ensure this has no more than {_LONGEST_PATTERN:,} characters."]})
    return [_Text(column, matcher(pattern)) for column, pattern in given.values() if pattern is not None]


def _order(columns: Mapping[str, sa.Column[Any]], sorts: Sequence[Sort]) -> list[sa.ColumnElement[Any]]:
    """By each field once, ASCII letters without case; then by id, so that pages join."""
    unknown = [each.field for each in sorts if each.field not in columns]
    if unknown:
        raise InvalidInput(fields={"sorts": [f"Lists are not sorted by {each!r}." for each in dict.fromkeys(unknown)]})
    chosen: dict[str, Sort] = {}
    for each in sorts or [Sort("updated_at", is_descending=True)]:
        chosen.setdefault(each.field, each)
    chosen.setdefault("id", Sort("id", is_descending=next(iter(chosen.values())).is_descending))
    return [_sorted(columns[each.field], each) for each in chosen.values()]


def _sorted(column: sa.Column[Any], sort: Sort) -> sa.ColumnElement[Any]:
    value = sa.func.lower(column) if column.name in ("name", "description", "category") else column
    ordered = value.desc() if sort.is_descending else value.asc()
    return ordered.nulls_last() if column.nullable else ordered


def _is_set(column: sa.Column[Any], *, is_set: bool) -> sa.ColumnElement[bool]:
    return column.is_not(None) if is_set else column.is_(None)


def _among(name: str, column: sa.Column[Any], values: Sequence[str]) -> sa.ColumnElement[bool] | None:
    if len(values) > _MOST_VALUES:
        raise InvalidInput(fields={name: [f"Name no more than {_MOST_VALUES:,}."]})
    return column.in_(list(values)) if values else None


def _reference(
    name: str, column: sa.Column[Any], ids: Sequence[str], *, is_null: bool | None
) -> sa.ColumnElement[bool] | None:
    return _or_null(column, _among(name, column, ids), is_null=is_null)


def _or_null(
    column: sa.Column[Any], named: sa.ColumnElement[bool] | None, *, is_null: bool | None
) -> sa.ColumnElement[bool] | None:
    if is_null is None:
        return named
    return sa.or_(sa.false() if named is None else named, _is_set(column, is_set=not is_null))


def _creators(wanted: AgentSearch) -> sa.ColumnElement[bool] | None:
    serials, named = wanted.creator_serials, None
    if len(serials) > _MOST_VALUES:
        raise InvalidInput(fields={"created_by_user_id": [f"Name no more than {_MOST_VALUES:,}."]})
    if serials:
        possible = [serial for serial in serials if 0 < serial < _LARGEST]
        people = sa.select(user_account.c.id).where(user_account.c.serial.in_(possible))
        named = sa.and_(agent.c.creator_id.is_not(None), agent.c.creator_id.in_(people))
    owned = _or_null(agent.c.creator_id, named, is_null=wanted.creator_is_null)
    return sa.not_(owned) if wanted.is_not_owned and owned is not None else owned


def _primaries(wanted: AgentSearch) -> sa.ColumnElement[bool] | None:
    """Workflows of these agents, or what is the workflow of none, read off the beginning of the stored value."""
    ids, is_null = wanted.primary_agent_ids, wanted.primary_is_null
    if len(ids) > _MOST_VALUES:
        raise InvalidInput(fields={"primary_agent_id": [f"Name no more than {_MOST_VALUES:,}."]})
    conditions = [_begins(_workflow_of(each)) for each in ids]
    if is_null is not None:
        is_of_none = sa.or_(agent.c.workflow.is_(None), _begins(_workflow_of(None)))
        conditions.append(is_of_none if is_null else sa.not_(is_of_none))
    return sa.or_(*conditions) if conditions else None


def _begins(text: str) -> sa.ColumnElement[bool]:
    return sa.func.substr(agent.c.workflow, 1, len(text)) == text


def _workflow_of(primary_agent_id: str | None) -> str:
    written = codec.dump(Workflow(primary_agent_id=primary_agent_id))
    return written[: written.index(',"cron"')]
