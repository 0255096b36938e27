"""Every phrase that names something of a topic: labels, names, synonyms, values. Built once per topic."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, structs

from tertulia.core.query import GoldenQuery
from tertulia.semantic.interpret import business_words as words
from tertulia.semantic.interpret.catalogue import Seen, Stage, field_words, group_of, is_date, stages_of
from tertulia.semantic.interpret.meaning import BRIDGED, EXACT, PARTIAL, STATED, Kind, Meaning
from tertulia.semantic.interpret.spelling import spaced
from tertulia.semantic.interpret.structure import FUNCTION_WORDS
from tertulia.semantic.interpret.tokens import stems_of, tokens_of
from tertulia.semantic.interpret.understanding import Topic
from tertulia.semantic.lookml.model import Field

Phrase = tuple[str, ...]
_TOTALS = {"total": "sum", "sum": "sum", "average": "average", "maximum": "max", "minimum": "min", "median": "median"}
_COUNT_WORDS = frozenset({"count", "number", "of", "total"})
_FLAG_WORDS = frozenset({"is", "are", "has", "have", "was", "were", "yes", "no", "flag"})
AGGREGATES = {
    "sum": "sum",
    "sum_distinct": "sum",
    "average": "average",
    "average_distinct": "average",
    "max": "max",
    "min": "min",
    "median": "median",
    "median_distinct": "median",
    "count": "count",
    "count_distinct": "count",
}
_MOST_WORDS = 8
_VALUE_GROUPS = [([stems_of(each) for each in group], bool(set(group) & words.GENDERS)) for group in words.VALUES]


class Lexicon(Struct, frozen=True, kw_only=True):
    """`phrases` are keyed by stems. `golden` are the approved queries by `golden_key`."""

    stages: Sequence[Stage]
    phrases: Mapping[Phrase, tuple[Meaning, ...]]
    longest: int
    golden: Mapping[Phrase, GoldenQuery]
    topic: Topic

    def named(self, phrase: str) -> tuple[Meaning, ...]:
        return self.phrases.get(stems_of(phrase), ())


def lexicon(topic: Topic) -> Lexicon:
    """Takes time in proportion to fields and values; interpretation then only looks up."""
    stages = stages_of(topic)
    found: dict[Phrase, dict[Meaning, None]] = defaultdict(dict)
    for phrase, meaning in _every(topic, stages):
        if phrase and len(phrase) <= _MOST_WORDS and (meaning.is_code or not _is_form(phrase)):
            found[phrase][meaning] = None
    _bridge(found)
    stated = {
        (each.place, each.field) for phrase, meanings in found.items() for each in meanings if _is_stated(phrase, each)
    }
    phrases = {phrase: _told_apart(_strongest(meanings), stated) for phrase, meanings in found.items()}
    longest = max(map(len, phrases), default=1)
    golden = {golden_key(text): each for each in topic.golden for text in each.questions}
    return Lexicon(stages=stages, phrases=phrases, longest=longest, golden=golden, topic=topic)


def golden_key(text: str) -> Phrase:
    """A question as it was worded, whatever its case and punctuation."""
    return tuple(token.text for token in tokens_of(text) if token.text != ",")


def aggregate_of(field: Field) -> str:
    """How a measure sums up; for ratios what their label says, "" where it says nothing."""
    if field.type in AGGREGATES:
        return AGGREGATES[field.type]
    return next((_TOTALS[word] for word in stems_of(field_words(field)) if word in _TOTALS), "")


def _every(topic: Topic, stages: Sequence[Stage]) -> Iterator[tuple[Phrase, Meaning]]:
    for stage in stages:
        for place, alias in stage.places.items():
            yield from _entity(stage, alias, place)
        for seen in stage.fields.values():
            yield from _field(stage, seen, _synonyms(topic, stage, seen))
    yield from _values(topic, stages)


def _entity(stage: Stage, alias: str, place: str) -> Iterator[tuple[Phrase, Meaning]]:
    meaning = Meaning(kind=Kind.ENTITY, place=place)
    view = stage.aliases[alias]
    names = [spaced(alias), spaced(view.name)]
    if _is_its_own(stage, alias):
        names += [stage.view_words[alias], view.label]
    if alias == stage.explore.base:
        names += stage.explore.synonyms
    for name in names:
        phrase = stems_of(name)
        yield phrase, meaning
        if len(phrase) > 1:
            yield phrase[-1:], structs.replace(meaning, strength=PARTIAL)


def _is_its_own(stage: Stage, alias: str) -> bool:
    """Whether the label of a view is its own; what only stands under the label of another is not called by it."""
    label = stems_of(stage.view_words[alias])
    sharing = [each for each in stage.aliases if each != alias and stems_of(stage.view_words[each]) == label]
    names = {stems_of(spaced(alias)), stems_of(spaced(stage.aliases[alias].name))}
    return not sharing or label in names


def _field(stage: Stage, seen: Seen, synonyms: Sequence[str]) -> Iterator[tuple[Phrase, Meaning]]:
    views = {stems_of(seen.view_words), stems_of(spaced(seen.alias)), stems_of(spaced(stage.aliases[seen.alias].name))}
    if is_date(seen):
        entries = _date(seen, synonyms)
    elif seen.is_measure:
        entries = _measure(seen, synonyms, views)
    else:
        entries = _dimension(seen, synonyms, views)
    for phrase, meaning in entries:
        yield phrase, meaning
        # `patients registered` is a sentence, `patients registered date` a name
        is_sentence = meaning.kind is Kind.DATE and len(phrase) == 1
        if meaning.strength >= EXACT and not meaning.is_counted and not is_sentence:
            for view in views:
                if phrase[: len(view)] != view:
                    yield (*view, *phrase), meaning


def _measure(seen: Seen, synonyms: Sequence[str], views: Iterable[Phrase]) -> Iterator[tuple[Phrase, Meaning]]:
    field = seen.field
    meaning = Meaning(kind=Kind.MEASURE, place=seen.place, field=field.name, aggregate=aggregate_of(field))
    plain = stems_of(field_words(field))
    if plain not in (("count",), ("number",)):
        yield plain, meaning
    named = stems_of(spaced(field.name))
    if not field.label and named not in (("count",), ("number",)):
        yield named, meaning
    for synonym in synonyms:
        yield stems_of(synonym), structs.replace(meaning, strength=STATED)
    if meaning.aggregate == "sum" and not field.filters and len(plain) > 1 and plain[-1] in ("revenue", "sales"):
        yield plain[-1:], structs.replace(meaning, strength=PARTIAL)
    core = tuple(word for word in plain if word not in _TOTALS)
    if core and core != plain and meaning.aggregate:
        yield core, structs.replace(meaning, is_core=True)
    if meaning.aggregate == "count" and not field.filters:
        counted = tuple(word for word in plain if word not in _COUNT_WORDS)
        for noun in [counted] if counted else views:
            yield noun, structs.replace(meaning, is_counted=True)
            yield (*noun, "count"), meaning


def _dimension(seen: Seen, synonyms: Sequence[str], views: Iterable[Phrase]) -> Iterator[tuple[Phrase, Meaning]]:
    field = seen.field
    meaning = Meaning(kind=Kind.DIMENSION, place=seen.place, field=field.name)
    plain = stems_of(field_words(field))
    for synonym in synonyms:
        yield stems_of(synonym), structs.replace(meaning, strength=STATED)
    for phrase in dict.fromkeys([plain, stems_of(spaced(field.name)), *map(stems_of, synonyms)]):
        yield phrase, meaning
        if field.type == "yesno":
            flag = tuple(word for word in phrase if word not in _FLAG_WORDS)
            yield flag, structs.replace(meaning, kind=Kind.FLAG)
    for view in views:
        if len(plain) > len(view) and plain[: len(view)] == view:
            yield plain[len(view) :], meaning
    if len(plain) > 1 and plain[-1] in words.UNITS and field.type in ("number", "duration"):
        yield plain[:-1], meaning
    if field.type != "yesno":
        for start in range(1, len(plain)):
            yield plain[start:], structs.replace(meaning, strength=PARTIAL)


def _date(seen: Seen, synonyms: Sequence[str]) -> Iterator[tuple[Phrase, Meaning]]:
    """`shipped`, `ship`, `shipping date`, `shipped month`."""
    field = seen.field
    group = group_of(field)
    meaning = Meaning(kind=Kind.DATE, place=seen.place, field=group)
    bare = _bare(stems_of(field.label) if field.label else stems_of(spaced(group)))
    stems = {bare, _bare(stems_of(spaced(group)))} | {_bare(stems_of(each)) for each in synonyms}
    for phrase in stems | {form for each in stems for form in _forms(each)}:
        if not phrase:
            continue
        yield phrase, meaning
        yield (*phrase, "date"), meaning
        if field.timeframe and field.timeframe not in ("raw", "time"):
            timed = structs.replace(meaning, timeframe=field.timeframe)
            yield (*phrase, *stems_of(spaced(field.timeframe))), timed


def _values(topic: Topic, stages: Sequence[Stage]) -> Iterator[tuple[Phrase, Meaning]]:
    by_source = {stage.source: stage for stage in stages}
    given = {key: names for key, names in topic.synonyms.items() if "." not in key}
    for each in topic.values:
        stage = by_source.get(each.source)
        seen = stage.fields.get(each.field) if stage else None
        if seen is None:
            continue
        is_gender = bool({"gender", "sex"} & set(stems_of(seen.label)))
        for value in each.values:
            phrase = stems_of(value)
            meaning = Meaning(kind=Kind.VALUE, place=seen.place, field=seen.field.name, value=value)
            is_code = len("".join(phrase)) <= 2 or _is_form(phrase)
            yield phrase, structs.replace(meaning, is_code=is_code)
            for other in _other_names(phrase, is_gender=is_gender):
                short = len("".join(other)) <= 2
                # `women` may be a department or a gender: neither is the nearer word
                strength = EXACT if is_gender else BRIDGED
                yield other, structs.replace(meaning, strength=strength, is_code=short)
            for synonym in given.get(value, ()):
                yield stems_of(synonym), meaning


def _other_names(phrase: Phrase, *, is_gender: bool) -> Iterator[Phrase]:
    for stems, is_of_genders in _VALUE_GROUPS:
        if phrase in stems and (is_gender or not is_of_genders):
            yield from (each for each in stems if each != phrase and each not in (("f",), ("m",)))


def _synonyms(topic: Topic, stage: Stage, seen: Seen) -> list[str]:
    given = [*seen.field.synonyms]
    for key in (seen.name, f"{stage.source}/{seen.name}"):
        given += topic.synonyms.get(key, [])
    return given


def _bridge(found: dict[Phrase, dict[Meaning, None]]) -> None:
    """Words of business lead to labels that exist, unless they are labels themselves."""
    exact = {phrase: [each for each in meanings if each.strength >= EXACT] for phrase, meanings in found.items()}
    for kinds, groups in (
        ((Kind.MEASURE,), words.MEASURES),
        ((Kind.DIMENSION, Kind.FLAG), words.DIMENSIONS),
        ((Kind.ENTITY,), words.ENTITIES),
    ):
        for group in groups:
            _bridge_group(found, exact, kinds, [stems_of(each) for each in group])
    revenue = _revenue(exact, found)
    for verb in words.REVENUE_VERBS:
        _add(found, stems_of(verb), revenue)
    profit = _of_kind(exact.get(("profit",), []), (Kind.MEASURE,)) or _of_kind(
        found.get(("profit",), {}), (Kind.MEASURE,)
    )
    for verb in words.MAKING_VERBS:
        _add(found, stems_of(verb), [*revenue, *profit])


def _bridge_group(
    found: dict[Phrase, dict[Meaning, None]],
    exact: Mapping[Phrase, list[Meaning]],
    kinds: Sequence[Kind],
    group: Sequence[Phrase],
) -> None:
    known = [(phrase, meanings) for phrase in group if (meanings := _of_kind(exact.get(phrase, []), kinds))]
    if not known:
        return
    for phrase in group:
        if not _of_kind(exact.get(phrase, []), kinds):
            # an entity may be called by several names of the group: then the name does not tell which
            _add(found, phrase, [each for _, meanings in known for each in meanings])


def _revenue(exact: Mapping[Phrase, list[Meaning]], found: dict[Phrase, dict[Meaning, None]]) -> list[Meaning]:
    group = [stems_of(each) for each in words.MEASURES[0]]
    known = [each for phrase in group for each in _of_kind(exact.get(phrase, []), (Kind.MEASURE,))]
    if not known:
        fallbacks = [stems_of(each) for each in words.REVENUE_FALLBACKS]
        candidates = [each for phrase in fallbacks for each in _of_kind(exact.get(phrase, []), (Kind.MEASURE,))]
        known = [structs.replace(each, is_core=False) for each in candidates if each.aggregate == "sum"]
        for phrase in group:
            _add(found, phrase, known)
    return known


def _add(found: dict[Phrase, dict[Meaning, None]], phrase: Phrase, meanings: Iterable[Meaning]) -> None:
    for meaning in meanings:
        found[phrase][structs.replace(meaning, strength=BRIDGED)] = None


def _of_kind(meanings: Iterable[Meaning], kinds: Sequence[Kind]) -> list[Meaning]:
    return [each for each in meanings if each.kind in kinds]


def _strongest(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    """Once per meaning, at its best."""
    best: dict[Meaning, Meaning] = {}
    for each in meanings:
        key = structs.replace(each, strength=0, is_core=False)
        if key not in best or (each.strength, not each.is_core) > (best[key].strength, not best[key].is_core):
            best[key] = each
    return tuple(best.values())


def _is_stated(phrase: Phrase, meaning: Meaning) -> bool:
    """Whether a modeller says that this of several fields is the plain `country`."""
    return meaning.strength == STATED and meaning.kind is Kind.DIMENSION and meaning.field.split("_")[-1] in phrase[-1:]


def _told_apart(meanings: tuple[Meaning, ...], stated: set[tuple[str, str]]) -> tuple[Meaning, ...]:
    """A value of several fields is first of all one of the field that is stated to be the plain one."""
    fields = {(each.place, each.field) for each in meanings if each.kind is Kind.VALUE}
    preferred = fields & stated
    if len(fields) < 2 or len(preferred) != 1:
        return meanings
    return tuple(
        structs.replace(each, strength=STATED)
        if each.kind is Kind.VALUE and (each.place, each.field) in preferred
        else each
        for each in meanings
    )


def _is_form(phrase: Phrase) -> bool:
    return len(phrase) == 1 and phrase[0] in FUNCTION_WORDS


def _bare(phrase: Phrase) -> Phrase:
    while phrase and phrase[-1] in ("date", "at", "on", "time"):
        phrase = phrase[:-1]
    return phrase


def _forms(phrase: Phrase) -> Iterator[Phrase]:
    """A participle leads to its verb and noun: `shipped` to `ship` and `shipping`, `created` to `creation`."""
    if not phrase:
        return
    *lead, last = phrase
    if not last.endswith("ed") or len(last) < 5:
        return
    root = last[:-2]
    roots = {root, f"{root}e"}
    if len(root) > 3 and root[-1] == root[-2]:
        roots.add(root[:-1])
    if root.endswith("i"):
        roots = {f"{root[:-1]}y"}
    for each in roots:
        yield (*lead, each)
        yield (*lead, f"{each.removesuffix('e')}ing")
        yield (*lead, f"{each.removesuffix('e')}ion")
    yield (*lead, f"{root}y")
