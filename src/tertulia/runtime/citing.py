"""Resolves citation markers in a stream of text: to a link and a Citation where the proof holds, to nothing where not."""

import re
from collections.abc import Callable, Iterator

from tertulia.core.document import ChunkHit, Citation
from tertulia.core.figures import numbers_in
from tertulia.core.message import Support
from tertulia.core.run import TextDelta

Verify = Callable[[str, str], str | None]
"""(quote, text) -> the verbatim span of text that the quote stands for, or None."""
Link = Callable[[str, str | None], str]
"""(chunk id, quote) -> the address that shows the passage."""

_MARKER = re.compile(r"\[\[(\d{1,4})(?:\|(.*))?\]\]", re.DOTALL)
_LONGEST_MARKER = 2_000
# stand where a marker stood while sentences are weighed; both are noncharacters, which no text may hold
_PROVED = "\ufdd0"
_BROKEN = "\ufdd1"
_MARKS = str.maketrans("", "", _PROVED + _BROKEN)
_SENTENCE_END = re.compile(rf"(?<=[.!?\u3002])(?=[\s{_PROVED}{_BROKEN}])[\s]*(?![{_PROVED}{_BROKEN}\s])|\n+")
_LEAST_WORDS = 4
_LONGEST_QUOTE = 300


class Citing:
    """One answer's citations. Text is held back only from an opening `[[` until its `]]`."""

    def __init__(
        self, hits: dict[int, ChunkHit], *, verify: Verify, link: Link, figures: frozenset[str] = frozenset()
    ) -> None:
        """`figures` are the numbers that this turn's queries showed (core/figures.py)."""
        self.hits = hits
        self._figures = figures
        self._verify = verify
        self._link = link
        self._held = ""
        self._numbers: dict[str, int] = {}
        self._written: list[str] = []
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

    def support(self) -> Support:
        """What stands behind the sentences written so far."""
        return support_of("".join(self._written), self._figures)

    def _show(self, text: str) -> Iterator[TextDelta]:
        if text:
            self._written.append(text)
            yield TextDelta(text)

    def _resolve(self, text: str) -> Iterator[TextDelta]:
        match = _MARKER.fullmatch(text)
        if match is None:
            yield from self._show(text)
            return
        citation = self._citation(int(match[1]), match[2])
        if citation is None:
            self.dropped += 1
            self._written.append(_BROKEN)
            return
        self._written.append(_PROVED)
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


def support_of(text: str, figures: frozenset[str] = frozenset()) -> Support:
    """Weighs each sentence by the marks in it; questions, headings and very short ones claim nothing.

    A sentence with numbers, all of which a query of this turn showed, stands on that query.
    """
    cited = 0
    uncited: list[str] = []
    unverifiable: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        words = sentence.translate(_MARKS).strip()
        if _PROVED in sentence:
            cited += 1
        elif _BROKEN in sentence:
            unverifiable.append(words[:_LONGEST_QUOTE])
        elif _stands_on(words, figures):
            cited += 1
        elif _claims(words):
            uncited.append(words[:_LONGEST_QUOTE])
    return Support(cited=cited, uncited=uncited, unverifiable=unverifiable)


def _stands_on(sentence: str, figures: frozenset[str]) -> bool:
    numbers = numbers_in(sentence) if figures else []
    return bool(numbers) and figures.issuperset(numbers)


def _claims(sentence: str) -> bool:
    if len(sentence.split()) < _LEAST_WORDS and not re.search(r"\d", sentence):
        return False
    return not sentence.endswith(("?", ":")) and not sentence.startswith(("#", "(", ">", "| ---"))
