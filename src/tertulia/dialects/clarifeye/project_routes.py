"""Projects: the knowledge stores that a credential opens."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from tertulia.core.errors import InvalidInput
from tertulia.dialects.clarifeye import encode_library, encode_usage, wire_library
from tertulia.dialects.clarifeye.answers import json_answer, no_content
from tertulia.dialects.clarifeye.bodies import Given, NewProject, ProjectFields
from tertulia.dialects.clarifeye.entry import Entered, Visited
from tertulia.dialects.clarifeye.json_body import body_of
from tertulia.dialects.clarifeye.openapi import answers, body
from tertulia.dialects.clarifeye.paging import Paged

PROJECTS = "/projects/"
PROJECT = f"{PROJECTS}{{project_id}}/"
USAGE = f"{PROJECT}usage/"
# wire name -> core name; every other field is kept for this dialect alone
_CORE_NAMES = {"name": "name", "business_brief": "brief", "default_llm_model": "default_model"}

router = APIRouter(tags=["Projects"], default_response_class=Response)


@router.get(PROJECTS, summary="List projects", responses=answers(200, wire_library.ProjectPage))
async def list_projects(visit: Visited, paging: Paged) -> Response:
    """The projects that the credential opens."""
    found = await visit.services.projects.list(visit.caller, paging.window)
    links = paging.links(found.total)
    page = wire_library.ProjectPage(
        count=found.total,
        next=links.next,
        previous=links.previous,
        results=[encode_library.project(each) for each in found.items],
    )
    return json_answer(page)


@router.post(
    PROJECTS,
    summary="Create a project",
    status_code=201,
    responses=answers(201, wire_library.Project, 400, 403),
    openapi_extra=body(NewProject),
)
async def create_project(visit: Visited, given: Annotated[NewProject, Depends(body_of(NewProject))]) -> Response:
    """For admins with a credential for all their projects. It begins with an agent and the tools for its documents."""
    project = await visit.services.projects.create(
        visit.caller, name=given.name, brief=given.business_brief or "", default_model=given.default_llm_model
    )
    return json_answer(encode_library.project(project), 201)


@router.get(PROJECT, summary="Get a project", responses=answers(200, wire_library.Project, 403, 404))
async def get_project(entry: Entered) -> Response:
    return json_answer(encode_library.project(await entry.services.projects.get(entry.actor)))


@router.patch(
    PROJECT,
    summary="Change a project",
    responses=answers(200, wire_library.Project, 400, 403, 404),
    openapi_extra=body(ProjectFields),
)
async def change_project(entry: Entered, given: Annotated[ProjectFields, Depends(body_of(ProjectFields))]) -> Response:
    """For admins."""
    sent = given.given()
    projects = entry.services.projects
    found = await projects.get(entry.actor)
    changes: dict[str, Any] = {core: sent[name] for name, core in _CORE_NAMES.items() if name in sent}
    project = await projects.change(entry.actor, **changes, wire_fields=found.wire_fields | _kept(sent))
    return json_answer(encode_library.project(project))


@router.delete(PROJECT, summary="Delete a project", status_code=204, responses=answers(204, None, 403, 404))
async def delete_project(entry: Entered) -> Response:
    """For admins. Deletes everything in it."""
    await entry.services.projects.delete(entry.actor)
    return no_content()


@router.get(
    USAGE, summary="What a project holds and spends", responses=answers(200, wire_library.ProjectUsage, 400, 403, 404)
)
async def get_usage(
    entry: Entered,
    month: Annotated[
        str,
        WithJsonSchema({"type": "string", "pattern": wire_library.MONTH}),
        Query(description="YYYY-MM, in UTC. Without it, everything since the project began."),
    ] = "",
) -> Response:
    """Admins see what everybody spent, others what they spent themselves."""
    wanted = _month(month)
    since, until = (None, None) if wanted is None else (wanted.first, wanted.after)
    account = await entry.services.accounting.account(entry.actor, since=since, until=until)
    return json_answer(encode_usage.project_usage(account, wanted))


def _month(text: str) -> encode_usage.Month | None:
    """None for no month. Raises InvalidInput."""
    text = text.strip()
    if not text:
        return None
    # the last month of the calendar has no day after it
    if not re.match(wire_library.MONTH, text) or not "0001-01" <= text < "9999-12":
        raise InvalidInput(fields={"month": ["Enter a month as YYYY-MM."]})
    return encode_usage.Month(date(int(text[:4]), int(text[5:7]), 1))


def _kept(sent: Given) -> Given:
    return {name: value for name, value in sent.items() if name not in _CORE_NAMES}
