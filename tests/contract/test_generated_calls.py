"""Calls made up from the document of each API: the server fails of none, and answers only as the document says.

Most of what stands in a path is real, in a project that nothing else uses.
"""

from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks as general_checks
from schemathesis.specs.openapi import checks as openapi_checks

from conftest import Demo
from tertulia import demo as demo_package

OWNER = "owner@generated.example"
EXAMPLES = 10
# the library's types are incomplete
openapi, general, special = (cast("Any", each) for each in (schemathesis.openapi, general_checks, openapi_checks))
CHECKS = [
    general.not_a_server_error,
    special.status_code_conformance,
    special.content_type_conformance,
    special.response_headers_conformance,
    special.response_schema_conformance,
]
EVERY: Any = tuple(HealthCheck)
# what these would take away the calls that follow still need: nobody makes them who may
FATAL = {"DELETE /logout", "DELETE /projects/{project_id}/"}
LOOKML = Path(demo_package.__file__).parent / "lookml"


class Api(NamedTuple):
    """One API of the server, how its caller is known there, and what its paths may name."""

    url: str
    headers: dict[str, str]
    known: dict[str, str]


@pytest.fixture(scope="module")
def apis(demo: Demo) -> dict[str, Api]:
    run = demo.server.command
    made = run("init", "--name", "Generated calls", "--admin", OWNER)
    run("lookml", "load", str(LOOKML), "--project", made["project_id"])
    given = run("token", "create", OWNER, "--project", made["project_id"], "--looker")
    login = {name: given[name] for name in ("client_id", "client_secret")}
    access = requests.post(f"{demo.url}/api/4.0/login", data=login, timeout=30).json()["access_token"]
    clarifeye = Api(f"{demo.url}/api/v1", {"Authorization": f"Token {made['admin_token']}"}, {})
    looker = Api(f"{demo.url}/api/4.0", {"Authorization": f"Bearer {access}"}, {})
    openai = Api(f"{demo.url}/v1", {"Authorization": f"Bearer {made['admin_token']}"}, {})
    agent_id = _post(clarifeye, f"/projects/{made['project_id']}/agent-settings/", {"name": "Generated"})["id"]
    conversation = _post(looker, "/conversations", {"name": "Generated", "agent_id": agent_id})
    words = {"type": "user", "message": {"userMessage": {"text": "?"}}}
    [message] = _post(looker, f"/conversations/{conversation['id']}/messages", {"messages": [words]})
    query = _post(looker, "/queries", {"model": "shop", "view": "order_items", "fields": ["orders.count"]})
    response = _post(openai, "/responses", {"model": _model(openai), "input": "?"})
    known = {
        "project_id": made["project_id"],
        "agent_settings_id": agent_id,
        "agent_id": agent_id,
        "conversation_id": conversation["id"],
        "message_id": message["id"],
        "user_message_id": message["id"],
        "lookml_model_name": "shop",
        "model_name": "shop",
        "explore_name": "order_items",
        "view_name": "order_items",
        "field_name": "orders.status",
        "query_id": query["id"],
        "slug": query["slug"],
        "result_format": "json",
        "response_id": response["id"],
        "model": _model(openai),
    }
    apis = {"clarifeye": clarifeye, "looker": looker, "openai": openai}
    return {name: api._replace(known=known) for name, api in apis.items()}


# what it warns of is what schemathesis itself does, now and then
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("name", ["clarifeye", "looker", "openai"])
def test_what_is_made_up_is_answered_as_the_document_says(apis: dict[str, Api], name: str) -> None:
    api = apis[name]
    document = requests.get(f"{api.url}/openapi.json", timeout=30).json()
    operations: list[Any] = [found.ok() for found in openapi.from_dict(document).get_all_operations()]
    assert len(operations) == sum(len(path.keys() & _METHODS) for path in document["paths"].values())
    for each in operations:
        _play(api, each)


_METHODS = {"get", "post", "put", "patch", "delete"}


def _play(api: Api, operation: Any) -> None:
    headers = {} if operation.label in FATAL else api.headers
    is_taking = "DELETE" in operation.label or "permanent_delete" in operation.label
    known = {name: value for name, value in api.known.items() if not is_taking or name == "project_id"}

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=EVERY)
    @given(case=operation.as_strategy(), strange=st.none() | st.sampled_from(sorted(known)))
    def play(case: Any, strange: str | None) -> None:
        for name in set(case.path_parameters or ()) & known.keys() - {strange}:
            case.path_parameters[name] = known[name]
        answer = case.call(base_url=api.url, headers=headers, timeout=30)
        is_stream = answer.headers.get("content-type", [""])[0].startswith("text/event-stream")
        # OpenAPI 3.1 has no schema for the events of a stream: tests/contract/promise.py checks those
        case.validate_response(answer, checks=CHECKS[:-1] if is_stream else CHECKS)

    play()


def _post(api: Api, path: str, body: dict[str, Any]) -> Any:
    answer = requests.post(f"{api.url}{path}", json=body, headers=api.headers, timeout=60)
    assert answer.ok, answer.text
    return answer.json()


def _model(openai: Api) -> str:
    found = requests.get(f"{openai.url}/models", headers=openai.headers, timeout=30).json()
    return found["data"][0]["id"]
