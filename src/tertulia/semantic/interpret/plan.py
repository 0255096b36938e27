"""A question resolved in one explore: what the query will be made of."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from tertulia.semantic.interpret.catalogue import Seen, Stage

UNSEEN = 3
"""The weight of a reason that lies in the rows an explore shows."""


class Unfit(Exception):
    """Why an explore cannot answer. `weight` ranks reasons: the heaviest is told."""

    def __init__(self, reason: str, weight: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.weight = weight


class Measured(Struct, frozen=True, kw_only=True):
    """A measure of the model, or a custom one over a dimension (`dynamic`, as Looker writes it).

    `is_ratio` tells a number made of other measures; `views` are the aliases all of them are of. `spoken` names it so that it is understood when sent back.
    """

    name: str
    label: str
    spoken: str
    alias: str
    place: str
    aggregate: str = ""
    is_ratio: bool = False
    views: frozenset[str] = frozenset()
    dynamic: dict[str, Any] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.place, self.name.rpartition(".")[2]


class Condition(Struct, frozen=True, kw_only=True):
    """A filter expression on a field. `spoken` is the condition in words that are understood when sent back."""

    name: str
    label: str
    alias: str
    place: str
    expression: str
    spoken: str
    is_date: bool = False
    is_measure: bool = False
    is_presence: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.place, self.name.rpartition(".")[2], self.expression


class Plan(Struct, frozen=True, kw_only=True):
    """`limit` 0 is none. `sorts` are field names and whether they go down. `own` counts what is asked of the counted
    entity itself, `stated` the words that a modeller stated, `relations` are the views by which the home is related to
    a base that is not its own. `doubt` says why the asker must be asked, "" where this is the only sensible reading.
    """

    stage: Stage
    measures: Sequence[Measured]
    breakdowns: Sequence[Seen]
    conditions: Sequence[Condition] = ()
    sorts: Sequence[tuple[str, bool]] = ()
    limit: int = 0
    home: str = ""
    is_together: bool = False
    own: int = 0
    stated: int = 0
    relations: frozenset[str] = frozenset()
    doubt: str = ""

    @property
    def aliases(self) -> set[str]:
        return (
            {each.alias for each in self.measures}
            | {each.alias for each in self.breakdowns}
            | {each.alias for each in self.conditions}
        )

    @property
    def meaning(self) -> tuple[object, ...]:
        """The same for plans that ask the same, in whatever explore."""
        fields = {each.name: (each.place, each.field.name) for each in self.breakdowns}
        fields |= {each.name: each.key for each in self.measures}
        return (
            tuple(each.key for each in self.measures),
            tuple((each.place, each.field.name) for each in self.breakdowns),
            frozenset(each.key for each in self.conditions if not each.is_presence),
            tuple((fields.get(name), is_descending) for name, is_descending in self.sorts),
            self.limit,
        )
