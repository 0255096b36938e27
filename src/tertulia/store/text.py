"""Text as it is searched: folded once, in Python, so that both engines compare the same characters."""

import unicodedata

_SENTINELS = "\x01\x01"


def fold(text: str) -> str:
    """Text without case and in one normal form; a substring of this is what "case-insensitive" means here."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).replace("\x00", "")


def searchable(text: str) -> str | None:
    """What a message's search column holds: folded text and two marks that give its last characters trigrams too."""
    folded = fold(text)
    return folded + _SENTINELS if folded else None
