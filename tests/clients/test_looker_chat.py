"""The official Looker SDK, unchanged, against a real server: chat, what it persists, and long answers."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from looker_sdk import error, init40
from looker_sdk.sdk.api40 import models
from looker_sdk.sdk.api40.methods import Looker40SDK

from conftest import Demo
from contract.scripts import call, fail, say, script, think, wait
from tertulia.services.setup import DEMO_ADMIN

SALES_QUESTION = "units sold by product category for orders placed in 2025"
FOLLOW_UP = "only for bikes"
DOCUMENT_QUESTION = "What does a day with a Heron cargo bike cost for members?"
Connect = Callable[[int], Looker40SDK]


@pytest.fixture(scope="module")
def connect(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Connect:
    """A new client of the demo's admin, which gives up after so many seconds of silence."""
    made = demo.server.command("token", "create", DEMO_ADMIN, "--project", demo.project_id, "--looker")

    def client(timeout_s: int) -> Looker40SDK:
        settings = tmp_path_factory.mktemp("looker") / "looker.ini"
        lines = [f"{name}={made[name]}" for name in ("client_id", "client_secret")]
        settings.write_text("\n".join(["[Looker]", f"base_url={demo.url}", f"timeout={timeout_s}", *lines]))
        return init40(str(settings))

    return client


@pytest.fixture(scope="module")
def sdk(connect: Connect) -> Iterator[Looker40SDK]:
    client = connect(60)
    yield client
    client.auth.logout()


@pytest.fixture(scope="module")
def player(demo: Demo) -> Iterator[str]:
    """An agent that plays scripts."""
    agents = f"{demo.api}/agent-settings/"
    made = requests.post(agents, json={"name": "SDK player", "model": "scripted"}, headers=_token(demo), timeout=10)
    assert made.status_code == 201, made.text
    yield made.json()["id"]
    requests.delete(f"{agents}{made.json()['id']}/", headers=_token(demo), timeout=10).raise_for_status()


def _token(demo: Demo) -> dict[str, str]:
    return {"Authorization": f"Token {demo.admin_token}"}


def begin(sdk: Looker40SDK, agent_id: str) -> str:
    made = sdk.create_conversation(models.WriteConversation(name="SDK", agent_id=agent_id))
    assert made.id
    return made.id


def ask(sdk: Looker40SDK, conversation_id: str, text: str, **headers: str) -> list[models.ChatMessage]:
    body = models.ConversationalAnalyticsChatRequest(conversation_id=conversation_id, user_message=text)
    options: Any = {"headers": headers} if headers else None
    return list(sdk.conversational_analytics_chat(body, transport_options=options))


def persist(sdk: Looker40SDK, conversation_id: str, question: str, answer: list[models.ChatMessage]) -> list[Any]:
    """Keeps a turn as Looker's documentation says: the question, then every message as it came."""
    asked = {"type": "user", "message": {"userMessage": {"text": question}}}
    told = [{"type": "system", "message": each} for each in answer]
    body = models.WriteConversationMessages(messages=[asked, *told])
    return list(sdk.create_conversation_message(conversation_id, body))


def texts(answer: list[models.ChatMessage], kind: str = "FINAL_RESPONSE") -> list[str]:
    found = [each.systemMessage.text for each in answer if each.systemMessage and each.systemMessage.text]
    return ["\n\n".join(each.parts or []) for each in found if each.textType == kind]


def results(answer: list[models.ChatMessage]) -> list[models.DataResult]:
    data = [each.systemMessage.data for each in answer if each.systemMessage and each.systemMessage.data]
    return [each.result for each in data if each.result]


def test_a_data_question_comes_with_query_sql_rows_and_chart(sdk: Looker40SDK, demo: Demo) -> None:
    answer = ask(sdk, begin(sdk, demo.data_agent_id), SALES_QUESTION)
    system = [each.systemMessage for each in answer if each.systemMessage]
    data = [each.data for each in system if each.data]
    [query] = [each.query for each in data if each.query]
    assert query.looker
    assert (query.looker.model, query.looker.view) == ("shop", "order_items")
    assert query.looker.filters == {"orders.ordered_date": "2025"}
    assert next(each.generatedSql for each in data if each.generatedSql).startswith("SELECT")
    [result] = results(answer)
    assert result.name == query.name == "units_sold_by_category"
    assert result.data
    assert result.data[0] == {"products.category": "Accessories", "order_items.units_sold": 1518}
    charts = [each.chart for each in system if each.chart]
    assert charts[0].query
    assert charts[0].query.dataResultName == query.name
    assert charts[1].result
    assert json.loads(charts[1].result.vegaConfig or "")["mark"] == {"type": "bar"}
    [final] = texts(answer)
    assert "1,518" in final
    assert answer[-1].systemMessage == system[-1]
    assert all(each.messageId and each.timestamp and each.timestamp.tzinfo for each in answer)


def test_a_turn_the_client_persisted_is_read_by_the_next_and_by_the_other_api(sdk: Looker40SDK, demo: Demo) -> None:
    conversation_id = begin(sdk, demo.data_agent_id)
    answer = ask(sdk, conversation_id, SALES_QUESTION)
    kept = persist(sdk, conversation_id, SALES_QUESTION, answer)
    assert [each.order for each in kept] == list(range(1, len(answer) + 2))
    [result] = results(ask(sdk, conversation_id, FOLLOW_UP))
    assert result.data == [{"products.category": "Bikes", "order_items.units_sold": 293}]
    other = requests.get(
        f"{demo.api}/playground-conversations/{conversation_id}/", headers=_token(demo), timeout=10
    ).json()
    [call_shown] = [each for each in other["chat_history"] if each["type"] == "tool_call"]
    assert call_shown["results"][0]["rows"][0] == ["Accessories", 1518]
    said = [each["content"] for each in other["chat_history"] if each["type"] == "message"]
    assert said == [SALES_QUESTION, *texts(answer)]


def test_without_persisting_the_agent_forgets(sdk: Looker40SDK, demo: Demo) -> None:
    conversation_id = begin(sdk, demo.data_agent_id)
    assert results(ask(sdk, conversation_id, SALES_QUESTION))
    assert results(ask(sdk, conversation_id, FOLLOW_UP)) == []
    assert list(sdk.all_conversation_messages(conversation_id)) == []


def test_a_turn_the_server_keeps_is_not_doubled_by_a_client_that_persists_it(sdk: Looker40SDK, demo: Demo) -> None:
    conversation_id = begin(sdk, demo.data_agent_id)
    sdk.me()
    answer = ask(sdk, conversation_id, SALES_QUESTION, **{"X-Tertulia-Persist": "true"})
    before = list(sdk.all_conversation_messages(conversation_id))
    assert len(before) == len(answer) + 1
    again = persist(sdk, conversation_id, SALES_QUESTION, answer)
    assert [each.id for each in again] == [each.id for each in before]
    assert list(sdk.all_conversation_messages(conversation_id)) == before


def test_documents_are_cited_by_links(sdk: Looker40SDK, demo: Demo) -> None:
    answer = ask(sdk, begin(sdk, demo.mixed_agent_id), DOCUMENT_QUESTION)
    [final] = texts(answer)
    assert "€12" in final
    assert re.search(rf"\[1\]\({demo.url}/{demo.project_id}/reference/", final)
    assert texts(answer, "PROGRESS")


def test_a_question_with_an_unknown_word_is_asked_back_and_no_number_is_made_up(sdk: Looker40SDK, demo: Demo) -> None:
    answer = ask(sdk, begin(sdk, demo.data_agent_id), "What was the frobnication of sales?")
    assert results(answer) == []
    assert "frobnication" in texts(answer)[0]


def test_an_answer_slower_than_the_clients_patience_arrives(connect: Connect, player: str) -> None:
    hasty = connect(2)
    slow = script([think("Hm."), call("no_such_tool")], [wait(5.0), say("Better late.")])
    answer = ask(hasty, begin(hasty, player), slow)
    assert texts(answer) == ["Better late."]
    assert texts(answer, "THOUGHT")


def test_an_agent_a_conversation_a_chat_and_all_of_it_deleted(sdk: Looker40SDK) -> None:
    source = models.Source(model="shop", explore="order_items")
    agent = sdk.create_agent(
        models.WriteAgent(name="SDK agent", category="conversation", description="Sales", sources=[source])
    )
    assert agent.id
    conversation = sdk.create_conversation(
        models.WriteConversation(agent_id=agent.id, name="SDK conversation", category="conversation")
    )
    assert conversation.id
    answer = ask(sdk, conversation.id, "How many orders are there?")
    assert answer
    assert all(isinstance(each, models.ChatMessage) for each in answer)
    assert len(results(answer)) == 1
    sdk.delete_conversation(conversation.id)
    sdk.delete_agent(agent.id)
    with pytest.raises(error.SDKError, match="Not found"):
        sdk.get_conversation(conversation.id)


def test_a_failing_turn_is_a_message_the_client_can_read(sdk: Looker40SDK, player: str) -> None:
    answer = ask(sdk, begin(sdk, player), script([fail("ProviderRefused", "The model refuses.")]))
    system = answer[-1].systemMessage
    assert system
    assert system.error
    assert system.error.text == "The model refuses."


def test_a_conversation_that_still_answers_says_so(sdk: Looker40SDK, connect: Connect, player: str) -> None:
    conversation_id = begin(sdk, player)
    first = requests.post(
        f"{sdk.auth.settings.base_url}/api/4.0/conversational_analytics/chat",
        json={"conversation_id": conversation_id, "user_message": script([wait(3.0), say("One.")])},
        headers=dict(sdk.auth.authenticate({})),
        stream=True,
        timeout=30,
    )
    with pytest.raises(error.SDKError) as refused:
        ask(sdk, conversation_id, "hi")
    assert refused.value.documentation_url
    assert b"One." in first.content


def test_an_unknown_conversation_is_an_error_the_client_decodes(sdk: Looker40SDK) -> None:
    with pytest.raises(error.SDKError) as refused:
        ask(sdk, "17", "hi")
    assert refused.value.message
    assert not refused.value.errors


def test_typescript_clients_get_charts_as_objects(sdk: Looker40SDK, demo: Demo) -> None:
    conversation_id = begin(sdk, demo.data_agent_id)
    answer = requests.post(
        f"{demo.url}/api/4.0/conversational_analytics/chat",
        json={"conversation_id": conversation_id, "user_message": SALES_QUESTION},
        headers={**dict(sdk.auth.authenticate({})), "x-looker-appid": "TS-SDK Streaming 26.12"},
        timeout=30,
    )
    charts = [each["systemMessage"].get("chart", {}) for each in answer.json()]
    [config] = [each["result"]["vegaConfig"] for each in charts if "result" in each]
    assert config["mark"] == {"type": "bar"}
