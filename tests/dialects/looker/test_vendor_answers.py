"""One real answer of every operation, decoded by the vendor's own client and held against its types."""

import json
from typing import Any

import pytest
import requests
from looker_sdk.rtl.serialize import deserialize40

from conftest import Demo
from dialects.looker.shop import ADMIN, open_shop
from dialects.looker.validated import SALES, Api
from dialects.looker.vendor import is_text, operations

Json = dict[str, Any]
ANSWER = "/explore/shop/order_items?fields=products.category,order_items.revenue&sorts=order_items.revenue+desc&limit=5"
QUESTION = "Revenue by product category in 2025"
CHANNELS: Json = {
    "model": "shop",
    "view": "order_items",
    "fields": ["sites.name", "orders.channel", "order_items.revenue"],
    "pivots": ["orders.channel"],
    "filters": {"orders.ordered_date": "2025"},
    "sorts": ["sites.name"],
    "limit": "20",
    "total": True,
    "dynamic_fields": json.dumps([{"table_calculation": "twice", "expression": "${order_items.revenue} * 2"}]),
    "vis_config": {"type": "looker_column"},
}


class Witness(Api):
    """A caller that keeps what was answered."""

    answers: list[tuple[str, requests.Response]]

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> requests.Response:
        answer = super().call(method, path, headers=headers, **sent)
        assert answer.ok, f"{method} {path}: {answer.text}"
        place = self.document.place(method, path.partition("?")[0])
        self.answers.append((f"{method} {place}", answer))
        return answer


@pytest.fixture(scope="module")
def answers(demo: Demo) -> list[tuple[str, requests.Response]]:
    shop = open_shop(demo)
    witness = Witness(shop.admin.url, shop.admin.token, shop.admin.document)
    witness.answers = []
    at_the_door(witness, demo)
    golden = with_an_agent(witness, demo)
    in_a_conversation(witness, demo, golden)
    with_queries(witness)
    with_models(witness)
    return witness.answers


def at_the_door(api: Witness, demo: Demo) -> None:
    made = demo.server.command("token", "create", ADMIN, "--project", demo.project_id, "--looker")
    given = {name: made[name] for name in ("client_id", "client_secret")}
    api.call("POST", "/token", data={**given, "grant_type": "client_credentials"})
    token = api.call("POST", "/login", data=given).json()["access_token"]
    me = api.found("/user")
    api.call("POST", f"/login/{me['id']}")
    api.found("/versions")
    api.found("/session")
    api.patch("/session", {"workspace_id": "production"})
    leaving = Witness(api.url, token, api.document)
    leaving.answers = api.answers
    leaving.delete("/logout")


def with_an_agent(api: Witness, demo: Demo) -> Json:
    """An agent that knows a golden query, through its life; gives the golden query."""
    golden = api.made("/golden_queries", {"questions": ["What sells best?"], "answer": ANSWER})
    api.patch(f"/golden_queries/{golden['id']}", {"questions": ["What sells best?", "Which sells best?"]})
    workflow = {"polling_frequency_cron": "0 * * * *", "destination": {"type": "email", "parameters": '{"to": []}'}}
    agent = api.agent(
        category="conversation",
        golden_query_ids=[golden["id"]],
        context={"instructions": "Be brief.", "show_debug": True},
        workflow_params=workflow,
        code_interpreter=True,
    )
    path = f"/agents/{agent['id']}"
    assert api.found(path)["golden_queries"][0]["query_id"]
    api.patch(path, {"workflow_params": {"primary_agent": demo.data_agent_id}, "deleted": True})
    api.patch(path, {"deleted": False})
    api.found(f"/agents/lookml/{agent['id']}")
    assert len(api.found("/agents/search")) > 1
    api.delete("/agents", params={"id": agent["id"]})
    return golden


def in_a_conversation(api: Witness, demo: Demo, golden: Json) -> None:
    """A question and its answer, kept, read back in every way and deleted."""
    api.patch(f"/agents/{demo.data_agent_id}", {"golden_query_ids": [golden["id"]]})
    conversation = api.conversation(agent_id=demo.data_agent_id, sources=None)
    path = f"/conversations/{conversation['id']}"
    asked = {"conversation_id": conversation["id"], "user_message": QUESTION}
    told = api.made("/conversational_analytics/chat", asked)
    kept = [{"type": "user", "message": {"userMessage": {"text": QUESTION}}}]
    kept += [{"type": "system", "message": each} for each in told]
    user, *system = api.made(f"{path}/messages", {"messages": kept})
    assert [each["message"] for each in system] == told
    api.found(f"{path}/messages")
    api.found(f"{path}/messages/{user['id']}")
    api.found(f"{path}/messages/{user['id']}/responses")
    api.patch(f"{path}/messages/{user['id']}", {"type": "user", "message": {"userMessage": {"text": "Revenue?"}}})
    api.found(path)
    api.patch(path, {"name": QUESTION})
    [found] = api.found("/conversations/search", params={"id": conversation["id"], "fields": "id,messages,sources"})
    assert len(found["messages"]) == len(kept)
    api.delete(f"{path}/messages", params={"id": user["id"]})
    api.delete("/conversations", params={"id": conversation["id"]})
    api.patch(f"/agents/{demo.data_agent_id}", {"golden_query_ids": []})
    api.delete(f"/golden_queries/{golden['id']}")


def with_queries(api: Witness) -> None:
    query = api.made("/queries", CHANNELS)
    api.found(f"/queries/{query['id']}")
    api.found(f"/queries/slug/{query['slug']}")
    for each in ("json", "json_bi", "json_detail"):
        assert api.found(f"/queries/{query['id']}/run/{each}")
        assert api.made(f"/queries/run/{each}", CHANNELS)
    address = "/queries/models/shop/views/order_items/run/json"
    assert api.found(address, params={"fields": "sites.name,orders.count", "f[orders.channel]": "Online"})
    task = api.made("/query_tasks", {"query_id": query["id"], "result_format": "json_detail"})
    api.found(f"/query_tasks/{task['id']}")
    api.found("/query_tasks/multi_results", params={"query_task_ids": task["id"]})
    assert api.get(f"/query_tasks/{task['id']}/results").status_code in (200, 204)


def with_models(api: Witness) -> None:
    [model] = api.found("/lookml_models")
    api.found("/lookml_models/shop")
    for each in model["explores"]:
        api.found(f"/lookml_models/shop/explores/{each['name']}", params={"add_drills_metadata": "true"})
    values = api.found("/models/shop/views/order_items/fields/sites.name/suggestions", params={"term": "qua"})
    assert values["suggestions"] == ["Quayside"]


def test_every_operation_was_answered(answers: list[tuple[str, requests.Response]]) -> None:
    document = open_document(answers)
    declared = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert {operation for operation, _ in answers} == declared


def open_document(answers: list[tuple[str, requests.Response]]) -> Json:
    root = answers[0][1].url.partition("/api/4.0")[0]
    return requests.get(f"{root}/api/4.0/openapi.json", timeout=30).json()


def test_the_vendor_s_client_decodes_every_answer(answers: list[tuple[str, requests.Response]]) -> None:
    for operation, answer in answers:
        method, _, path = operation.partition(" ")
        known = operations().get((method.lower(), path))
        if known is not None and not is_text(known):
            decoded = deserialize40(data=answer.text, structure=known.answer)
            assert decoded
            if isinstance(decoded, list):
                assert len(decoded) == len(answer.json())


def test_the_story_shows_every_kind_of_message(answers: list[tuple[str, requests.Response]]) -> None:
    [chat] = [answer.json() for operation, answer in answers if operation.endswith("/chat")]
    told = {name for element in chat for name in element["systemMessage"]} - {"groupId"}
    assert told >= {"text", "data", "chart"}
    assert SALES["model"] in {
        element["systemMessage"]["data"]["query"]["looker"]["model"]
        for element in chat
        if "query" in element["systemMessage"].get("data", {})
    }
