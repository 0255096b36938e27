"""Words as evidence: tokens without case and accents, stems, roots and synonyms."""

import re
import unicodedata
from functools import lru_cache

from tertulia.providers.extractive.lexicon import IRREGULAR, SYNONYMS

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+(?:[.,'’:/-](?=[^\W_])[^\W_{_CJK}]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_INFLECTION = re.compile(r"[a-z]{4,}")
_ROOT_ENDINGS = (
    *("ations", "ation", "ition", "ments", "ment", "ances", "ance", "ences", "ence", "ancy", "ency", "ship"),
    *("ness", "able", "ible", "ions", "ion", "ity", "ive", "ure", "al", "er", "or", "ee", "ly", "y", "i"),
)


def tokens(text: str) -> list[str]:
    """Lower-case tokens in order; compounds fall into their parts, "e-mail" and "non-member" stay whole."""
    found: list[str] = []
    for match in _TOKEN.finditer(folded(text)):
        found.extend(_parts(match.group()))
    return found


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Text without case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in decomposed if not unicodedata.combining(char)))


@lru_cache(maxsize=16384)
def stem(token: str) -> str:
    """The token without its inflection: plural, -ing, -ed, doubled consonants."""
    token = IRREGULAR.get(token, token)
    if not _INFLECTION.fullmatch(token):
        return token
    return _without_tail(_without_inflection(token))


@lru_cache(maxsize=16384)
def root(token: str) -> str:
    """The stem without derivation, so that "reimburse" and "reimbursement" meet; four letters always stay."""
    rest = stem(token)
    if not _INFLECTION.fullmatch(rest):
        return rest
    while True:
        ending = next((end for end in _ROOT_ENDINGS if rest.endswith(end) and len(rest) - len(end) >= 4), None)
        if ending is None:
            return _without_tail(rest)
        rest = rest[: -len(ending)]


@lru_cache(maxsize=16384)
def synonyms(token: str) -> frozenset[str]:
    """Stems that may stand for this token, itself not among them."""
    own = stem(token)
    return frozenset(word for group in _GROUPS if own in group for word in group) - {own}


def alternatives(token: str) -> list[str]:
    """Words to search for instead of the token, each once."""
    own = stem(token)
    groups = (group.split() for group in SYNONYMS)
    found = [word for group in groups if own in map(stem, group) for word in group if stem(word) != own]
    return list(dict.fromkeys(found))


def is_number(token: str) -> bool:
    return _NUMBER.fullmatch(token) is not None


class Bag:
    """The words of a text, ready to be asked whether they speak of another word."""

    def __init__(self, text: str) -> None:
        found = tokens(text)
        self.tokens = frozenset(found)
        self._order = [stem(token) for token in found]
        self.stems = frozenset(self._order)
        self._roots = frozenset(root(token) for token in found)

    def support(self, token: str) -> float:
        """How well these words stand for the token: 1 the word itself, less for kin and synonyms, 0 nothing."""
        own = stem(token)
        if own in self.stems:
            return 1.0
        if not own.isascii() or len(own) < 3 or any(char.isdigit() for char in own):
            return 0.0
        if len(own) >= 4 and self._has_kin(root(token)):
            return 0.85
        if not synonyms(token).isdisjoint(self.stems):
            return 0.75
        if len(own) >= 6 and any(_is_slip(own, other) for other in self.stems):
            return 0.8
        return 0.0

    def has_phrase(self, pair: tuple[str, str]) -> bool:
        """Whether the two stems stand next to each other in this order, with at most one word between."""
        if not self.stems.issuperset(pair):
            return False
        return any(pair[1] in self._order[at + 1 : at + 3] for at, found in enumerate(self._order) if found == pair[0])

    def _has_kin(self, own: str) -> bool:
        if own in self._roots:
            return True
        return len(own) >= 5 and any(
            len(other) >= 5 and abs(len(own) - len(other)) <= 2 and (own.startswith(other) or other.startswith(own))
            for other in self._roots
        )


def _is_slip(one: str, other: str) -> bool:
    """Whether one letter was left out, added, changed or swapped; the first letter is never mistyped."""
    if one[0] != other[:1] or abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )
    rests = (one[at:], other[at:])
    if rests[0][1:] == rests[1] or rests[0] == rests[1][1:] or rests[0][1:] == rests[1][1:]:
        return len(one) >= 7 or len(one) != len(other)
    return rests[0][:2] == rests[1][1::-1] and rests[0][2:] == rests[1][2:]


def _parts(token: str) -> list[str]:
    if token[0] >= "\u3040" and re.fullmatch(f"[{_CJK}]+", token):
        return [token[at : at + 2] for at in range(max(1, len(token) - 1))]
    token = token.replace("’", "'").removesuffix("'s")
    if is_number(token):
        return [re.sub(r",(?=\d{3}\b)", "", token)]
    if token.startswith(("e-", "non-")):
        return [token.replace("-", "", 1)]
    return [part for part in re.split(r"[-/:,']", token) if part]


def _without_inflection(word: str) -> str:
    if word.endswith(("ies", "ied")):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    for ending in ("ing", "ed"):
        head = word.removesuffix(ending)
        if head != word and len(head) >= 3 and re.search("[aeiouy]", head):
            return head
    return word


def _without_tail(word: str) -> str:
    if len(word) >= 4 and word[-1] == word[-2] and word[-1] not in "aeiou":
        return word[:-1]
    if len(word) >= 4 and word.endswith("e"):
        return word[:-1]
    return word


_GROUPS = tuple(frozenset(stem(word) for word in group.split()) for group in SYNONYMS)
