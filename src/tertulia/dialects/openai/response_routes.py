"""Responses: turns of stored conversations that a client asks, reads again, stops and puts away."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from tertulia.core.access import Actor
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied, TertuliaError
from tertulia.core.ids import canonical_id
from tertulia.core.run import Run
from tertulia.dialects.openai import encode, encode_responses, wire_events, wire_responses
from tertulia.dialects.openai.answers import json_answer
from tertulia.dialects.openai.asking import response_question
from tertulia.dialects.openai.bodies import ConversationParam, NewResponse
from tertulia.dialects.openai.encode_responses import Facts
from tertulia.dialects.openai.entry import Visit, Visited
from tertulia.dialects.openai.errors import ParameterMissing, PreviousResponseNotFound, error_answer, problem_error
from tertulia.dialects.openai.following import outcome, retold, streamed
from tertulia.dialects.openai.json_body import body_of
from tertulia.dialects.openai.openapi import answers, answers_or_stream, body
from tertulia.dialects.openai.response_stream import ResponseStream
from tertulia.dialects.openai.wire_ids import Spot, spot
from tertulia.services.transcripts import Question, StoredTurn

RESPONSE = "/responses/{response_id}"
ResponseId = Annotated[str, Path(description="`resp_...`, as a response shows it.")]
Flag = Annotated[str, WithJsonSchema({"type": "string", "enum": ["true", "false"]})]
_ASKED = (wire_responses.Response, wire_events.ResponseEvent)

router = APIRouter(tags=["Responses"], default_response_class=Response)


@router.post(
    "/responses",
    summary="Answer an input",
    responses=answers_or_stream(*_ASKED, 404, 409, 413, 429),
    openapi_extra=body(NewResponse),
)
async def create_response(visit: Visited, given: Annotated[NewResponse, Depends(body_of(NewResponse))]) -> Response:
    """After `previous_response_id`, at the end of `conversation`, or after the messages in `input` itself.

    After a response that is not its conversation's newest, a copy that ends with it goes on. The answer goes on when
    the client leaves; with `background` the client need not wait in the first place.
    """
    agent = await visit.agent(given.model) if given.model else None
    question = response_question(given, agent.id if agent else "")
    actor, run = await _asked(visit, given, question, agent.project_id if agent else "")
    services = visit.services
    stored = await services.transcripts.get(actor, run.conversation_id, run.turn)
    facts = encode_responses.facts_of_turn(stored)
    if given.stream:
        return streamed(services, actor, run, ResponseStream(facts))
    if given.background:
        return json_answer(encode_responses.unanswered(facts, is_running=False))
    try:
        messages = await outcome(services, actor, run)
    except TertuliaError as error:
        return error_answer(error, is_final=True)
    answer = encode.answer_of(messages)
    if answer is not None and answer.problem is not None:
        return error_answer(problem_error(answer.problem), is_final=True)
    return json_answer(encode_responses.response(facts, messages))


@router.get(RESPONSE, summary="Get a response", responses=answers_or_stream(*_ASKED, 404))
async def get_response(
    visit: Visited,
    response_id: ResponseId,
    stream: Annotated[Flag, Query(description='"true": its events, from the beginning.')] = "false",
    starting_after: Annotated[int | None, Query(description="The sequence_number of the last event seen.")] = None,
) -> Response:
    """A turn that was asked through another API is a response too. Any reader may follow one that is being answered."""
    actor, stored = await _found(visit, response_id)
    facts = encode_responses.facts_of_turn(stored)
    if stream.strip().lower() in ("true", "1"):
        frames = ResponseStream(facts, starting_after=starting_after)
        if stored.run is None:
            return retold(stored.messages, frames)
        return streamed(visit.services, actor, stored.run, frames)
    return json_answer(_shown(facts, stored))


@router.get(
    f"{RESPONSE}/input_items", summary="List a response's input", responses=answers(wire_responses.InputItemList, 404)
)
async def list_input_items(visit: Visited, response_id: ResponseId) -> Response:
    """The message that the response answers; what came before it is the conversation's."""
    _, stored = await _found(visit, response_id)
    return json_answer(encode_responses.input_items(stored))


@router.post(f"{RESPONSE}/cancel", summary="Cancel a response", responses=answers(wire_responses.Response, 403, 404))
async def cancel_response(visit: Visited, response_id: ResponseId) -> Response:
    """What was written is kept. A response that has ended is given back as it is."""
    actor, stored = await _found(visit, response_id)
    if stored.run is not None and not stored.run.status.is_terminal:
        await visit.services.chat.cancel(actor, stored.conversation.id)
        await outcome(visit.services, actor, stored.run)
        stored = await visit.services.transcripts.get(actor, stored.conversation.id, stored.turn)
    return json_answer(_shown(encode_responses.facts_of_turn(stored), stored))


@router.delete(RESPONSE, summary="Delete a response", responses=answers(wire_responses.ResponseDeletion, 403, 404))
async def delete_response(visit: Visited, response_id: ResponseId) -> Response:
    """It is not found any more. The turn stays in its conversation, which is archived with its last response."""
    actor, stored = await _found(visit, response_id)
    if stored.run is not None and not stored.run.status.is_terminal:
        await visit.services.chat.cancel(actor, stored.conversation.id)
    await visit.services.transcripts.hide(actor, stored.conversation.id, stored.turn)
    return json_answer(wire_responses.ResponseDeletion(id=response_id))


async def _asked(visit: Visit, given: NewResponse, question: Question, project_id: str) -> tuple[Actor, Run]:
    transcripts = visit.services.transcripts
    conversation_id = _conversation_id(given)
    if given.previous_response_id and conversation_id:
        problem = "Send previous_response_id or conversation, not both."
        raise InvalidInput(fields={"previous_response_id": [problem]})
    if given.previous_response_id:
        try:
            before = spot(given.previous_response_id)
            actor = await visit.enter(project_id or await transcripts.project_of(before.conversation_id))
            return actor, await transcripts.ask_after(actor, before.conversation_id, before.turn, question)
        except (NotFound, PermissionDenied):
            problem = f"Previous response with id '{given.previous_response_id}' not found."
            raise PreviousResponseNotFound(problem) from None
    if conversation_id:
        actor = await visit.enter(project_id or await transcripts.project_of(conversation_id))
        return actor, await transcripts.ask_in(actor, conversation_id, question)
    if not project_id:
        raise ParameterMissing(fields={"model": ["This parameter is required."]})
    actor = await visit.enter(project_id)
    return actor, await transcripts.ask(actor, question)


async def _found(visit: Visit, response_id: str) -> tuple[Actor, StoredTurn]:
    """Raises NotFound, also for a response that the caller may not read."""
    try:
        place: Spot = spot(response_id)
        actor = await visit.enter(await visit.services.transcripts.project_of(place.conversation_id))
        return actor, await visit.services.transcripts.get(actor, *place)
    except (NotFound, PermissionDenied):
        raise NotFound(f"Response with id '{response_id}' not found.") from None


def _conversation_id(given: NewResponse) -> str | None:
    """Raises NotFound for what is no conversation's id."""
    wanted = given.conversation.id if isinstance(given.conversation, ConversationParam) else given.conversation
    if wanted is None:
        return None
    found = canonical_id(wanted)
    if found is None:
        raise NotFound(f"Conversation with id '{wanted}' not found.")
    return found


def _shown(facts: Facts, stored: StoredTurn) -> wire_responses.Response:
    if stored.run is not None and encode.answer_of(stored.messages) is None:
        return encode_responses.unanswered(facts, is_running=stored.run.attempt > 0)
    return encode_responses.response(facts, stored.messages)
