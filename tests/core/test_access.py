"""Who may do what with a conversation."""

import pytest

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.conversation import Conversation
from tertulia.core.project import Permission

OWNERS_VERBS = [
    Verb.SEND_MESSAGE,
    Verb.EDIT_CONVERSATION,
    Verb.ARCHIVE_CONVERSATION,
    Verb.SHARE_CONVERSATION,
    Verb.REMOVE_CONVERSATION,
]


def actor(user_id: str, *permissions: Permission, project_id: str = "here") -> Actor:
    return Actor(user_id=user_id, email="", project_id=project_id, permissions=frozenset(permissions))


def conversation(*, is_shared: bool = False) -> Conversation:
    return Conversation(
        id="c", project_id="here", creator_id="ada", name="", created_at=now(), updated_at=now(), is_shared=is_shared
    )


@pytest.mark.parametrize("verb", OWNERS_VERBS)
def test_what_changes_a_conversation_is_for_its_creator_and_for_admins(verb: Verb) -> None:
    shared = conversation(is_shared=True)
    assert allowed(actor("ada"), verb, shared)
    assert allowed(actor("eve", Permission.ADMINISTER), verb, shared)
    assert not allowed(actor("ben", Permission.IMPERSONATE, Permission.VIEW_DATA), verb, shared)


@pytest.mark.parametrize("verb", OWNERS_VERBS)
def test_nobody_needs_apply_in_another_project(verb: Verb) -> None:
    assert not allowed(actor("ada", Permission.ADMINISTER, project_id="elsewhere"), verb, conversation())
    superuser = Actor(user_id="root", email="", project_id="elsewhere", is_superuser=True)
    assert not allowed(superuser, verb, conversation())


def test_a_creator_purges_nothing() -> None:
    assert not allowed(actor("ada"), Verb.PURGE_CONVERSATION, conversation())
