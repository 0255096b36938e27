"""What a message asks in the light of the conversation: several questions in one, and follow-ups made whole."""

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from tertulia.core.message import AssistantMessage, Message, UserMessage
from tertulia.providers.extractive import smalltalk
from tertulia.providers.extractive.lexicon import AUDIENCES, CONTRASTS, FRAME_WORDS, STOP_WORDS
from tertulia.providers.extractive.question import Question, content_tokens, kind_of, leaning_on, parse
from tertulia.providers.extractive.words import folded, stem, tokens

_MOST_PARTS = 3
_ENOUGH = 1.0
_LONGEST = 4_000
_LONGEST_TOPIC = 300
_MOST_CARRIED = 6
_ASKING = (
    r"(?:what|how|when|who|whom|whose|where|why|which|is|are|do|does|did|can|could|may|must|should|will|would|has|have)"
)
_SEAM = re.compile(rf"(?:\?+\s*|[,;.]?\s+)(?:and|also|or|but)(?:\s+also)?\s+(?={_ASKING}\b)|\?+\s+(?=\S)|;\s*(?={_ASKING}\b)|[.!]\s+(?={_ASKING}\b)", re.IGNORECASE)  # fmt: skip
_LEAD_IN = re.compile(
    r"^(?:ok(?:ay)?,?\s+)?(?:(?:and|but|or|so|also|y|und|if so|if not|if yes)\s*,?\s+)?(?:(?:(?:what|how)\s+about|what\s+if\s+(?:it\s+is|it's|i\s+am|i'm)|same\s+for|the\s+same\s+for)\s+)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:why|why not|how|when|where|who|how much|how many|how long|how often|since when|until when|by when|which ones?|for how long|how so|says who|what time|how come)(?: exactly| is that| then| so)?",
)
_PREPOSITION = re.compile(
    r"^(for|in|on|at|with|without|from|to|of|after|before|during|as|outside|inside|within|under|over)\s+", re.IGNORECASE
)
_PRONOUN = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|those|these|this one|that one|the former|the latter|both|ones?)\b"
    r"|\b(?:this|that)(?=\s*(?:[?.!,]|$)|\s+(?:is|was|cost|costs|mean|means|apply|applies|take|takes|work|works|allowed|include)\b)"
    r"|\b(?:there|then)(?=\s*[?.!]?$)|\b(?:is|does|has|was|will|would|can) (?:this|that)\b"
)  # fmt: skip
_EXPLETIVE = re.compile(
    r"\b(?:is|was|would|will) it\s+(?:be\s+)?(?:\w+\s+)?(?:allowed|possible|ok|okay|permitted|necessary|required|mandatory|safe|legal|forbidden|compulsory|true)\b"
)
_SLOT = (
    r"\b{}\s+(?:(?:the|a|an|my|our|your)\s+)?[\w'’-]+"
    r"(?:\s+(?!(?:per|in|on|at|for|of|to|with|is|are|do|does|when|if|after|before|and)\b)[\w'’-]+){{0,2}}"
)
_CLAUSE = re.compile(
    r",?\s*\b(?:if|when|as|because)\s+(?:(?:i['’]?m|i\s+am|we['’]re|we\s+are|one\s+is|you\s+are)\s+)?(?:not\s+)?(?:an?\s+|the\s+)?$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(he|him|his|she|her|hers|they|them|their)\b")
_PERSON = re.compile(r"\b[A-ZÀ-Þ][\w'’-]+(?:\s+(?:van|von|de|da|del|[A-ZÀ-Þ]\.|[A-ZÀ-Þ][\w'’-]+))+")
_CLASSES = tuple(frozenset(stem(word) for word in words) for words in (*map(str.split, CONTRASTS), AUDIENCES))


class Asked(Struct, frozen=True, kw_only=True):
    """The parts of the newest message, in order; none where it is small talk. `reply` is then what to say."""

    questions: list[Question]
    reply: str | None = None


def asked(messages: Iterable[Message]) -> Asked:
    """Reads the newest user message; earlier ones say what it is about."""
    topic: Question | None = None
    answered = ""
    result = Asked(questions=[], reply=smalltalk.reply(""))
    for message in messages:
        if isinstance(message, AssistantMessage):
            answered = message.text
        if not isinstance(message, UserMessage):
            continue
        reply = smalltalk.reply(message.text)
        if reply is not None:
            result = Asked(questions=[], reply=reply)
            continue
        questions = _parts(message.text, topic, answered)
        topic = questions[-1]
        result = Asked(questions=questions)
    return result


def _parts(text: str, topic: Question | None, answered: str) -> list[Question]:
    found: list[Question] = []
    for part in _split(smalltalk.without_opening(text)):
        question = _standalone(part, topic, answered)
        found.append(question)
        topic = question
    return found


def _split(text: str) -> list[str]:
    """The questions of a message. A piece without words of its own stays with its neighbour."""
    flat = " ".join(text[:_LONGEST].split())
    pieces: list[str] = []
    start = 0
    for match in _SEAM.finditer(flat):
        before, after = flat[start : match.start()].strip(" ,;"), flat[match.end() :]
        asks = re.match(
            rf"(?:and |but |so |please )?(?:{_ASKING}|list|name|tell|show|give|explain)\b", before, re.IGNORECASE
        )
        if not asks or not content_tokens(before) or not tokens(after):
            continue
        pieces.append(before + "?")
        start = match.end()
    pieces.append(flat[start:])
    if len(pieces) > _MOST_PARTS:
        pieces = [*pieces[: _MOST_PARTS - 1], " ".join(pieces[_MOST_PARTS - 1 :])]
    return pieces


def _standalone(text: str, topic: Question | None, answered: str) -> Question:
    if topic is None:
        return parse(text)
    low = folded(text).strip(" ?!.")
    bare = _LEAD_IN.sub("", low, count=1)
    led = _LEAD_IN.match(text.strip())
    rest = text.strip()[led.end() if led else 0 :].strip(" ?!.")
    if _BARE.fullmatch(bare):
        whole = parse(f"{rest or text}: {topic.text[:_LONGEST_TOPIC]}".replace("?", "") + "?")
        return replace(whole, kind=kind_of(bare))
    if _is_elliptic(low, bare):
        swapped = _swapped(topic.text[:_LONGEST_TOPIC], rest)
        added = f"{topic.text[:_LONGEST_TOPIC].rstrip('?!. ')} {rest}?"
        return parse(swapped) if swapped else replace(leaning_on(parse(added), rest), kind=topic.kind, unit=topic.unit)
    own = parse(text)
    if not _PRONOUN.search(_EXPLETIVE.sub(" ", low)) and sum(term.weight for term in own.terms) >= _ENOUGH:
        return own
    carried = [term.token for term in topic.terms if term.token not in FRAME_WORDS][:_MOST_CARRIED]
    if _PERSONAL.search(low):
        carried += [token for name in _PERSON.findall(answered)[:1] for token in tokens(name)]
    return parse(text, carried=tuple(carried))


def _is_elliptic(low: str, bare: str) -> bool:
    """Whether the message only names what changes: "and for members?", "what about Plus?", "on Sundays?"."""
    words = bare.split()
    if not words or not content_tokens(bare):
        return False
    asks = re.match(rf"{_ASKING}\b", bare) is not None
    if bare != low and not asks:
        return len(words) <= 8
    return not asks and len(words) <= 4 and _PREPOSITION.match(bare) is not None


def _swapped(topic: str, new: str) -> str | None:
    """The topic's question with the slot that `new` fills replaced; None where that slot cannot be told."""
    flat = topic.strip().rstrip("?!. ")
    fresh = {stem(token) for token in tokens(new)}
    family = next((family for family in _CLASSES if fresh & family), None)
    if family is not None:
        return _swapped_in_family(flat, new, family)
    led = _PREPOSITION.match(new)
    slot = re.search(_SLOT.format(re.escape(led[1])), flat, re.IGNORECASE) if led else None
    if slot:
        return f"{flat[: slot.start()]}{new}{flat[slot.end() :]}?"
    names = [match for match in re.finditer(r"(?<=\s)[A-ZÀ-Þ][\w-]*", flat) if folded(match[0]) not in STOP_WORDS]
    fresh_name = re.search(r"\b[A-ZÀ-Þ][\w-]*", new)
    if fresh_name and len(names) == 1:
        return f"{flat[: names[0].start()]}{fresh_name[0]}{flat[names[0].end() :]}?"
    return None


def _swapped_in_family(flat: str, new: str, family: frozenset[str]) -> str | None:
    """Visitors for members, Sunday for Saturday; a clause like "if I'm not a member" goes as a whole."""
    old = [match for match in re.finditer(r"[\w'’-]+", flat) if stem(folded(match[0])) in family]
    if not old:
        return None
    start, end = old[-1].span()
    words = _PREPOSITION.sub("", new, count=1)
    words = re.sub(r"^(?:the|a|an)\s+", "", words, flags=re.IGNORECASE)
    clause = _CLAUSE.search(flat[:start])
    if clause:
        start, words = clause.start(), f" for {words}"
    return f"{flat[:start]}{words}{flat[end:]}?"
