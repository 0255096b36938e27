"""The questions of questions.toml, and which of them a run asks."""

from pathlib import Path

import msgspec
from msgspec import Struct

_FILE = Path(__file__).parent / "questions.toml"


class Answerable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question with the SQL of every answer a reader would accept.

    The first `labels` columns of a truth are labels, the others numbers. `ordered`: the order of rows counts. `may_add`
    says which further columns an answer may have: labels, numbers, or both. `may_drop_labels`: one number alone is
    enough. `after` is the question asked just before.
    """

    ask: str
    truth: list[str]
    labels: int = 0
    ordered: bool = False
    may_add: str = ""
    may_drop_labels: bool = False
    after: str = ""
    note: str = ""


class Unanswerable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question that must be refused. `may_be_empty`: an answer without any number other than nought is as good."""

    ask: str
    why: str
    may_be_empty: bool = False


class Sheet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All questions; `views` are what the truths read beside the raw tables, in the order they build on each other."""

    views: dict[str, str]
    answerable: list[Answerable]
    unanswerable: list[Unanswerable]

    @property
    def numbered(self) -> list[tuple[int, Answerable | Unanswerable]]:
        """Counted from 1, the answerable ones first."""
        return list(enumerate([*self.answerable, *self.unanswerable], start=1))

    def find(self, ask: str) -> Answerable:
        return next(question for question in self.answerable if question.ask == ask)


def read_sheet() -> Sheet:
    return msgspec.toml.decode(_FILE.read_bytes(), type=Sheet)


def read_range(text: str) -> range:
    """`12..20` or `12`. Raises ValueError."""
    first, dots, last = text.partition("..")
    return range(int(first), int(last if dots else first) + 1)
