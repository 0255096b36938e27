"""Conversations: the list of turns, who may see it, and how it is found."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from tertulia.core.message import Usage
from tertulia.core.query import Source
from tertulia.core.search import Pattern, Sort

T = TypeVar("T")


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation without its messages. Counters are kept by the same transactions that add messages.

    `has_default_name` holds until somebody, or the server by what was asked, gives it another. `follow_ups` are questions
    that could follow its newest turn. Without an agent it asks its `sources` directly; `agent_is_gone` where it had one
    that was deleted.
    """

    id: str
    project_id: str
    creator_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    agent_id: str | None = None
    agent_name: str | None = None
    agent_is_gone: bool = False
    sources: list[Source] = []
    category: str | None = None
    kind: str = "playground"
    tags: list[str] = []
    instructions: str | None = None
    is_shared: bool = False
    archived_at: datetime | None = None
    has_default_name: bool = False
    follow_ups: list[str] = []
    message_count: int = 0
    tool_call_count: int = 0
    usage: Usage = Usage()

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class ConversationDraft(Struct, frozen=True, kw_only=True):
    """What a client gives to create a conversation; without a name it gets one.

    It needs an agent or sources.
    """

    agent_id: str | None = None
    sources: list[Source] = []
    category: str | None = None
    name: str | None = None
    kind: str = "playground"
    tags: list[str] = []
    instructions: str | None = None


class ConversationChange(Struct, frozen=True, kw_only=True):
    """What may change later; unset fields stay. Instructions are fixed at creation."""

    name: str | UnsetType = UNSET
    agent_id: str | UnsetType | None = UNSET
    sources: list[Source] | UnsetType = UNSET
    category: str | UnsetType | None = UNSET
    is_archived: bool | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET


class ConversationFilter(Struct, frozen=True, kw_only=True):
    """Which conversations a list shows. `tags` match any; `text` is a substring without case; conditions are joined by and."""

    tags: list[str] = []
    only_untagged: bool = False
    text: str = ""
    include_archived: bool = False


class ConversationSearch(Struct, frozen=True, kw_only=True):
    """Which of somebody's own conversations are wanted: all that is given must hold, or with `is_any` some of it.

    Empty lists and None ask nothing. A list and its `is_null` are one condition: any of these, or none at all.
    `is_archived` always holds. Sorts by id, name, creator_id, agent_id, category, created_at, updated_at; without any
    the most recently changed comes first.
    """

    ids: list[str] = []
    name: Pattern | None = None
    agent_ids: list[str] = []
    agent_is_null: bool | None = None
    categories: list[str] = []
    category_is_null: bool | None = None
    is_archived: bool | None = None
    is_any: bool = False
    sorts: list[Sort] = []
    limit: int = 100
    offset: int = 0


class ConversationView(Struct, frozen=True, kw_only=True):
    """A conversation as one actor sees it.

    `history` is the JSON array of its messages (core/message.py), oldest first, left undecoded: a dialect decodes no
    more of it than its wire needs.
    """

    conversation: Conversation
    history: bytes
    can_send: bool


class Window(Struct, frozen=True, kw_only=True):
    """One page of a list."""

    limit: int = 100
    offset: int = 0


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """The items of one window, and how many there are in all."""

    items: list[T]
    total: int
