"""The items of a response while they are being written: what opens, fills and closes them."""

from collections.abc import Iterator

from tertulia.core.document import Citation
from tertulia.dialects.openai import encode_responses, wire_events, wire_responses


class OpenText:
    """A message item. It has one part, the text."""

    def __init__(self, item_id: str, output_index: int) -> None:
        self._id = item_id
        self._index = output_index
        self._pieces: list[str] = []
        self._length = 0
        self._annotations: list[wire_responses.Annotation] = []

    def opening(self) -> Iterator[wire_events.ResponseEvent]:
        item = wire_responses.MessageItem(id=self._id, status="in_progress", content=[])
        yield wire_events.OutputItemAdded(output_index=self._index, item=item)
        part = wire_responses.OutputText(text="")
        yield wire_events.ContentPartAdded(item_id=self._id, output_index=self._index, part=part)

    def add(self, text: str, citation: Citation | None) -> Iterator[wire_events.ResponseEvent]:
        yield wire_events.OutputTextDelta(item_id=self._id, output_index=self._index, delta=text)
        if citation is not None:
            for found in encode_responses.annotations(text, [citation], offset=self._length):
                yield wire_events.AnnotationAdded(
                    item_id=self._id,
                    output_index=self._index,
                    annotation_index=len(self._annotations),
                    annotation=found,
                )
                self._annotations.append(found)
        self._pieces.append(text)
        self._length += len(text)

    def closing(
        self, status: wire_responses.ItemStatus, phase: wire_responses.AnyPhase
    ) -> Iterator[wire_events.ResponseEvent]:
        """An answer keeps its annotations; text on the way is stored without."""
        text = "".join(self._pieces)
        part = wire_responses.OutputText(text=text, annotations=self._annotations if phase == "final_answer" else [])
        yield wire_events.OutputTextDone(item_id=self._id, output_index=self._index, text=text)
        yield wire_events.ContentPartDone(item_id=self._id, output_index=self._index, part=part)
        item = wire_responses.MessageItem(id=self._id, status=status, content=[part], phase=phase)
        yield wire_events.OutputItemDone(output_index=self._index, item=item)


class OpenThought:
    """A reasoning item. It has one part, the reasoning."""

    def __init__(self, item_id: str, output_index: int) -> None:
        self._id = item_id
        self._index = output_index
        self._pieces: list[str] = []

    def opening(self) -> Iterator[wire_events.ResponseEvent]:
        item = wire_responses.ReasoningItem(id=self._id, status="in_progress", content=[])
        yield wire_events.OutputItemAdded(output_index=self._index, item=item)
        part = wire_responses.ReasoningText(text="")
        yield wire_events.ContentPartAdded(item_id=self._id, output_index=self._index, part=part)

    def add(self, text: str) -> Iterator[wire_events.ResponseEvent]:
        self._pieces.append(text)
        yield wire_events.ReasoningTextDelta(item_id=self._id, output_index=self._index, delta=text)

    def closing(self, status: wire_responses.ItemStatus) -> Iterator[wire_events.ResponseEvent]:
        text = "".join(self._pieces)
        part = wire_responses.ReasoningText(text=text)
        yield wire_events.ReasoningTextDone(item_id=self._id, output_index=self._index, text=text)
        yield wire_events.ContentPartDone(item_id=self._id, output_index=self._index, part=part)
        item = wire_responses.ReasoningItem(id=self._id, status=status, content=[part])
        yield wire_events.OutputItemDone(output_index=self._index, item=item)
