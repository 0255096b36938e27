"""Models over a real socket: the agents a token opens, under names that work everywhere."""

from typing import Any

import pytest

from conftest import Demo
from dialects.openai.conftest import PROJECT, Stand
from dialects.openai.validated import Api, say


def test_a_member_sees_the_agents_of_their_projects_and_no_others(stand: Stand) -> None:
    models = stand.pupil.get("/models").json()["data"]
    assert [model["name"] for model in models] == ["Default agent", "Scribe"]
    assert {(model["owned_by"], model["project_id"]) for model in models} == {(PROJECT, stand.project_id)}
    assert models[1] == stand.pupil.get("/models/scribe").json()
    assert stand.outside_agent_id in [model["agent_id"] for model in stand.outsider.get("/models").json()["data"]]


@pytest.mark.parametrize("form", ["{name}", "{name}@night-school", "{agent_id}", "{name}/"])
def test_a_model_is_found_by_each_of_its_names(stand: Stand, form: str) -> None:
    name = form.format(name="scribe", agent_id=stand.agent_id)
    assert stand.pupil.get(f"/models/{name}").json()["agent_id"] == stand.agent_id


def test_names_that_two_projects_share_are_told_apart(stand: Stand, demo: Demo) -> None:
    email = "twice@example.org"
    demo.server.command("user", "add", email, "--project", stand.project_id)
    demo.server.command("user", "add", email, "--project", demo.project_id)
    both = Api(demo.url, demo.server.command("token", "create", email)["token"], stand.pupil.document)
    names = [model["id"] for model in both.get("/models").json()["data"]]
    assert "default-agent@night-school" in names
    refused = both.get("/models/default-agent")
    assert refused.status_code == 404
    assert "`default-agent@night-school`" in refused.json()["error"]["message"]
    one = demo.server.command("token", "create", email, "--project", stand.project_id)["token"]
    bound = Api(demo.url, one, stand.pupil.document)
    assert [model["id"] for model in bound.get("/models").json()["data"]] == ["default-agent", "scribe"]


def test_a_model_that_is_closed_or_unknown_is_not_found(stand: Stand) -> None:
    for model in (stand.outside_agent_id, "nobody"):
        assert stand.pupil.get(f"/models/{model}").json()["error"]["code"] == "model_not_found"
        sent = {"model": model, "messages": [{"role": "user", "content": say("Hi")}]}
        refused = stand.pupil.post("/chat/completions", json=sent)
        assert (refused.status_code, refused.json()["error"]["param"]) == (404, "model")
        assert stand.pupil.post("/responses", json={"model": model, "input": "Hi"}).status_code == 404


def test_a_token_is_asked_for(stand: Stand) -> None:
    for caller in (stand.nobody, Api(stand.url, "ttl_made_up", stand.nobody.document)):
        for answer in (caller.get("/models"), caller.post("/chat/completions", json={}), caller.post("/responses")):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_address_with_letters_beyond_ascii_is_understood(stand: Stand, demo: Demo) -> None:
    email = "jürgen@example.org"
    demo.server.command("user", "add", email, "--project", stand.project_id)
    token = demo.server.command("token", "create", email)["token"]
    sent = {"model": "scribe", "messages": [{"role": "user", "content": say("Hi")}]}
    headers: dict[str, Any] = {"X-OpenWebUI-User-Email": email.encode()}
    done = stand.admin.post("/chat/completions", json=sent, headers=headers).json()
    own = Api(demo.url, token, stand.pupil.document)
    assert stand.history(done["conversation_id"], own) == [say("Hi"), "Hi"]


def test_somebody_who_may_act_for_others_does(stand: Stand) -> None:
    for header in ("X-Impersonate-Email", "X-OpenWebUI-User-Email"):
        sent = {"model": "scribe", "messages": [{"role": "user", "content": say("Hi")}]}
        done = stand.admin.post("/chat/completions", json=sent, headers={header: "pupil@example.org"}).json()
        assert stand.stored(done["conversation_id"], stand.pupil)["can_send_messages"] is True
        ignored = stand.pupil.post("/chat/completions", json=sent, headers={header: "classmate@example.org"}).json()
        assert stand.stored(ignored["conversation_id"], stand.pupil)["can_send_messages"] is True
