"""Words as they are compared: one spelling for British and American, one form for singular and plural."""

import re
import unicodedata

_SAME = {
    "avg": "average",
    "mean": "average",
    "cancelled": "canceled",
    "cancelling": "canceling",
    "catalogue": "catalog",
    "centre": "center",
    "cheque": "check",
    "colour": "color",
    "favourite": "favorite",
    "fulfilment": "fulfillment",
    "grey": "gray",
    "jewellery": "jewelry",
    "labelled": "labeled",
    "licence": "license",
    "litre": "liter",
    "max": "maximum",
    "metre": "meter",
    "min": "minimum",
    "num": "number",
    "organisation": "organization",
    "pct": "percent",
    "percentage": "percent",
    "programme": "program",
    "qty": "quantity",
    "theatre": "theater",
    "travelled": "traveled",
    "tyre": "tire",
    "wk": "week",
    "yr": "year",
}
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "people": "person",
    "persons": "person",
    "children": "child",
    "feet": "foot",
    "mice": "mouse",
    "indices": "index",
    "criteria": "criterion",
    "diagnoses": "diagnosis",
    "analyses": "analysis",
    "crises": "crisis",
}
_KEPT = frozenset({"gas", "news", "series", "this", "yes", "always", "plus", "was", "has", "does", "sales"})
_HISSING = ("ches", "shes", "sses", "xes", "zes")
_NOT_PLURAL = ("ss", "us", "is")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def typed(text: str) -> str:
    """With the quotes, dashes and signs a keyboard has."""
    return text.translate(_SIGNS)


def plain(text: str) -> str:
    """Typed, in lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", typed(text)).casefold()
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def stem(word: str) -> str:
    """A plain word as its singular in one spelling. Verbs keep their forms: `ordered` is not `order`."""
    word = _SAME.get(word, word)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    singular = _singular(word)
    return _SAME.get(singular, singular)


def spaced(name: str) -> str:
    """An identifier as words: `order_items` and `orderItems` read `order items`."""
    return " ".join(_HUMP.sub(" ", name).replace("_", " ").replace(".", " ").split())


def _singular(word: str) -> str:
    if len(word) <= 3 or word in _KEPT or not word.endswith("s") or word.endswith(_NOT_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(_HISSING):
        return word[:-2]
    return word[:-1]


_SIGNS = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "‑": "-",
        "−": "-",
        "≥": ">=",
        "≤": "<=",
        "≠": "!=",
        "ß": "ss",
    }
)
