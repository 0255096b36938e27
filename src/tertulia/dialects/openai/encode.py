"""From a turn's messages to what this API shows of its answer."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from tertulia.core.document import Citation
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning, Usage
from tertulia.dialects.openai import wire
from tertulia.services.transcripts import said


class Span(NamedTuple):
    """Where a citation's link stands in a text, and its address."""

    citation: Citation
    start: int
    end: int
    url: str


def answer_of(messages: Sequence[Message]) -> AssistantMessage | None:
    return next((each for each in messages if isinstance(each, AssistantMessage)), None)


def finish_reason(answer: AssistantMessage) -> wire.FinishReason:
    return "length" if answer.is_cut else "stop"


def reasoning_of(messages: Sequence[Message]) -> str | UnsetType:
    return "\n\n".join(each.text for each in messages if isinstance(each, Reasoning) and each.text) or UNSET


def spans(text: str, citations: Sequence[Citation]) -> Iterator[Span]:
    """The links in a text that citations became, in their order; one that does not stand there is left out."""
    position = 0
    for citation in citations:
        link = rf"\[{citation.number}\]\(([^()\s]*{re.escape(citation.chunk_id)}[^()\s]*)\)"
        found = re.compile(link).search(text, position)
        if found is not None:
            position = found.end()
            yield Span(citation, found.start(), found.end(), found[1])


def annotations(messages: Sequence[Message]) -> list[wire.ChatAnnotation]:
    """The answer's citations, counted in all that was said."""
    answer = answer_of(messages)
    if answer is None:
        return []
    offset = len(said([each for each in messages if isinstance(each, Interim)]))
    offset += 2 if offset and answer.text else 0
    return [
        wire.ChatAnnotation(
            url_citation=wire.UrlCitation(
                start_index=span.start + offset,
                end_index=span.end + offset,
                title=span.citation.document_name,
                url=span.url,
            )
        )
        for span in spans(answer.text, answer.citations)
    ]


def cited_passages(answer: AssistantMessage) -> list[wire.CitedPassage]:
    return [
        wire.CitedPassage(
            number=span.citation.number,
            chunk_id=span.citation.chunk_id,
            document_id=span.citation.document_id,
            document_name=span.citation.document_name,
            quote=span.citation.quote,
            page=span.citation.page,
            url=span.url,
        )
        for span in spans(answer.text, answer.citations)
    ]


def support(answer: AssistantMessage) -> wire.Support | UnsetType:
    found = answer.support
    if found is None:
        return UNSET
    return wire.Support(cited=found.cited, uncited=found.uncited, unverifiable=found.unverifiable)


def usage(spent: Usage) -> wire.CompletionUsage:
    return wire.CompletionUsage(
        prompt_tokens=spent.input_tokens,
        completion_tokens=spent.output_tokens,
        total_tokens=spent.input_tokens + spent.output_tokens,
        prompt_tokens_details=wire.PromptTokensDetails(cached_tokens=spent.cache_read_tokens),
        completion_tokens_details=wire.CompletionTokensDetails(reasoning_tokens=spent.reasoning_tokens),
    )
