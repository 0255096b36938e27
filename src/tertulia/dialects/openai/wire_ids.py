"""Ids of responses and completions: a conversation and one of its turns in one word, so that nothing need be kept for them."""

import re
from typing import NamedTuple

from tertulia.core.errors import NotFound

_RESPONSE = re.compile(r"resp_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-7][0-9a-f]{7})")


class Spot(NamedTuple):
    conversation_id: str
    turn: int


def response_id(conversation_id: str, turn: int) -> str:
    return f"resp_{_word(conversation_id, turn)}"


def completion_id(conversation_id: str, turn: int) -> str:
    return f"chatcmpl-{_word(conversation_id, turn)}"


def item_id(kind: str, response_id: str, number: int) -> str:
    """The id of the response's item of that kind, `msg` or `rs`, counted from 0."""
    return f"{kind}_{response_id.removeprefix('resp_')}{number:02x}"


def spot(response_id: str) -> Spot:
    """Where a response stands. Raises NotFound for what is no response's id."""
    found = _RESPONSE.fullmatch(response_id)
    if found is None:
        raise NotFound
    *parts, turn = found.groups()
    return Spot("-".join(parts), int(turn, 16))


def _word(conversation_id: str, turn: int) -> str:
    return f"{conversation_id.replace('-', '')}{turn:08x}"
