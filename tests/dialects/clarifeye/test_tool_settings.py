"""A tool as this API's clients configure it, as core runs it."""

from typing import Any

import pytest

from tertulia.core.document import DocumentScope
from tertulia.core.errors import InvalidInput
from tertulia.core.tool import Fusion, SearchMode, ToolKind
from tertulia.dialects.clarifeye.tool_settings import core_values

DOCUMENT = "0199c0de-0000-7000-8000-000000000003"
# the payload that the vendor's own client sends
VENDORS: dict[str, Any] = {
    "retrieval_mode": "semantic-objects",
    "retrieval_parameters": {
        "reformulate_query": False,
        "rerank": True,
        "mode": "hybrid",
        "n_objects": 10,
        "force_n_objects": False,
    },
    "document_mode": "include_all",
    "document_parameters": [],
    "tags_included_mode": "include_all",
    "tags_included_parameters": [],
    "tags_excluded_mode": "exclude_none",
    "tags_excluded_parameters": [],
    "attributes_included_mode": "include_all",
    "attributes_included_parameters": {},
    "search_scope_extensions": {},
}

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tool_type": "math"}, "tool_type"),
    ({"retrieval_mode": "templated-query"}, "retrieval_mode"),
    ({"retrieval_parameters": {"mode": "psychic"}}, "retrieval_parameters"),
    ({"retrieval_parameters": {"mode": ["hybrid"]}}, "retrieval_parameters"),
    ({"retrieval_parameters": {"fusion": "cold"}}, "retrieval_parameters"),
    ({"retrieval_parameters": {"n_objects": "many"}}, "retrieval_parameters"),
    ({"retrieval_parameters": {"n_objects": True}}, "retrieval_parameters"),
    ({"document_mode": "select_documents", "document_parameters": []}, "document_parameters"),
    ({"document_mode": "select_documents", "document_parameters": [{"name": "x"}]}, "document_parameters"),
    ({"tags_included_mode": "select_tags"}, "tags_included_parameters"),
    ({"tags_excluded_mode": "some", "tags_excluded_parameters": [{}]}, "tags_excluded_parameters"),
]


def test_the_vendors_own_payload_is_understood() -> None:
    assert core_values(VENDORS) == {
        "kind": ToolKind.RETRIEVAL,
        "mode": SearchMode.HYBRID,
        "fusion": Fusion.WEIGHTED,
        "result_limit": 10,
        "scope": DocumentScope(),
    }


def test_nothing_said_is_a_search_of_everything() -> None:
    assert core_values({})["scope"] == DocumentScope()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("semantic", SearchMode.SEMANTIC), ("full_text", SearchMode.FULLTEXT), ("hybrid", SearchMode.HYBRID)],
)
def test_the_mode_stands_in_the_retrieval_parameters(mode: str, expected: SearchMode) -> None:
    assert core_values({"retrieval_parameters": {"mode": mode, "fusion": "rrf"}})["mode"] is expected


@pytest.mark.parametrize(("given", "kept"), [(0, 1), (-5, 1), (25, 25), (5000, 100), (None, 10)])
def test_the_number_of_results_is_kept_in_bounds(given: int | None, kept: int) -> None:
    assert core_values({"retrieval_parameters": {"n_objects": given}})["result_limit"] == kept


def test_documents_and_tags_make_the_scope() -> None:
    scope = core_values(
        {
            "document_mode": "select_documents",
            "document_parameters": [{"id": DOCUMENT.upper(), "name": "a.pdf"}],
            "tags_included_mode": "select_tags",
            "tags_included_parameters": ["finance", {"id": 3, "name": "legal"}],
            "tags_excluded_mode": "exclude_some",
            "tags_excluded_parameters": [{"value": "old"}],
        }
    )["scope"]
    assert scope == DocumentScope(document_ids=[DOCUMENT], included_tags=["finance", "legal"], excluded_tags=["old"])


@pytest.mark.parametrize(("settings", "field"), REFUSED)
def test_what_cannot_be_done_is_refused_by_its_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        core_values(settings)
    assert list(caught.value.fields) == [field]
