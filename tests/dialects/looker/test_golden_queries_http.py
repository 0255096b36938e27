"""Golden queries: addresses in, everything that follows from them out."""

from typing import Any

import pytest

from dialects.looker.conftest import ADMIN, Stand
from dialects.looker.validated import SALES, Json, error_of, faults_of
from tertulia.core.query import Query
from tertulia.semantic.explore_url import explore_url


@pytest.fixture(scope="module")
def fields(stand: Stand) -> tuple[str, str]:
    """A dimension and a measure of the demo shop's sales."""
    return ("products.category", "order_items.revenue")


def address(dimension: str, measure: str, more: str = "") -> str:
    return f"/explore/shop/order_items?fields={dimension},{measure}{more}"


def test_a_golden_query_tells_what_follows_from_its_address(stand: Stand, fields: tuple[str, str]) -> None:
    dimension, measure = fields
    answer = address(dimension, measure, f"&f%5B{dimension}%5D=-EMPTY&sorts={measure}+desc+0&limit=10")
    made = stand.admin.made("/golden_queries", {"questions": ["What sells best?", " "], "answer": answer})
    stand.admin.document.check_whole("GoldenQuery", made)
    number = int(stand.ids[ADMIN])
    assert made == {
        "can": {"show": True, "update": True, "destroy": True},
        "id": made["id"],
        "query_id": made["query_id"],
        "questions": ["What sells best?"],
        "answer": answer,
        "is_active": True,
        "created_by_user_id": number,
        "last_updated_by_user_id": number,
        "created_at": made["created_at"],
        "last_updated_at": made["last_updated_at"],
        "explore": "order_items",
        "model": "shop",
        "fields": [dimension, measure],
        "filters": {dimension: "-EMPTY"},
        "sorts": [f"{measure} desc"],
        "limit": "10",
        "client_id": made["client_id"],
        "pivots": [],
        "dynamic_fields": None,
    }
    assert isinstance(made["id"], int)
    assert isinstance(made["query_id"], int)
    assert len(made["client_id"]) == 22
    by_slug = stand.admin.made("/golden_queries", {"questions": ["Q"], "answer": f"/x/{made['client_id']}"})
    assert by_slug["query_id"] == made["query_id"]
    assert by_slug["fields"] == made["fields"]


def test_an_agent_shows_the_golden_queries_it_knows_in_their_order(stand: Stand, fields: tuple[str, str]) -> None:
    made = [
        stand.admin.made("/golden_queries", {"questions": [f"Q{n}"], "answer": address(*fields, f"&limit={n}")})
        for n in (1, 2, 3)
    ]
    ids = [each["id"] for each in made]
    agent = stand.admin.agent(golden_query_ids=[ids[2], ids[0], ids[2]])
    assert agent["golden_query_ids"] == [ids[2], ids[0]]
    assert agent["golden_queries"] == [made[2], made[0]]
    shown = stand.pupil.found(f"/agents/{agent['id']}", params={"fields": "golden_queries(id,can,model,query_id)"})
    assert shown["golden_queries"][0] == {
        "id": ids[2],
        "can": {"show": True, "update": False, "destroy": False},
        "model": "shop",
        "query_id": made[2]["query_id"],
    }
    assert stand.admin.delete(f"/golden_queries/{ids[2]}").status_code == 204
    left = stand.admin.found(f"/agents/{agent['id']}")
    assert left["golden_query_ids"] == [ids[0]]
    changed = stand.admin.patch(f"/agents/{agent['id']}", {"golden_query_ids": []}).json()
    assert changed["golden_queries"] == []
    error_of(stand.admin.delete(f"/golden_queries/{ids[2]}"), 404)


def test_a_golden_query_is_changed(stand: Stand, fields: tuple[str, str]) -> None:
    made = stand.admin.made("/golden_queries", {"questions": ["Q"], "answer": address(*fields)})
    path = f"/golden_queries/{made['id']}"
    changed = stand.admin.patch(path, {"questions": ["P", "R"], "is_active": False}).json()
    assert (changed["questions"], changed["answer"], changed["is_active"]) == (["P", "R"], made["answer"], True)
    other = stand.admin.patch(path, {"answer": f"https://shop.example{address(*fields, '&limit=7')}"}).json()
    assert (other["limit"], other["questions"]) == ("7", ["P", "R"])
    assert other["query_id"] != made["query_id"]
    assert other["last_updated_at"] > made["last_updated_at"]
    assert stand.admin.patch(path, {}).status_code == 200


def test_a_filter_that_is_repeated_holds_all_its_values(stand: Stand) -> None:
    repeated = "&".join(f"f[products.category]={value}" for value in ("Bikes", "", "Parts", "Bikes"))
    address = f"/explore/shop/order_items?fields=products.category&{repeated}"
    made = stand.admin.made("/golden_queries", {"questions": ["Q"], "answer": address})
    assert made["filters"] == {"products.category": "Bikes,Parts"}


def test_a_slug_alone_names_its_query(stand: Stand) -> None:
    body = {"model": "shop", "view": "order_items", "fields": ["products.category"]}
    saved = stand.admin.made("/queries", body)
    for answer in (f"?qid={saved['client_id']}", f"https://shop.example/?qid={saved['slug']}", f"/x/{saved['slug']}"):
        made = stand.admin.made("/golden_queries", {"questions": ["Q"], "answer": answer})
        assert (made["query_id"], made["answer"]) == (int(saved["id"]), answer)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "address"),
        ("hello", "path"),
        ("/explore/shop", "path"),
        ("ftp://x/explore/shop/order_items?fields=products.category", "http"),
        ("/explore/nowhere/order_items?fields=products.category", "nowhere"),
        ("/explore/shop/nothing?fields=products.category", "nothing"),
        ("/explore/shop/order_items?fields=products.colour", "products.colour"),
        ("/explore/shop/order_items?fields=products.category&limit=many", "limit"),
        ("/explore/shop/order_items?fields=products.category&f[products.color]=x", "products.color"),
        ("/explore/shop/order_items?fields=products.category&dynamic_fields=[", "dynamic_fields"),
        ("/explore/shop/order_items?qid=0000000000000000000000", "0000000000000000000000"),
        ("/explore/shop/order_items?fields=" + "x" * 300_000, "characters"),
    ],
)
def test_an_address_that_names_no_query_is_refused_with_the_part_at_fault(stand: Stand, answer: str, told: str) -> None:
    faults = faults_of(stand.admin.post("/golden_queries", {"questions": ["Q"], "answer": answer}))
    assert told in faults["answer"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"answer": "/explore/shop/order_items?fields=products.category"}, "questions"),
        ({"questions": ["Q"]}, "answer"),
        ({"questions": [], "answer": "/explore/shop/order_items?fields=products.category"}, "questions"),
        ({"questions": ["  "], "answer": "/explore/shop/order_items?fields=products.category"}, "questions"),
        ({"questions": "Q", "answer": "/explore/shop/order_items?fields=products.category"}, "questions"),
        ({"questions": [None], "answer": "/explore/shop/order_items?fields=products.category"}, "questions[0]"),
        ({"questions": ["Q"], "answer": 5.5e300}, "answer"),
    ],
)
def test_a_golden_query_that_cannot_be_is_refused(stand: Stand, body: Json, fault: str) -> None:
    assert fault in faults_of(stand.admin.post("/golden_queries", body))


@pytest.mark.parametrize("serial", ["0", "x", "9" * 30, "1.5", "-1", "\u0664"])
def test_one_that_is_not_there_is_not_found(stand: Stand, serial: str) -> None:
    error_of(stand.admin.patch(f"/golden_queries/{serial}", {"questions": ["Q"]}), 404)
    error_of(stand.admin.delete(f"/golden_queries/{serial}"), 404)


def test_what_is_refused_leaves_no_saved_query(stand: Stand, fields: tuple[str, str]) -> None:
    query = Query(model="shop", explore="order_items", fields=list(fields), limit=4_321)
    body: dict[str, Any] = {"questions": ["Q"], "answer": explore_url(query)}
    error_of(stand.pupil.post("/golden_queries", body), 403)
    error_of(stand.admin.patch("/golden_queries/999999", body), 404)
    assert "questions" in faults_of(stand.admin.post("/golden_queries", {**body, "questions": [" "]}))
    error_of(stand.admin.get(f"/queries/slug/{query.slug}"), 404)
    assert stand.admin.made("/golden_queries", body)["client_id"] == query.slug
    assert stand.admin.found(f"/queries/slug/{query.slug}")["fields"] == list(fields)


def test_members_may_not_write_and_strangers_not_even_see(stand: Stand, fields: tuple[str, str]) -> None:
    body: dict[str, Any] = {"questions": ["Q"], "answer": address(*fields)}
    made = stand.admin.made("/golden_queries", body)
    error_of(stand.pupil.post("/golden_queries", body), 403)
    error_of(stand.pupil.patch(f"/golden_queries/{made['id']}", body), 403)
    error_of(stand.pupil.delete(f"/golden_queries/{made['id']}"), 403)
    wrong = {"questions": ["Q"], "answer": address("products.colour", fields[1])}
    error_of(stand.pupil.post("/golden_queries", wrong), 403)
    error_of(stand.outsider.patch(f"/golden_queries/{made['id']}", {"questions": ["Q"]}), 404)
    assert list(faults_of(stand.outsider.post("/golden_queries", body))) == ["answer"]
    assert stand.admin.agent(golden_query_ids=[made["id"]], sources=[SALES])["golden_query_ids"] == [made["id"]]
