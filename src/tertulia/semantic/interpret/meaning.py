"""What a phrase can stand for in the data."""

from enum import StrEnum

from msgspec import Struct

STATED = 4
EXACT = 3
BRIDGED = 2
PARTIAL = 1


class Kind(StrEnum):
    MEASURE = "measure"
    DIMENSION = "dimension"
    DATE = "date"
    ENTITY = "entity"
    VALUE = "value"
    FLAG = "flag"


class Meaning(Struct, frozen=True, kw_only=True):
    """`place` is a view (see `Seen.place`), `field` a field of it, for a DATE its group, "" for an ENTITY.

    `strength` tells synonyms that a modeller stated from
    labels and names, and those from bridged and partial words. `aggregate` is how a MEASURE sums up, `is_core` says that
    the phrase leaves that word out, `is_counted` that it names what is counted. A FLAG is a yesno dimension said as an
    adjective. `is_code` marks a VALUE so short that it must be written as it stands.
    """

    kind: Kind
    place: str
    field: str = ""
    strength: int = EXACT
    value: str = ""
    timeframe: str = ""
    aggregate: str = ""
    is_core: bool = False
    is_counted: bool = False
    is_code: bool = False
