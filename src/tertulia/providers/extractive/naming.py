"""A conversation's name in the words of its first question."""

import re

from tertulia.providers.extractive import smalltalk

_ASKED_FOR = (
    r"(?:(?:can|could|would|will) (?:you|u|someone|anybody|anyone|somebody) (?:please |kindly |maybe )?)?"
    r"(?:tell|show|explain|remind|inform|let) (?:to )?(?:me|us)(?: know)?(?: again| briefly| exactly)?"
    r"|(?:can|could|would|will) (?:you|u) (?:please |kindly )?(?:explain|describe|clarify|list|find|find out|look up|check)"
    r"|(?:i(?:'d| would)? (?:like|want|need|love)|i(?:'d| would)? (?:just )?(?:like|want|need)) to (?:know|ask|find out|understand)"
    r"|i(?:'m| am| was) (?:just )?wondering|i wonder|do you (?:happen to )?know|any idea|may i ask|can i ask|quick question"
    r"|please|kindly|just|so|and|also|well|ok|okay"
)
_LEAD = re.compile(rf"^(?:{_ASKED_FOR})\b(?!')[\s,:;.–-]*(?:about (?=\w))?", re.IGNORECASE)
_TAIL = re.compile(
    r"[\s,;–-]*\b(?:please|pls|thanks|thank you|thx|many thanks)(?: in advance| a lot)?[\s.!?]*$", re.IGNORECASE
)
_TO_ME = re.compile(r"\s+(?:to|for) (?:me|us)(?=[\s.!?]*$)", re.IGNORECASE)
_MARKS = re.compile(r"[#*_`>|~]+|\[(?P<label>[^\[\]]*)\]\([^()\s]*\)")
_FURTHER = re.compile(r"(?<=[.!?])\s+(?=\S)")
_SMALL_I = re.compile(
    r"\b([Dd]o|[Aa]m|[Ii]f|[Cc]an|[Mm]ay|[Mm]ust|[Cc]ould|[Ww]ould|[Ss]hall|[Ss]hould|[Hh]ave|[Ww]hen) i\b"
)
_MOST_LEADS = 4
_MOST_READ = 2_000


def name_of(question: str, most: int) -> str:
    """The question without courtesies and marks, in at most that many characters; empty where no word is left."""
    words = _MARKS.sub(lambda found: found["label"] or " ", question[:_MOST_READ])
    words = smalltalk.without_opening(" ".join(words.split()))
    for _ in range(_MOST_LEADS):
        shorter = _LEAD.sub("", _TAIL.sub("", words), count=1).strip()
        if shorter == words or not any(char.isalnum() for char in shorter):
            break
        words = _TO_ME.sub("", shorter)
    words = _asking(words, most).strip(" \t?!.,;:–-¿¡")
    if not any(char.isalnum() for char in words):
        return ""
    if words.isupper() and " " in words:
        words = words.lower()
    return shortened(_SMALL_I.sub(r"\1 I", words[0].upper() + words[1:]), most)


def shortened(words: str, most: int) -> str:
    """The words cut before one that does not fit, with an ellipsis where something is missing."""
    if len(words) <= most:
        return words
    cut = words[:most]
    space = cut.rfind(" ")
    return (cut[:space] if space > most // 2 else cut[: most - 1]).rstrip(" ,;:.–-") + "…"


def _asking(words: str, most: int) -> str:
    """Of several sentences that do not fit together the one that asks, else the first."""
    if len(words) <= most:
        return words
    found = _FURTHER.split(words)
    return next((each for each in found if each.endswith("?")), found[0])
