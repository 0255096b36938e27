"""Names and follow-ups over the socket: after the answer, never in its way."""

import json

from contract.client import Client
from contract.frames import Frame
from contract.scripts import say
from contract.stage import Stage
from live.server import wait_until

HANDBOOK = b"""# Staff handbook

## Annual leave

Full-time staff have 25 days of paid annual leave in a calendar year. Ask your lead for it two weeks before it starts.

## Parental leave

A birth parent has 16 weeks of leave at 80 percent of the wage. The other parent has four weeks of leave.
"""


def told(**suggested: object) -> str:
    """A message that the scripted model answers, with what it wants suggested."""
    return json.dumps({"steps": [[say("Yes.")]], **suggested})


def ask(stage: Stage, client: Client, conversation_id: str, message: str) -> list[Frame]:
    return client.streamed(stage.send(client, conversation_id, message))


def test_a_name_and_follow_ups_come_after_the_stream(stage: Stage) -> None:
    client = stage.client("creator")
    conversation_id = stage.create(client)
    before = stage.get(client, conversation_id)
    assert "suggested_questions" not in before
    frames = ask(stage, client, conversation_id, told(name="A talk", follow_ups=["Why?", "When?"]))
    assert frames[-1].kind == "streaming_completed"
    wait_until(lambda: stage.get(client, conversation_id)["name"] != before["name"])
    found = stage.get(client, conversation_id)
    assert (found["name"], found["suggested_questions"]) == ("A talk", ["Why?", "When?"])
    listed = client.get(f"{stage.conversations}/").json()["results"]
    assert next(each for each in listed if each["id"] == conversation_id) == found
    ask(stage, client, conversation_id, told())
    assert "suggested_questions" not in stage.get(client, conversation_id)


def test_they_do_not_move_a_conversation_in_the_list(stage: Stage) -> None:
    client = stage.client("creator")
    conversation_id = stage.create(client)
    ask(stage, client, conversation_id, told(name="Still here"))
    ended = stage.get(client, conversation_id)["updated_at"]
    wait_until(lambda: stage.get(client, conversation_id)["name"] == "Still here")
    assert stage.get(client, conversation_id)["updated_at"] == ended


def test_the_built_in_model_names_and_suggests_from_the_documents(stage: Stage) -> None:
    admin = stage.client("admin")
    project = f"/projects/{admin.post('/projects/', json={'name': 'Handbooks'}).json()['id']}"
    agent = admin.post(f"{project}/agent-settings/", json={"name": "Reader", "model": "builtin"}).json()["id"]
    admin.post(f"{project}/documents/bulk-upload/", files={"files": ("handbook.md", HANDBOOK)})
    states = f"{project}/documents/indexing-status/"
    wait_until(lambda: {each["status"] for each in admin.get(states).json()} == {"active"}, seconds=30)
    made = admin.post(f"{project}/playground-conversations/", json={"agent_settings": agent}).json()
    conversation = f"{project}/playground-conversations/{made['id']}/"
    question = {"message": "Please tell me how many days of annual leave full-time staff have?"}
    admin.streamed(admin.post(f"{conversation}send_message_stream/", json=question))
    wait_until(lambda: "suggested_questions" in admin.get(conversation).json())
    found = admin.get(conversation).json()
    assert found["name"] == "How many days of annual leave full-time staff have"
    assert found["suggested_questions"] == ["What should I know about parental leave?"]
