"""Which views a query needs, in which order they are joined, and which of them decide the rows of which."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.derived import Tables
from tertulia.semantic.compile.dimensions import Dimensions, Subject
from tertulia.semantic.lookml.model import Join

_ONE_CHILD = frozenset({"many_to_one", "one_to_one"})
_ONE_PARENT = frozenset({"one_to_many", "one_to_one"})
_ANY_NUMBER = "many_to_many"
_UNFOLDING = (exp.Unnest, exp.Lateral, exp.Explode, exp.Posexplode, exp.TableFromRows)
_KINDS = {"left_outer": ("LEFT", ""), "full_outer": ("FULL", "OUTER"), "inner": ("", "INNER"), "cross": ("", "CROSS")}


class Link(Struct, frozen=True):
    """A join of the view `alias`. Its condition names `parents`; `nodes` are what it adds to FROM."""

    alias: str
    join: Join
    parents: frozenset[str]
    relationship: str
    nodes: Sequence[exp.Expr]

    @property
    def keeps_its_own(self) -> bool:
        """Whether rows of this view stand also where nothing is beside them."""
        return any(node.args.get("side") in ("FULL", "RIGHT") for node in self.nodes)

    @property
    def may_be_missing(self) -> bool:
        """Whether rows may stand without a row of this view."""
        return any(node.args.get("side") in ("LEFT", "FULL") for node in self.nodes)


class Joined(Struct, frozen=True):
    """The views of one statement: the explore's first, then the joins in an order that runs."""

    first: str
    links: Sequence[Link]

    @property
    def aliases(self) -> set[str]:
        return {self.first, *(link.alias for link in self.links)}

    def determined(self, alias: str) -> set[str]:
        """The views that have at most one row for each row of `alias`, itself among them."""
        found = {alias}
        while True:
            before = len(found)
            for link in self.links:
                if link.relationship in _ONE_CHILD and link.parents <= found:
                    found.add(link.alias)
                # of several parents the relationship speaks of one, and does not say which
                if link.relationship in _ONE_PARENT and link.alias in found and len(link.parents) == 1:
                    found |= link.parents
            if len(found) == before:
                return found

    def multiplying(self, alias: str) -> set[str]:
        """The views that repeat the rows of `alias`: whatever can be many beside one of its rows."""
        return self.aliases - self.determined(alias)

    def may_be_missing(self, alias: str) -> bool:
        """Whether rows may stand without a row of `alias`: its columns are null there."""
        is_missing = False
        for link in self.links:
            if link.alias == alias:
                is_missing = link.may_be_missing
            elif link.keeps_its_own:
                is_missing = True
        return is_missing


class Joins:
    """The joins of one explore, read when they are needed."""

    def __init__(self, context: Context, dimensions: Dimensions, tables: Tables) -> None:
        self._context = context
        self._dimensions = dimensions
        self._tables = tables
        self._links: dict[str, Link] = {}

    def aliases_in(self, expressions: Iterable[exp.Expr]) -> set[str]:
        """The views whose columns stand in these expressions."""
        found: set[str] = set()
        for expression in expressions:
            for column in expression.find_all(exp.Column):
                if len(column.parts) > 1:
                    found.add(column.parts[0].name.lower())
        return {alias for alias in self._context.views if alias.lower() in found}

    def plan(self, needed: Iterable[str]) -> Joined:
        """Those views with all that their joins stand on. Raises InvalidQuery where joins stand on each other."""
        explore = self._context.explore
        ordered: list[Link] = []
        wanted = {*needed, *explore.always_join} - {explore.base}
        for alias in (name for name in explore.joins if name in wanted):
            self._place(alias, ordered, [])
        return Joined(explore.base, ordered)

    def _place(self, alias: str, ordered: list[Link], path: list[str]) -> None:
        if alias == self._context.explore.base or any(link.alias == alias for link in ordered):
            return
        if alias in path:
            raise InvalidQuery(f"These joins stand on each other: {' -> '.join([*path, alias])}.")
        link = self._link(alias)
        declared = [name for name in self._context.explore.joins if name in {*link.parents, *link.join.required_joins}]
        for parent in declared:
            self._place(parent, ordered, [*path, alias])
        ordered.append(link)

    def _link(self, alias: str) -> Link:
        if alias not in self._links:
            join = self._context.explore.joins.get(alias)
            if join is None or alias not in self._context.views:
                raise InvalidQuery(f"{self._context.explore.name} joins no view {alias} that can be used.")
            self._links[alias] = self._raw(join) if join.sql else self._declared(join)
        return self._links[alias]

    def _declared(self, join: Join) -> Link:
        condition = self._condition(join)
        side, kind = _KINDS.get(join.type, ("", ""))
        if not side and not kind:
            raise InvalidQuery(f"{_title(join)}: there is no join of type {join.type!r}.")
        if condition is None and join.type != "cross":
            raise InvalidQuery(f"{_title(join)} needs sql_on or foreign_key.")
        parents = self.aliases_in([condition] if condition is not None else []) - {join.name}
        node = exp.Join(this=self._tables.item(join.name, self._context), side=side, kind=kind, on=condition)
        # what depends on no other row stands beside every one of them, whatever the relationship says
        relationship = join.relationship if parents and join.type != "cross" else _ANY_NUMBER
        return Link(join.name, join, self._parents(parents), relationship, [node])

    def _condition(self, join: Join) -> exp.Expr | None:
        subject = Subject(join.name, _title(join))
        if join.sql_on:
            return self._dimensions.read(join.sql_on, Subject(self._context.explore.base, subject.title))
        if not join.foreign_key:
            return None
        key = self._context.views[join.name].primary_key
        if key is None:
            view = self._context.views[join.name]
            raise InvalidQuery(
                f"{subject.title}: foreign_key needs a primary key in the view {view.name} ({view.place})."
            )
        foreign = self._context.known(join.foreign_key, self._context.explore.base)
        own = self._context.known(key.name, join.name)
        return exp.EQ(this=exp.paren(self._dimensions.raw(foreign)), expression=exp.paren(self._dimensions.raw(own)))

    def _raw(self, join: Join) -> Link:
        """A join written out whole: often one that unfolds a column of its parent."""
        engine = self._context.engine
        subject = Subject(self._context.explore.base, _title(join))
        first = engine.print(exp.select(exp.Star()).from_(exp.to_identifier(self._context.explore.base)))
        try:
            select = engine.parse_select(f"{first} {self._dimensions.expanded(join.sql, subject)}")
        except InvalidQuery as error:
            raise InvalidQuery(f"{subject.title}: {error.message}") from error
        nodes: list[exp.Expr] = select.args.get("joins") or []
        extra = set(filter(select.args.get, select.args)) - {"expressions", "from_", "joins"}
        if not nodes or extra or not isinstance(select, exp.Select):
            raise InvalidQuery(f"{subject.title}: its sql is no join.")
        for node in nodes:
            self._tables.note(node)
        unfolds = any(node.find(*_UNFOLDING) for node in nodes)
        relationship = "one_to_many" if unfolds and join.relationship in _ONE_CHILD else join.relationship
        parents = self._parents(self.aliases_in(nodes) - {join.name})
        return Link(join.name, join, parents, relationship, nodes)

    def _parents(self, aliases: set[str]) -> frozenset[str]:
        return frozenset(aliases or {self._context.explore.base})


def _title(join: Join) -> str:
    return f"The join {join.name} ({join.place})"
