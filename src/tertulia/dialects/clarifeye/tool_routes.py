"""Tools: list, describe, run, configure."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from tertulia.core.errors import PermissionDenied, TertuliaError, Unauthenticated
from tertulia.core.tool import Tool, ToolFailure
from tertulia.dialects.clarifeye import encode_library, wire_library
from tertulia.dialects.clarifeye.answers import json_answer, no_content
from tertulia.dialects.clarifeye.bodies import Given, NewTool, ToolFields
from tertulia.dialects.clarifeye.encode_results import results_of, tool_error
from tertulia.dialects.clarifeye.entry import Entered, Entry, identifier, known
from tertulia.dialects.clarifeye.errors import tool_error_answer
from tertulia.dialects.clarifeye.json_body import body_of, plain, read_object
from tertulia.dialects.clarifeye.openapi import answers, array_of, body
from tertulia.dialects.clarifeye.paging import Paged
from tertulia.dialects.clarifeye.tool_settings import core_values
from tertulia.dialects.clarifeye.wire_results import ANY_RESULT, ToolError

log = structlog.get_logger(__name__)

TOOLS = "/projects/{project_id}/tools/"
TOOL = f"{TOOLS}{{tool_id}}/"
ToolId = Annotated[str, identifier("tool")]
_RUN_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "Keyed by the ids of the tool's parameters.",
                    "additionalProperties": True,
                }
            }
        }
    }
}

router = APIRouter(tags=["Tools"], default_response_class=Response)


@router.get(TOOLS, summary="List tools", responses=answers(200, wire_library.ToolPage, 400, 403, 404))
async def list_tools(
    entry: Entered, paging: Paged, tool_type: Annotated[str, Query(description="Only tools of this type.")] = ""
) -> Response:
    kind = plain("tool_type", tool_type).strip()
    found = await entry.services.tools.list(entry.actor, paging.window, kind=kind or None)
    owner = await _owner_name(entry)
    links = paging.links(found.total)
    page = wire_library.ToolPage(
        count=found.total,
        next=links.next,
        previous=links.previous,
        results=[encode_library.tool(each, owner) for each in found.items],
    )
    return json_answer(page)


@router.post(
    TOOLS,
    summary="Create a tool",
    status_code=201,
    responses=answers(201, wire_library.Tool, 400, 403, 404),
    openapi_extra=body(NewTool),
)
async def create_tool(entry: Entered, given: Annotated[NewTool, Depends(body_of(NewTool))]) -> Response:
    """For admins."""
    tool = await entry.services.tools.create(entry.actor, **({"description": ""} | _values(given.given(), {})))
    return json_answer(await _shown(entry, tool), 201)


@router.get(TOOL, summary="Get a tool", responses=answers(200, wire_library.Tool, 403, 404))
async def get_tool(entry: Entered, tool_id: ToolId) -> Response:
    """Extension."""
    return json_answer(await _shown(entry, await entry.services.tools.get(entry.actor, known(tool_id))))


@router.put(
    TOOL,
    summary="Change a tool",
    responses=answers(200, wire_library.Tool, 400, 403, 404),
    openapi_extra=body(ToolFields),
)
async def change_tool(
    entry: Entered, tool_id: ToolId, given: Annotated[ToolFields, Depends(body_of(ToolFields))]
) -> Response:
    """For admins. Fields that are left out stay. 403 for a readonly tool."""
    tools = entry.services.tools
    found = await tools.get(entry.actor, known(tool_id))
    kept = {"tool_type": found.kind.value} | found.settings
    tool = await tools.change(entry.actor, found.id, **_values(given.given(), kept))
    return json_answer(await _shown(entry, tool))


@router.delete(TOOL, summary="Delete a tool", status_code=204, responses=answers(204, None, 403, 404))
async def delete_tool(entry: Entered, tool_id: ToolId) -> Response:
    """For admins. Agents that had it go on without. 403 for a readonly tool."""
    await entry.services.tools.delete(entry.actor, known(tool_id))
    return no_content()


@router.get(
    f"{TOOL}parameters/",
    summary="List what a tool's run takes",
    responses=answers(200, array_of(wire_library.ToolParameterSpec), 403, 404),
)
async def tool_parameters(entry: Entered, tool_id: ToolId) -> Response:
    found = await entry.services.tools.parameters(entry.actor, known(tool_id))
    return json_answer([encode_library.parameter(each) for each in found])


@router.post(
    f"{TOOL}run/",
    summary="Run a tool",
    responses=answers(200, {"type": "array", "items": ANY_RESULT}, 400, 403, 404, faults=ToolError),
    openapi_extra=_RUN_BODY,
)
async def run_tool(entry: Entered, tool_id: ToolId) -> Response:
    """What goes wrong in the tool is answered as a ToolError."""
    try:
        arguments = await read_object(entry.request)
        result = await entry.services.tools.run(entry.actor, known(tool_id), arguments)
    except (PermissionDenied, Unauthenticated):
        raise
    except TertuliaError as error:
        return tool_error_answer(error)
    except (HTTPException, ClientDisconnect):
        raise
    except Exception:
        log.exception("tool_crashed", tool=tool_id)
        return tool_error_answer(TertuliaError("The tool failed."))
    if isinstance(result, ToolFailure):
        return json_answer(tool_error(result.code, result.message), 400)
    return json_answer(results_of(result, entry.link))


def _values(given: Given, kept: Given) -> dict[str, Any]:
    """Core's fields from the wire's. The configuration is kept as it was given and read anew as a whole."""
    said = {name: given[name] for name in ("name", "description") if name in given}
    settings = kept | {name: value for name, value in given.items() if name not in said}
    values = core_values(settings)
    # the kind is core's own field
    settings.pop("tool_type", None)
    return values | said | {"settings": settings}


async def _shown(entry: Entry, tool: Tool) -> wire_library.Tool:
    return encode_library.tool(tool, await _owner_name(entry))


async def _owner_name(entry: Entry) -> str:
    return (await entry.services.projects.get(entry.actor)).name
