"""Sentences of a passage, each an exact span of its text: prose, list items, table rows, "name: value" lines."""

import html
import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from tertulia.core.document import ChunkHit

_LONGEST = 600
_PIECE = 400
_HEADING = re.compile(r"\s{0,3}(?:#{1,6}\s+(?P<hash>.+?)[\s#]*|\*\*(?P<bold>[^*]+?):?\*\*:?\s*)")
_TITLE = re.compile(r"(?:\d+(?:\.\d+)*\.?\s+)?[^\W\d_a-zß-ÿ]")
_FOOTER = re.compile(r"^(?=.{1,90}$).*\b[Pp]age \d+(?: of \d+)?\s*$")
_ROW = re.compile(r"\s*[^\s:;][^:;\n]{0,80}: [^\n;]*;\s+[^:;\n]{1,80}: ")
_ITEM = re.compile(r"(?P<indent>\s*)(?:[-*+•◦▪●–·‣]|\(?(?P<ordinal>\d{1,2}|[a-z])[.)])\s+(?=\S)")
_PAIR = re.compile(r"\s*\*{0,2}(?P<key>[^\W\d_][^:|.!?\n]{0,40}?)\*{0,2}:\*{0,2}\s+(?=\S)")
_ASKED = re.compile(r"\s*(?:\*\*)?(?:Q(?:uestion)?\s*\d*\s*[:.]\s*)?(?P<text>.*\?)(?:\*\*)?\s*")
_ANSWERS = re.compile(r"\s*(?:\*\*)?A(?:nswer)?\s*\d*\s*[:.](?:\*\*)?\s+", re.IGNORECASE)
_END = re.compile(r"[.!?…]+[\"'”’»)\]*]*(?=\s)|[。！？]+[」』”）]*")
_NEXT = re.compile(r"\s+[\"'“‘«(\[*¿¡]*[A-ZÀ-ÞΑ-ΩА-Я0-9\u0590-\u10ff\u3040-\uffff]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|e\.g|i\.e|a\.m|p\.m|z\.B|Dr|Mrs?|Ms|Prof|St|Mt|No|Nos|Nr|Art|Sec|Fig|Tab|Vol|Ch|pp?|cf|ca|"
    r"approx|vs|etc|incl|excl|max|min|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|tel|ext|resp)\.$"
)
_SHOUTED_MARKS = re.compile(
    r"(?<![\w*])\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?![\w*])|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|`"
)
_LEANS = re.compile(
    r"(?:it|its|this|these|they|their|those|he|his|she|her|such|both|however|but|in (?:that|this) case|otherwise|also|in addition|there)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]+)[^()]*\)")


class SentenceKind(StrEnum):
    """What a sentence is on its page."""

    PROSE = "prose"
    ITEM = "item"
    ROW = "row"
    PAIR = "pair"
    QUESTION = "question"
    TITLE = "title"


class Sentence(Struct, frozen=True, kw_only=True):
    """`quote` is chunk.text[start:end]; `shown` is the same without Markdown; `about` is what stands over it.

    Sentences of one paragraph, list or table share a `block`. `number` is the hit's number within its turn.
    """

    number: int
    ordinal: int
    block: int
    start: int
    quote: str
    shown: str
    kind: SentenceKind
    about: str = ""
    is_whole: bool = True


class _Line(Struct, frozen=True):
    start: int
    text: str

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


def sentences(number: int, hit: ChunkHit) -> list[Sentence]:
    """The sentences of a hit in reading order; headings are not sentences, they stand in `about`."""
    return _Reading(number, hit).read()


def shown(quote: str) -> str:
    """The words of a quote without Markdown, line breaks and anything that could pass for a citation marker."""
    text = html.unescape(_LINK.sub(_link_text, quote))
    text = re.sub(r"<br\s*/?>", " ", text)
    text = re.sub(r"\\([\\|*_#\[\]<>~-])", r"\1", _SHOUTED_MARKS.sub("", text))
    text = " ".join(text.replace("|", " ").split())
    return re.sub(r"\](?=\])", "] ", re.sub(r"\[(?=\[)", "[ ", text))


def leans(words: str) -> bool:
    """Whether a sentence begins with a word that points back to the one before it."""
    return _LEANS.match(words) is not None


class _Reading:
    """One pass over the lines of a passage."""

    def __init__(self, number: int, hit: ChunkHit) -> None:
        self.number = number
        self.text = hit.text
        self.lines = list(_lines(hit.text))
        self.width = max((len(line.text.rstrip()) for line in self.lines), default=0)
        self.heading = hit.headings[-1] if hit.headings else ""
        self.intro = ""
        self.asked = ""
        self.header: list[str] = []
        self.block = 0
        self.found: list[Sentence] = []

    def read(self) -> list[Sentence]:
        at = 0
        while at < len(self.lines):
            at = self._take(at)
        return self.found

    def _take(self, at: int) -> int:
        line = self.lines[at]
        if line.is_blank or _is_rule(line.text) or _FOOTER.search(line.text):
            self.block += line.is_blank
            self.header = [] if line.is_blank else self.header
            return at + 1
        if line.text.count("|") >= 2 or "\t" in line.text.strip():
            return self._take_row(at)
        title = self._title(at)
        if title:
            self._enter(title, line)
            return at + 1
        return self._take_item(at) if _ITEM.match(line.text) else self._take_plain(at)

    def _enter(self, title: str, line: _Line) -> None:
        is_asking = title.endswith("?")
        self.heading, self.intro, self.asked = ("", "", title) if is_asking else (title, "", "")
        self.block += 1
        if not _HEADING.fullmatch(line.text):
            # an unmarked title may be a statement after all, so it can still be found
            self._keep(line.start, line.start + len(line.text), SentenceKind.TITLE)

    def _take_plain(self, at: int) -> int:
        line = self.lines[at]
        if _ROW.match(line.text):
            self._keep(line.start, line.start + len(line.text.rstrip(" ;")), SentenceKind.ROW)
            return at + 1
        if self._is_pair(at):
            self._keep(line.start, line.start + len(line.text), SentenceKind.PAIR)
            return at + 1
        return self._take_paragraph(at)

    def _title(self, at: int) -> str | None:
        """The heading on this line: marked as one, or a short line that starts a paragraph and ends like no sentence."""
        text = self.lines[at].text
        marked = _HEADING.fullmatch(text)
        if marked:
            return shown(marked["hash"] or marked["bold"])
        bare = text.strip()
        before = self.lines[at - 1].text.strip() if at else ""
        after = self.lines[at + 1].text.strip() if at + 1 < len(self.lines) else ""
        if re.fullmatch(r"[=-]{3,}", after):
            return shown(bare)
        stands_alone = (not before or before[-1] in ".!?:;") and (
            not after or not (after[0].islower() or after[0].isdigit())
        )
        most = 14 if not before and not after else 8
        is_short = len(bare) <= 12 * most and len(bare.split()) <= most and at + 1 < len(self.lines)
        is_title = _TITLE.match(bare) is not None and bare[-1] not in '.!?:;,)"”' and ": " not in bare
        item = _ITEM.match(text)
        is_numbered = item is not None and (item["ordinal"] or "").isdigit() and not before and not _ITEM.match(after)
        if stands_alone and is_short and is_title and (item is None or is_numbered):
            return shown(bare)
        return None

    def _is_pair(self, at: int) -> bool:
        if (
            not _PAIR.match(self.lines[at].text)
            or _ASKED.fullmatch(self.lines[at].text)
            or _ANSWERS.match(self.lines[at].text)
        ):
            return False
        neighbours = (self.lines[near].text for near in (at - 1, at + 1) if 0 <= near < len(self.lines))
        return any(not text.strip() or _PAIR.match(text) for text in neighbours) or len(self.lines) == 1

    def _take_row(self, at: int) -> int:
        line = self.lines[at]
        cells = [shown(cell) for cell in re.split(r"(?<!\\)\||\t", line.text.strip().strip("|"))]
        follows = self.lines[at + 1].text if at + 1 < len(self.lines) else ""
        if "|" in follows and _is_rule(follows):
            self.header = cells
            return at + 2
        names = self.header if len(self.header) == len(cells) else [""] * len(cells)
        pairs = [
            f"{name}: {cell}" if name and name != cell else cell
            for name, cell in zip(names, cells, strict=True)
            if cell
        ]
        start = line.start + len(line.text) - len(line.text.lstrip("| \t"))
        end = line.start + len(line.text.rstrip("| \t"))
        if pairs and end > start:
            self._add(start, end, SentenceKind.ROW, words="; ".join(pairs))
        return at + 1

    def _take_item(self, at: int) -> int:
        line = self.lines[at]
        first = _ITEM.match(line.text)
        start = line.start + (first.end() if first else 0)
        last = at
        while last + 1 < len(self.lines) and self._continues(last + 1) and not self._breaks(last):
            last += 1
        spans = list(_sentence_spans(self.text, start, self.lines[last].start + len(self.lines[last].text)))
        for begin, end in spans:
            self._keep(begin, end, SentenceKind.ITEM)
        return last + 1

    def _take_paragraph(self, at: int) -> int:
        last = at
        while last + 1 < len(self.lines) and self._continues(last + 1) and not self._is_pair(last + 1):
            if self._breaks(last):
                break
            last += 1
        start = self.lines[at].start
        answers = _ANSWERS.match(self.lines[at].text)
        start += answers.end() if answers else 0
        end = self.lines[last].start + len(self.lines[last].text)
        for begin, stop in _sentence_spans(self.text, start, end):
            text = shown(self.text[begin:stop])
            if text.endswith("?"):
                asked = _ASKED.fullmatch(text)
                self._keep(begin, stop, SentenceKind.QUESTION)
                self.asked = asked["text"] if asked else text
                continue
            self._keep(begin, stop, SentenceKind.PROSE)
            self.intro = text if text.endswith(":") else ""
        return last + 1

    def _continues(self, at: int) -> bool:
        """Whether this line goes on with the paragraph or the item before it."""
        line = self.lines[at]
        if (
            line.is_blank
            or _is_rule(line.text)
            or _ROW.match(line.text)
            or _ITEM.match(line.text)
            or line.text.count("|") >= 2
        ):
            return False
        if _HEADING.fullmatch(line.text) or _ANSWERS.match(line.text) or "\t" in line.text.strip():
            return False
        return not re.match(r"\s*Q(?:uestion)?\s*\d*\s*[:.]\s", line.text)

    def _breaks(self, at: int) -> bool:
        """Whether the author ended this line: the next begins like a sentence, and its first word had room here or most
        lines around begin so.
        """
        line, after = self.lines[at].text.rstrip(), self.lines[at + 1].text.strip()
        if _goes_on(after):
            return False
        has_room = not after[0].isdigit() and len(line) + 1 + len(after.split(maxsplit=1)[0]) <= self.width
        return has_room or self._is_listing(at)

    def _is_listing(self, at: int) -> bool:
        first, last = at, at
        while first and not self.lines[first - 1].is_blank:
            first -= 1
        while last + 1 < len(self.lines) and not self.lines[last + 1].is_blank:
            last += 1
        later = [line.text.strip() for line in self.lines[first + 1 : last + 1]]
        return len(later) >= 2 and sum(_goes_on(text) for text in later) <= len(later) // 5

    def _keep(self, start: int, end: int, kind: SentenceKind) -> None:
        """Adds the span, in pieces where it is longer than a reader wants."""
        while end - start > _LONGEST:
            cut = max(self.text.rfind(mark, start + _PIECE // 2, start + _PIECE) for mark in ("; ", ", ", " ", "\n"))
            cut = cut + 1 if cut > start else start + _PIECE
            self._add(start, cut, kind, is_whole=False)
            start = cut
        self._add(start, end, kind)

    def _add(self, start: int, end: int, kind: SentenceKind, *, words: str = "", is_whole: bool = True) -> None:
        quote = self.text[start:end]
        start += len(quote) - len(quote.lstrip())
        quote = quote.strip().rstrip("]")
        words = words or shown(quote)
        if not any(char.isalnum() for char in words):
            return
        cut_off = kind is SentenceKind.PROSE and (
            (start == 0 and words[0].islower()) or (end >= len(self.text.rstrip()) and words[-1].isalnum())
        )
        heading = "" if kind is SentenceKind.TITLE else self.heading
        above = (heading, self.asked, self.intro if kind is SentenceKind.ITEM else "")
        sentence = Sentence(
            number=self.number,
            ordinal=len(self.found),
            block=self.block,
            start=start,
            quote=quote,
            shown=words,
            kind=kind,
            about=" ".join(part for part in above if part),
            is_whole=is_whole and not cut_off,
        )
        self.found.append(sentence)


def _is_rule(line: str) -> bool:
    """Whether the line only draws one, under a heading or a table's header."""
    marks = set(line) - set(" \t:|+")
    return len(marks) == 1 and marks <= set("-=_*") and line.count(marks.pop()) >= 2


def _goes_on(line: str) -> bool:
    return line[0].islower() or line[0] in "(&/–-"


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield _Line(at, line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"))
        at += len(line)


def _sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _END.finditer(text, start, end):
        is_wide = text[match.start()] in "。！？"
        if not is_wide and not _NEXT.match(text, match.end(), end):
            continue
        if text[match.start()] == "." and _ABBREVIATION.search(text, max(begin, match.start() - 12), match.start() + 1):
            continue
        if text[begin : match.start()].strip().isdigit():
            continue
        yield begin, match.end()
        begin = match.end()
    if text[begin:end].strip():
        yield begin, end


def _link_text(match: re.Match[str]) -> str:
    words, target = match.groups()
    return words if not words or target.startswith("#") or words in target else f"{words} ({target})"
