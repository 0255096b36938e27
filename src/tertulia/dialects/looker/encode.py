"""From what the services give to what this API shows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.agent import Agent, Workflow
from tertulia.core.conversation import Conversation
from tertulia.core.project import User
from tertulia.core.query import GoldenQuery, Source
from tertulia.dialects.looker import wire
from tertulia.dialects.looker.answers import instant
from tertulia.dialects.looker.encode_queries import dynamic_fields
from tertulia.semantic.explore_url import explore_url


class Known(NamedTuple):
    """What resources refer to: people by id, golden queries by serial, saved queries' serials by slug, and the explores
    that the caller may ask.
    """

    people: Mapping[str, User] = {}
    golden: Mapping[int, GoldenQuery] = {}
    saved: Mapping[str, int] = {}
    explores: Collection[Source] = ()


def user(found: User, base_url: str) -> wire.User:
    return wire.User(
        can={"show": True, "show_details": True, "update": False},
        id=str(found.serial),
        display_name=found.email,
        first_name=_first_name(found),
        last_name="",
        email=found.email,
        role_ids=[],
        group_ids=[],
        url=f"{base_url}/api/4.0/user",
    )


def sources(found: Iterable[Source]) -> list[wire.Source]:
    return [wire.Source(model=each.model, explore=each.explore) for each in found]


def golden_query(actor: Actor, found: GoldenQuery, known: Known) -> wire.GoldenQuery:
    query = found.query
    can_write = allowed(actor, Verb.WRITE_AGENTS)
    return wire.GoldenQuery(
        can={"show": True, "update": can_write, "destroy": can_write},
        id=found.serial,
        query_id=known.saved.get(query.slug),
        questions=found.questions,
        answer=found.address or explore_url(query),
        created_by_user_id=_serial(found.creator_id, known),
        last_updated_by_user_id=_serial(found.editor_id, known),
        created_at=instant(found.created_at),
        last_updated_at=instant(found.updated_at),
        explore=query.explore,
        model=query.model,
        fields=query.fields,
        filters=query.filters,
        sorts=query.sorts,
        limit=None if query.limit is None else str(query.limit),
        client_id=query.slug,
        pivots=query.pivots,
        dynamic_fields=dynamic_fields(query),
    )


def agent(actor: Actor, found: Agent, known: Known) -> wire.Agent:
    creator = known.people.get(found.creator_id or "")
    golden = [known.golden[serial] for serial in found.golden_serials if serial in known.golden]
    can_write = allowed(actor, Verb.WRITE_AGENTS) and not found.is_readonly
    is_in_use = found.trashed_at is None
    return wire.Agent(
        can={"show": True, "update": can_write and is_in_use, "destroy": can_write, "chat": is_in_use},
        id=found.id,
        created_by_user_id=UNSET if creator is None else str(creator.serial),
        created_by_name=None if creator is None else creator.email,
        created_by_first_name=None if creator is None else _first_name(creator),
        created_by_last_name=None if creator is None else "",
        name=found.name,
        description=found.description,
        category=found.category,
        sources=sources(found.sources),
        has_inaccessible_source=any(source not in known.explores for source in found.sources),
        golden_queries=[golden_query(actor, each, known) for each in golden],
        golden_query_ids=[each.serial for each in golden],
        context=_context(found),
        deleted=found.trashed_at is not None,
        created_at=instant(found.created_at),
        updated_at=instant(found.updated_at),
        content_metadata_id=found.id,
        code_interpreter=found.can_run_code,
        workflow_params=None if found.workflow is None else _workflow(found.workflow),
        persists_chat=found.persists_chat,
    )


def conversation(
    actor: Actor,
    found: Conversation,
    known: Known,
    *,
    agent: wire.Agent | None,
    messages: Sequence[wire.ConversationMessage] | None,
) -> wire.Conversation:
    creator = known.people.get(found.creator_id)
    return wire.Conversation(
        can=conversation_rights(actor, found),
        id=found.id,
        name=found.name,
        category=found.category,
        sources=sources(found.sources),
        user_id=UNSET if creator is None else str(creator.serial),
        agent_id=found.agent_id,
        deleted=found.is_archived,
        created_at=instant(found.created_at),
        updated_at=instant(found.updated_at),
        messages=None if messages is None else list(messages),
        conversation_agent=agent,
        missing_agent=found.agent_is_gone,
    )


def conversation_rights(actor: Actor, found: Conversation) -> wire.Can:
    """A deleted one can only be read, restored and deleted for good."""
    is_open = not found.is_archived
    return {
        "show": allowed(actor, Verb.READ_CONVERSATION, found),
        "update": is_open and allowed(actor, Verb.EDIT_CONVERSATION, found),
        "destroy": allowed(actor, Verb.REMOVE_CONVERSATION, found),
        "chat": is_open and allowed(actor, Verb.SEND_MESSAGE, found),
    }


def _context(found: Agent) -> wire.Context:
    return wire.Context(
        instructions=found.instructions,
        show_analytical_details=found.wire_fields.get("show_analytical_details") is True,
        show_debug=found.wire_fields.get("show_debug") is True,
    )


def _workflow(found: Workflow) -> wire.WorkflowParams:
    kind = found.destination_type
    return wire.WorkflowParams(
        primary_agent=found.primary_agent_id,
        polling_frequency_cron=found.cron,
        destination=wire.WorkflowDestination(
            type=kind if kind in ("email", "action_hub") else UNSET, parameters=found.destination_parameters or UNSET
        ),
    )


def _serial(user_id: str | None, known: Known) -> int | None:
    found = known.people.get(user_id or "")
    return None if found is None else found.serial


def _first_name(found: User) -> str:
    return found.email.partition("@")[0]
