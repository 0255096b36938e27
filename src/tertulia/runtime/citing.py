"""Resolves citation markers in a stream of text: to a link and a Citation where the proof holds, to nothing where not."""

import re
from collections.abc import Callable, Iterator

from tertulia.core.document import ChunkHit, Citation
from tertulia.core.run import TextDelta

Verify = Callable[[str, str], str | None]
"""(quote, text) -> the verbatim span of text that the quote stands for, or None."""
Link = Callable[[str, str | None], str]
"""(chunk id, quote) -> the address that shows the passage."""

_MARKER = re.compile(r"\[\[(\d{1,4})(?:\|(.*))?\]\]", re.DOTALL)
_LONGEST_MARKER = 2_000


class Citing:
    """One answer's citations. Text is held back only from an opening `[[` until its `]]`."""

    def __init__(self, hits: dict[int, ChunkHit], *, verify: Verify, link: Link) -> None:
        self.hits = hits
        self._verify = verify
        self._link = link
        self._held = ""
        self._numbers: dict[str, int] = {}
        self.dropped = 0

    def feed(self, text: str) -> Iterator[TextDelta]:
        """The text that can be shown now, markers resolved."""
        self._held += text
        while True:
            start = self._held.find("[[")
            if start < 0:
                yield from self._show(self._held[: len(self._held) - self._held.endswith("[")])
                self._held = "[" if self._held.endswith("[") else ""
                return
            end = self._held.find("]]", start)
            if end < 0:
                yield from self._show(self._held[:start])
                self._held = self._held[start:]
                if len(self._held) > _LONGEST_MARKER:
                    yield from self.flush()
                return
            yield from self._show(self._held[:start])
            yield from self._resolve(self._held[start : end + 2])
            self._held = self._held[end + 2 :]

    def flush(self) -> Iterator[TextDelta]:
        """What is held back still, as it stands: the text ends here."""
        held, self._held = self._held, ""
        yield from self._show(held)

    def _show(self, text: str) -> Iterator[TextDelta]:
        if text:
            yield TextDelta(text)

    def _resolve(self, text: str) -> Iterator[TextDelta]:
        match = _MARKER.fullmatch(text)
        if match is None:
            yield TextDelta(text)
            return
        citation = self._citation(int(match[1]), match[2])
        if citation is None:
            self.dropped += 1
            return
        address = self._link(citation.chunk_id, citation.quote)
        yield TextDelta(f"[{citation.number}]({address})", citation)

    def _citation(self, number: int, quote: str | None) -> Citation | None:
        hit = self.hits.get(number)
        if hit is None:
            return None
        verbatim = None if quote is None else self._verify(quote, hit.text)
        if quote is not None and verbatim is None:
            return None
        return Citation(
            number=self._numbers.setdefault(hit.chunk_id, len(self._numbers) + 1),
            chunk_id=hit.chunk_id,
            document_id=hit.document_id,
            document_name=hit.document_name,
            quote=verbatim,
            page=hit.first_page,
        )
