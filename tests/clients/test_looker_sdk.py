"""The vendor's client, unchanged, against a real server: every method but chat and queries, errors, tokens, acting as others."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from looker_sdk.error import SDKError
from looker_sdk.rtl.auth_token import AuthToken
from looker_sdk.rtl.model import EXPLICIT_NULL
from looker_sdk.sdk.api40 import models
from looker_sdk.sdk.api40.methods import Looker40SDK

from clients.looker_client import client_of, credentials_for
from conftest import Demo
from live.server import LiveServer
from tertulia import demo as demo_package
from tertulia.core.ids import new_id

LOOKML = Path(demo_package.__file__).parent / "lookml"
ADMIN, MEMBER, DEPUTY = "sdk-head@example.org", "sdk-till@example.org", "sdk-vice@example.org"
SALES = models.Source(model="shop", explore="order_items")
ANSWER = "/explore/shop/order_items?fields=products.category,order_items.revenue&sorts=order_items.revenue+desc&limit=5"

Ask = Callable[[Looker40SDK], object]
WRONG: list[Ask] = [
    lambda sdk: sdk.get_conversation("nothing"),
    lambda sdk: sdk.get_conversation(new_id()),
    lambda sdk: sdk.get_agent("a/b c"),
    lambda sdk: sdk.agent_lookml("a/b c"),
    lambda sdk: sdk.all_conversation_messages(new_id()),
    lambda sdk: sdk.delete_conversation(new_id()),
    lambda sdk: sdk.delete_agent(new_id()),
    lambda sdk: sdk.update_golden_query(2**40, models.WriteGoldenQuery(questions=["Q"])),
    lambda sdk: sdk.all_dashboards(),
    lambda sdk: sdk.search_conversations(sorts="colour"),
    lambda sdk: sdk.create_conversation(models.WriteConversation(name="x")),
    lambda sdk: sdk.create_agent(models.WriteAgent(name="x")),
    lambda sdk: sdk.update_session(models.WriteApiSession(workspace_id="dev")),
]
WAYS_OUT: list[Ask] = [lambda sdk: sdk.auth.logout(), lambda sdk: sdk.logout()]


class People(NamedTuple):
    """Clients of a project with the demo shop's LookML."""

    admin: Looker40SDK
    member: Looker40SDK
    deputy: Looker40SDK
    url: str
    credentials: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def people(demo: Demo) -> People:
    run = demo.server.command
    project_id = run("init", "--name", "Looker clients", "--admin", ADMIN)["project_id"]
    run("lookml", "load", str(LOOKML), "--project", project_id)
    run("user", "add", MEMBER, "--project", project_id)
    run("user", "add", DEPUTY, "--project", project_id, "--impersonate")
    credentials = {email: credentials_for(demo.server, email, project_id) for email in (ADMIN, MEMBER, DEPUTY)}
    clients = [client_of(demo.url, credentials[email]) for email in (ADMIN, MEMBER, DEPUTY)]
    return People(*clients, url=demo.url, credentials=credentials)


@pytest.fixture
def agent(people: People) -> Iterator[models.Agent]:
    made = people.admin.create_agent(models.WriteAgent(name="SDK agent", description="Sells", sources=[SALES]))
    yield made
    people.admin.delete_agent(str(made.id))


def user(text: str) -> dict[str, Any]:
    return {"type": "user", "message": {"userMessage": {"text": text}, "timestamp": "2026-02-23T12:00:00.000Z"}}


def final(text: str) -> dict[str, Any]:
    told = {"text": {"parts": [text], "textType": "FINAL_RESPONSE"}, "groupId": 0}
    return {"type": "system", "message": {"systemMessage": told, "timestamp": "2026-02-23T12:00:01.000Z"}}


def test_the_caller_and_the_server_say_who_they_are(people: People) -> None:
    me = people.member.me()
    assert (me.email, me.display_name, me.is_disabled) == (MEMBER, MEMBER, False)
    assert people.member.me(fields="id").email is None
    versions = people.member.versions()
    assert versions.current_version is not None
    assert versions.current_version.version == "4.0"
    assert people.member.session().workspace_id == "production"
    assert people.member.update_session(models.WriteApiSession(workspace_id="production")).workspace_id == "production"


def test_an_agent_goes_through_its_life(people: People) -> None:
    sdk = people.admin
    golden = sdk.create_golden_query(models.WriteGoldenQuery(questions=["What sells best?"], answer=ANSWER))
    made = sdk.create_agent(
        models.WriteAgent(
            name="Sales analyst",
            description="Knows sales",
            category="conversation",
            sources=[SALES],
            golden_query_ids=[golden.id or 0],
            context=models.Context(instructions="Be brief.", show_debug=True),
            code_interpreter=True,
            workflow_params=models.WorkflowParams(
                polling_frequency_cron="0 * * * *",
                destination=models.WorkflowDestination(type="email", parameters='{"to": []}'),
            ),
        )
    )
    agent_id = str(made.id)
    assert made.sources == [SALES]
    assert made.golden_queries is not None
    assert [each.id for each in made.golden_queries] == [golden.id]
    assert made.workflow_params is not None
    assert made.workflow_params.polling_frequency_cron == "0 * * * *"
    assert made.created_at is not None
    assert made.created_at.tzinfo is not None
    assert made.can is not None
    assert made.can["update"] is True
    assert sdk.get_agent(agent_id) == made
    changed = sdk.update_agent(agent_id, models.WriteAgent(name="Analyst", context=models.Context(instructions="Go.")))
    assert changed.context is not None
    assert (changed.name, changed.context.instructions, changed.context.show_debug) == ("Analyst", "Go.", True)
    [found] = people.member.search_agents(name="anal%", category="conversation,dashboard", sorts=["created_at desc"][0])
    assert found.id == agent_id
    assert found.can is not None
    assert found.can["update"] is False
    assert [each.name for each in sdk.search_agents(id=agent_id, fields="name", limit=1, offset=0)] == ["Analyst"]
    assert "advanced_analytics: yes" in str(sdk.agent_lookml(agent_id).lookml)
    assert sdk.update_agent(agent_id, models.WriteAgent(deleted=True)).deleted is True
    assert sdk.search_agents(id=agent_id, deleted=False) == []
    assert sdk.update_agent(agent_id, models.WriteAgent(deleted=False)).deleted is False
    assert sdk.delete_agent(agent_id) == ""
    with pytest.raises(SDKError, match="Not found"):
        sdk.get_agent(agent_id)
    assert sdk.delete_golden_query(golden.id or 0) == ""


def test_a_golden_query_goes_through_its_life(people: People) -> None:
    sdk = people.admin
    made = sdk.create_golden_query(models.WriteGoldenQuery(questions=["Q"], answer=ANSWER))
    assert (made.model, made.explore, made.limit) == ("shop", "order_items", "5")
    assert made.fields == ["products.category", "order_items.revenue"]
    assert made.sorts == ["order_items.revenue desc"]
    assert isinstance(made.query_id, int)
    changed = sdk.update_golden_query(made.id or 0, models.WriteGoldenQuery(questions=["P"]))
    assert (changed.questions, changed.query_id) == (["P"], made.query_id)
    assert sdk.delete_golden_query(made.id or 0) == ""


def test_a_conversation_goes_through_its_life(people: People, agent: models.Agent) -> None:
    sdk = people.member
    made = sdk.create_conversation(
        models.WriteConversation(name="Untitled", agent_id=agent.id, category="conversation")
    )
    conversation_id = str(made.id)
    assert made.conversation_agent is not None
    assert (made.conversation_agent.name, made.missing_agent, made.user_id) == ("SDK agent", False, sdk.me().id)
    kept = sdk.create_conversation_message(
        conversation_id, models.WriteConversationMessages(messages=[user("How much?"), final("Five.")])
    )
    assert [each.order for each in kept] == [1, 2]
    assert list(sdk.all_conversation_messages(conversation_id)) == list(kept)
    assert kept[0].message == user("How much?")["message"]
    question, answer = (str(each.id) for each in kept)
    assert sdk.get_conversation_message(conversation_id, question) == kept[0]
    assert [each.id for each in sdk.get_conversation_message_responses(conversation_id, question)] == [answer]
    rewritten = final("Six.")
    changed = sdk.update_conversation_message(
        conversation_id, answer, models.WriteConversationMessage(type="system", message=rewritten["message"])
    )
    assert changed.message == rewritten["message"]
    renamed = sdk.update_conversation(conversation_id, models.WriteConversation(name="How much?"))
    assert renamed.name == "How much?"
    assert renamed.messages is not None
    assert len(renamed.messages) == 2
    shown = sdk.get_conversation(conversation_id, fields="id,messages(id,type)")
    assert shown.messages is not None
    assert [(each.id, each.type, each.message) for each in shown.messages] == [
        (question, "user", None),
        (answer, "system", None),
    ]
    found = sdk.search_conversations(
        name="how%", agent_id="not null", fields="id,name", limit=10, offset=0, sorts="created_at desc", deleted=False
    )
    assert [each.id for each in found] == [conversation_id]
    assert sdk.delete_conversation_message(conversation_id, f"{question},{answer}") == ""
    assert sdk.all_conversation_messages(conversation_id) == []
    assert sdk.delete_conversation(conversation_id) == ""
    with pytest.raises(SDKError, match="Not found"):
        sdk.get_conversation(conversation_id)


def test_an_explicit_null_takes_the_agent_away(people: People, agent: models.Agent) -> None:
    sdk = people.member
    made = sdk.create_conversation(models.WriteConversation(name="x", agent_id=agent.id, sources=[SALES]))
    changed = sdk.update_conversation(str(made.id), models.WriteConversation(agent_id=EXPLICIT_NULL))
    assert (changed.agent_id, changed.name, changed.sources) == (None, "x", [SALES])


def test_messages_given_back_as_models_are_kept_too(people: People) -> None:
    """The client drops nulls and writes times its own way: what it writes is read all the same."""
    sdk = people.member
    made = sdk.create_conversation(models.WriteConversation(name="x", sources=[SALES]))
    told = models.ChatMessage(
        timestamp=datetime(2026, 2, 23, 12, tzinfo=UTC),
        systemMessage=models.SystemMessage(text=models.TextMessage(parts=["Five."], textType="FINAL_RESPONSE")),
    )
    asked = models.ChatMessage(userMessage=models.UserMessage(text="How much?"))
    sent = [
        models.WriteConversationMessage(type="user", message=asked),  # pyright: ignore[reportArgumentType] - as its users do
        models.WriteConversationMessage(type="system", message=told),  # pyright: ignore[reportArgumentType] - likewise
    ]
    kept = sdk.create_conversation_message(str(made.id), models.WriteConversationMessages(messages=sent))
    assert kept[1].message is not None
    assert kept[1].message["systemMessage"] == {"text": {"parts": ["Five."], "textType": "FINAL_RESPONSE"}}


@pytest.mark.parametrize("ask", WRONG)
def test_every_error_is_one_the_client_decodes(people: People, ask: Ask) -> None:
    with pytest.raises(SDKError) as caught:
        ask(people.admin)
    assert caught.value.message
    assert caught.value.documentation_url.startswith(people.url)
    assert caught.value.error_doc == ""


def test_each_field_at_fault_reaches_the_client(people: People) -> None:
    with pytest.raises(SDKError) as caught:
        people.admin.create_agent(models.WriteAgent(name="x"))
    assert caught.value.message == "Validation Failed"
    assert {(each.field, each.code) for each in caught.value.errors} == {
        ("description", "missing_field"),
        ("sources", "missing_field"),
    }


def test_what_a_member_may_not_do_is_told(people: People) -> None:
    with pytest.raises(SDKError, match="permission"):
        people.member.create_agent(models.WriteAgent(name="x", description="", sources=[SALES]))


def test_wrong_credentials_are_told(people: People) -> None:
    wrong = {**people.credentials[MEMBER], "client_secret": "guessed"}
    with pytest.raises(SDKError, match="Not found"):
        client_of(people.url, wrong).me()


def test_headers_of_the_first_call_do_not_spoil_its_body(people: People) -> None:
    """The client sends the content type of its login with the call that needed it."""
    sdk = client_of(people.url, people.credentials[MEMBER])
    made = sdk.create_conversation(
        models.WriteConversation(name="First call", sources=[SALES]), transport_options={"timeout": 30}
    )
    assert made.name == "First call"


def test_who_may_acts_as_another_and_comes_back(people: People) -> None:
    sdk = client_of(people.url, people.credentials[DEPUTY])
    member_id = int(people.member.me().id or 0)
    deputy_id = sdk.me().id
    sdk.auth.login_user(member_id)
    assert sdk.me().email == MEMBER
    assert sdk.session().sudo_user_id == deputy_id
    made = sdk.create_conversation(models.WriteConversation(name="For the till", sources=[SALES]))
    sdk.auth.logout()
    assert sdk.me().email == DEPUTY
    assert people.member.get_conversation(str(made.id)).name == "For the till"
    with pytest.raises(SDKError, match="permission"):
        people.member.auth.login_user(int(people.admin.me().id or 0))


def test_both_ways_out_close_the_token(people: People) -> None:
    for leave in WAYS_OUT:
        sdk = client_of(people.url, people.credentials[MEMBER])
        sdk.me()
        held = sdk.auth.token
        leave(sdk)
        sdk.auth.token = held
        with pytest.raises(SDKError, match="revoked"):
            sdk.me()
    sdk = client_of(people.url, people.credentials[MEMBER])
    with sdk:
        assert sdk.me().email == MEMBER
    assert not sdk.auth.is_authenticated


def test_what_is_deleted_says_what_is_left_to_do_with_it(people: People, agent: models.Agent) -> None:
    sdk = people.admin
    made = sdk.create_conversation(models.WriteConversation(name="x", agent_id=agent.id))
    conversation_id, agent_id = str(made.id), str(agent.id)
    [kept] = sdk.create_conversation_message(
        conversation_id, models.WriteConversationMessages(messages=[user("How much?")])
    )
    gone = sdk.update_conversation(conversation_id, models.WriteConversation(deleted=True))
    assert gone.can == {"show": True, "update": False, "destroy": True, "chat": False}
    assert [each.can for each in sdk.all_conversation_messages(conversation_id)] == [
        {"show": True, "update": False, "destroy": False}
    ]
    refused: list[Ask] = [
        lambda sdk: sdk.update_conversation(conversation_id, models.WriteConversation(name="y")),
        lambda sdk: sdk.create_conversation_message(
            conversation_id, models.WriteConversationMessages(messages=[final("Five.")])
        ),
        lambda sdk: sdk.update_conversation_message(
            conversation_id, str(kept.id), models.WriteConversationMessage(message=user("How many?")["message"])
        ),
        lambda sdk: sdk.delete_conversation_message(conversation_id, str(kept.id)),
    ]
    for ask in refused:
        with pytest.raises(SDKError, match=r"conversation is deleted\. Restore it first"):
            ask(sdk)
    back = sdk.update_conversation(conversation_id, models.WriteConversation(deleted=False))
    assert (back.can, [each.id for each in back.messages or []]) == (made.can, [kept.id])

    trashed = sdk.update_agent(agent_id, models.WriteAgent(deleted=True))
    assert trashed.can == {"show": True, "update": False, "destroy": True, "chat": False}
    with pytest.raises(SDKError, match=r"agent is deleted\. Restore it first"):
        sdk.update_agent(agent_id, models.WriteAgent(name="y"))
    assert sdk.update_agent(agent_id, models.WriteAgent(deleted=False, name="Back")).can == agent.can


def test_ids_are_read_in_capitals_wherever_they_stand(people: People, agent: models.Agent) -> None:
    sdk = people.admin
    agent_id = str(agent.id)
    made = sdk.create_conversation(models.WriteConversation(name="x", agent_id=agent_id.upper()))
    conversation_id = str(made.id)
    assert made.agent_id == agent_id
    changed = sdk.update_conversation(conversation_id, models.WriteConversation(agent_id=f" {agent_id.upper()} "))
    assert changed.agent_id == agent_id
    assert [each.id for each in sdk.search_conversations(id=conversation_id.upper())] == [conversation_id]
    assert conversation_id in [each.id for each in sdk.search_conversations(agent_id=agent_id.upper())]
    flow = sdk.create_agent(
        models.WriteAgent(
            name="Flow",
            description="",
            sources=[SALES],
            workflow_params=models.WorkflowParams(primary_agent=agent_id.upper()),
        )
    )
    assert flow.workflow_params is not None
    assert flow.workflow_params.primary_agent == agent_id
    for written in (agent_id, agent_id.upper()):
        assert [each.id for each in sdk.search_agents(primary_agent_id=written)] == [flow.id]
    sdk.delete_agent(str(flow.id).upper())


def test_changes_of_an_agent_at_once_lose_nothing(people: People, agent: models.Agent) -> None:
    agent_id = str(agent.id)
    clients = [client_of(people.url, people.credentials[ADMIN]) for _ in range(3)]

    def change(sdk: Looker40SDK, given: models.WriteAgent) -> models.Agent:
        return sdk.update_agent(agent_id, given)

    for number in range(10):
        changes = [
            models.WriteAgent(context=models.Context(show_debug=number % 2 == 0)),
            models.WriteAgent(context=models.Context(show_analytical_details=number % 2 == 0)),
            models.WriteAgent(workflow_params=models.WorkflowParams(polling_frequency_cron=f"{number} * * * *")),
        ]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(change, clients, changes))
        found = people.admin.get_agent(agent_id)
        assert found.context is not None
        assert found.workflow_params is not None
        assert (found.context.show_debug, found.context.show_analytical_details) == (number % 2 == 0,) * 2
        assert found.workflow_params.polling_frequency_cron == f"{number} * * * *"


def test_many_clients_at_once_get_what_is_theirs(people: People) -> None:
    def work(number: int) -> str | None:
        sdk = client_of(people.url, people.credentials[MEMBER])
        made = sdk.create_conversation(models.WriteConversation(name=f"Client {number}", sources=[SALES]))
        sdk.create_conversation_message(
            str(made.id), models.WriteConversationMessages(messages=[user(f"No. {number}")])
        )
        [told] = sdk.all_conversation_messages(str(made.id))
        return None if told.message is None else told.message["userMessage"]["text"]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(12))) == [f"No. {number}" for number in range(12)]


def test_a_token_survives_a_restart_and_not_its_hour(tmp_path: Path) -> None:
    server = LiveServer(tmp_path)
    made = server.command("init", "--admin", ADMIN)
    credentials = credentials_for(server, ADMIN, made["project_id"])
    server.start()
    try:
        sdk = client_of(server.url, credentials)
        conversation = sdk.create_conversation(models.WriteConversation(name="Before", sources=[SALES]))
        token = sdk.auth.token.access_token
        server.kill()
        server.start()
        assert sdk.get_conversation(str(conversation.id)).name == "Before"
        assert sdk.auth.token.access_token == token
        run_out(tmp_path / "tertulia.db")
        with pytest.raises(SDKError, match="expired"):
            sdk.me()
        # for the client the time is up too
        sdk.auth.token = AuthToken()
        assert sdk.me().email == ADMIN
        assert sdk.auth.token.access_token != token
    finally:
        server.stop()


def run_out(database: Path) -> None:
    """Lets the hour of every token pass."""
    connection = sqlite3.connect(database)
    connection.execute("UPDATE token SET expires_at = created_at WHERE expires_at IS NOT NULL")
    connection.commit()
    connection.close()
