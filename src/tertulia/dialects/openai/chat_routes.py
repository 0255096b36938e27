"""Chat completions: a transcript in, the agent's next answer out."""

from typing import Annotated

from fastapi import APIRouter, Depends
from msgspec import UNSET
from starlette.responses import Response

from tertulia.core.errors import TertuliaError
from tertulia.core.message import Message
from tertulia.core.run import Run
from tertulia.dialects.openai import encode, wire
from tertulia.dialects.openai.answers import json_answer
from tertulia.dialects.openai.asking import completion_question
from tertulia.dialects.openai.bodies import NewCompletion
from tertulia.dialects.openai.chat_stream import ChatStream
from tertulia.dialects.openai.entry import Visited
from tertulia.dialects.openai.errors import error_answer, problem_error
from tertulia.dialects.openai.following import outcome, streamed
from tertulia.dialects.openai.json_body import body_of
from tertulia.dialects.openai.openapi import answers_or_stream, body
from tertulia.dialects.openai.wire_ids import completion_id
from tertulia.services.transcripts import said

router = APIRouter(tags=["Chat"], default_response_class=Response)


@router.post(
    "/chat/completions",
    summary="Answer the last message",
    responses=answers_or_stream(wire.ChatCompletion, wire.ChatCompletionChunk, 404, 409, 413, 429),
    openapi_extra=body(NewCompletion),
)
async def create_completion(
    visit: Visited, given: Annotated[NewCompletion, Depends(body_of(NewCompletion))]
) -> Response:
    """The earlier messages continue the stored conversation whose transcript they are, else a new one begins with them.

    The answer goes on when the client leaves.
    """
    agent = await visit.agent(given.model)
    question = completion_question(given, agent.id)
    actor = await visit.enter(agent.project_id)
    services = visit.services
    run = await services.transcripts.ask(actor, question)
    if given.stream:
        has_usage = bool(given.stream_options and given.stream_options.include_usage)
        return streamed(services, actor, run, ChatStream(run, given.model, has_usage=has_usage))
    try:
        return _answer(run, given.model, await outcome(services, actor, run))
    except TertuliaError as error:
        return error_answer(error, is_final=True)


def _answer(run: Run, model: str, messages: list[Message]) -> Response:
    """Raises what the turn failed with."""
    answer = encode.answer_of(messages)
    if answer is None:
        raise TertuliaError
    if answer.problem is not None:
        raise problem_error(answer.problem)
    message = wire.AssistantMessage(
        content=said(messages),
        annotations=encode.annotations(messages),
        reasoning_content=encode.reasoning_of(messages),
        citations=encode.cited_passages(answer),
        support=encode.support(answer),
        answered_by=answer.model or UNSET,
        asked_model=answer.asked_model or UNSET,
    )
    completion = wire.ChatCompletion(
        id=completion_id(run.conversation_id, run.turn),
        created=int(run.created_at.timestamp()),
        model=model,
        choices=[wire.Choice(message=message, finish_reason=encode.finish_reason(answer))],
        usage=encode.usage(answer.usage),
        conversation_id=run.conversation_id,
    )
    return json_answer(completion)
