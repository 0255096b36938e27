"""For whom tools run: the user's attributes, the agent's sources and approved queries, the query asked before."""

from collections.abc import Sequence

from tertulia.core.access import Actor
from tertulia.core.agent import Agent
from tertulia.core.analysis import QueryAnswer
from tertulia.core.message import Message, ToolCall
from tertulia.core.query import Query
from tertulia.core.tool import Caller
from tertulia.store import models, queries
from tertulia.store.database import Connection


def caller_for(connection: Connection, user_id: str, agent: Agent, messages: Sequence[Message] = ()) -> Caller:
    """A user who asks an agent; `messages` are the conversation so far."""
    return Caller(
        project_id=agent.project_id,
        user_id=user_id,
        sources=agent.sources,
        attributes=models.attributes_of(connection, agent.project_id, user_id),
        synonyms=agent.synonyms,
        golden=queries.find_golden(connection, agent.project_id, agent.golden_serials),
        earlier=_earlier(messages),
    )


def caller_alone(connection: Connection, actor: Actor) -> Caller:
    """A user who asks by hand, without an agent: everything the user may see."""
    return Caller(
        project_id=actor.project_id,
        user_id=actor.user_id,
        attributes=models.attributes_of(connection, actor.project_id, actor.user_id),
    )


def _earlier(messages: Sequence[Message]) -> Query | None:
    """The last query that was answered in the last turn that had one; code and values searched do not count."""
    for message in reversed(messages):
        if isinstance(message, ToolCall) and isinstance(message.result, QueryAnswer):
            return message.result.query
    return None
