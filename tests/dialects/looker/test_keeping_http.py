"""What clients give back as they got it: conversations they keep themselves, agents they read and write."""

import pytest

from conftest import Demo
from dialects.looker.shop import Shop, open_shop
from dialects.looker.turns import Json, kinds
from dialects.looker.validated import faults_of

CHAT = "/conversational_analytics/chat"
MOST_SOURCES = 5
SOURCE = {"model": "shop", "explore": "order_items"}


@pytest.fixture(scope="module")
def shop(demo: Demo) -> Shop:
    return open_shop(demo)


def asked(shop: Shop, conversation_id: str, question: str, *, is_kept: bool) -> list[Json]:
    sent = {"conversation_id": conversation_id, "user_message": question}
    answer = shop.admin.post(CHAT, sent, headers={"X-Tertulia-Persist": str(is_kept).lower()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(elements: list[Json]) -> list[Json]:
    """What the elements say, without what each answer has anew."""
    return [
        {name: value for name, value in each["systemMessage"].items() if name != "groupId"}
        for each in elements
        if kinds([each]) != ["text.FOLLOWUP_QUESTIONS"]
    ]


@pytest.mark.parametrize("question", ["revenue by category", "top 3 categories by revenue", "revenue by month in 2025"])
def test_a_question_that_follows_is_answered_alike_whoever_kept_the_first(shop: Shop, question: str) -> None:
    answers: list[list[Json]] = []
    for is_kept in (True, False):
        made = shop.admin.made("/conversations", {"name": "Keeping", "sources": [SOURCE]})
        first = asked(shop, made["id"], question, is_kept=is_kept)
        if not is_kept:
            messages = [{"type": "system", "message": each} for each in first]
            user = {"type": "user", "message": {"userMessage": {"text": question}}}
            shop.admin.made(f"/conversations/{made['id']}/messages", {"messages": [user, *messages]})
        answers.append(told(asked(shop, made["id"], "and in 2024?", is_kept=is_kept)))
    assert answers[0] == answers[1]
    assert "500" not in answers[0][-1]["text"]["parts"][0]


def test_a_query_in_chat_names_nothing_that_is_not_there(shop: Shop) -> None:
    made = shop.admin.made("/conversations", {"name": "Keeping", "sources": [SOURCE]})
    for each in asked(shop, made["id"], "revenue by category", is_kept=False):
        query = each["systemMessage"].get("data", {}).get("query", {}).get("looker")
        if query:
            assert "client_id" not in query
            assert shop.admin.post("/queries", query).status_code == 200


def test_the_sources_an_agent_has_may_be_written_back(shop: Shop) -> None:
    found = shop.admin.found(f"/agents/{shop.demo.data_agent_id}")
    path, sources = f"/agents/{found['id']}", found["sources"]
    assert len(sources) > MOST_SOURCES
    written = shop.admin.patch(path, found)
    assert written.status_code == 200, written.text
    assert written.json() == {**found, "updated_at": written.json()["updated_at"]}
    more = shop.admin.patch(path, {"sources": [*sources, {"model": "shop", "explore": "another"}]})
    assert "no more than 5" in faults_of(more)["sources"]
