"""What interpretation gives: a query with the words for it, or why there is none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from tertulia.core.query import GoldenQuery, Query, Source, UserAttribute
from tertulia.semantic.lookml.model import Model


class Values(Struct, frozen=True, kw_only=True):
    """The distinct values of a text dimension the asker may see; `is_complete` is False where there were too many."""

    source: Source
    field: str
    values: list[str]
    is_complete: bool = True


class Topic(Struct, frozen=True, kw_only=True):
    """What can be asked about: these explores of these models, with the values they hold.

    `synonyms` are an agent's own, by field (`model/explore/view.field` or `view.field`) or by value. `attributes` are the
    asker's: fields that access grants withhold are not there.
    """

    models: Mapping[str, Model]
    sources: Sequence[Source]
    values: Sequence[Values] = ()
    synonyms: Mapping[str, list[str]] = {}
    golden: Sequence[GoldenQuery] = ()
    attributes: Mapping[str, UserAttribute] = {}


class Moment(Struct, frozen=True, kw_only=True):
    """The clock and what was asked before: `earlier` is the conversation's last query, which a follow-up amends."""

    now: datetime
    earlier: Query | None = None


class Understood(Struct, frozen=True, kw_only=True):
    """`words` say how the question was read: measure, by what, which filters, which dates. `golden` is the approved
    query that asks the same.
    """

    query: Query
    words: str
    golden: GoldenQuery | None = None


class Choice(Struct, frozen=True, kw_only=True):
    """One way the question could be meant, in words that can be sent back as a question."""

    text: str
    query: Query


class Ambiguous(Struct, frozen=True, kw_only=True):
    """More than one reading: `question` asks which."""

    question: str
    choices: list[Choice]


class NotUnderstood(Struct, frozen=True, kw_only=True):
    """No reading explains every word. `reason` says so to the reader; `unknown` are the words, `nearest` fields that
    come close.
    """

    reason: str
    unknown: list[str] = []
    nearest: list[str] = []


Interpretation: TypeAlias = Understood | Ambiguous | NotUnderstood
