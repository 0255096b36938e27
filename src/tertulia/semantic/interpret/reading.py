"""The form of a question: which phrase asks for what, before it is known which explore can answer."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct, structs

from tertulia.semantic.interpret.amounts import SIZES, Compare, Rank
from tertulia.semantic.interpret.business_words import PERSONS
from tertulia.semantic.interpret.comparable import can_follow, is_comparable, is_of_age
from tertulia.semantic.interpret.marks import Amount, Days, Mark, Term, Trend, Unknown
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.periods import Period
from tertulia.semantic.interpret.structure import AGGREGATES, VERBS, Role
from tertulia.semantic.interpret.tokens import stems_of


class Use(StrEnum):
    """What a phrase is there for. RANKED things are cut by a RANKING measure; SORTING only orders."""

    SUBJECT = "subject"
    CONTEXT = "context"
    BREAKDOWN = "breakdown"
    EACH = "each"
    PER = "per"
    LIST = "list"
    RANKED = "ranked"
    RANKING = "ranking"
    SORTING = "sorting"
    COUNT = "count"
    EXCLUDED = "excluded"


class Item(Struct, frozen=True, kw_only=True):
    """A phrase in its use. `near` is the entity it stands directly beside; `link` the word that joins it to the item
    before (AND, OR, COMMA, VERSUS), None for none; `lead` the word that opened its use.
    """

    term: Term
    use: Use
    aggregate: str = ""
    compare: Compare | None = None
    near: Term | None = None
    link: Role | None = None
    is_plural: bool = False
    lead: str = ""
    is_attribute: bool = False
    is_predicate: bool = False


class Timing(Struct, frozen=True, kw_only=True):
    """A period with what says of which date it is: a date's own name, or a verb (and how it was written) and the entity
    before it.
    """

    period: Period
    date: Term | None = None
    verb: Role | None = None
    verb_text: str = ""
    near: Term | None = None
    link: Role | None = None


class Grain(Struct, frozen=True, kw_only=True):
    """A breakdown by time; RANKED where it is the time that is asked for (`which month`)."""

    timeframe: str
    use: Use


class Reading(Struct, frozen=True, kw_only=True):
    """Everything the words say. `problems` are words that found no place; `is_asked`: it ends with a question mark."""

    items: list[Item]
    timings: list[Timing] = []
    grains: list[Grain] = []
    days: list[Days] = []
    rank: Rank | None = None
    is_rank_plural: bool = False
    is_ascending: bool | None = None
    roles: frozenset[Role] = frozenset()
    unattached: list[tuple[Compare, Term | None]] = []
    unknown: list[str] = []
    problems: list[str] = []
    is_asked: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.items or self.timings or self.grains or self.days or self.rank)


_OPENING = {
    Role.SHOW: Use.SUBJECT,
    Role.COMPARE: Use.SUBJECT,
    Role.LIST: Use.LIST,
    Role.COUNT: Use.COUNT,
    Role.BY: Use.BREAKDOWN,
    Role.EACH: Use.EACH,
    Role.PER: Use.PER,
    Role.SORTING: Use.SORTING,
    Role.EXCEPT: Use.EXCLUDED,
    Role.CONTEXT: Use.CONTEXT,
    Role.ONLY: Use.CONTEXT,
    Role.ABOUT: Use.CONTEXT,
    Role.NOW: Use.CONTEXT,
    Role.SAME: Use.CONTEXT,
    Role.ALSO: Use.CONTEXT,
}
_LINKS = (Role.AND, Role.OR, Role.COMMA, Role.VERSUS)
_SILENT = (Role.HAVE, Role.IS, Role.TOGETHER, Role.DISTINCT, Role.INSTEAD)
_EXPECTING = (Use.BREAKDOWN, Use.EACH, Use.PER, Use.SORTING)
_BREAKDOWNS = (Use.BREAKDOWN, Use.EACH, Use.PER, Use.LIST, Use.RANKED)


def read(marks: Sequence[Mark]) -> Reading:
    reader = _Reader(marks)
    for at in range(len(marks)):
        reader.step(at)
    return reader.reading()


class _Reader:
    """Walks over the marks once; `use` is what the next phrase is there for."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.marks = marks
        self.items: list[Item] = []
        self.timings: list[Timing] = []
        self.grains: list[Grain] = []
        self.days: list[Days] = []
        self.rank: Rank | None = None
        self.is_rank_plural = False
        self.is_ascending: bool | None = None
        self.roles: set[Role] = set()
        self.compares: list[tuple[Compare, Term | None]] = []
        self.pending_near: Term | None = None
        self.unknown: list[str] = []
        self.problems: list[str] = []
        self.use = Use.SUBJECT
        self.last_use = Use.SUBJECT
        self.outer_use = Use.CONTEXT
        self.opener = ""
        self.aggregate = ""
        self.aggregate_text = ""
        self.verb: Role | None = None
        self.link: Role | None = None
        self.pending: Compare | None = None
        self.is_pending_aged = False
        self.is_rank_open = False

    def step(self, at: int) -> None:
        mark = self.marks[at]
        match mark.sense:
            case Role():
                self._role(mark.sense, mark)
            case Term():
                self._term(mark.sense, mark, at)
            case Period():
                self._period(mark.sense, at)
            case Trend():
                self._trend(mark.sense, mark)
            case Days():
                self._refuse_if(self.use is Use.EXCLUDED, mark)
                self.days.append(mark.sense)
                self.use = Use.CONTEXT
            case Compare():
                self._compare(mark.sense, at)
            case Rank():
                self._rank(mark.sense, mark)
            case Amount():
                self.problems.append(mark.text)
            case Unknown():
                self.unknown.append(mark.text)

    def reading(self) -> Reading:
        if self.aggregate:
            self.problems.append(self.aggregate_text)
        if self.use in (*_EXPECTING, Use.EXCLUDED):
            self.problems.append(self.opener)
        if self.pending is not None:
            self._leave(self.pending)
        return Reading(
            items=self.items,
            timings=self.timings,
            grains=self.grains,
            days=self.days,
            rank=self.rank,
            is_rank_plural=self.is_rank_plural,
            is_ascending=self.is_ascending,
            roles=frozenset(self.roles),
            unattached=self.compares,
            unknown=self.unknown,
            problems=self.problems,
        )

    def _role(self, role: Role, mark: Mark) -> None:
        self.roles.add(role)
        if role in _OPENING:
            self._open(role, mark)
        elif role in _LINKS:
            self.link = role
            self.use = self.last_use
            self.opener = mark.text
        elif role in AGGREGATES:
            self._refuse_if(bool(self.aggregate), mark)
            self.aggregate, self.aggregate_text = AGGREGATES[role], mark.text
        elif role in (Role.TRADE, Role.CREATED, Role.NEW):
            self._refuse_if(self.use is Use.EXCLUDED, mark)
            self.verb = role
            self.use = Use.CONTEXT if role is not Role.NEW else self.use
        elif role in (Role.ASCENDING, Role.DESCENDING):
            self.is_ascending = role is Role.ASCENDING
        elif role not in _SILENT:
            self.problems.append(mark.text)

    def _open(self, role: Role, mark: Mark) -> None:
        if self.use is Use.EXCLUDED:
            # `not in Germany` goes on excluding; a second `not` takes the first one back, which nobody means
            self._refuse_if(role is not Role.CONTEXT, mark)
            return
        if role is Role.CONTEXT and self.use in (Use.COUNT, Use.LIST) and mark.text.lower() in ("of", "of the"):
            return
        if role is Role.CONTEXT and self.aggregate and mark.text.lower() in ("of", "of the", "the", "in", "on"):
            return
        if role is Role.SHOW and self.is_rank_open:
            return
        self._refuse_if(self.use in _EXPECTING and role is Role.CONTEXT, mark)
        self.outer_use = self.use
        self.use = _OPENING[role]
        self.opener = mark.text
        if role is Role.BY and self.is_rank_open and not self._ranked_already():
            self.is_rank_open = False

    def _term(self, sense: Term, mark: Mark, at: int) -> None:
        is_apart = self.is_pending_aged and (
            not isinstance(self.marks[at - 1].sense, Compare)
            or not mark.is_plural
            or bool(set(stems_of(mark.text)) & PERSONS)
        )
        if self.pending is not None and (is_apart or not can_follow(self.pending, sense)):
            self._leave(self.pending)
            self.pending = None
        is_attribute = self._keeps_use(sense)
        use = Use.CONTEXT if is_attribute or self._is_agent(mark, at) else self._use_of(sense)
        item = Item(
            term=sense,
            use=use,
            aggregate=self.aggregate,
            compare=self.pending,
            near=self._near(at),
            link=self.link,
            is_plural=mark.is_plural,
            lead=self.opener.lower(),
            is_attribute=self._is_attribute(at),
            is_predicate=self._is_predicate(at),
        )
        self.aggregate = ""
        self.pending = None
        self.is_pending_aged = False
        self.items.append(item)
        if use is Use.EXCLUDED and item.is_attribute:
            # `how many non-cancelled orders` still counts orders
            self._settle(use)
            self.use = self.outer_use
        elif not is_attribute or (self.use in _EXPECTING and not self._is_term(at + 1)):
            # `orders by phone` narrows by the value, and nothing follows to break down by
            self._settle(use)
        self.link = None

    def _is_agent(self, mark: Mark, at: int) -> bool:
        """`orders placed by customers` says who, not by what to break down."""
        if self.use is not Use.BREAKDOWN or at < 2 or not mark.is_plural:
            return False
        is_person = self._entity_at(at) is not None and bool(set(stems_of(mark.text)) & PERSONS)
        if self.marks[at - 1].sense is not Role.BY or not is_person:
            return False
        # `visits by patients` can mean the same, or one line for each
        self._refuse_if(self.marks[at - 2].sense not in VERBS, mark)
        return True

    def _keeps_use(self, term: Term) -> bool:
        """`how many female customers`: the adjective filters, and what is counted is still to come."""
        best = max((each.strength for each in term.meanings), default=0)
        kinds = {each.kind for each in term.meanings if each.strength == best}
        if Kind.FLAG in kinds:
            kinds -= {Kind.DIMENSION}
        if kinds - {Kind.VALUE, Kind.FLAG, Kind.DATE}:
            return False
        is_waiting = self.use in (*_BREAKDOWNS, Use.COUNT, Use.SUBJECT) or self.is_rank_open
        return is_waiting and kinds != {Kind.DATE}

    def _use_of(self, term: Term) -> Use:
        kinds = {each.kind for each in term.meanings}
        if self.pending is not None:
            return Use.CONTEXT
        if self.rank is not None and self.is_rank_open and self.use is not Use.EXCLUDED:
            return self._rank_use(self.rank, kinds)
        return self.use

    def _rank_use(self, rank: Rank, kinds: set[Kind]) -> Use:
        """`top brands` ranks brands; `the most orders`, `highest revenue` rank by what they name."""
        is_named = bool(kinds & {Kind.DIMENSION, Kind.ENTITY, Kind.DATE})
        self.is_rank_open = False
        is_sized = rank.amount > 0 and rank.word in SIZES and Kind.ENTITY in kinds
        if is_sized:
            return Use.RANKED
        if Kind.MEASURE in kinds and not (is_named and rank.is_of_entities):
            return Use.RANKING
        is_measured = not rank.is_of_entities and not rank.amount and Kind.ENTITY not in kinds
        if is_measured and kinds & {Kind.DIMENSION} and Kind.DATE not in kinds:
            return Use.RANKING
        if rank.is_of_entities or not self._ranked_already():
            return Use.RANKED if is_named else Use.RANKING
        return Use.RANKING

    def _ranked_already(self) -> bool:
        return any(item.use in _BREAKDOWNS for item in self.items) or bool(self.grains)

    def _settle(self, use: Use) -> None:
        self.last_use = use
        self.link = None
        self.use = Use.CONTEXT

    def _period(self, period: Period, at: int) -> None:
        self._refuse_if(self.use is Use.EXCLUDED, self.marks[at])
        date, verb, near = self._owner(at)
        if date is not None:
            # the date's name says when, and asks for nothing itself
            self.items.pop()
        verb_text = self._verb_text(at) if verb is not None else ""
        if self.link is not None and self.timings and date is None and verb is None:
            before = self.timings[-1]
            date, verb, verb_text, near = before.date, before.verb, before.verb_text, before.near
        timing = Timing(period=period, date=date, verb=verb, verb_text=verb_text, near=near, link=self.link)
        self.timings.append(timing)
        self.last_use = Use.CONTEXT
        self._settle(Use.CONTEXT)

    def _owner(self, at: int) -> tuple[Term | None, Role | None, Term | None]:
        """What stands directly before a period: a date (`shipped in`), or a verb after an entity (`users who joined in`)."""
        before = at - 1
        while before >= 0 and self.marks[before].sense in (Role.CONTEXT, Role.IS):
            before -= 1
        before = self._before_grain(before)
        if before < 0:
            return None, None, None
        sense = self.marks[before].sense
        if isinstance(sense, Term) and self.items and self.items[-1].term is sense:
            kinds = {each.kind for each in sense.meanings}
            is_date = Kind.DATE in kinds and not kinds & {Kind.ENTITY, Kind.MEASURE}
            is_free = self.items[-1].use in (Use.CONTEXT, Use.SUBJECT)
            if is_date and is_free:
                return sense, None, self._entity_before(before)
        if sense is Role.TRADE or sense is Role.CREATED:
            return None, sense, self._entity_before(before)
        if self.items and isinstance(sense, Term) and self.items[-1].term is sense:
            return None, None, self._entity_at(before) if self.items[-1].use is Use.CONTEXT else None
        return None, None, None

    def _before_grain(self, at: int) -> int:
        """`joined each month in 2025`: the verb stands before the breakdown by time."""
        verb = at - 1
        if at < 1 or not isinstance(self.marks[at].sense, Trend):
            return at
        while verb > 0 and self.marks[verb].sense in (Role.BY, Role.EACH, Role.PER):
            verb -= 1
        return verb if self.marks[verb].sense in (Role.TRADE, Role.CREATED) else at

    def _verb_text(self, at: int) -> str:
        found = [mark.text for mark in self.marks[:at] if mark.sense is Role.TRADE or mark.sense is Role.CREATED]
        return found[-1]

    def _entity_before(self, at: int) -> Term | None:
        for before in range(at - 1, -1, -1):
            sense = self.marks[before].sense
            if isinstance(sense, Term) and any(each.kind is Kind.ENTITY for each in sense.meanings):
                return sense
        return None

    def _near(self, at: int) -> Term | None:
        """The entity directly after the phrase (`female customers`) or before it (`customers in Germany`)."""
        follow = at + 1
        while self.use in (Use.LIST, Use.COUNT) and follow < len(self.marks) and self.marks[follow].sense is Role.IS:
            follow += 1
        after = self._entity_at(follow)
        if after is not None:
            return after
        before = at - 1
        while before >= 0 and self.marks[before].sense in (Role.CONTEXT, Role.IS, Role.EXCEPT, Role.ONLY):
            before -= 1
        return self._entity_at(before)

    def _entity_at(self, at: int) -> Term | None:
        if not 0 <= at < len(self.marks):
            return None
        sense = self.marks[at].sense
        is_entity = isinstance(sense, Term) and any(each.kind is Kind.ENTITY for each in sense.meanings)
        return sense if is_entity and isinstance(sense, Term) else None

    def _is_term(self, at: int) -> bool:
        return at < len(self.marks) and isinstance(self.marks[at].sense, Term)

    def _is_attribute(self, at: int) -> bool:
        return self._entity_at(at + 1) is not None

    def _is_predicate(self, at: int) -> bool:
        """`customers that are active`."""
        before = at - 1
        while before >= 0 and self.marks[before].sense is Role.IS:
            before -= 1
        return self._entity_at(before) is not None

    def _trend(self, trend: Trend, mark: Mark) -> None:
        if not trend.is_noun:
            self._refuse_if(bool(self.aggregate) or self.use is Use.EXCLUDED, mark)
            self.grains.append(Grain(timeframe=trend.timeframe, use=Use.BREAKDOWN))
            return
        use = self.use
        if self.rank is not None and self.is_rank_open:
            self._refuse_if(self.rank.adjective != "" or self.rank.is_selling, mark)
            use, self.is_rank_open = Use.RANKED, False
            self.is_rank_plural = trend.is_plural
        if use not in _BREAKDOWNS:
            self.problems.append(mark.text)
            return
        self.grains.append(Grain(timeframe=trend.timeframe, use=use))
        self._settle(use)

    def _compare(self, compare: Compare, at: int) -> None:
        """`revenue over 1000` compares what stands before it, `more than 5 orders` what follows."""
        self._refuse_if(self.use is Use.EXCLUDED, self.marks[at])
        before = at - 1
        while before >= 0 and (self.marks[before].sense is Role.IS or self._is_soft(before)):
            before -= 1
        sense = self.marks[before].sense if before >= 0 else None
        is_of_last = bool(self.items) and isinstance(sense, Term) and self.items[-1].term is sense
        after = self.marks[at + 1].sense if at + 1 < len(self.marks) else None
        is_of_next = isinstance(after, Term) and can_follow(compare, after)
        if (
            is_of_last
            and not is_of_next
            and not compare.adjective
            and self.items[-1].compare is None
            and is_comparable(sense)
        ):
            self.items[-1] = structs.replace(self.items[-1], compare=compare)
            return
        if self.pending is not None:
            self._leave(self.pending)
        near = self._entity_at(before)
        if self._is_aged(compare, at):
            # `customers over 60`; unless something that can be counted follows
            self.pending, self.pending_near = structs.replace(compare, adjective=""), near
            self.is_pending_aged = True
            return
        if compare.adjective:
            self.compares.append((compare, near))
        else:
            self.pending, self.pending_near = compare, near

    def _leave(self, compare: Compare) -> None:
        """A comparison that no phrase takes up."""
        adjective = "old" if self.is_pending_aged else compare.adjective
        self.compares.append((structs.replace(compare, adjective=adjective), self.pending_near))
        self.is_pending_aged = False

    def _is_aged(self, compare: Compare, at: int) -> bool:
        before = at - 1
        while before >= 0 and self.marks[before].sense is Role.IS:
            before -= 1
        return is_of_age(compare, self.marks[at].text, self._entity_at(before))

    def _is_soft(self, at: int) -> bool:
        mark = self.marks[at]
        return mark.sense is Role.CONTEXT and mark.text.lower() in ("of", "at", "with", "in", "having")

    def _rank(self, rank: Rank, mark: Mark) -> None:
        self._refuse_if(self.rank is not None or self.use is Use.EXCLUDED, mark)
        if self.rank is not None:
            return
        self.rank = rank
        self.is_rank_open = True

    def _refuse_if(self, is_wrong: bool, mark: Mark) -> None:  # noqa: FBT001 - reads as a sentence
        if is_wrong:
            self.problems.append(mark.text)
