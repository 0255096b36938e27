"""Slips of the finger. They are never put right silently: a county is not a country."""

import re
from collections.abc import Sequence

from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.spelling import plain, stem
from tertulia.semantic.interpret.structure import PHRASES

_LEAST_LETTERS = 5


def respelled(question: str, words: Sequence[str], known: Lexicon) -> str:
    """The question with each unknown word as the only known word one slip away; "" where there is none or several."""
    vocabulary = _vocabulary(known)
    for word in words:
        near = {each for each in vocabulary if _is_slip(stem(plain(word)), each) or _is_slip(plain(word), each)}
        if len(word) < _LEAST_LETTERS or len(near) != 1:
            return ""
        question = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", near.pop(), question)
    return question


def _vocabulary(known: Lexicon) -> set[str]:
    """Words of labels and of questions. Values are names: those nobody guesses."""
    labels = {
        word
        for phrase, meanings in known.phrases.items()
        for word in phrase
        if any(each.kind is not Kind.VALUE for each in meanings)
    }
    forms = {word for phrase in PHRASES for word in phrase}
    return {word for word in labels | forms if len(word) >= _LEAST_LETTERS and word.isalpha()}


def _is_slip(typed: str, meant: str) -> bool:
    """One letter too many, too few, wrong, or two changed round."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), None)
    if at is None:
        return True
    swapped = typed[:at] + typed[at + 1 : at + 2] + typed[at] + typed[at + 2 :]
    changed = {typed[at + 1 :], typed[at:]}
    return swapped == meant or bool(changed & {meant[at + 1 :]}) or typed[at + 1 :] == meant[at:]
