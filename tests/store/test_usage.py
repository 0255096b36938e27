"""Rows of what was spent, and their sums: against the messages they were spent on, and against a few lines of Python."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from store.conftest import NOW, make_project
from tertulia.core.accounting import Grouping, Holdings, Spending, UsageFilter
from tertulia.core.agent import Agent
from tertulia.core.conversation import Conversation
from tertulia.core.document import Document, DocumentState
from tertulia.core.ids import new_id
from tertulia.core.message import AssistantMessage, Problem, Usage, UserMessage
from tertulia.core.project import Project, User
from tertulia.core.run import (
    CancelledByUser,
    Completed,
    Event,
    Failed,
    ModelSwitched,
    Restarted,
    Run,
    RunStatus,
    Started,
    ToolCallFinished,
    ToolCallRequested,
    UsageReported,
    fold,
)
from tertulia.core.tool import ChunkHits, ToolFailure
from tertulia.store import agents, conversations, library, projects, usage
from tertulia.store.schema import usage_entry

EVERYTHING = UsageFilter()
# quarters, so that sums are exact
SPENT = st.builds(
    Usage,
    input_tokens=st.integers(0, 2**40),
    output_tokens=st.integers(0, 9),
    cache_read_tokens=st.integers(0, 9),
    cache_write_tokens=st.integers(0, 9),
    reasoning_tokens=st.integers(0, 9),
    cost=st.integers(0, 40).map(lambda quarters: quarters / 4),
)
STEPS = st.one_of(
    st.builds(UsageReported, SPENT),
    st.builds(ModelSwitched, model=st.sampled_from(["a", "b", "c"])),
    st.builds(Restarted, at=st.just(NOW), model=st.just("a")),
)
ENDS = st.sampled_from(
    [
        Completed(at=NOW),
        CancelledByUser(at=NOW),
        Failed(at=NOW, problem=Problem(code="provider_failed", message="Away.")),
    ]
)


class Books(NamedTuple):
    """A project whose turns are ended by hand."""

    connection: Connection
    project: Project

    def converse(self, creator_id: str = "ada", *, agent_id: str | None = None, at: datetime = NOW) -> Conversation:
        new = Conversation(
            id=new_id(),
            project_id=self.project.id,
            creator_id=creator_id,
            name=f"c of {creator_id}",
            created_at=at,
            updated_at=at,
            agent_id=agent_id,
        )
        conversations.insert_conversation(self.connection, new)
        return new

    def end(self, spoken: Conversation, events: list[Event], *, user_id: str | None = None, at: datetime = NOW) -> None:
        """Ends a turn as the journal does."""
        user = user_id or spoken.creator_id
        turn = conversations.next_turn(self.connection, spoken.id)
        asked = UserMessage(turn=turn, at=at, text="?", user_id=user)
        conversations.add_user_message(self.connection, spoken.id, asked)
        run = Run(
            id=new_id(),
            project_id=self.project.id,
            conversation_id=spoken.id,
            turn=turn,
            user_id=user,
            status=RunStatus.RUNNING,
            created_at=at,
        )
        folded = fold(turn, events)
        conversations.add_folded(self.connection, spoken.id, folded, at)
        usage.insert_usage(self.connection, run, folded, at)

    def spend(
        self, spoken: Conversation, tokens: int, cost: float = 0.0, *, model: str = "m", at: datetime = NOW
    ) -> None:
        used = Usage(input_tokens=tokens, cost=cost)
        self.end(spoken, [Started(at=at, model=model), UsageReported(used), Completed(at=at)], at=at)

    def total(self, wanted: UsageFilter = EVERYTHING) -> Spending:
        return usage.total_usage(self.connection, self.project.id, wanted)

    def by(self, grouping: Grouping, wanted: UsageFilter = EVERYTHING) -> dict[str, int]:
        """Tokens read, in the order listed."""
        listed = usage.list_usage(self.connection, self.project.id, wanted, grouping)
        return {each.key: each.usage.input_tokens for each in listed}


@pytest.fixture
def books(connection: Connection, project: Project) -> Books:
    return Books(connection, project)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.lists(STEPS, max_size=6), ENDS, st.sampled_from(["ada", "bo"])), max_size=6))
def test_the_rows_add_up_to_the_usage_of_the_messages(
    connection: Connection, turns: list[tuple[list[Event], Event, str]]
) -> None:
    books = Books(connection, make_project(connection, "of this example"))
    spoken = {name: books.converse(name) for name in ("ada", "bo")}
    for steps, end, name in turns:
        books.end(spoken[name], [Started(at=NOW, model="a"), *steps, end])
    stored = [message for each in spoken.values() for message in conversations.messages_of(connection, each.id)]
    answers = [message.usage for message in stored if isinstance(message, AssistantMessage)]
    assert books.total().usage == sum(answers, Usage())
    assert books.total().turn_count == len(turns) == len(answers)
    for grouping in Grouping:
        listed = usage.list_usage(connection, books.project.id, EVERYTHING, grouping)
        assert sum((each.usage for each in listed), Usage()) == sum(answers, Usage())
    for name, each in spoken.items():
        counted = conversations.find_conversation(connection, books.project.id, each.id)
        assert counted is not None
        own = books.total(UsageFilter(user_id=name)).usage
        assert (counted.usage.input_tokens, counted.usage.output_tokens) == (own.input_tokens, own.output_tokens)


def test_a_turn_of_two_models_has_a_row_for_each_and_is_one_turn(books: Books) -> None:
    events: list[Event] = [
        Started(at=NOW, model="large"),
        UsageReported(Usage(input_tokens=7)),
        ModelSwitched(model="small"),
        UsageReported(Usage(input_tokens=5)),
        Completed(at=NOW),
    ]
    books.end(books.converse(), events)
    assert books.by(Grouping.MODEL) == {"large": 7, "small": 5}
    assert books.total().turn_count == 1


def test_searches_for_chunks_are_counted_once_and_other_calls_are_not(books: Books) -> None:
    def called(call_id: str, label: str) -> list[Event]:
        result = ChunkHits(hits=[]) if label != "get_chunk" else ToolFailure(code="not_found", message="")
        return [
            ToolCallRequested(at=NOW, call_id=call_id, function="f", label=label, arguments={}),
            ToolCallFinished(at=NOW, call_id=call_id, result=result),
        ]

    calls = [*called("1", "hybrid_chunks"), *called("2", "semantic_chunks"), *called("3", "get_chunk")]
    books.end(
        books.converse(),
        [
            Started(at=NOW, model="a"),
            UsageReported(Usage(input_tokens=1)),
            ModelSwitched(model="b"),
            UsageReported(Usage(input_tokens=1)),
            *calls,
            Completed(at=NOW),
        ],
    )
    assert books.total().retrieval_count == 2


def test_a_turn_that_never_reached_a_model_leaves_no_row(books: Books) -> None:
    books.end(books.converse(), [CancelledByUser(at=NOW)])
    assert books.total() == Spending(key=books.project.id, usage=Usage())


def test_rows_are_grouped_under_names_dearest_first(books: Books, user: User) -> None:
    agent = Agent(id=new_id(), project_id=books.project.id, name="Clerk", created_at=NOW, updated_at=NOW)
    agents.insert_agent(books.connection, agent)
    spoken = books.converse(user.id, agent_id=agent.id)
    books.spend(spoken, 1, 0.5, model="dear")
    books.spend(spoken, 9, model="free")
    books.spend(books.converse("gone"), 30, model="cheap")
    assert list(books.by(Grouping.MODEL)) == ["dear", "cheap", "free"]
    assert books.by(Grouping.AGENT) == {agent.id: 10, "": 30}

    def names(grouping: Grouping) -> list[str | None]:
        return [each.name for each in usage.list_usage(books.connection, books.project.id, EVERYTHING, grouping)]

    assert names(Grouping.USER) == ["ada@example.org", None]
    assert names(Grouping.AGENT) == ["Clerk", None]
    assert names(Grouping.CONVERSATION) == [f"c of {user.id}", "c of gone"]
    assert names(Grouping.DAY) == [None]


def test_a_day_is_counted_in_utc_and_the_last_one_is_left_out(books: Books) -> None:
    spoken = books.converse()
    for hours, tokens in ((-1, 1), (0, 10), (23, 100), (24, 1000)):
        books.spend(spoken, tokens, at=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(hours=hours))
    assert books.by(Grouping.DAY) == {"2026-04-30": 1, "2026-05-01": 110, "2026-05-02": 1000}
    only = UsageFilter(since=date(2026, 5, 1), until=date(2026, 5, 2))
    assert books.by(Grouping.DAY, only) == {"2026-05-01": 110}
    assert books.total(only).turn_count == 2
    assert books.total(UsageFilter(since=date(2026, 5, 2))).usage.input_tokens == 1000
    assert books.total(UsageFilter(until=date(2026, 5, 1))).usage.input_tokens == 1


def test_no_project_sees_what_another_spent(books: Books) -> None:
    other = Books(books.connection, make_project(books.connection, "other"))
    books.spend(books.converse("ada"), 1)
    other.spend(other.converse("ada"), 100)
    for grouping in Grouping:
        assert list(books.by(grouping).values()) == [1]
    assert books.total().usage.input_tokens == 1
    for user_id in (None, "ada"):
        spent = usage.spent_since(books.connection, books.project.id, date(2026, 1, 1), user_id=user_id)
        assert spent == Usage(input_tokens=1)
    projects.delete_project(books.connection, other.project.id)
    assert books.connection.execute(sa.select(sa.func.count()).select_from(usage_entry)).scalar_one() == 1


def test_what_was_spent_outlives_its_conversation(books: Books) -> None:
    spoken = books.converse()
    books.spend(spoken, 5)
    conversations.delete_conversation(books.connection, spoken.id)
    assert books.by(Grouping.CONVERSATION) == {spoken.id: 5}


def test_a_budget_counts_from_its_first_day_on(books: Books) -> None:
    for day, tokens, name in ((3, 1, "ada"), (4, 10, "ada"), (4, 100, "bo")):
        at = datetime(2026, 5, day, 23, 59, tzinfo=UTC)
        books.end(
            books.converse(name),
            [
                Started(at=at, model="m"),
                UsageReported(Usage(input_tokens=tokens, output_tokens=1, cost=0.25)),
                Completed(at=at),
            ],
            at=at,
        )
    since = date(2026, 5, 4)
    whole = usage.spent_since(books.connection, books.project.id, since, user_id=None)
    own = usage.spent_since(books.connection, books.project.id, since, user_id="ada")
    assert whole == Usage(input_tokens=110, output_tokens=2, cost=0.5)
    assert own == Usage(input_tokens=10, output_tokens=1, cost=0.25)
    assert usage.spent_since(books.connection, books.project.id, date(2026, 5, 5), user_id=None) == Usage()


@pytest.mark.parametrize("user_id", [None, "ada"])
def test_a_budget_is_reckoned_from_an_index_alone(books: Books, user_id: str | None) -> None:
    plans: list[str] = []

    def explain(
        connection: Connection, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object
    ) -> None:
        if statement.startswith("SELECT") and "usage_entry" in statement:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row.detail for row in rows)

    event.listen(books.connection, "after_cursor_execute", explain)
    usage.spent_since(books.connection, books.project.id, date(2026, 5, 4), user_id=user_id)
    assert len(plans) == 1
    assert "USING COVERING INDEX ix_usage_entry_spent" in plans[0]
    assert "day>?" in plans[0]


def test_holdings_are_what_came_in_that_time_and_is_still_there(books: Books) -> None:
    def shelve(day: int, state: DocumentState = DocumentState.ACTIVE, pages: int | None = None) -> None:
        at = datetime(2026, 5, day, tzinfo=UTC)
        new = Document(
            id=new_id(),
            project_id=books.project.id,
            name="d",
            content_type="text/plain",
            size_bytes=10,
            sha256="0" * 64,
            state=state,
            page_count=pages,
            created_at=at,
            updated_at=at,
        )
        library.insert_document(books.connection, new)
        books.converse("ada" if pages else "bo", at=at)

    for day, pages in ((1, 3), (2, 4), (3, None)):
        shelve(day, pages=pages)
    shelve(2, DocumentState.DELETED, pages=50)

    def holdings(wanted: UsageFilter) -> Holdings:
        return usage.count_holdings(books.connection, books.project.id, wanted)

    assert holdings(EVERYTHING) == Holdings(document_count=3, document_bytes=30, page_count=7, conversation_count=4)
    second = UsageFilter(since=date(2026, 5, 2), until=date(2026, 5, 3), user_id="bo")
    assert holdings(second) == Holdings(document_count=1, document_bytes=10, page_count=4)
    elsewhere = make_project(books.connection, "empty")
    assert usage.count_holdings(books.connection, elsewhere.id, EVERYTHING) == Holdings()
