"""What lists are asked for: texts with wildcards, and an order."""

from msgspec import Struct


class Pattern(Struct, frozen=True):
    """A text to match without case: `%` stands for any characters, `_` for one; without them it is the whole text."""

    text: str


class Sort(Struct, frozen=True):
    """By a field of the core value."""

    field: str
    is_descending: bool = False
