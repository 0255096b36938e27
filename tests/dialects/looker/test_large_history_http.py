"""A history with many rows: told like a small one."""

import json
from typing import Any

import requests

from conftest import Demo
from dialects.looker.shop import open_shop

ROWS = 800
FIELDS = ["order_items.order_item_id", "products.category", "order_items.revenue"]


def test_many_rows_are_told_whole_and_in_order(demo: Demo) -> None:
    admin = open_shop(demo).admin
    ours = {"Authorization": f"Token {demo.admin_token}"}

    def elsewhere(path: str, given: dict[str, Any]) -> requests.Response:
        return requests.post(f"{demo.api}/{path}", headers=ours, json=given, timeout=60)

    agent_id = elsewhere("agent-settings/", {"name": "Clerk", "model": "scripted"}).json()["id"]
    admin.patch(f"/agents/{agent_id}", {"sources": [{"model": "shop", "explore": "order_items"}]})
    made = elsewhere("playground-conversations/", {"agent_settings": agent_id}).json()["id"]
    query = {"explore": "shop/order_items", "fields": FIELDS, "sorts": [FIELDS[0]], "limit": ROWS}
    steps = [[{"do": "call", "function": "run_query", "arguments": query}], [{"do": "say", "text": "Done."}]]
    for _ in range(2):
        asked = {"message": json.dumps({"steps": steps})}
        assert elsewhere(f"playground-conversations/{made}/send_message_stream/", asked).status_code == 200
    told = admin.found(f"/conversations/{made}/messages")
    assert [each["order"] for each in told] == list(range(1, len(told) + 1))
    results = [
        each["message"]["systemMessage"].get("data", {}).get("result") for each in told if each["type"] == "system"
    ]
    for result in [each for each in results if each]:
        assert len(result["data"]) == len(result["formattedData"]) == ROWS
        keys = [row[FIELDS[0]] for row in result["data"]]
        assert keys == sorted(keys)
    assert len([each for each in results if each]) == 2
    assert admin.found(f"/conversations/{made}")["messages"] == told
