"""A step as Anthropic's Messages API is asked for it."""

import re
from collections.abc import Sequence
from typing import Any

from tertulia.core.model import ModelCard
from tertulia.providers.anthropic_wire import BLOCKS
from tertulia.providers.model import FunctionSpec, ModelRequest
from tertulia.providers.transcript import Spoken, Step, schema, transcript

_OUTPUT_TOKENS = 8_192
_LEAST_BUDGET = 1_024
_BUDGETS = {"low": 2_048, "medium": 8_192, "high": 24_576}
_ADAPTIVE = re.compile(r"adaptive(?:-(low|medium|high|xhigh|max))?")
_MARK = {"type": "ephemeral"}
_UNFIT_FOR_ID = re.compile(r"[^a-zA-Z0-9_-]")
_GREETED = "(The assistant began.)"


def body(card: ModelCard, request: ModelRequest) -> dict[str, Any]:
    """The request's body without `stream`. Raises ValueError where the card's `reasoning` says nothing.

    What stays the same from turn to turn comes first and is marked for the cache at its ends: functions, instructions,
    earlier turns.
    """
    told = transcript(request)
    asked: dict[str, Any] = {
        "model": card.model,
        "messages": [*_history(told.spoken), *_done(told.steps)],
        **_room(card, request, told.steps),
    }
    if request.instructions.strip():
        asked["system"] = [{"type": "text", "text": request.instructions, "cache_control": _MARK}]
    if request.functions:
        asked["tools"] = _tools(request.functions)
    elif told.steps:
        # Messages with calls are refused without the functions they called.
        asked["tools"] = _called(told.steps)
    if "tools" in asked and not (request.functions and request.may_call):
        asked["tool_choice"] = {"type": "none"}
    return asked


def _room(card: ModelCard, request: ModelRequest, steps: Sequence[Step]) -> dict[str, Any]:
    """How much may be written, and how much of that thought."""
    limit = request.most_output(card.max_output_tokens)
    if (adaptive := _ADAPTIVE.fullmatch(card.reasoning)) is not None:
        effort = {"output_config": {"effort": adaptive[1]}} if adaptive[1] else {}
        thinking = {"type": "adaptive", "display": "summarized"}
        return {"max_tokens": limit or _OUTPUT_TOKENS, "thinking": thinking, **effort}
    budget = _budget(card.reasoning)
    most = limit or _OUTPUT_TOKENS + budget
    budget = min(budget, most - _LEAST_BUDGET)
    # A turn that began without thinking (elsewhere, or before a crash) cannot go on with it.
    if budget < _LEAST_BUDGET or (steps and not _sealed(steps[0])):
        return {"max_tokens": most}
    return {"max_tokens": most, "thinking": {"type": "enabled", "budget_tokens": budget}}


def _budget(reasoning: str) -> int:
    """Tokens to think with; 0 where there is to be no thinking."""
    if not reasoning:
        return 0
    if reasoning.isdecimal():
        return max(int(reasoning), _LEAST_BUDGET) if int(reasoning) else 0
    if reasoning not in _BUDGETS:
        raise ValueError(
            f'reasoning is "{reasoning}", and can be low, medium, high, a number of tokens, adaptive, or adaptive-low '
            "and so on up to adaptive-max."
        )
    return _BUDGETS[reasoning]


def _tools(functions: Sequence[FunctionSpec]) -> list[dict[str, Any]]:
    tools: list[dict[str, Any]] = [
        {"name": each.name, "description": each.description, "input_schema": schema(each.parameters)}
        for each in functions
    ]
    tools[-1]["cache_control"] = _MARK
    return tools


def _called(steps: Sequence[Step]) -> list[dict[str, Any]]:
    names = dict.fromkeys(each.call.function for step in steps for each in step.calls)
    return [{"name": name, "input_schema": {"type": "object"}} for name in names]


def _history(spoken: Sequence[Spoken]) -> list[dict[str, Any]]:
    messages = [{"role": each.role, "content": [_text(each.text)]} for each in spoken]
    if len(messages) > 1:
        messages[-2]["content"] = [{**_text(spoken[-2].text), "cache_control": _MARK}]
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [_text(_GREETED)]})
    return messages


def _done(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Each step as what the model wrote, exactly as it sealed it, and what its calls gave."""
    messages: list[dict[str, Any]] = []
    for step in steps:
        calls = [
            {
                "type": "tool_use",
                "id": _id(each.call.call_id),
                "name": each.call.function,
                "input": each.call.arguments,
            }
            for each in step.calls
        ]
        results = [
            {
                "type": "tool_result",
                "tool_use_id": _id(each.call.call_id),
                "content": each.result,
                **({"is_error": True} if each.is_failure else {}),
            }
            for each in step.calls
        ]
        said = [_text(step.text)] if step.text.strip() else []
        messages += [{"role": "assistant", "content": [*_sealed(step), *said, *calls]}]
        messages += [{"role": "user", "content": results}]
    return messages


def _sealed(step: Step) -> list[dict[str, Any]]:
    return [block for seal in step.seals for block in seal.data.get(BLOCKS, ())]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _id(call_id: str) -> str:
    """Calls that another model wanted may have ids that this service does not take."""
    return _UNFIT_FOR_ID.sub("_", call_id) or "_"
