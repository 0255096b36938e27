"""Follow-ups: `only Germany`, `by month instead`, `and for 2023?`, `without returns`, `top 5` amend the last query."""

from collections.abc import Sequence

from msgspec import structs

from tertulia.core.query import Query
from tertulia.semantic.filters.expression import FilterKind, parse, print_filter
from tertulia.semantic.filters.string import StringFilter
from tertulia.semantic.interpret.catalogue import Seen, Stage, group_of, is_date
from tertulia.semantic.interpret.choosing import combine
from tertulia.semantic.interpret.conditions import number_condition, value_conditions
from tertulia.semantic.interpret.dating import DateChoice, Ground, date_condition, dates_of, grain_field
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.marks import Mark
from tertulia.semantic.interpret.plan import Condition, Measured, Unfit
from tertulia.semantic.interpret.reading import Reading, Use
from tertulia.semantic.interpret.resolving import Part, Place, meanings_of, parts_of
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.understanding import Moment

_CUES = frozenset({Role.INSTEAD, Role.ABOUT, Role.ALSO, Role.NOW, Role.SAME})
_LEADS = (Role.AND, Role.EXCEPT, Role.ONLY, Role.BY, Role.EACH, Role.PER, Role.CONTEXT, Role.SORTING, Role.OR)
_ASKING = (Use.COUNT, Use.LIST)


def is_follow_up(reading: Reading, marks: Sequence[Mark]) -> bool:
    """Whether it leans on what was asked before: a word says so, or nothing is asked for."""
    if reading.roles & _CUES:
        return True
    if marks and marks[0].sense in _LEADS:
        return True
    return not any(item.use in (Use.SUBJECT, *_ASKING, Use.RANKED) for item in reading.items)


def leans_back(reading: Reading, marks: Sequence[Mark]) -> bool:
    """Whether it opens as what only changes another question, so that it must not be taken for a whole one."""
    if reading.roles & {Role.ABOUT, Role.INSTEAD}:
        return True
    first = marks[0] if marks else None
    if first is None:
        return False
    return first.sense in (Role.AND, Role.ONLY, Role.NOW, Role.ALSO, Role.SAME) or first.text.lower() == "without"


def amended(reading: Reading, known: Lexicon, moment: Moment) -> Query:
    """Raises Unfit where it does not fit the explore that was asked, or could amend it in several ways."""
    earlier = moment.earlier
    stage = next((each for each in known.stages if earlier is not None and each.source == earlier.source), None)
    if earlier is None or stage is None:
        raise Unfit("There is nothing before this that I could amend.", 5)
    if earlier.pivots or earlier.filter_expression or earlier.subtotals:
        raise Unfit("I cannot amend a query of this form. Ask it as a whole.", 5)
    return _Amendment(reading, stage, known, earlier).query()


class _Amendment:
    """One follow-up applied to one query."""

    def __init__(self, reading: Reading, stage: Stage, known: Lexicon, earlier: Query) -> None:
        self.reading = reading
        self.stage = stage
        self.known = known
        self.earlier = earlier
        dynamic = {str(each.get("measure")) for each in earlier.dynamic_fields}
        self.measures = [name for name in earlier.fields if name in dynamic or self._is_measure(name)]
        self.breakdowns = [name for name in earlier.fields if name not in self.measures]
        self.filters = dict(earlier.filters)
        self.dynamic = list(earlier.dynamic_fields)
        self.is_recut = False
        self.limit = earlier.limit
        self.sorts = list(earlier.sorts)

    def query(self) -> Query:
        parts = self._parts()
        if self.reading.roles & {Role.VERSUS, Role.COMPARE}:
            raise Unfit("Ask the comparison as a whole question.", 5)
        if self.reading.unattached:
            raise Unfit("I do not know what the number compares. Name the field.", 5)
        if not parts and self.reading.is_empty and self.reading.is_ascending is None:
            raise Unfit("I do not see what to change.", 5)
        self._take_measures(parts)
        self._take_breakdowns(parts)
        self._take_filters(parts)
        self._take_times()
        self._take_order(parts)
        fields = [*self.breakdowns, *self.measures]
        return structs.replace(
            self.earlier,
            fields=fields,
            filters=self.filters,
            sorts=self.sorts,
            limit=self.limit,
            dynamic_fields=[each for each in self.dynamic if each.get("measure") in fields],
            fill_fields=[],
        )

    def _parts(self) -> list[Part]:
        options: list[list[Part]] = []
        for item in self.reading.items:
            found = parts_of(item, self.stage, meanings_of(item))
            if not found:
                raise Unfit(f"{item.term.text!r} does not go with what was asked before. Ask it as a whole.", 5)
            asked = [part for part in found if part.fields and part.fields[0].name in self._asked_fields()]
            options.append(_once(asked or found))
        combinations = combine(options)
        if len(combinations) != 1:
            labels = [seen.label for found in options if len(found) > 1 for part in found for seen in part.fields]
            named = " or ".join(dict.fromkeys(labels)) or "the field"
            raise Unfit(f"This could change the query in several ways. Name {named}.", 5)
        return list(combinations[0])

    def _asked_fields(self) -> set[str]:
        return {*self.earlier.fields, *self.earlier.filters}

    def _take_measures(self, parts: Sequence[Part]) -> None:
        is_aside = any(part.place is Place.FILTER for part in parts) and Role.INSTEAD not in self.reading.roles
        found = [
            measure
            for part in parts
            if not (is_aside and part.place is Place.THING) and (measure := _measure_of(part)) is not None
        ]
        if any(part.compare is not None for part in parts):
            raise Unfit("Ask this as a whole question.", 5)
        if not found:
            return
        if any(name not in self.stage.fields for name in self.filters):
            raise Unfit("Ask this as a whole question.", 5)
        self._refuse_bare_and()
        is_added = Role.ALSO in self.reading.roles
        names = [each.name for each in found]
        self.measures = [*self.measures, *(name for name in names if name not in self.measures)] if is_added else names
        self.dynamic += [each.dynamic for each in found if each.dynamic is not None]
        if not is_added:
            self._follow_measure(names[0])

    def _is_single(self, name: str) -> bool:
        """Whether one value of a field was asked for: `and France?` asks for another in its place."""
        parsed = parse(self.filters[name], FilterKind.STRING)
        terms = parsed.terms if isinstance(parsed, StringFilter) else ()
        return name not in self.breakdowns and len(terms) == 1 and not terms[0].is_excluded

    def _refuse_bare_and(self) -> None:
        """`and France`, `and profit`: in place of what was asked, or beside it?"""
        if set(self.reading.roles) == {Role.AND}:
            raise Unfit("Instead of what was asked before, or as well? Say 'what about ...' or ask it as a whole.", 6)

    def _follow_measure(self, name: str) -> None:
        """What was ordered by the old measure is ordered by the new one."""
        self.filters = {field: text for field, text in self.filters.items() if not self._is_measure(field)}
        first = self.sorts[0] if self.sorts else ""
        if first and first.partition(" ")[0] not in self.breakdowns:
            direction = first.partition(" ")[2]
            self.sorts = [f"{name} {direction}".strip(), *self.sorts[1:]]

    def _take_breakdowns(self, parts: Sequence[Part]) -> None:
        found = [seen for part in parts if part.place is Place.BREAKDOWN for seen in part.fields]
        found += [seen for part in parts if part.place is Place.THING and part.count is None for seen in part.fields]
        found += [self._grain(grain.timeframe) for grain in self.reading.grains]
        if not found:
            return
        if not self.measures:
            raise Unfit("There is no measure to break down. Ask it as a whole.", 5)
        names = [seen.name for seen in found]
        if Role.ALSO in self.reading.roles:
            names = [*self.breakdowns, *(name for name in names if name not in self.breakdowns)]
        elif (
            Role.AND in self.reading.roles
            and self.breakdowns
            and len(self.reading.items) + len(self.reading.grains) == 1
        ):
            raise Unfit("Instead of the breakdown before, or also? Say 'also by' or 'by ... instead'.", 6)
        self.breakdowns = names
        self.limit = None
        dates = [seen for seen in found if is_date(seen)]
        self.sorts = [dates[0].name] if dates else [f"{self.measures[0]} desc", *names]

    def _take_filters(self, parts: Sequence[Part]) -> None:
        filters = [part for part in parts if part.place is Place.FILTER and part.compare is None]
        for condition in value_conditions(filters):
            if condition.name in self.filters and not (self.reading.is_asked and self._is_single(condition.name)):
                self._refuse_bare_and()
            before = self.filters.get(condition.name, "")
            self.filters[condition.name] = _narrowed(before, condition, filters)
        for part in parts:
            if part.place is Place.FILTER and part.compare is not None:
                condition = number_condition(part.fields[0], part.compare)
                self.filters[condition.name] = condition.expression
        if any(part.place is Place.DATE for part in parts):
            raise Unfit("I do not see what that date is for. Ask it as a whole.", 5)
        if any(part.place is Place.CONTEXT for part in parts) and not filters:
            raise Unfit("I do not see what to change.", 5)

    def _take_times(self) -> None:
        timings = self.reading.timings
        if self.reading.days:
            raise Unfit("Ask about days of the week as a whole question.", 5)
        if not timings:
            return
        if len(timings) > 1 or len(timings[0].period.expressions) > 1:
            raise Unfit("I do not see which time is meant.", 5)
        choice = self._date()
        if timings[0].date is not None or timings[0].verb is not None:
            found = dates_of(timings[0], Ground(stage=self.stage, known=self.known, homes=self._homes()))
            if len(found) != 1:
                raise Unfit("I do not see which date is meant.", 5)
            choice = found[0]
        condition = date_condition(self.stage, choice, timings[0].period.expressions)
        for name in self._date_filters():
            seen = self.stage.fields[name]
            if (seen.alias, group_of(seen.field)) == (choice.alias, choice.group):
                del self.filters[name]
        self.filters[condition.name] = condition.expression

    def _take_order(self, parts: Sequence[Part]) -> None:
        orders = [part for part in parts if part.place is Place.ORDER]
        rank = self.reading.rank
        if not orders and rank is None and self.reading.is_ascending is None:
            return
        if not self.breakdowns or not self.measures:
            raise Unfit("There is nothing to order.", 5)
        if rank is not None and (
            rank.adjective or rank.is_selling or (len(self.breakdowns) > 1 and not self._is_name())
        ):
            raise Unfit("Ask for this ranking as a whole question.", 5)
        if len(orders) > 1 or (orders and orders[0].measure is None):
            raise Unfit("I can order by one measure only.", 5)
        by = orders[0].measure.name if orders and orders[0].measure is not None else self.measures[0]
        if by not in self.measures:
            self.measures.append(by)
        is_down = rank.is_top if rank is not None else self.reading.is_ascending is not True
        self.sorts = [f"{by} desc" if is_down else by, *self.breakdowns]
        if rank is not None:
            self.limit = rank.amount or 1

    def _grain(self, timeframe: str) -> Seen:
        return grain_field(self.stage, self._date(), timeframe)

    def _date(self) -> DateChoice:
        """The date that was already asked about, else the one a whole question would take."""
        names = [*self._date_filters(), *(name for name in self.breakdowns if self._is_date(name))]
        known = [self.stage.fields[name] for name in names]
        choices = list(dict.fromkeys(DateChoice(alias=each.alias, group=group_of(each.field)) for each in known))
        if not choices:
            homes = self._homes()
            is_related = homes[0] != self.stage.explore.base
            choices = dates_of(None, Ground(stage=self.stage, known=self.known, homes=homes, is_related=is_related))
        if len(choices) != 1 or choices[0].is_doubtful:
            raise Unfit("I do not see which date is meant.", 5)
        return choices[0]

    def _homes(self) -> list[str]:
        names = [name for name in self.measures if name in self.stage.fields] or self.breakdowns
        aliases = [self.stage.fields[name].alias for name in names if name in self.stage.fields]
        return list(dict.fromkeys(aliases)) or [self.stage.explore.base]

    def _date_filters(self) -> list[str]:
        return [name for name in self.filters if self._is_date(name)]

    def _is_date(self, name: str) -> bool:
        seen = self.stage.fields.get(name)
        return seen is not None and is_date(seen)

    def _is_measure(self, name: str) -> bool:
        seen = self.stage.fields.get(name)
        return seen is not None and seen.is_measure

    def _is_name(self) -> bool:
        return all("name" in name.rpartition(".")[2] for name in self.breakdowns)


def _once(parts: Sequence[Part]) -> list[Part]:
    """`brand` as a thing and as a field of the same name is one breakdown."""
    found: dict[tuple[object, ...], Part] = {}
    for part in parts:
        measure = part.measure.key if part.measure is not None else None
        is_grouped = part.place is Place.BREAKDOWN
        key = (part.place, tuple(each.name for each in part.fields), measure, part.value, is_grouped or part.count)
        found.setdefault(key, part)
    return list(found.values())


def _measure_of(part: Part) -> Measured | None:
    if part.place is Place.MEASURE:
        return part.measure
    return part.count if part.place is Place.THING else None


def _narrowed(before: str, condition: Condition, parts: Sequence[Part]) -> str:
    """What is only shut out is taken off what was let in before; what is let in takes its place."""
    own = [part for part in parts if part.fields[0].name == condition.name]
    if not before or any(part.item.use is not Use.EXCLUDED for part in own) or own[0].fields[0].field.type == "yesno":
        return condition.expression
    added, earlier = parse(condition.expression, FilterKind.STRING), parse(before, FilterKind.STRING)
    if not isinstance(added, StringFilter) or not isinstance(earlier, StringFilter):
        return condition.expression
    shut = {part.value for part in own}
    kept = tuple(term for term in earlier.terms if getattr(term, "value", None) not in shut or term.is_excluded)
    if not kept or (any(not term.is_excluded for term in earlier.terms) and all(term.is_excluded for term in kept)):
        raise Unfit("Then nothing would be left.", 5)
    return (
        print_filter(StringFilter(kept))
        if len(kept) < len(earlier.terms)
        else print_filter(StringFilter((*earlier.terms, *added.terms)))
    )
