"""Numbers, moments and contacts in a sentence: whether it holds the kind of thing asked for, and what it says."""

import re

from msgspec import Struct

from tertulia.providers.extractive.question import AnswerKind
from tertulia.providers.extractive.words import folded, stem

_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_NUMBER_WORDS = {word: str(value) for value, word in enumerate(_WORDS)} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
    "half": "0.5",
    "dozen": "12",
    "twice": "2",
    "once": "1",
}
_NUMBER = rf"(?:\d+(?:[.,]\d+)*|\b(?:{'|'.join(_NUMBER_WORDS)})\b)"
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_SPAN = r"(?:calendar |working |business |full |consecutive |paid )*(?:seconds?|minutes?|hours?|days?|nights?|weeks?|fortnights?|months?|quarters?|years?|h|min|yrs?)\b"
_CURRENCY = r"(?:[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|francs?|cents?|crowns?)\b)"
_MONEY = rf"{_CURRENCY}\s?\d|{_NUMBER}\s?{_CURRENCY}|\bfree(?: of charge)?\b|\bno (?:extra )?(?:charge|cost|fee)"
_CLOCK = r"\b\d{1,2}:\d{2}\b|\b\d{1,2}(?:\.\d\d)?\s?(?:a\.?m|p\.?m|o'clock|h)\b|\bnoon\b|\bmidnight\b"
_DATE = rf"\b\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:of\s)?{_MONTH}\b|\b{_MONTH}\s\d{{1,2}}\b|\b{_MONTH}\b|\b(?:19|20)\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b"
_EMAIL = r"\S+@\S+\.\w+"
_PHONE = r"\+\d[\d ()/-]{5,}|\b\d{2,5}[ /-]\d[\d -]{3,}|\bext(?:ension|\.)?\s?\d+"
_LINK = r"\bhttps?://|\bwww\.|\b[\w-]+\.(?:example|com|org|net|io|eu|de|co|test|local)\b"
_ROLE = (
    r"\b(?:manager|officer|team|department|director|head|lead|chair\w*|secretary|treasurer|board|committee|desk|office|"
    r"supervisor|council|management|staff|hr|it|finance|employees?|members?|anyone|everyone|nobody|assistant|president|ceo|cfo|cto)\b"
)
_PLACES = r"\b(?:in|at|on|near|next to|behind|under|opposite|from|to|outside|inside|via)\s(?:the\s|our\s)?[\w'’-]+|\b(?:street|road|room|floor|building|square|avenue|lane)\b"
_STEPS = r"\b(?:must|should|need to|have to|please|submit|use|fill|send|click|press|go to|open|select|enter|contact|ask|request|write|call|hold|turn|choose|log|first|then|by)\b"
_REASONS = r"\bbecause\b|\bso that\b|\bin order to\b|\bdue to\b|\breasons?\b|\bsince\b|\bthis (?:is|ensures|helps|avoids|keeps)\b|\bto (?:avoid|ensure|protect|prevent|keep|reduce|save|meet)\b|\botherwise\b|\btherefore\b"
_RULES = r"\b(?:must|may|can|cannot|not|no|only|never|always|allowed|permitted|required|prohibited|forbidden|possible|excluded|included|optional|mandatory|yes|unless|except|without|free|need)\b"
_OFTEN = r"\b(?:every|each|daily|weekly|monthly|quarterly|annual\w*|yearly|hourly|twice|once|per|times|always|regularly|after)\b"
_SHAPES: dict[AnswerKind, re.Pattern[str]] = {
    kind: re.compile(pattern)
    for kind, pattern in {
        AnswerKind.COUNT: _NUMBER + r"|\bunlimited\b|\bno limit\b|\bnone\b",
        AnswerKind.MONEY: _MONEY,
        AnswerKind.DURATION: rf"{_NUMBER}[\s-]{_SPAN}|\b(?:a|an|one|per|next|same)\s{_SPAN}|\bimmediately\b|\bindefinite|\bend of\b|\buntil\b",
        AnswerKind.FREQUENCY: _OFTEN,
        AnswerKind.MOMENT: rf"{_DATE}|{_CLOCK}|\b{_WEEKDAY}\b|\b(?:within|before|after|until|by|daily|end of|beginning of)\b|\b(?:first|second|third|fourth|fifth|sixth|seventh|tenth|\d+(?:st|nd|rd|th))\b",
        AnswerKind.PERSON: rf"{_EMAIL}|{_ROLE}",
        AnswerKind.PLACE: f"{_PLACES}|{_LINK}",
        AnswerKind.EMAIL: _EMAIL,
        AnswerKind.PHONE: _PHONE,
        AnswerKind.LINK: _LINK,
        AnswerKind.CONTACT: f"{_EMAIL}|{_PHONE}|{_LINK}|\\broom\\b|\\bdesk\\b",
        AnswerKind.STEPS: _STEPS,
        AnswerKind.REASON: _REASONS,
        AnswerKind.RULE: _RULES,
    }.items()
}
_MEASURES = {
    "weight": re.compile(r"\d\s?(?:kg|g|kilos?|kilograms?|grams?|lbs?|pounds|tons?|tonnes?|t)\b"),
    "length": re.compile(r"\d\s?(?:mm|cm|m|km|met(?:er|re)s?|inch(?:es)?|in|ft|feet|foot)\b|\d\s?\""),
    "distance": re.compile(r"\d\s?(?:km|m|met(?:er|re)s?|kilomet(?:er|re)s?|miles?|minutes?|hours?)\b"),
    "temperature": re.compile(r"\d\s?(?:°|degrees?|c\b|f\b)"),
    "loudness": re.compile(r"\d\s?(?:db|decibels?)\b"),
    "speed": re.compile(r"\d\s?(?:km/h|kmh|kph|mph|m/s|knots|kilomet|mb|gb)"),
    "share": re.compile(r"\d\s?(?:%|percent)"),
}
_PROPER = re.compile(
    r"(?<=[\w,;:)] )[A-ZÀ-Þ][a-zà-ÿ'’-]+(?:\s[A-ZÀ-Þ][\w'’.-]+)+|^[A-ZÀ-Þ][a-zà-ÿ]+\s[A-ZÀ-Þ][a-zà-ÿ]+\b|\bDr\.|\bMrs?\.|\bMs\."
)
_FACT = re.compile(
    rf"(?P<clock>{_CLOCK})|(?P<date>\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:\s\d{{4}})?\b|\b{_MONTH}\s\d{{1,2}}(?:,?\s\d{{4}})?\b|\b\d{{4}}-\d\d-\d\d\b)"
    rf"|(?:(?P<before>{_CURRENCY})\s?)?(?P<number>{_NUMBER})(?P<after>\s?%|\s?percent\b|\s?{_CURRENCY}|[\s-](?:calendar |working |business |paid )*[a-z]+)?|(?P<weekday>\b{_WEEKDAY}\b)"
)  # fmt: skip
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DATED = re.compile(
    rf"\b(?:valid|effective|applies|as of|as at|since|version|revised|revision|updated|amended|adopted|in force|dated?|status|edition|issued?|from|starting)\b[^.;\n]{{0,40}}?"
    rf"(?P<date>(?:\d{{1,2}}\s)?(?:{_MONTH}\s)?(?:\d{{1,2}},\s)?(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?)"
)  # fmt: skip
_MONTHS: list[str] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


class Fact(Struct, frozen=True):
    """A value a sentence states: "25 day", "12 money", "17:00 clock"."""

    value: str
    unit: str


def fit(kind: AnswerKind, unit: str, text: str) -> float:
    """How far a text holds the kind of thing asked for: 1 yes, 0 no, 0.5 where any text may."""
    if kind is AnswerKind.ANY:
        return 0.5
    low = folded(text)
    if kind is AnswerKind.PERSON and _PROPER.search(text):
        return 1.0
    if not _SHAPES[kind].search(low):
        return 0.0
    if unit in _MEASURES:
        return 1.0 if _MEASURES[unit].search(low) else 0.3
    if kind in (AnswerKind.COUNT, AnswerKind.DURATION) and unit:
        return 1.0 if any(fact.unit == unit for fact in facts(text)) else 0.6
    return 1.0


def is_specific(kind: AnswerKind, unit: str) -> bool:
    """Whether few sentences hold what is asked for, so that one that does stands out."""
    contacts = (AnswerKind.EMAIL, AnswerKind.PHONE, AnswerKind.LINK, AnswerKind.CONTACT)
    return kind in contacts or unit in _MEASURES


def facts(text: str) -> list[Fact]:
    """The values a text states, in order."""
    return [_fact(match) for match in _FACT.finditer(folded(text))]


def dated(text: str) -> str | None:
    """The date a text gives for itself as "2026", "2026-03" or "2026-03-01"; the latest where there are several."""
    found = [_iso(match["date"]) for match in _DATED.finditer(folded(text))]
    return max(found, default=None)


def year_in(name: str) -> str | None:
    """The latest year in a document's name."""
    return max(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", name), default=None)


def _fact(match: re.Match[str]) -> Fact:
    if match["clock"]:
        return Fact(match["clock"].replace(" ", "").replace(".", ""), "clock")
    if match["date"]:
        return Fact(match["date"].replace(",", ""), "date")
    if match["weekday"]:
        return Fact(match["weekday"].removesuffix("s"), "weekday")
    return _amount(match)


def _amount(match: re.Match[str]) -> Fact:
    number = _NUMBER_WORDS.get(match["number"], match["number"].replace(",", ""))
    unit = (match["after"] or "").strip(" -")
    if match["before"] or re.fullmatch(_CURRENCY, unit):
        return Fact(f"{float(number):g}" if re.fullmatch(r"\d+(\.\d+)?", number) else number, "money")
    if unit in ("%", "percent"):
        return Fact(number, "percent")
    if not unit:
        return Fact(number, "date" if _YEAR.fullmatch(number) else "")
    return Fact(number, stem(unit.split()[-1]))


def _iso(date: str) -> str:
    year = _YEAR.search(date)
    if year is None or re.match(r"\d{4}-", date):
        return date
    month = re.search(_MONTH, date)
    if month is None:
        return year[0]
    number = _MONTHS.index(month[0][:3]) + 1
    day = re.search(r"\b(\d{1,2})\b", date.replace(year[0], ""))
    return f"{year[0]}-{number:02}" + (f"-{int(day[1]):02}" if day else "")
