"""The vendor's own client, unchanged, against a real server: the whole main path."""

import csv
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from crf_api_client.client import CRFAPIClient
from crf_api_client.exception import CRFAPIError
from crf_api_client.playground_agent import PlaygroundAgent
from crf_api_client.warehouse import Warehouse

from conftest import Demo
from live.server import wait_until


@pytest.fixture
def project(demo: Demo) -> Warehouse:
    return CRFAPIClient(demo.url, demo.admin_token).get_warehouse(demo.project_id)


@pytest.fixture
def agent(project: Warehouse, demo: Demo) -> PlaygroundAgent:
    return project.get_playground_agent(demo.agent_id)


def answers(conversation: dict[str, Any]) -> list[dict[str, Any]]:
    history = conversation["chat_history"]
    return [entry for entry in history if entry["role"] == "assistant" and entry["type"] == "message"]


def test_the_project_and_its_default_agent_are_found(demo: Demo) -> None:
    client = CRFAPIClient(demo.url, demo.member_token)
    assert [project.id for project in client.list_warehouses()] == [demo.project_id]
    settings = client.get_warehouse(demo.project_id).list_agent_settings()
    assert {each["id"]: each["readonly"] for each in settings} == {
        demo.agent_id: True,
        demo.data_agent_id: False,
        demo.mixed_agent_id: False,
    }


def test_a_question_is_answered_with_the_words_of_a_document(agent: PlaygroundAgent, project: Warehouse) -> None:
    made = agent.create_conversation_and_send_message("How many days are there to claim expenses?")
    conversation = project.get_conversation(made["conversation_id"])
    assert answers(conversation)[-1]["content"] == made["answer"]
    citations = answers(conversation)[-1]["citations"]
    assert citations
    for citation in citations:
        assert citation["reference_url"] in made["answer"]
        results = [result for entry in conversation["chat_history"] for result in entry.get("results", [])]
        hits = [result for result in results if result["type"] == "chunk"]
        passage = next(hit["content"] for hit in hits if hit["uuid"] == citation["chunk_id"])
        assert citation["verbatim"] in passage


def test_a_follow_up_is_understood_from_the_conversation_so_far(agent: PlaygroundAgent, project: Warehouse) -> None:
    conversation_id = agent.create_conversation()["id"]
    agent.send_message(conversation_id, "What does a day with a Heron cargo bike cost for members?")
    second = agent.send_message(conversation_id, "and for guests?")
    assert "38" in second
    history = agent.get_conversation_history(conversation_id)
    assert [entry["query_id"] for entry in history] == sorted(entry["query_id"] for entry in history)
    assert {entry["query_id"] for entry in history} == {0, 1}
    conversation = project.get_conversation(conversation_id)
    assert conversation["message_count"] == 4
    assert conversation["tokens"]["total"] == conversation["tokens"]["input"] + conversation["tokens"]["output"] > 0


def test_instructions_given_at_creation_are_kept(agent: PlaygroundAgent) -> None:
    conversation_id = agent.create_conversation("Answer like a pirate.")["id"]
    assert agent.get_conversation_instructions(conversation_id) == "Answer like a pirate."


def test_what_is_not_in_the_documents_is_said_not_to_be(agent: PlaygroundAgent) -> None:
    answer = agent.create_conversation_and_send_message("What is the company's fax number?")["answer"]
    assert "do not contain" in answer


def test_a_replayed_conversation_gives_the_same_answers(agent: PlaygroundAgent) -> None:
    conversation_id = agent.create_conversation()["id"]
    agent.send_message(conversation_id, "When is the workshop open on Saturdays?")
    original, replayed = agent.replay_conversation(conversation_id)
    assert [entry["content"] for entry in answers(original)] == [entry["content"] for entry in answers(replayed)]
    assert original["id"] != replayed["id"]


def test_a_deleted_conversation_is_out_of_the_list_and_can_be_brought_back(
    agent: PlaygroundAgent, project: Warehouse, demo: Demo
) -> None:
    conversation_id = agent.create_conversation()["id"]
    assert conversation_id in [each["id"] for each in project.list_conversations()]
    project.delete_conversation(conversation_id)
    assert conversation_id not in [each["id"] for each in project.list_conversations()]
    with pytest.raises(requests.HTTPError, match="404"):
        project.get_conversation(conversation_id)
    with pytest.raises(CRFAPIError):
        project.delete_conversation(conversation_id)
    url = f"{demo.api}/playground-conversations/{conversation_id}/unarchive/"
    assert requests.post(url, headers={"Authorization": f"Token {demo.admin_token}"}, timeout=10).status_code == 204
    assert project.get_conversation(conversation_id)["is_archived"] is False


def test_the_client_reads_all_pages_of_a_long_list(demo: Demo) -> None:
    client = CRFAPIClient(demo.url, demo.member_token)
    project = client.get_warehouse(demo.project_id)
    agent = project.get_playground_agent(demo.agent_id)
    made = {agent.create_conversation()["id"] for _ in range(103)}
    listed = [each["id"] for each in project.list_conversations()]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


@pytest.fixture
def uploaded(project: Warehouse, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    path = tmp_path / "menu 'Ü'.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["Dish", "Price (EUR)"], ["Quince dumplings", "11.40"], ["Nettle soup", "6.10"]])
    document = project.upload_documents([str(path)])[0][0]
    yield document["id"], path
    if document["id"] in [each["id"] for each in project.list_documents()]:
        project.delete_documents([document["id"]])


def indexed(demo: Demo, document_id: str) -> str:
    rows = requests.get(
        f"{demo.api}/documents/indexing-status/?document_ids={document_id}",
        headers={"Authorization": f"Token {demo.admin_token}"},
        timeout=10,
    ).json()
    return rows[0]["status"]


def test_an_uploaded_document_is_answered_from_and_a_deleted_one_no_more(
    demo: Demo, project: Warehouse, agent: PlaygroundAgent, uploaded: tuple[str, Path]
) -> None:
    document_id, path = uploaded
    wait_until(lambda: indexed(demo, document_id) == "active", seconds=30)
    question = "What do quince dumplings cost?"
    assert "11.40" in agent.create_conversation_and_send_message(question)["answer"]
    listed = {each["id"]: each for each in project.list_documents()}[document_id]
    assert listed["name"] == path.name
    original = requests.get(listed["file"], headers={"Authorization": f"Token {demo.admin_token}"}, timeout=10)
    assert original.content == path.read_bytes()
    project.delete_documents([document_id])
    assert "11.40" not in agent.create_conversation_and_send_message(question)["answer"]
    assert document_id not in [each["id"] for each in project.list_documents_without_file()]
    assert indexed(demo, document_id) == "deleted"


def test_a_tool_is_found_and_run(project: Warehouse) -> None:
    tools = {tool["name"]: tool for tool in project.list_tools()}
    hits = project.run_tool(tools["Search documents"]["id"], {"query": "deposit for a cargo bike", "top_k": 3})
    assert len(hits) == 3
    assert {"uuid", "content", "reference_url", "document_id", "name", "score"} <= set(hits[0])
    outline = project.run_tool(tools["Document outline"]["id"], {"chunk_id": hits[0]["uuid"]})
    assert outline
    with pytest.raises(CRFAPIError) as caught:
        project.run_tool(tools["Read passage"]["id"], {"chunk_id": "nonsense"})
    assert isinstance(caught.value.message, dict)
    assert caught.value.message["status"] == "error"


def test_an_agent_and_a_tool_of_ones_own_are_made_used_and_deleted(project: Warehouse, demo: Demo) -> None:
    tool = project.create_tool(
        {
            "name": "Minutes only",
            "description": "Searches the board's minutes.",
            "tool_type": "retrieval",
            "retrieval_mode": "semantic-chunks",
            "retrieval_parameters": {"mode": "hybrid", "n_objects": 5, "rerank": False},
        }
    )
    settings = project.create_agent_settings(
        {"name": "Clerk", "tools": [tool["id"]], "project_brief": False, "knowledge_graph_parameters": [{"name": "x"}]}
    )
    assert settings["project_brief"] is False
    own = project.get_playground_agent(settings["id"])
    made = own.create_conversation_and_send_message("What did the board decide about working from home?")
    calls = [entry for entry in own.get_conversation_history(made["conversation_id"]) if entry["type"] == "tool_call"]
    assert calls
    assert all(len(call["results"]) <= 8 for call in calls)
    assert project.update_agent_settings(settings["id"], {**settings, "name": "Scribe"})["name"] == "Scribe"
    project.delete_agent_settings(settings["id"])
    with pytest.raises(CRFAPIError):
        project.get_agent_settings(settings["id"])
    assert project.get_conversation(made["conversation_id"])["agent_settings_name"] == "Scribe"
    project.delete_tool(tool["id"])
    with pytest.raises(CRFAPIError):
        project.delete_agent_settings(demo.agent_id)


def test_a_new_project_is_ready_and_closed_to_others(demo: Demo) -> None:
    admin = CRFAPIClient(demo.url, demo.admin_token)
    created = admin.create_warehouse("Second project")
    assert created.list_agent_settings()[0]["readonly"] is True
    agent = created.get_playground_agent(created.list_agent_settings()[0]["id"])
    assert "do not contain" in agent.create_conversation_and_send_message("How much is a cargo bike?")["answer"]
    member = CRFAPIClient(demo.url, demo.member_token)
    with pytest.raises(requests.HTTPError, match="403"):
        member.get_warehouse(created.id)
    with pytest.raises(CRFAPIError):
        member.create_warehouse("Not allowed")
    admin.delete_warehouse(created.id)
    with pytest.raises(requests.HTTPError, match="404"):
        admin.get_warehouse(created.id)


def test_many_clients_talk_at_once(demo: Demo) -> None:
    outcomes: list[str] = []

    def talk() -> None:
        project = CRFAPIClient(demo.url, demo.member_token).get_warehouse(demo.project_id)
        agent = project.get_playground_agent(demo.agent_id)
        outcomes.append(agent.create_conversation_and_send_message("How old must I be to join?")["answer"])

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 8
    assert len({answer for answer in outcomes if answer}) == 1
