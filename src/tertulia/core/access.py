"""Who asks, and the one place that decides what they may do."""

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tertulia.core.conversation import Conversation
from tertulia.core.project import Permission


class Actor(Struct, frozen=True, kw_only=True):
    """A user in a project, after impersonation. `impersonator_id` is the real caller where another acts for the user."""

    user_id: str
    email: str
    project_id: str
    permissions: frozenset[Permission] = frozenset()
    is_superuser: bool = False
    impersonator_id: str | None = None

    @property
    def is_admin(self) -> bool:
        return self.is_superuser or Permission.ADMINISTER in self.permissions


class Verb(StrEnum):
    """What can be asked of a project or of one of its conversations."""

    VIEW_PROJECT = "view_project"
    ADMINISTER_PROJECT = "administer_project"
    WRITE_DOCUMENTS = "write_documents"
    WRITE_AGENTS = "write_agents"
    LIST_ALL_CONVERSATIONS = "list_all_conversations"
    VIEW_ALL_USAGE = "view_all_usage"
    CREATE_CONVERSATION = "create_conversation"
    READ_CONVERSATION = "read_conversation"
    SEND_MESSAGE = "send_message"
    EDIT_CONVERSATION = "edit_conversation"
    ARCHIVE_CONVERSATION = "archive_conversation"
    SHARE_CONVERSATION = "share_conversation"
    PURGE_CONVERSATION = "purge_conversation"
    REMOVE_CONVERSATION = "remove_conversation"


def allowed(actor: Actor, verb: Verb, conversation: Conversation | None = None) -> bool:
    """Whether actor may do this. A conversation must belong to the actor's project; verbs on conversations need one."""
    if conversation is not None and conversation.project_id != actor.project_id:
        return False
    is_creator = conversation is not None and conversation.creator_id == actor.user_id
    match verb:
        case Verb.VIEW_PROJECT | Verb.CREATE_CONVERSATION:
            return True
        case (
            Verb.ADMINISTER_PROJECT
            | Verb.WRITE_AGENTS
            | Verb.LIST_ALL_CONVERSATIONS
            | Verb.VIEW_ALL_USAGE
            | Verb.PURGE_CONVERSATION
        ):
            return actor.is_admin
        case Verb.WRITE_DOCUMENTS:
            return actor.is_admin or Permission.RUN_TASKS in actor.permissions
        case Verb.READ_CONVERSATION:
            return actor.is_admin or is_creator or (conversation is not None and conversation.is_shared)
        case (
            Verb.SEND_MESSAGE
            | Verb.EDIT_CONVERSATION
            | Verb.ARCHIVE_CONVERSATION
            | Verb.SHARE_CONVERSATION
            | Verb.REMOVE_CONVERSATION
        ):
            return actor.is_admin or is_creator
        case _:
            assert_never(verb)
