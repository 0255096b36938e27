"""Messages that are no question for the documents, and what to say to them."""

import re

from tertulia.providers.extractive.words import folded

_WORDS = {
    **dict.fromkeys(("hello", "hi", "hey", "hiya", "howdy", "greetings", "yo", "welcome"), "Hello"),
    **dict.fromkeys(("good morning", "morning"), "Good morning"),
    **dict.fromkeys(("good afternoon",), "Good afternoon"),
    **dict.fromkeys(("good evening", "evening"), "Good evening"),
    **dict.fromkeys(("good day",), "Good day"),
    **dict.fromkeys(("hallo", "guten tag", "guten morgen", "guten abend", "moin", "servus", "gruss gott"), "Hallo"),
    **dict.fromkeys(("hola", "buenos dias", "buenas tardes", "buenas noches", "buenas"), "Hola"),
    **dict.fromkeys(("bonjour", "salut", "bonsoir", "coucou"), "Bonjour"),
    **dict.fromkeys(("ciao", "buongiorno", "buonasera", "salve"), "Ciao"),
    **dict.fromkeys(("ola", "oi", "bom dia", "boa tarde", "boa noite"), "Olá"),
    **dict.fromkeys(("hej", "hejsan", "god morgon"), "Hej"),
    **dict.fromkeys(("czesc", "dzien dobry"), "Cześć"),
    **dict.fromkeys(("привет", "здравствуите"), "Привет"),
    **dict.fromkeys(("你好", "您好"), "你好"),
    **dict.fromkeys(("こんにちは", "おはよう"), "こんにちは"),
    **dict.fromkeys(("안녕하세요", "안녕"), "안녕하세요"),
    **dict.fromkeys(("مرحبا", "السلام عليكم"), "مرحبا"),
    **dict.fromkeys(("namaste", "नमस्ते"), "नमस्ते"),
}
_GREETINGS = {folded(word): greeting for word, greeting in _WORDS.items()}
_THANKS = (
    "thanks|thank you|thank u|thx|ty|cheers|much appreciated|many thanks|danke|vielen dank|gracias|muchas gracias|merci|"
    "grazie|obrigado|obrigada|tack|dziekuje|спасибо|谢谢|ありがとう|감사합니다"
)
_BYES = (
    "bye|goodbye|good bye|bye bye|see you|see ya|see you later|have a nice day|good night|tschuss|auf wiedersehen|adios|"
    "hasta luego|au revoir|arrivederci|tchau|cya"
)
_NODS = (
    "ok|okay|k|fine|great|good|nice|cool|perfect|awesome|super|wow|alright|all right|got it|i see|understood|sure|yes|no|"
    "yep|nope|yeah|very good|well done|that helps|that helped|that is all|thats all|that's all|very helpful|that was helpful|excellent|lol|haha|hmm|test|testing|ping"
)
_FILLERS = "there|everyone|everybody|all|team|bot|assistant|again|so much|a lot|very much|for (?:your|the) help|for that|dear|sir|madam|friend|and|to you"
_ABOUT_SELF = (
    r"(?:so )?(?:and )?(?:who|what) (?:exactly )?(?:are|r) (?:you|u)(?: exactly)?|what(?:'s| is) your name|what(?: else)? can (?:you|u) (?:do|help)(?: for me| me)?(?: with)?|"
    r"what do you do|how (?:do|does|can|should) (?:you|i use you|i use this)(?: work| help(?: me)?)?|"
    r"(?:please )?help(?: me)?(?: please)?|can you help(?: me)?(?: please)?|i need (?:some )?help|what can i ask(?: you)?(?: about)?|what should i ask|"
    r"introduce yourself|tell me about yourself|are you (?:a |an )?(?:human|robot|bot|ai|chatgpt|real|person|real person|machine)|"
    r"start|begin|menu|quien eres|wer bist du|was kannst du|que puedes hacer|qui es tu"
)
_WELLBEING = r"(?:how are you|how(?:'s| is) it going|how do you do|what(?:'s| is) up|sup|wie geht(?:'s| es dir)|como estas|que tal|ca va)(?: doing)?(?: today)?"
_GREETING = "|".join(sorted(map(re.escape, _GREETINGS), key=len, reverse=True))
_OPENING = re.compile(
    rf"^(?:(?:{_GREETING}|{_THANKS}|ok|okay|great|perfect|fine|got it|please)(?:\s+(?:{_FILLERS}))*\s*[,.!;:–-]+\s*|(?:{_GREETING})\s+(?:(?:there|everyone|all|team|bot)\s+)?)+"
)
_EXAMPLES = (
    "“How long is the notice period?”, “What does the Plus plan cost?”, or a few key words. "
    "You can also follow up with “and for members?”."
)
_PURPOSE = "I answer questions from this project's documents, in their own words, with a link to the passage behind each sentence."

_SELF = (
    f"I am the built-in model of this server. {_PURPOSE} I need no network and no key, I make nothing up, and where the "
    f"documents do not contain an answer I say so and show the closest passages. Ask me, for example: {_EXAMPLES}"
)
_LONGEST = 200


def reply(text: str) -> str | None:
    """What to say to a message that asks nothing of the documents; None where it does."""
    if len(text) > _LONGEST:
        return None
    plain = _plain(text)
    if not plain:
        return f"I can read words best. {_PURPOSE} Ask me, for example: {_EXAMPLES}"
    for pattern, answer in _REPLIES:
        if pattern.fullmatch(plain):
            return answer
    greeting = _GREETED.fullmatch(plain)
    if greeting:
        return f"{_GREETINGS[greeting[1]]}! {_PURPOSE} Ask me, for example: {_EXAMPLES}"
    return None


def without_opening(text: str) -> str:
    """The message without the greeting or thanks that leads it, where something else is left."""
    start = folded(text[:_LONGEST])
    match = _OPENING.match(start) if len(start) == len(text[:_LONGEST]) else None
    rest = text[match.end() :].strip() if match else ""
    return rest if any(char.isalnum() for char in rest) else text.strip()


def _plain(text: str) -> str:
    kept = "".join(
        char if char.isalnum() or char in "' ’" or "\u0900" <= char <= "\u097f" else " " for char in folded(text)
    )
    return " ".join(kept.replace("’", "'").split())


_TAIL = rf"(?: (?:{_FILLERS}))*"
_GREETED = re.compile(rf"({_GREETING})(?: (?:{_GREETING}))*{_TAIL}(?: (?:{_WELLBEING}|nice to meet you))?")
_REPLIES = (
    (re.compile(rf"(?:(?:{_NODS}) )*(?:{_THANKS})(?: (?:{_THANKS}|{_NODS}|{_BYES}))*{_TAIL}"), "You are welcome! Ask me anything else about the documents."),
    (re.compile(rf"(?:(?:{_NODS}|{_THANKS}) )*(?:{_BYES}){_TAIL}"), "Goodbye! The conversation stays here, so you can go on whenever you like."),
    (re.compile(rf"(?:{_NODS})(?: (?:{_NODS}))*"), f"Good. If there is more you want to know, just ask, for example: {_EXAMPLES}"),
    (re.compile(rf"(?:(?:{_GREETING}) )?(?:{_WELLBEING}){_TAIL}"), f"All is well, thank you! {_PURPOSE} What would you like to know?"),
    (re.compile(rf"(?:(?:{_GREETING}){_TAIL} )?(?:{_ABOUT_SELF})"), _SELF),
)  # fmt: skip
