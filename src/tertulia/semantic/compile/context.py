"""One explore, one query and one asker: what every pass of the compiler looks things up in."""

import re
from collections.abc import Mapping
from enum import IntEnum

from tertulia.core.errors import InvalidFilter, InvalidQuery, PermissionDenied, UnknownField
from tertulia.core.query import Query, UserAttribute
from tertulia.semantic.compile.asking import Applied, Asking
from tertulia.semantic.compile.scope import (
    FieldOfExplore,
    every_field,
    find_field,
    may_see,
    queryable_fields,
    views_of,
)
from tertulia.semantic.engines.engine import Calendar
from tertulia.semantic.filters.clock import Clock, zone_of
from tertulia.semantic.filters.string import StringFilter, Text, print_string
from tertulia.semantic.lookml.model import Explore, FieldFilter, Model, View

_ATTRIBUTE = re.compile(r"\{\{\s*_user_attributes\[\s*(['\"])([\w.-]+)\1\s*\]\s*\}\}")
_PLAIN_WORD = re.compile(r"\w+")
_FINE = re.compile(r"second|minute|hour|now", re.IGNORECASE)


class ClockUse(IntEnum):
    """How long a compiled query stays true: as long as the model, within its minute, or this once."""

    NONE = 0
    MINUTE = 1
    EXACT = 2


class Trace:
    """What compiling came across, in the query and in the tables derived for it."""

    def __init__(self) -> None:
        self.clock_use = ClockUse.NONE
        self.applied: list[Applied] = []

    def uses_clock(self, text: str) -> None:
        """Told for every text that may name a moment relative to now."""
        use = ClockUse.EXACT if _FINE.search(text) else ClockUse.MINUTE
        self.clock_use = max(self.clock_use, use)


class Context:
    """Raises InvalidQuery for an explore that is not there, PermissionDenied for one that a grant withholds."""

    def __init__(self, model: Model, asking: Asking, trace: Trace) -> None:
        self.model = model
        self.asking = asking
        self.query: Query = asking.query
        self.engine = asking.engine
        self.attributes: Mapping[str, UserAttribute] = asking.attributes
        self.trace = trace
        self.explore = _explore(model, self.query.explore, self.attributes)
        self.calendar = _calendar(model, asking)
        self.clock = Clock(
            now=asking.now,
            zone=self.calendar.zone,
            week_start_day=model.week_start_day,
            fiscal_month_offset=model.fiscal_month_offset,
        )
        self.views: dict[str, View] = dict(views_of(model, self.explore))
        self.every = every_field(model, self.explore)
        self.fields = dict(queryable_fields(model, self.explore, self.attributes))
        self.customs: dict[str, FieldOfExplore] = {}
        self.filters = self._effective_filters()

    def asked(self, name: str) -> FieldOfExplore:
        """A field that the query names. Raises UnknownField, PermissionDenied."""
        return find_field(self.fields, name, every=self.every)

    def known(self, name: str, alias: str = "") -> FieldOfExplore:
        """A field that the model names, seen from the view called `alias`. Raises InvalidQuery."""
        if name.lstrip(".") in self.customs:
            return self.customs[name.lstrip(".")]
        view, _, field = name.rpartition(".")
        view = view or alias or self.explore.base
        if view not in self.views and alias in self.views and self.views[alias].name == view:
            view = alias
        found = self.every.get(f"{view}.{field}")
        if found is None:
            raise UnknownField(f"{self.explore.name} ({self.explore.place}) has no field {view}.{field}.")
        return found

    def is_case_sensitive(self, seen: FieldOfExplore) -> bool:
        for told in (seen.field.is_case_sensitive, self.explore.is_case_sensitive):
            if told is not None:
                return told
        return self.model.is_case_sensitive

    def expression(self, text: str) -> str:
        """A filter expression with the asker's attributes in place. Raises PermissionDenied where one is missing."""
        return _ATTRIBUTE.sub(lambda found: self._attribute(found[2]), text)

    def _attribute(self, name: str) -> str:
        attribute = self.attributes.get(name)
        values = [value for value in attribute.values if value.strip()] if attribute else []
        if attribute is None or not values:
            raise PermissionDenied(f"This needs your user attribute {name!r}, which has no value.")
        if attribute.is_expression:
            return values[0]
        return print_string(StringFilter(tuple(Text(value) for value in values)))

    def _effective_filters(self) -> dict[str, str]:
        """The query's own, then those of the explore that it does not replace."""
        filters = {name: expression for name, expression in self.query.filters.items() if expression.strip()}
        asked = set(filters)
        origins = dict.fromkeys(filters, "query")
        for each in self.explore.always_filters:
            self._add_filter(filters, origins, each, "always_filter")
        conditional = {self.full_name(each.field) for each in self.explore.conditional_filters}
        unless = {self.full_name(name) for name in self.explore.unless_filtered}
        if not asked & (conditional | unless):
            for each in self.explore.conditional_filters:
                self._add_filter(filters, origins, each, "conditionally_filter")
        self.origins = origins
        return filters

    def _add_filter(self, filters: dict[str, str], origins: dict[str, str], added: FieldFilter, origin: str) -> None:
        name = self.full_name(added.field)
        if name not in filters and added.expression.strip():
            filters[name] = added.expression
            origins[name] = origin

    def full_name(self, name: str) -> str:
        return name if "." in name else f"{self.explore.base}.{name}"

    def parameter(self, seen: FieldOfExplore) -> str:
        """The value of a parameter: the query's, or its default. Raises InvalidFilter for one that is not allowed."""
        given = self.filters.get(seen.name, "")
        value = given or seen.field.default_value
        allowed = [each.value for each in seen.field.allowed_values]
        if given and allowed and given not in allowed:
            raise InvalidFilter(f"{seen.name} may be {', '.join(allowed)}, and not {given[:80]!r}.")
        return value

    def add_custom(self, seen: FieldOfExplore) -> None:
        """A field that the query defines. Raises InvalidQuery for a name that is taken, or that is no plain word."""
        if not _PLAIN_WORD.fullmatch(seen.name):
            raise InvalidQuery(f"A custom field is called by letters, digits and _, not {seen.name[:80]!r}.")
        if seen.name in self.every or seen.name in self.fields:
            raise InvalidQuery(f"There is a field {seen.name} already; give the custom field another name.")
        self.fields[seen.name] = seen
        self.customs[seen.name] = seen


def _explore(model: Model, name: str, attributes: Mapping[str, UserAttribute]) -> Explore:
    explore = model.explores.get(name)
    if explore is None:
        known = ", ".join(sorted(model.explores)[:20])
        raise InvalidQuery(f"There is no explore {name!r} in {model.name}. There are: {known}.")
    if not may_see(model, explore, attributes):
        raise PermissionDenied(f"You may not ask the explore {name}.")
    if explore.view not in model.views:
        raise InvalidQuery(f"The explore {name} ({explore.place}) is of a view that cannot be used: {explore.view}.")
    return explore


def _calendar(model: Model, asking: Asking) -> Calendar:
    zone = asking.query.timezone or asking.default_timezone or asking.stored_zone
    zone_of(zone)
    return Calendar(
        zone=zone,
        stored_zone=asking.stored_zone,
        week_start_day=model.week_start_day,
        fiscal_month_offset=model.fiscal_month_offset,
    )
