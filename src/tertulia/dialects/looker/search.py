"""What a search asks for, read from its parameters as this API's clients write them."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias

from fastapi import Query

from tertulia.core.agent import AgentSearch
from tertulia.core.conversation import ConversationSearch
from tertulia.core.search import Pattern, Sort
from tertulia.dialects.looker.errors import InvalidParameter
from tertulia.dialects.looker.ids import as_stored, listed, serial_in

MOST_RESULTS = 1_000
_LONGEST_PATTERN = 1_000
_LARGEST_OFFSET = 2**53
_NOBODY = -1
_NULL = re.compile(r"(?:is\s+)?(not\s+)?null", re.IGNORECASE)
_LIST = "A list by comma; any of it matches."
_TEXT = "Without case; `%` stands for any characters, `_` for one; without them it is the whole text."
_ANY = "True: any condition may hold; else all must. `deleted` must hold in any case."

ListParam: TypeAlias = Annotated[str | None, Query(description=_LIST)]
NullableParam: TypeAlias = Annotated[str | None, Query(description=f"`null`, `not null`, or values. {_LIST}")]
TextParam: TypeAlias = Annotated[str | None, Query(description=_TEXT)]
AnyParam: TypeAlias = Annotated[bool | None, Query(description=_ANY)]
DeletedParam: TypeAlias = Annotated[bool | None, Query(description="Without it, what is not deleted.")]
LimitParam: TypeAlias = Annotated[int | None, Query(ge=0, description=f"At most, and without it, {MOST_RESULTS:,}.")]
OffsetParam: TypeAlias = Annotated[int | None, Query(ge=0, le=_LARGEST_OFFSET)]
SortsParam: TypeAlias = Annotated[str | None, Query(description="Fields by comma, each with `desc` behind it or not.")]

_CONVERSATION_SORTS = {
    "id": "id",
    "name": "name",
    "user_id": "creator_id",
    "agent_id": "agent_id",
    "category": "category",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
_AGENT_SORTS = {
    "id": "id",
    "name": "name",
    "description": "description",
    "category": "category",
    "created_by_user_id": "creator_id",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "content_metadata_id": "id",
}


async def conversation_search(  # noqa: PLR0913 - one for each parameter of the API
    *,
    id: ListParam = None,  # noqa: A002 - the API's own name
    name: TextParam = None,
    agent_id: NullableParam = None,
    category: NullableParam = None,
    deleted: DeletedParam = None,
    filter_or: AnyParam = None,
    sorts: SortsParam = None,
    limit: LimitParam = None,
    offset: OffsetParam = None,
) -> ConversationSearch:
    """Raises InvalidParameter."""
    agents, agent_is_null = _or_null("agent_id", agent_id)
    categories, category_is_null = _or_null("category", category)
    return ConversationSearch(
        ids=_ids("id", id),
        name=_pattern("name", name),
        agent_ids=[as_stored(each) for each in agents],
        agent_is_null=agent_is_null,
        categories=categories,
        category_is_null=category_is_null,
        is_archived=bool(deleted),
        is_any=bool(filter_or),
        sorts=_sorts(sorts, _CONVERSATION_SORTS),
        limit=_limit(limit),
        offset=offset or 0,
    )


async def agent_search(  # noqa: PLR0913 - one for each parameter of the API
    *,
    id: ListParam = None,  # noqa: A002 - the API's own name
    name: TextParam = None,
    description: TextParam = None,
    created_by_user_id: NullableParam = None,
    category: NullableParam = None,
    primary_agent_id: NullableParam = None,
    not_owned_by: Annotated[bool | None, Query(description="True: turns `created_by_user_id` round.")] = None,
    deleted: DeletedParam = None,
    filter_or: AnyParam = None,
    sorts: SortsParam = None,
    limit: LimitParam = None,
    offset: OffsetParam = None,
) -> AgentSearch:
    """Raises InvalidParameter."""
    creators, creator_is_null = _or_null("created_by_user_id", created_by_user_id)
    categories, category_is_null = _or_null("category", category)
    primaries, primary_is_null = _or_null("primary_agent_id", primary_agent_id)
    return AgentSearch(
        ids=_ids("id", id),
        name=_pattern("name", name),
        description=_pattern("description", description),
        creator_serials=_serials(creators),
        creator_is_null=creator_is_null,
        is_not_owned=bool(not_owned_by),
        categories=categories,
        category_is_null=category_is_null,
        primary_agent_ids=[as_stored(each) for each in primaries],
        primary_is_null=primary_is_null,
        is_trashed=bool(deleted),
        is_any=bool(filter_or),
        sorts=_sorts(sorts, _AGENT_SORTS),
        limit=_limit(limit),
        offset=offset or 0,
    )


def _pattern(name: str, text: str | None) -> Pattern | None:
    """What is not null has a character at least: here no text is missing, it is empty."""
    if not text:
        return None
    if len(text) > _LONGEST_PATTERN:
        raise InvalidParameter(name, f"It has at most {_LONGEST_PATTERN:,} characters.")
    null = _NULL.fullmatch(text.strip())
    if null is not None:
        return Pattern("_%" if null[1] else "")
    return Pattern(text.replace("\x00", ""))


def _or_null(name: str, text: str | None) -> tuple[list[str], bool | None]:
    """Values, and whether there must be none: None where nothing is said of it."""
    found = _listed(name, text)
    nulls = {match[1] is None for each in found if (match := _NULL.fullmatch(each))}
    if len(nulls) > 1:
        raise InvalidParameter(name, "Ask for `null` or for `not null`: together they ask nothing.")
    return [each for each in found if not _NULL.fullmatch(each)], next(iter(nulls), None)


def _ids(name: str, text: str | None) -> list[str]:
    return [as_stored(each) for each in _listed(name, text)]


def _listed(name: str, text: str | None) -> list[str]:
    """A text of commas alone asks nothing."""
    return listed(name, text or "")


def _serials(written: Iterable[str]) -> list[int]:
    """Numbers of users; what is none stands for nobody."""
    found = [serial_in(each) for each in written]
    return [_NOBODY if each is None else each for each in found]


def _sorts(text: str | None, fields: Mapping[str, str]) -> list[Sort]:
    found: list[Sort] = []
    for each in _listed("sorts", text):
        name, _, order = each.partition(" ")
        if name not in fields or order.strip().lower() not in ("", "asc", "desc"):
            raise InvalidParameter("sorts", f"{each!r} is none of these with or without desc: {', '.join(fields)}.")
        found.append(Sort(fields[name], is_descending=order.strip().lower() == "desc"))
    return found


def _limit(given: int | None) -> int:
    return MOST_RESULTS if given is None else min(given, MOST_RESULTS)
