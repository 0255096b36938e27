"""LookML text to located trees.

One broken view costs that view: reading goes on at the next parameter that begins a line.
"""

import re
from bisect import bisect_left

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.model import Place
from tertulia.semantic.lookml.tree import Node, break_last, broken

_DEEPEST = 40
_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_KEY = re.compile(r"([A-Za-z_][\w.]*)\s*:")
_PAIR_KEY = re.compile(r"([^\s:{}\[\],\"#]+)\s*:")
_LITERAL = re.compile(r"(?:@\{[^}\s]*\}|[^\s:{}\[\],\"])+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# what begins a line with no indent is very likely not inside a block any more
_TOP = re.compile(
    r"^(?:view|explore|include|connection|label|access_grant|datagroup|named_value_format|map_layer|test|constant"
    r"|project_name|week_start_day|fiscal_month_offset|case_sensitive|persist_for|persist_with|local_dependency"
    r"|remote_dependency)\s*:",
    re.MULTILINE,
)
_SUBJECT = re.compile(r"\b(view|explore)\s*:\s*(\+?\w+)\s*\{")
# no SQL says this: the ;; before it was forgotten
_SWALLOWED = re.compile(
    r"\b(?:view|explore|join|dimension|dimension_group|measure|filter|parameter|set)\s*:\s*\+?\w+\s*\{"
)
_EXPRESSIONS = frozenset({"html", "expression", "expression_custom_filter", "sql"})
_NOT_SQL = frozenset({"sql_quoting"})


def read(text: str, file: str, findings: Findings) -> list[Node]:
    """The parameters of a file. What cannot be read is a finding; a view or explore of it stays as a broken node."""
    return _Reader(text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " "), file, findings).document()


class _Unreadable(Exception):
    """The text is no LookML here."""

    def __init__(self, at: int, message: str) -> None:
        self.at = at
        self.message = message
        super().__init__(message)


class _Reader:
    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self._text = text
        self._file = file
        self._findings = findings
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]

    def document(self) -> list[Node]:
        nodes: list[Node] = []
        while True:
            self._skip()
            if self._at >= len(self._text):
                return nodes
            start = self._at
            try:
                nodes.append(self._parameter(0))
            except _Unreadable as unreadable:
                self._recover(start, unreadable, nodes)

    def _recover(self, start: int, unreadable: _Unreadable, nodes: list[Node]) -> None:
        """Marks what was being read as broken, or, after a brace too many, what that brace cut short."""
        self._findings.error(self._place(unreadable.at), "syntax", self._file, unreadable.message)
        if self._text[start] == "}":
            break_last(nodes)
        resumed = _TOP.search(self._text, start + 1)
        self._at = resumed.start() if resumed else len(self._text)
        for lost in _SUBJECT.finditer(self._text, start, self._at):
            place = self._place(lost.start())
            nodes.append(broken(Node(key=lost[1], place=place, text=lost[2])))

    def _parameter(self, depth: int) -> Node:
        found = _KEY.match(self._text, self._at)
        if found is None:
            raise _Unreadable(self._at, f"A parameter is expected here, not {self._here()}.")
        key, place = found[1], self._place(self._at)
        self._at = found.end()
        if _is_expression(key):
            return Node(key=key, place=place, text=self._expression(found.start(), key))
        self._skip()
        return self._valued(key, place, depth)

    def _valued(self, key: str, place: Place, depth: int) -> Node:
        if depth > _DEEPEST:
            raise _Unreadable(self._at, "The blocks are nested too deeply.")
        match self._text[self._at : self._at + 1]:
            case "[":
                return Node(key=key, place=place, items=self._list(depth + 1))
            case "{":
                return Node(key=key, place=place, block=self._block(depth + 1))
            case _:
                text = self._scalar()
        after = self._at
        self._skip()
        if self._text[self._at : self._at + 1] == "{":
            return Node(key=key, place=place, text=text, block=self._block(depth + 1))
        self._at = after
        return Node(key=key, place=place, text=text)

    def _block(self, depth: int) -> list[Node]:
        start = self._at
        self._at += 1
        nodes: list[Node] = []
        while True:
            self._skip()
            if self._at >= len(self._text):
                raise _Unreadable(start, "This block is not closed.")
            if self._text[self._at] == "}":
                self._at += 1
                return nodes
            nodes.append(self._parameter(depth))

    def _list(self, depth: int) -> list[Node]:
        start = self._at
        self._at += 1
        items: list[Node] = []
        while True:
            self._skip()
            if self._at >= len(self._text):
                raise _Unreadable(start, "This list is not closed.")
            if self._text[self._at] == "]":
                self._at += 1
                return items
            if self._text[self._at] == ",":
                self._at += 1
                continue
            items.append(self._item(depth))

    def _item(self, depth: int) -> Node:
        place = self._place(self._at)
        found = _PAIR_KEY.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
            self._skip()
            return self._valued(found[1], place, depth)
        return Node(key="", place=place, text=self._scalar())

    def _scalar(self) -> str:
        quoted = _QUOTED.match(self._text, self._at)
        if quoted is not None:
            self._at = quoted.end()
            return quoted[1].replace('\\"', '"')
        if self._text[self._at : self._at + 1] == '"':
            raise _Unreadable(self._at, "This text has no closing quote.")
        literal = _LITERAL.match(self._text, self._at)
        if literal is None:
            raise _Unreadable(self._at, f"A value is expected here, not {self._here()}.")
        self._at = literal.end()
        return literal[0]

    def _expression(self, start: int, key: str) -> str:
        end = self._text.find(";;", self._at)
        if end < 0 or _SWALLOWED.search(self._text, self._at, end):
            raise _Unreadable(start, f"{key} has no closing ;;.")
        text = self._text[self._at : end].strip()
        self._at = end + 2
        return text

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _place(self, at: int) -> Place:
        return Place(self._file, bisect_left(self._breaks, at) + 1)

    def _here(self) -> str:
        rest = self._text[self._at : self._at + 20].split("\n")[0].strip()
        return repr(rest) if rest else "the end"


def _is_expression(key: str) -> bool:
    return key in _EXPRESSIONS or (key.startswith("sql_") and key not in _NOT_SQL)
