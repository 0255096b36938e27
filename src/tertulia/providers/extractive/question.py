"""What a question asks for: its words with their weight, and the kind of thing that would answer it."""

import re
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from tertulia.providers.extractive.lexicon import COMMON_WORDS, FRAME_WORDS, PHRASES, STOP_WORDS
from tertulia.providers.extractive.words import folded, is_number, stem, tokens

_NAME = re.compile(r"(?<![.?!:]\s)(?<!^)\b[A-ZÀ-Þ][\w-]*|\b[A-Z]{2,}\b|\b\w*\d\w*\b")
_VERB_BEFORE = re.compile(r"\b(?:i|we|you|they|one|to|employees?|members?|customers?|staff|please)\s+([a-z]+)\b")
_UNIT = re.compile(
    r"\b(?:how many|number of)\s+(?:[a-z]+\s+){0,2}?(seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?)\b"
)
_COUNTED = re.compile(r"\b(?:how many|number of)\s+([a-z]+)")
_MEASURED = (
    ("weight", r"\bhow heavy\b|\bweighs?\b|\bweight\b"),
    ("length", r"\bhow (?:tall|wide|deep|thick|high)\b|\b(?:width|height|depth|length)\b"),
    ("distance", r"\bhow far (?!in advance|ahead|back|before)|\bdistance\b"),
    ("temperature", r"\bhow (?:hot|warm|cold)\b|\btemperature\b"),
    ("loudness", r"\bhow loud\b|\bnoise level\b|\bloudness\b"),
    ("speed", r"\bhow fast (?:can|does|is|may)\b|\b(?:top|maximum) speed\b"),
    ("share", r"\bpercentage\b|\bpercent\b|\bshare of\b"),
)
_LIST = re.compile(
    r"^(?:please\s+)?(?:list|name|enumerate|give me (?:a list|all)|show (?:me )?(?:all|the list))\b|\bwhich\s+(?:\w+\s+)?\w+s\s+(?:are|do|does|can|have|must|is)\b"
    r"|\bwhat\s+(?:are|(?:\w+\s+)?\w+(?<!s)s\s+(?:are|do|can|must|have))\b|\bwhat (?:kinds|types|sorts)\b|\bwho (?:are|were|attended)\b|\bsteps\b"
)
_PHRASES = tuple((re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE), word) for phrase, word in PHRASES)
_FRAME_STEMS = frozenset(stem(word) for word in FRAME_WORDS)
_COMMON_STEMS = frozenset(stem(word) for word in COMMON_WORDS)


class AnswerKind(StrEnum):
    """What would answer a question."""

    ANY = "any"
    COUNT = "count"
    MONEY = "money"
    DURATION = "duration"
    FREQUENCY = "frequency"
    MOMENT = "moment"
    PERSON = "person"
    PLACE = "place"
    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    CONTACT = "contact"
    STEPS = "steps"
    REASON = "reason"
    RULE = "rule"


_KINDS = (
    (AnswerKind.REASON, r"^(and |but )?why\b|^how come\b"),
    (AnswerKind.RULE, r"^(and |but |so )?(is|are|am|may|can|could|do|does|must|should|will|would|has|have)\b(?! there an? (phone|e-?mail|fax|hotline))"),
    (AnswerKind.EMAIL, r"\be-?mail address\b|\b(what|which)\b.*\be-?mail\b|\be-?mail (of|for)\b|^\W*e-?mail\b"),
    (AnswerKind.PHONE, r"\b(phone|fax|telephone) number\b|\bhotline\b|\b(what|which)\b.*\b(phone|fax|telephone|number .*(call|ring|dial|reach))\b|^\W*(phone|fax|telephone)\b"),
    (AnswerKind.LINK, r"\b(what|which|where)\b.*\b(url|website|web address|link|homepage)\b|^\W*(url|website|link)\b"),
    (AnswerKind.CONTACT, r"\bhow (can|do|should|could|would|may) (i|we|you|one|people) (reach|contact|get in touch|get hold|write to|call|phone)\b|\bcontact (details|data|address|info)"),
    (AnswerKind.FREQUENCY, r"\bhow (often|frequently|regularly)\b|\bhow many times\b"),
    (AnswerKind.DURATION, r"\bhow (long|quickly|fast|soon|old|early|late|far (in advance|ahead|back|before))\b|\b(duration|notice period|time limit|how many (days|weeks|months|years|hours|minutes))\b"),
    (AnswerKind.COUNT, r"\bhow much (?:does|do) .*\bweigh"),
    (AnswerKind.MONEY, r"\bhow (much (is|are|was|were|does|do|did|will|would|can|for|to|it|money)|expensive)\b|^how much$|\bwhat (do|does|will|would|must|should|did) .*\b(pay|owe|charge)\b|\b(price|cost|costs|fee|fees|fare|salary|budget|deposit|allowance|tariff)\b"),
    (AnswerKind.COUNT, r"\bhow (many|much|far|large|big|high|tall|heavy|wide|deep|hot|warm|fast|loud|strict)\b|\b(percentage|percent|number of|share of|maximum|minimum|capacity|temperature|weigh|weight|size|rate|limit|length|height|speed|power|pressure)\b"),
    (AnswerKind.MOMENT, r"\bwhen\b|\b(what|which) (time|date|day|month|year)\b|\bdeadline\b|\b(opening|office|business|visiting|what|which) (hours|times)\b|^\W*hours\b|\bhours of\b|\bsince when\b|\bby when\b"),
    (AnswerKind.PERSON, r"\bwho(m|se)?\b|\bcontact person\b|\bwhich (person|department|team)\b"),
    (AnswerKind.PLACE, r"\bwhere\b|\baddress\b|\bwhich (room|floor|building|city|country|office)\b|\blocated\b"),
    (AnswerKind.REASON, r"\bwhy\b|\breasons?\b"),
    (AnswerKind.STEPS, r"\bhow (do|does|can|should|to|must|is|are)\b|\bsteps\b|\bprocedure\b|\bwhat (do|should|must) (i|we|you|one) do\b"),
    (AnswerKind.RULE, r"\b(allowed|permitted)\b"),
)  # fmt: skip
_KIND_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)


class Term(Struct, frozen=True):
    """A word of a question. `is_key` marks a word without which there is no answer; carried words come from earlier turns."""

    token: str
    weight: float
    is_key: bool = False
    is_name: bool = False
    is_carried: bool = False


class Question(Struct, frozen=True, kw_only=True):
    """A question that stands by itself. `text` is what to search for."""

    text: str
    terms: list[Term]
    kind: AnswerKind
    unit: str = ""
    wants_list: bool = False

    @property
    def own(self) -> list[Term]:
        return [term for term in self.terms if not term.is_carried]


def parse(text: str, *, carried: tuple[str, ...] = ()) -> Question:
    """Reads a question; `carried` are words of the conversation that it leans on."""
    text = _plainly(text)
    low = folded(text)
    terms = _terms(text)
    known = {stem(term.token) for term in terms}
    fresh = [token for token in dict.fromkeys(carried) if stem(token) not in known]
    leaning = [Term(token, 0.45 * _weight(token), is_carried=True) for token in fresh]
    return Question(
        text=" ".join([text, *fresh]),
        terms=[*terms, *leaning],
        kind=kind_of(low),
        unit=_unit(low),
        wants_list=_LIST.search(low) is not None,
    )


def leaning_on(question: Question, words: str) -> Question:
    """The same question where only the words of `words` are its own; the others come from earlier in the conversation."""
    own = {stem(token) for token in tokens(words)}
    terms = [
        term if stem(term.token) in own else Term(term.token, 0.5 * term.weight, is_carried=True)
        for term in question.terms
    ]
    return replace(question, terms=terms)


def kind_of(text: str) -> AnswerKind:
    low = folded(text)
    return next((kind for kind, pattern in _KIND_PATTERNS if pattern.search(low)), AnswerKind.ANY)


def content_tokens(text: str) -> list[str]:
    """The tokens that carry meaning, in order, each once."""
    return [token for token in dict.fromkeys(tokens(text)) if token not in STOP_WORDS]


def phrases(text: str) -> list[tuple[str, str]]:
    """The stems of content words that are neighbours in a text."""
    found = tokens(text)
    return [(stem(one), stem(two)) for one, two in pairwise(found) if _tells(one) and _tells(two)]


def _unit(low: str) -> str:
    """What a quantity is asked in: a unit of time, a thing that is counted, or a measure."""
    found = _UNIT.search(low) or _COUNTED.search(low)
    if found:
        return stem(found[1])
    return next((measure for measure, pattern in _MEASURED if re.search(pattern, low)), "")


def _plainly(text: str) -> str:
    """The text with what is said in several words said in one, as documents are more likely to."""
    for phrase, word in _PHRASES:
        text = phrase.sub(word, text)
    return text


def _tells(token: str) -> bool:
    return token not in STOP_WORDS and (stem(token) not in _FRAME_STEMS or is_number(token))


def _terms(text: str) -> list[Term]:
    names = {token for match in _NAME.finditer(text) for token in tokens(match.group())}
    verbs = set(_VERB_BEFORE.findall(folded(text)))
    terms: list[Term] = []
    for token in content_tokens(text):
        is_name = token in names and token not in FRAME_WORDS
        is_verb = not is_name and (token in verbs or token.endswith("ly"))
        weight = _weight(token) * (0.6 if is_verb else 1.0) * (1.3 if is_name else 1.0)
        terms.append(Term(token, weight, is_key=weight >= 0.9, is_name=is_name))
    return terms


def _weight(token: str) -> float:
    own = stem(token)
    if own in _FRAME_STEMS:
        return 0.2
    return 0.6 if own in _COMMON_STEMS else 1.0
