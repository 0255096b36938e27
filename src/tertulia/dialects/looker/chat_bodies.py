"""What a chat is asked with."""

from typing import Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field

from tertulia.dialects.looker.bodies import Body, Text


def _said(value: object) -> object:
    """Some clients send the message they show: `{"text": ...}`."""
    return cast("dict[str, object]", value).get("text") if isinstance(value, dict) else value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("This field may not be blank.")
    return text


class ConversationalAnalyticsChatRequest(Body):
    conversation_id: Text
    user_message: Annotated[Text, BeforeValidator(_said), AfterValidator(_not_blank)] = Field(
        description="The question."
    )
