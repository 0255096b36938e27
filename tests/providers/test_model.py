"""The port to language models: what comes at once is taken at once."""

from collections.abc import Iterator

import pytest

from tertulia.core.message import Usage
from tertulia.providers.model import ModelEvent, ReasoningChunk, StepUsage, TextChunk, joined

COST = StepUsage(Usage(input_tokens=3))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([TextChunk("one")], [TextChunk("one")]),
        ([COST, COST], [COST, COST]),
        ([TextChunk("o"), TextChunk("n"), TextChunk("e")], [TextChunk("one")]),
        (
            [ReasoningChunk("h"), ReasoningChunk("m"), TextChunk("o"), TextChunk("k")],
            [ReasoningChunk("hm"), TextChunk("ok")],
        ),
        (
            [TextChunk("a"), COST, TextChunk("b"), TextChunk("c"), ReasoningChunk("d"), COST],
            [TextChunk("a"), COST, TextChunk("bc"), ReasoningChunk("d"), COST],
        ),
    ],
)
def test_neighbouring_text_is_one_event_in_its_place(events: list[ModelEvent], expected: list[ModelEvent]) -> None:
    assert list(joined(events)) == expected


def test_an_error_comes_after_what_stood_before_it() -> None:
    def broken() -> Iterator[ModelEvent]:
        yield TextChunk("one ")
        yield TextChunk("two")
        raise ValueError("three")

    events = joined(broken())
    assert next(events) == TextChunk("one two")
    with pytest.raises(ValueError, match="three"):
        next(events)
