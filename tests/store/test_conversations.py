"""Lists, filters and histories, against what a few lines of Python say they must be."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from store.conftest import NOW, make_project
from tertulia.core.conversation import Conversation, ConversationFilter, Window
from tertulia.core.ids import new_id
from tertulia.core.message import AssistantMessage, ToolCall, Usage, UserMessage
from tertulia.core.project import Project, User
from tertulia.core.run import Completed, Started, TextDelta, TextStarted, UsageReported, fold
from tertulia.core.tool import ToolFailure
from tertulia.store import conversations
from tertulia.store.sqlite import history
from tertulia.store.text import fold as fold_text

EVERYTHING = Window(limit=1000)


def make(
    connection: Connection,
    project: Project,
    creator_id: str = "ada",
    *,
    texts: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    minute: int = 0,
) -> Conversation:
    moment = NOW + timedelta(minutes=minute)
    new = Conversation(
        id=new_id(),
        project_id=project.id,
        creator_id=creator_id,
        name="c",
        created_at=moment,
        updated_at=moment,
        tags=list(tags),
    )
    conversations.insert_conversation(connection, new)
    for text in texts:
        turn = conversations.next_turn(connection, new.id)
        message = UserMessage(turn=turn, at=moment, text=text, user_id=creator_id)
        conversations.add_user_message(connection, new.id, message)
    return new


def listed(
    connection: Connection,
    project: Project,
    wanted: ConversationFilter = ConversationFilter(),  # noqa: B008 - frozen
    *,
    window: Window = EVERYTHING,
) -> list[str]:
    page = conversations.list_conversations(connection, project.id, wanted, window, creator_id=None)
    return [found.id for found in page.items]


def saying(text: str) -> ConversationFilter:
    return ConversationFilter(text=text)


def tagged(*tags: str) -> ConversationFilter:
    return ConversationFilter(tags=list(tags))


def test_the_most_recently_changed_comes_first_and_pages_join_without_gap(
    connection: Connection, project: Project
) -> None:
    made = [make(connection, project, minute=minute).id for minute in (3, 1, 2, 2, 5)]
    whole = listed(connection, project)
    assert (whole[0], whole[1], whole[-1]) == (made[4], made[0], made[1])
    pages = [listed(connection, project, window=Window(limit=2, offset=offset)) for offset in (0, 2, 4, 6)]
    assert [each for page in pages for each in page] == whole


def test_tags_match_any_and_untagged_means_none(connection: Connection, project: Project) -> None:
    a = make(connection, project, tags=("a",)).id
    both = make(connection, project, tags=("a", "b")).id
    none = make(connection, project).id
    assert set(listed(connection, project, tagged("a"))) == {a, both}
    assert set(listed(connection, project, tagged("b", "zzz"))) == {both}
    assert listed(connection, project, ConversationFilter(only_untagged=True)) == [none]


def test_another_project_is_never_seen(connection: Connection, project: Project) -> None:
    other = make_project(connection, "other")
    foreign = make(connection, other, texts=("secret",), tags=("t",))
    assert listed(connection, project) == []
    assert listed(connection, project, saying("secret")) == []
    assert listed(connection, project, tagged("t")) == []
    assert conversations.find_conversation(connection, project.id, foreign.id) is None


ALPHABET = st.sampled_from("aAbßSsİiıéÉ売上-'\"%_*\\ \n\U0001f600")
TEXT = st.text(ALPHABET, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=6), term=st.text(ALPHABET, min_size=1, max_size=5))
def test_text_search_is_the_substring_search_it_claims_to_be(
    connection: Connection, project: Project, texts: list[str], term: str
) -> None:
    with connection.begin_nested() as trial:
        made = [(make(connection, project, texts=(text,)).id, text) for text in texts]
        found = set(listed(connection, project, saying(term)))
        folded = fold_text(term)
        assert found == {each for each, text in made if folded in fold_text(text)} or not folded
        trial.rollback()


def test_terms_that_match_too_much_to_list_are_found_by_walking(
    connection: Connection, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_CANDIDATE_LIMIT", 3)
    made = [make(connection, project, texts=(f"common {number}",)).id for number in range(8)]
    make(connection, project, texts=("rare",))
    assert set(listed(connection, project, saying("COMMON"))) == set(made)
    assert len(listed(connection, project, saying("rare"))) == 1


def test_a_deleted_conversation_leaves_nothing_to_find(connection: Connection, project: Project) -> None:
    gone = make(connection, project, texts=("findable",), tags=("t",))
    conversations.delete_conversation(connection, gone.id)
    assert history.candidate_messages(connection, "findable") == []
    assert listed(connection, project, tagged("t")) == []
    integrity = connection.exec_driver_sql("INSERT INTO message_fts(message_fts) VALUES ('integrity-check')")
    assert integrity is not None


def test_a_folded_turn_is_counted_and_reads_back(connection: Connection, project: Project, user: User) -> None:
    new = make(connection, project, user.id, texts=("question",))
    events = [
        Started(at=NOW, model="m"),
        UsageReported(Usage(input_tokens=7, output_tokens=2)),
        TextStarted(at=NOW),
        TextDelta("answer"),
        Completed(at=NOW + timedelta(seconds=5)),
    ]
    folded = fold(0, events)
    call = ToolCall(
        turn=0,
        at=NOW,
        call_id="c",
        function="f",
        label="l",
        arguments={"q": "\x00"},
        result=ToolFailure(code="c", message="m"),
    )
    folded = type(folded)(messages=[call, *folded.messages], usage=folded.usage, outcome=folded.outcome)
    conversations.add_folded(connection, new.id, folded, NOW + timedelta(seconds=6))
    found = conversations.find_conversation(connection, project.id, new.id)
    assert found is not None
    assert (found.message_count, found.tool_call_count) == (2, 1)
    assert found.usage == Usage(input_tokens=7, output_tokens=2)
    assert found.updated_at == NOW + timedelta(seconds=6)
    kinds = [type(message) for message in conversations.messages_of(connection, new.id)]
    assert kinds == [UserMessage, ToolCall, AssistantMessage]
    assert listed(connection, project, saying("ANSWER")) == [new.id]


def test_the_distinct_tags_are_sorted_and_of_open_conversations(connection: Connection, project: Project) -> None:
    make(connection, project, "ada", tags=("b", "a"))
    make(connection, project, "bob", tags=("c", "a"))
    assert conversations.list_tags(connection, project.id, creator_id=None) == ["a", "b", "c"]
    assert conversations.list_tags(connection, project.id, creator_id="bob") == ["a", "c"]
