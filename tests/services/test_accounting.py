"""Who sees what was spent, and budgets held before and during turns. On a real file, with scripted models."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import sqlalchemy as sa

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.accounting import Grouping, Period
from tertulia.core.agent import AgentChange
from tertulia.core.clock import now
from tertulia.core.conversation import ConversationDraft
from tertulia.core.errors import BudgetSpent, InvalidInput, NotFound
from tertulia.core.message import AssistantMessage, Outcome
from tertulia.core.project import Permission
from tertulia.core.run import Run
from tertulia.house import House
from tertulia.providers.scripted import Action, Call, Fail, Hang, Say, Script, Spend, Wait
from tertulia.services.transcripts import Question
from tertulia.settings import Settings
from tertulia.store import conversations
from tertulia.store.schema import usage_entry

MEMBER = frozenset({Permission.VIEW_DATA})


class Project(NamedTuple):
    """A project with an agent that does what it is told to, its admin and two members."""

    house: House
    id: str
    agent_id: str
    admin: Actor
    ada: Actor
    bo: Actor

    async def begin(self, actor: Actor, *actions: Action, conversation_id: str = "") -> Run:
        """Sends a message that is played so; to a new conversation unless told where."""
        services = self.house.services
        if not conversation_id:
            made = await services.conversations.create(actor, ConversationDraft(agent_id=self.agent_id))
            conversation_id = made.conversation.id
        text = msgspec.json.encode(Script(steps=[list(actions)])).decode()
        return await services.chat.send(actor, conversation_id, text)

    async def end(self, run: Run) -> AssistantMessage:
        async for _ in self.house.services.chat.follow(run):
            pass
        answer = (await self.house.database.read(conversations.messages_of, run.conversation_id))[-1]
        assert isinstance(answer, AssistantMessage)
        return answer

    async def ask(self, actor: Actor, *actions: Action) -> AssistantMessage:
        return await self.end(await self.begin(actor, *actions))

    async def spent(self, actor: Actor, group_by: Grouping = Grouping.DAY) -> dict[str, int]:
        """Tokens by key, users by their address, as this actor is told."""
        rows = await self.house.services.accounting.usage(actor, group_by=group_by)
        is_user = group_by is Grouping.USER
        return {
            (is_user and each.name) or each.key: each.usage.input_tokens + each.usage.output_tokens for each in rows
        }

    async def limit(self, tokens: int, *, email: str | None = None, period: Period = Period.DAY) -> None:
        await self.house.budgets.set(self.id, email, period, tokens=tokens)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    lay_schema(tmp_path / "tertulia.db")
    house = House(Settings(data=tmp_path, embedder="none", scripted_model=True, poll_s=0.02, flush_s=0.02))
    await house.start()
    yield house
    await house.stop()
    house.close()


async def found(house: House, name: str) -> Project:
    founded = await house.setup.found(name, admin_email=f"admin@{name}.example")
    admin = await house.services.identity.actor(founded.admin_token, founded.project_id)

    async def join(person: str) -> Actor:
        added = await house.people.add(f"{person}@example.org", founded.project_id, MEMBER)
        return Actor(user_id=added.id, email=added.email, project_id=founded.project_id, permissions=MEMBER)

    agent = await house.services.agents.create(admin, AgentChange(name="Player", model="scripted"))
    return Project(house, founded.project_id, agent.id, admin, await join("ada"), await join("bo"))


@pytest.fixture
async def project(house: House) -> Project:
    return await found(house, "near")


def tokens(count: int) -> Spend:
    return Spend(output_tokens=count)


async def test_admins_see_what_everybody_spent_and_others_their_own(project: Project) -> None:
    await project.ask(project.ada, Say("a"), Spend(input_tokens=1, output_tokens=2))
    await project.ask(project.bo, Say("b"), tokens(10))
    assert await project.spent(project.admin, Grouping.USER) == {"ada@example.org": 3, "bo@example.org": 10}
    assert await project.spent(project.ada, Grouping.USER) == {"ada@example.org": 3}
    for grouping in Grouping:
        assert sum((await project.spent(project.admin, grouping)).values()) == 13
        assert sum((await project.spent(project.bo, grouping)).values()) == 10
    account = await project.house.services.accounting.account(project.bo)
    assert (account.total.turn_count, account.holdings.conversation_count) == (1, 1)


async def test_what_is_spent_in_one_project_is_seen_in_no_other(project: Project, house: House) -> None:
    elsewhere = await found(house, "far")
    await project.ask(project.ada, Say("a"), tokens(5))
    for actor in (elsewhere.admin, elsewhere.ada):
        assert await elsewhere.spent(actor, Grouping.USER) == {}
        account = await house.services.accounting.account(actor)
        assert (account.total.turn_count, account.by_day, account.holdings.conversation_count) == (0, [], 0)
    await elsewhere.limit(5)
    await elsewhere.ask(elsewhere.ada, Say("a"), tokens(1))


async def test_turns_that_fail_or_are_cancelled_are_accounted(project: Project) -> None:
    failed = await project.ask(project.ada, Say("a"), tokens(3), Fail(error="ProviderFailed"))
    run = await project.begin(project.ada, Say("a"), tokens(40), Hang())
    async for batch in project.house.services.chat.follow(run):
        if any(type(event).__name__ == "UsageReported" for event in batch.events):
            await project.house.services.chat.cancel(project.ada, run.conversation_id)
    cancelled = await project.end(run)
    assert (failed.outcome, cancelled.outcome) == (Outcome.FAILED, Outcome.CANCELLED)
    assert list((await project.spent(project.ada)).values()) == [43]


async def test_a_report_counts_the_days_that_were_asked_for(project: Project) -> None:
    await project.ask(project.ada, Say("a"), tokens(3))
    today = now().date()
    usage = project.house.services.accounting.usage
    whole = {"since": today, "until": today + timedelta(days=1)}
    assert [each.key for each in await usage(project.ada, **whole, group_by=Grouping.DAY)] == [today.isoformat()]
    assert await usage(project.ada, since=today + timedelta(days=1), group_by=Grouping.DAY) == []
    assert await usage(project.ada, until=today, group_by=Grouping.DAY) == []


async def test_of_a_budget_the_last_token_may_be_used_and_no_turn_begins_after_it(project: Project) -> None:
    await project.limit(10)
    await project.ask(project.ada, Say("a"), tokens(9))
    await project.ask(project.bo, Say("b"), tokens(1))
    with pytest.raises(BudgetSpent, match=r"This project's daily budget of 10 tokens is spent\. It renews on 20"):
        await project.begin(project.ada, Say("c"))
    await project.limit(11)
    await project.ask(project.ada, Say("c"))


async def test_a_users_budget_stops_that_user_alone(project: Project) -> None:
    await project.limit(5, email="ADA@example.org", period=Period.MONTH)
    await project.ask(project.ada, Say("a"), tokens(5))
    with pytest.raises(BudgetSpent, match="Your monthly budget of 5 tokens"):
        await project.begin(project.ada, Say("a"))
    await project.ask(project.bo, Say("b"), tokens(50))


async def test_what_a_refused_send_leaves_is_nothing(project: Project) -> None:
    run = await project.begin(project.ada, Say("a"), tokens(5))
    await project.end(run)
    await project.limit(5)
    before = await project.house.database.read(conversations.messages_of, run.conversation_id)
    with pytest.raises(BudgetSpent):
        await project.begin(project.ada, Say("b"), conversation_id=run.conversation_id)
    assert await project.house.database.read(conversations.messages_of, run.conversation_id) == before
    question = Question(text="Hi", agent_id=project.agent_id)
    with pytest.raises(BudgetSpent):
        await project.house.services.transcripts.ask(project.ada, question)
    account = await project.house.services.accounting.account(project.admin)
    assert account.holdings.conversation_count == 1


async def test_a_repeated_send_gives_its_turn_again_although_the_budget_is_spent(project: Project) -> None:
    chat = project.house.services.chat
    made = await project.house.services.conversations.create(project.ada, ConversationDraft(agent_id=project.agent_id))
    text = msgspec.json.encode(Script(steps=[[Say("a"), tokens(5)]])).decode()
    first = await chat.send(project.ada, made.conversation.id, text, idempotency_key="k")
    await project.end(first)
    await project.limit(5)
    again = await chat.send(project.ada, made.conversation.id, text, idempotency_key="k")
    assert again.id == first.id


async def test_a_turn_that_overspends_ends_with_what_was_written_and_why(project: Project) -> None:
    await project.ask(project.ada, Say("a"), tokens(4))
    await project.limit(10)
    answer = await project.ask(project.bo, Say("So far"), tokens(7), Say(" and no further"), tokens(100))
    assert (answer.outcome, answer.text, answer.usage.output_tokens) == (Outcome.FAILED, "So far", 7)
    assert answer.problem is not None
    assert answer.problem.code == "budget_spent"
    assert answer.problem.message.startswith("This project's daily budget of 10 tokens is spent.")
    assert sum((await project.spent(project.admin)).values()) == 11


async def test_a_turn_that_overspends_calls_no_tool_and_takes_no_other_step(project: Project) -> None:
    await project.limit(10)
    answer = await project.ask(project.ada, Say("Let me look."), Call(arguments={"query": "fee"}), tokens(11))
    assert (answer.outcome, answer.text) == (Outcome.FAILED, "Let me look.")
    account = await project.house.services.accounting.account(project.ada)
    assert account.total.retrieval_count == 0


async def test_turns_at_the_same_time_overspend_by_one_turn_each_at_most(project: Project) -> None:
    await project.limit(10)
    runs = [await project.begin(project.ada, Wait(0.5), Say("a"), tokens(8)) for _ in range(3)]
    answers = await asyncio.gather(*(project.end(run) for run in runs))
    assert [answer.outcome for answer in answers] == [Outcome.COMPLETED] * 3
    assert sum((await project.spent(project.ada)).values()) == 24
    with pytest.raises(BudgetSpent):
        await project.begin(project.ada, Say("b"))


@pytest.mark.parametrize("period", Period)
async def test_a_budget_begins_anew_with_its_period(project: Project, period: Period) -> None:
    await project.limit(5, period=period)
    await project.ask(project.ada, Say("a"), tokens(5))
    with pytest.raises(BudgetSpent):
        await project.begin(project.ada, Say("b"))
    yesterday = (period.begins(now()) - timedelta(days=1)).date().isoformat()

    def age(connection: sa.Connection) -> None:
        connection.execute(usage_entry.update().values(day=yesterday))

    await project.house.database.write(age)
    assert [each.spent.output_tokens for each in await project.house.budgets.list(project.id)] == [0]
    await project.ask(project.ada, Say("b"), tokens(5))


async def test_searches_of_agents_are_counted(project: Project) -> None:
    search = Call(function="search_documents", arguments={"query": "fee"})
    outline = Call(function="document_outline", arguments={"document_id": project.id})
    answer = await project.ask(project.ada, search, search, outline, tokens(1))
    assert answer.outcome is Outcome.COMPLETED
    account = await project.house.services.accounting.account(project.ada)
    # each step says one word and searches twice; the last one may call nothing
    calls = 2 * (account.total.usage.output_tokens - 1)
    assert (account.total.retrieval_count, account.total.turn_count) == (calls, 1)


@pytest.mark.parametrize(
    ("cost", "limit"), [(None, None), (1.0, 1), (-0.1, None), (float("nan"), None), (float("inf"), None), (None, -1)]
)
async def test_a_budget_has_one_limit_that_is_a_number(project: Project, cost: float | None, limit: int | None) -> None:
    with pytest.raises(InvalidInput):
        await project.house.budgets.set(project.id, None, Period.DAY, cost=cost, tokens=limit)
    assert await project.house.budgets.list(project.id) == []


async def test_a_budget_is_for_people_of_the_project(project: Project, house: House) -> None:
    elsewhere = await found(house, "far")
    await house.people.add("cy@example.org", elsewhere.id, MEMBER)
    for stranger in ("nobody@example.org", "cy@example.org"):
        with pytest.raises(NotFound):
            await project.limit(1, email=stranger)
    with pytest.raises(NotFound):
        await house.budgets.remove(project.id, None, Period.DAY)
    await project.limit(0, email="ada@example.org")
    with pytest.raises(BudgetSpent):
        await project.begin(project.ada, Say("a"))
    await house.budgets.remove(project.id, "ada@example.org", Period.DAY)
    await project.ask(project.ada, Say("a"))
