"""From a turn to the response this API shows: the same whether it was streamed, waited for or read again later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct

from tertulia.core.document import Citation
from tertulia.core.message import AssistantMessage, Interim, Message, Outcome, Problem, Reasoning, Usage, UserMessage
from tertulia.dialects.openai import encode, wire_responses
from tertulia.dialects.openai.errors import problem_error, row_of
from tertulia.dialects.openai.wire_ids import item_id, response_id
from tertulia.services.transcripts import StoredTurn

_RATE_STATUS = 429
_PROMPT_STATUS = range(400, 500)


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a response before it has an answer. `given` is what its client asked (asking.py)."""

    conversation_id: str
    turn: int
    created_at: datetime
    model: str
    given: dict[str, Any] = {}

    @property
    def id(self) -> str:
        return response_id(self.conversation_id, self.turn)


def facts_of_turn(stored: StoredTurn) -> Facts:
    """A turn that was asked through another API goes under its agent's id."""
    created_at = stored.run.created_at if stored.run else stored.messages[0].at
    model = str(stored.given.get("model") or stored.conversation.agent_id or "")
    return Facts(
        conversation_id=stored.conversation.id,
        turn=stored.turn,
        created_at=created_at,
        model=model,
        given=stored.given,
    )


def unanswered(facts: Facts, *, is_running: bool) -> wire_responses.Response:
    return _response(facts, "in_progress" if is_running else "queued", None, [])


def response(facts: Facts, messages: Sequence[Message]) -> wire_responses.Response:
    """The response of a turn that has ended; of one that has not, it is in progress."""
    answer = encode.answer_of(messages)
    if answer is None:
        return unanswered(facts, is_running=True)
    return _response(facts, _status(answer), answer, items(facts.id, messages))


def items(of_response: str, messages: Sequence[Message]) -> list[wire_responses.Item]:
    """Reasoning, what was said on the way, and the answer; tool calls are the agent's own affair."""
    found: list[wire_responses.Item] = []
    reasoned = spoken = 0
    for message in messages:
        match message:
            case Reasoning(text=text) if text:
                found.append(reasoning_item(item_id("rs", of_response, reasoned), text, "completed"))
                reasoned += 1
            case Interim(text=text) if text:
                part = text_part(text, ())
                found.append(message_item(item_id("msg", of_response, spoken), part, "completed", "commentary"))
                spoken += 1
            case AssistantMessage(text=text) if text:
                part = text_part(text, annotations(text, message.citations))
                status = "completed" if _status(message) == "completed" else "incomplete"
                found.append(message_item(item_id("msg", of_response, spoken), part, status, "final_answer"))
                spoken += 1
            case _:
                pass
    return found


def text_part(text: str, cited: Sequence[wire_responses.Annotation]) -> wire_responses.OutputText:
    return wire_responses.OutputText(text=text, annotations=list(cited))


def message_item(
    of: str, part: wire_responses.OutputText, status: wire_responses.ItemStatus, phase: wire_responses.Phase
) -> wire_responses.MessageItem:
    return wire_responses.MessageItem(id=of, status=status, content=[part], phase=phase)


def reasoning_item(of: str, text: str, status: wire_responses.ItemStatus) -> wire_responses.ReasoningItem:
    return wire_responses.ReasoningItem(id=of, status=status, content=[wire_responses.ReasoningText(text=text)])


def annotations(text: str, citations: Sequence[Citation], *, offset: int = 0) -> list[wire_responses.Annotation]:
    """The citations that stand in a text, which itself begins `offset` characters into its item."""
    return [_annotation(span, offset) for span in encode.spans(text, citations)]


def input_items(stored: StoredTurn) -> wire_responses.InputItemList:
    """What was asked in a turn: one message."""
    of_response = response_id(stored.conversation.id, stored.turn)
    asked = next((each.text for each in stored.messages if isinstance(each, UserMessage)), "")
    item = wire_responses.InputItem(id=item_id("in", of_response, 0), content=[wire_responses.InputText(text=asked)])
    return wire_responses.InputItemList(data=[item], first_id=item.id, last_id=item.id)


def _annotation(span: encode.Span, offset: int) -> wire_responses.Annotation:
    citation = span.citation
    return wire_responses.Annotation(
        start_index=offset + span.start,
        end_index=offset + span.end,
        title=citation.document_name,
        url=span.url,
        number=citation.number,
        chunk_id=citation.chunk_id,
        document_id=citation.document_id,
        quote=citation.quote,
        page=citation.page,
    )


def _status(answer: AssistantMessage) -> wire_responses.ResponseStatus:
    match answer.outcome:
        case Outcome.FAILED:
            return "failed"
        case Outcome.CANCELLED:
            return "cancelled"
        case Outcome.COMPLETED:
            return "incomplete" if answer.is_cut else "completed"


def _response(
    facts: Facts,
    status: wire_responses.ResponseStatus,
    answer: AssistantMessage | None,
    output: list[wire_responses.Item],
) -> wire_responses.Response:
    given = facts.given
    problem = answer.problem if answer else None
    return wire_responses.Response(
        id=facts.id,
        created_at=int(facts.created_at.timestamp()),
        completed_at=int(answer.at.timestamp()) if answer else None,
        status=status,
        background=bool(given.get("background")),
        error=None if problem is None else _error(problem),
        incomplete_details=wire_responses.IncompleteDetails() if status == "incomplete" else None,
        instructions=given.get("instructions"),
        metadata=given.get("metadata") or {},
        model=facts.model,
        output=output,
        previous_response_id=given.get("previous_response_id"),
        conversation=wire_responses.ConversationRef(id=facts.conversation_id),
        usage=None if answer is None else _usage(answer.usage),
        support=UNSET if answer is None else encode.support(answer),
        answered_by=UNSET if answer is None else answer.model or UNSET,
        asked_model=UNSET if answer is None else answer.asked_model or UNSET,
    )


def _error(problem: Problem) -> wire_responses.ResponseError:
    status = row_of(problem_error(problem)).status
    if status == _RATE_STATUS:
        return wire_responses.ResponseError(code="rate_limit_exceeded", message=problem.message)
    code = "invalid_prompt" if status in _PROMPT_STATUS else "server_error"
    return wire_responses.ResponseError(code=code, message=problem.message)


def _usage(spent: Usage) -> wire_responses.ResponseUsage:
    return wire_responses.ResponseUsage(
        input_tokens=spent.input_tokens,
        input_tokens_details=wire_responses.InputTokensDetails(
            cached_tokens=spent.cache_read_tokens, cache_write_tokens=spent.cache_write_tokens
        ),
        output_tokens=spent.output_tokens,
        output_tokens_details=wire_responses.OutputTokensDetails(reasoning_tokens=spent.reasoning_tokens),
        total_tokens=spent.input_tokens + spent.output_tokens,
    )
