"""From the wall clock of one time zone to that of another."""

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.phrasebook import Phrasebook
from tertulia.semantic.engines.template import fill, term

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")


def converted(phrases: Phrasebook, moment: exp.Expr, *, from_zone: str, to_zone: str) -> exp.Expr:
    """The moment itself where a zone is "" or both are the same. Raises InvalidQuery for a zone that does not exist."""
    if not from_zone or not to_zone or from_zone == to_zone:
        return moment
    zones = {"z": exp.Literal.string(_known(from_zone)), "w": exp.Literal.string(_known(to_zone))}
    return term(fill(phrases.dialect, phrases.converted, x=moment, **zones))


@lru_cache(maxsize=1_024)
def _known(zone: str) -> str:
    if _NAME.fullmatch(zone) is None:
        raise InvalidQuery(f"There is no time zone {zone!r}.")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidQuery(f"There is no time zone {zone!r}.") from error
    return zone
