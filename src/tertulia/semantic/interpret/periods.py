"""Time phrases as Looker's date expressions: `since 2023` is `after 2023-01-01`, `Q2 2024` is `2024-Q2`."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from tertulia.semantic.interpret.calendar_words import MONTHS, ORDINALS, UNITS, UNSURE_MONTHS
from tertulia.semantic.interpret.tokens import NUMBER_WORDS, Token, TokenKind

_SINCE = {("since",), ("starting",), ("starting", "in"), ("starting", "from"), ("beginning", "in"), ("as", "of")}
_LEADS = (
    "in",
    "during",
    "of",
    "for",
    "on",
    "from",
    "since",
    "until",
    "till",
    "through",
    "by",
    "between",
    "before",
    "after",
)
_ON = {("on",), ("onward",), ("onwards",), ("on", "ward"), ("and", "later"), ("and", "after"), ("or", "later")}
_LAST = {"last", "past", "previous", "prior", "latest"}
_WHOLE = ("complete", "full", "completed", "whole", "entire")
_GRAINS = {"day": "date", "week": "week", "month": "month", "quarter": "quarter", "year": "year"}
_TO_DATE = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}


class Period(Struct, frozen=True, kw_only=True):
    """A date expression. `grain` is the timeframe it is one unit of, "" where it is none; more than one of
    `expressions` says that the words can mean any of them.
    """

    expressions: tuple[str, ...]
    grain: str = ""


class _Stretch(Struct, frozen=True, kw_only=True):
    """A piece of the calendar named by words; `month`, `quarter` or `half` without `year` waits for one."""

    start: date | None = None
    end: date | None = None
    expression: str = ""
    grain: str = ""
    month: int = 0
    quarter: int = 0
    half: int = 0
    day: int = 0

    @property
    def is_open(self) -> bool:
        return not self.expression


def period_at(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    """The longest time phrase that begins here, and how many tokens it takes."""
    found = [
        match
        for form in (_range, _since, _until, _rolling, _so_far, _named)
        if (match := form(tokens, at, today)) is not None
    ]
    return max(found, key=lambda match: match[0], default=None)


def _range(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    """`between A and B`, `from A to B`, `A to B`; both ends belong to it."""
    opener = tokens[at].text if tokens[at].text in ("between", "from") else ""
    begin = at + bool(opener)
    first = _stretch(tokens, begin, today, is_led=bool(opener))
    if first is None:
        return None
    length, start = first
    joint = begin + length
    words = ("and",) if opener == "between" else ("to", "until", "till", "through", "thru")
    if joint >= len(tokens) or tokens[joint].text not in words:
        return None
    second = _stretch(tokens, joint + 1, today, is_led=True)
    if second is None:
        return None
    end = second[1]
    if start.is_open and end.start is not None:
        start = _dated(start, end.start.year)
    if start.start is None or end.end is None or start.start >= end.end:
        return None
    consumed = joint + 1 + second[0] - at
    return consumed, Period(expressions=(f"{start.start} to {end.end}",))


def _since(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    for words in sorted(_SINCE, key=len, reverse=True):
        if not _reads(tokens, at, words):
            continue
        lead = len(words) + _start_of(tokens, at + len(words))
        if found := _stretch(tokens, at + lead, today, is_led=True):
            length, stretch = found
            return _bounded(lead + length, stretch, "after", today)
    if tokens[at].text == "after" and (found := _stretch(tokens, at + 1, today, is_led=True)):
        length, stretch = found
        if stretch.end is not None:
            return 1 + length, Period(expressions=(f"after {stretch.end}",))
        return None
    if tokens[at].text == "from" and (found := _stretch(tokens, at + 1, today, is_led=True)):
        length, stretch = found
        for words in sorted(_ON, key=len, reverse=True):
            if _reads(tokens, at + 1 + length, words) and stretch.start is not None:
                is_dangling = words == ("on",) and at + 2 + length < len(tokens)
                return None if is_dangling else _bounded(1 + length + len(words), stretch, "after", today)
    return None


def _start_of(tokens: Sequence[Token], at: int) -> int:
    """How many tokens `the start of` takes: since 2025 is since it began."""
    article = int(_reads(tokens, at, ("the",)))
    is_said = any(_reads(tokens, at + article, (word, "of")) for word in ("start", "beginning"))
    return article + 2 if is_said else 0


def _until(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    text = tokens[at].text
    words = 2 if _reads(tokens, at, ("prior", "to")) or _reads(tokens, at, ("up", "to")) else 1
    if words == 1 and text not in ("before", "until", "till", "through"):
        return None
    begin = at + words
    if begin < len(tokens) and _reads(tokens, begin, ("the", "end", "of")):
        begin += 3
        text = "through"
    found = _stretch(tokens, begin, today, is_led=True)
    if found is None or found[1].start is None or found[1].end is None:
        return None
    start, end = f"before {found[1].start}", f"before {found[1].end}"
    length = begin - at + found[0]
    if text == "through":
        return length, Period(expressions=(end,))
    if text in ("until", "till", "up"):
        # whether the last month or year still belongs to it is for the asker to say
        return length, Period(expressions=(end,) if found[1].grain == "date" else (end, start))
    return length, Period(expressions=(start,))


def _rolling(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    """`last 7 days`, `past 3 complete months`, `2 weeks ago`."""
    del today
    lead = at + 1 if tokens[at].text == "the" else at
    if lead < len(tokens) and tokens[lead].text in _LAST:
        amount = _amount(tokens, lead + 1)
        if amount is not None:
            is_whole = lead + 2 < len(tokens) and tokens[lead + 2].text in _WHOLE
            unit = _unit(tokens, lead + 2 + is_whole)
            if unit:
                spoken = f"{amount} {unit}{'' if amount == 1 else 's'}"
                is_over = is_whole or tokens[lead].text in ("previous", "prior")
                return lead + 3 + is_whole - at, Period(
                    expressions=(f"{spoken} ago for {spoken}" if is_over else spoken,)
                )
        return None
    amount = _amount(tokens, at)
    unit = _unit(tokens, at + 1)
    if amount and unit and _reads(tokens, at + 2, ("ago",)):
        return 3, Period(expressions=(f"{amount} {unit}{'' if amount == 1 else 's'} ago",), grain=_GRAINS.get(unit, ""))
    return None


def _so_far(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    """`so far this year`, `this month so far`, `year to date`, `ytd`."""
    del today
    start = at
    if _reads(tokens, at, ("so", "far")):
        start += 2
    is_this = start < len(tokens) and tokens[start].text in ("this", "current")
    unit = _unit(tokens, start + 1) if is_this else ""
    if unit and start > at:
        return 4, Period(expressions=(f"this {unit} to second",))
    if unit and (_reads(tokens, at + 2, ("so", "far")) or _reads(tokens, at + 2, ("to", "date"))):
        return 4, Period(expressions=(f"this {unit} to second",))
    if _reads(tokens, at + 1, ("to", "date")) and (unit := _unit(tokens, at)):
        return 3, Period(expressions=(f"this {unit} to second",))
    if tokens[at].text in _TO_DATE:
        return 1, Period(expressions=(f"this {_TO_DATE[tokens[at].text]} to second",))
    return None


def _named(tokens: Sequence[Token], at: int, today: date) -> tuple[int, Period] | None:
    is_led = at > 0 and tokens[at - 1].text in _LEADS
    unclear = _unclear(tokens, at)
    if unclear is not None:
        return unclear
    found = _stretch(tokens, at, today, is_led=is_led)
    if found is None:
        return None
    length, stretch = found
    if not stretch.is_open:
        return length, Period(expressions=(stretch.expression,), grain=stretch.grain)
    recent = [_dated(stretch, today.year - back) for back in range(3)]
    past = [each for each in recent if each.start is not None and each.start <= today]
    if not past:
        return None
    return length, Period(expressions=tuple(each.expression for each in past[:2]), grain=past[0].grain)


def _unclear(tokens: Sequence[Token], at: int) -> tuple[int, Period] | None:
    """`the last year`, `past month`: the one before this, or as long up to now?"""
    lead = at + 1 if tokens[at].text == "the" else at
    if (
        lead >= len(tokens)
        or tokens[lead].text not in _LAST
        or (lead == at and tokens[at].text in ("last", "previous"))
    ):
        return None
    unit = _unit(tokens, lead + 1)
    if unit not in ("year", "quarter", "month", "week"):
        return None
    rolling = {"year": "12 months", "quarter": "3 months", "month": "30 days", "week": "7 days"}[unit]
    return lead + 2 - at, Period(expressions=(f"last {unit}", rolling))


def _stretch(tokens: Sequence[Token], at: int, today: date, *, is_led: bool) -> tuple[int, _Stretch] | None:
    at_first = at
    while at < len(tokens) and tokens[at].text in ("the", "month", "year", "calendar") and at < at_first + 3:
        if (
            tokens[at].text in ("month", "year")
            and not _reads(tokens, at + 1, ("of",))
            and not _is_year(tokens, at + 1)
        ):
            break
        at += 2 if _reads(tokens, at + 1, ("of",)) and tokens[at].text in ("month", "year") else 1
    if at >= len(tokens):
        return None
    skipped = at - at_first
    forms = (
        lambda: _written_date(tokens, at),
        lambda: _relative(tokens, at, today),
        lambda: _part_of_year(tokens, at, today),
        lambda: _day_of_month(tokens, at, today),
        lambda: _month(tokens, at, today, is_led=is_led or skipped > 0),
        lambda: _year(tokens, at),
    )
    found = [match for form in forms if (match := form()) is not None]
    best = max(found, key=lambda match: match[0], default=None)
    return None if best is None else (best[0] + skipped, best[1])


def _written_date(tokens: Sequence[Token], at: int) -> tuple[int, _Stretch] | None:  # noqa: PLR0911 - one return for each form
    token = tokens[at]
    if token.kind is not TokenKind.DATE:
        return None
    text = token.text.replace("/", "-").replace(".", "-")
    if "0000" in text:
        return None
    if found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
        return _one(_calendar_day(*map(int, found.groups())))
    if found := re.fullmatch(r"(\d{1,2})-(\d{1,2})-(\d{4})", text):
        first, second, year = map(int, found.groups())
        # 03/04/2024 is April in one country and March in another
        if first <= 12 and second <= 12 and first != second:
            return None
        return _one(_calendar_day(year, *((second, first) if first > 12 else (first, second))))
    if found := re.fullmatch(r"(\d{4})-(\d\d)", text):
        return _one(_calendar_month(int(found[1]), int(found[2])))
    if found := re.fullmatch(r"(\d{1,2})-(\d{4})", text):
        return _one(_calendar_month(int(found[2]), int(found[1])))
    if found := re.fullmatch(r"(\d{4})-q(\d)", text):
        return _one(_dated(_Stretch(quarter=int(found[2])), int(found[1])))
    if found := re.fullmatch(r"q(\d)-(\d{4})", text):
        return _one(_dated(_Stretch(quarter=int(found[1])), int(found[2])))
    if found := re.fullmatch(r"fy-?(\d{4})(?:-q(\d))?", text):
        expression = f"FY{found[1]}" + (f"-Q{found[2]}" if found[2] else "")
        return 1, _Stretch(expression=expression, grain="fiscal_quarter" if found[2] else "fiscal_year")
    return None


def _relative(tokens: Sequence[Token], at: int, today: date) -> tuple[int, _Stretch] | None:
    text = tokens[at].text
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if text in days:
        day = today + timedelta(days=days[text])
        return 1, _Stretch(start=day, end=day + timedelta(days=1), expression=text, grain="date")
    turn = {"last": "last", "previous": "last", "this": "this", "current": "this", "next": "next"}.get(text)
    unit = _unit(tokens, at + 1)
    skip = 0
    if turn and not unit and _reads(tokens, at + 1, ("calendar",)):
        unit, skip = _unit(tokens, at + 2), 1
    if not turn or unit not in ("day", "week", "month", "quarter", "year", "fiscal year", "fiscal quarter"):
        return None
    shift = {"last": -1, "this": 0, "next": 1}[turn]
    length = 2 + skip + (" " in unit)
    if unit == "day":
        return None
    start, end = _unit_bounds(today, unit, shift)
    return length, _Stretch(
        start=start, end=end, expression=f"{turn} {unit}", grain=_GRAINS.get(unit, unit.replace(" ", "_"))
    )


def _part_of_year(tokens: Sequence[Token], at: int, today: date) -> tuple[int, _Stretch] | None:
    """`Q2 2024`, `first quarter of 2024`, `second half of last year`, `H1 2024`."""
    token = tokens[at]
    part: _Stretch | None = None
    length = 0
    if token.kind is TokenKind.DATE and (found := re.fullmatch(r"([qh])(\d)", token.text)):
        part = _Stretch(quarter=int(found[2])) if found[1] == "q" else _Stretch(half=int(found[2]))
        length = 1
    elif (number := ORDINALS.get(_ordinal(tokens, at))) is not None:
        length = 2 if token.kind is TokenKind.NUMBER else 1
        noun = tokens[at + length].stem if at + length < len(tokens) else ""
        if noun not in ("quarter", "half") or (noun == "half" and number > 2):
            return None
        part = _Stretch(quarter=number) if noun == "quarter" else _Stretch(half=number)
        length += 1
    elif token.stem == "quarter" and (number := _amount(tokens, at + 1)) and number <= 4:
        part, length = _Stretch(quarter=number), 2
    if part is None:
        return None
    return _in_year(tokens, at, length, part, today)


def _day_of_month(tokens: Sequence[Token], at: int, today: date) -> tuple[int, _Stretch] | None:
    """`15 March 2024`, `March 15th, 2024`, `the 15th of March`."""
    month = MONTHS.get(tokens[at].text)
    if month:
        day, length = _day_number(tokens, at + 1)
        if not day:
            return None
        return _real(_in_year(tokens, at, 1 + length, _Stretch(month=month, day=day), today))
    day, length = _day_number(tokens, at)
    if not day:
        return None
    follow = at + length + _reads(tokens, at + length, ("of",))
    month = MONTHS.get(tokens[follow].text) if follow < len(tokens) else None
    return _real(_in_year(tokens, at, follow + 1 - at, _Stretch(month=month, day=day), today)) if month else None


def _real(found: tuple[int, _Stretch]) -> tuple[int, _Stretch] | None:
    """Not 31 February."""
    return found if found[1].month or found[1].expression else None


def _month(tokens: Sequence[Token], at: int, today: date, *, is_led: bool) -> tuple[int, _Stretch] | None:
    if tokens[at].text in ("last", "this") and at + 1 < len(tokens) and (month := MONTHS.get(tokens[at + 1].text)):
        if tokens[at].text == "this":
            return 2, _calendar_month(today.year, month)
        # the latest such month that is over
        year = today.year if month < today.month else today.year - 1
        return 2, _calendar_month(year, month)
    month = MONTHS.get(tokens[at].text)
    if not month:
        return None
    found = _in_year(tokens, at, 1, _Stretch(month=month), today)
    is_unsure = tokens[at].text in UNSURE_MONTHS and not is_led
    return None if is_unsure and found[1].is_open else found


def _year(tokens: Sequence[Token], at: int) -> tuple[int, _Stretch] | None:
    if not _is_year(tokens, at):
        return None
    return 1, _whole_year(int(tokens[at].text))


def _in_year(tokens: Sequence[Token], at: int, length: int, part: _Stretch, today: date) -> tuple[int, _Stretch]:
    follow = at + length
    if follow < len(tokens) and tokens[follow].text in ("of", ",", "in"):
        follow += 1
    if _reads(tokens, follow, ("the", "year")):
        follow += 2
    elif _reads(tokens, follow, ("year",)):
        follow += 1
    if _is_year(tokens, follow):
        return follow + 1 - at, _dated(part, int(tokens[follow].text))
    if follow < len(tokens) and (short := re.fullmatch(r"'(\d\d)", tokens[follow].text)):
        return follow + 1 - at, _dated(part, 2000 + int(short[1]))
    turns = {"last": -1, "previous": -1, "this": 0, "current": 0}
    if follow + 1 < len(tokens) and tokens[follow].text in turns and tokens[follow + 1].text == "year":
        return follow + 2 - at, _dated(part, today.year + turns[tokens[follow].text])
    return length, part


def _dated(part: _Stretch, year: int) -> _Stretch:
    if part.month and part.day:
        return _calendar_day(year, part.month, part.day)
    if part.month:
        return _calendar_month(year, part.month)
    if part.quarter:
        start = date(year, 3 * part.quarter - 2, 1)
        expression = f"{year:04}-Q{part.quarter}"
        return _Stretch(start=start, end=_months_later(start, 3), expression=expression, grain="quarter")
    if part.half:
        start = date(year, 6 * part.half - 5, 1)
        end = _months_later(start, 6)
        return _Stretch(start=start, end=end, expression=f"{start} to {end}")
    return part


def _calendar_day(year: int, month: int, day: int) -> _Stretch:
    try:
        start = date(year, month, day)
    except ValueError:
        return _Stretch()
    return _Stretch(start=start, end=start + timedelta(days=1), expression=start.isoformat(), grain="date")


def _calendar_month(year: int, month: int) -> _Stretch:
    if not 1 <= month <= 12:
        return _Stretch()
    start = date(year, month, 1)
    return _Stretch(start=start, end=_months_later(start, 1), expression=f"{year:04}-{month:02}", grain="month")


def _whole_year(year: int) -> _Stretch:
    return _Stretch(start=date(year, 1, 1), end=date(year + 1, 1, 1), expression=f"{year:04}", grain="year")


def _one(stretch: _Stretch) -> tuple[int, _Stretch] | None:
    return None if stretch.is_open else (1, stretch)


def _bounded(length: int, stretch: _Stretch, word: str, today: date) -> tuple[int, Period] | None:
    if stretch.is_open and (stretch.month or stretch.quarter):
        past = [each for back in range(2) if (each := _dated(stretch, today.year - back)).start and each.start <= today]
        stretch = past[0] if past else stretch
    if stretch.start is None:
        return None
    return length, Period(expressions=(f"{word} {stretch.start}",))


def _unit_bounds(today: date, unit: str, shift: int) -> tuple[date | None, date | None]:
    """Weeks and fiscal units begin where the model says: their bounds are left to the filter."""
    if unit == "month":
        start = _months_later(today.replace(day=1), shift)
        return start, _months_later(start, 1)
    if unit == "quarter":
        start = _months_later(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * shift)
        return start, _months_later(start, 3)
    if unit == "year":
        return date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1)
    return None, None


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _is_year(tokens: Sequence[Token], at: int) -> bool:
    if at >= len(tokens) or not tokens[at].is_plain or len(tokens[at].text) != 4:
        return False
    return 1900 <= int(tokens[at].text) <= 2100


def _amount(tokens: Sequence[Token], at: int) -> int | None:
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.is_plain and len(token.text) < 5:
        return int(token.text) or None
    return NUMBER_WORDS.get(token.text)


def _unit(tokens: Sequence[Token], at: int) -> str:
    if at >= len(tokens):
        return ""
    if tokens[at].text == "fiscal" and at + 1 < len(tokens) and tokens[at + 1].stem in ("year", "quarter"):
        return f"fiscal {tokens[at + 1].stem}"
    return UNITS.get(tokens[at].stem, "")


def _ordinal(tokens: Sequence[Token], at: int) -> str:
    if tokens[at].is_plain and _reads(tokens, at + 1, ("th",)):
        return {"1": "first", "2": "second", "3": "third", "4": "fourth"}.get(tokens[at].text, "")
    return tokens[at].text


def _day_number(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    if at >= len(tokens) or not tokens[at].is_plain or len(tokens[at].text) > 2 or int(tokens[at].text) > 31:
        return 0, 0
    return int(tokens[at].text), 2 if _reads(tokens, at + 1, ("th",)) else 1


def _reads(tokens: Sequence[Token], at: int, words: Sequence[str]) -> bool:
    return tuple(token.text for token in tokens[at : at + len(words)]) == tuple(words)
