"""Liquid templates: LookML's own tags, and limits on what a template may cost."""

import re
import time
from collections.abc import Callable, Sized
from datetime import date, datetime
from functools import lru_cache, wraps
from typing import Any, ClassVar, TextIO, cast

from liquid import BoundTemplate, Environment, Mode, Node, RenderContext, StrictUndefined, Tag, Token, TokenStream
from liquid.ast import BlockNode
from liquid.exceptions import LiquidError, LiquidSyntaxError, LoopIterationLimitError
from liquid.filter import with_context
from liquid.output import LimitedStringIO
from liquid.parser import get_parser
from liquid.token import TOKEN_EOF, TOKEN_EXPRESSION, TOKEN_TAG

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.liquid import LiquidScope, full_name, parameter_sql
from tertulia.semantic.liquid_names import Given, Literal, Names

_MOST_CHARACTERS = 200_000
_MOST_ITEMS = 1_000
_MOST_ITERATIONS = 10_000
_SECONDS = 1.0
_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?")
_SCOPE = "scope of the query"


def render_template(text: str, scope: LiquidScope) -> str:
    """Raises InvalidQuery."""
    if len(text) > _MOST_CHARACTERS:
        raise InvalidQuery(f"This liquid template has more than {_MOST_CHARACTERS:,} characters.")
    try:
        template = _compiled(text)
        context = _Context(template, globals=Names(scope))
        context.tag_namespace[_SCOPE] = scope
        buffer = LimitedStringIO(limit=_MOST_CHARACTERS)
        template.render_with_context(context, buffer)
        return buffer.getvalue()
    except LiquidError as error:
        raise InvalidQuery(f"This liquid cannot be rendered: {error.message}.{_where(error)}") from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InvalidQuery(f"This liquid cannot be rendered: {error}.") from error


class _Context(RenderContext):
    """Counts the turns of all loops together, and the time."""

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self._turns = 0
        self._deadline = time.monotonic() + _SECONDS

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self._turns += length
        if self._turns > _MOST_ITERATIONS or time.monotonic() > self._deadline:
            raise LoopIterationLimitError(f"it loops more than {_MOST_ITERATIONS:,} times", token=None)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        if time.monotonic() > self._deadline:
            raise LiquidError(f"it takes longer than {_SECONDS:g} s", token=token)
        return super().filter(name, token)


class _Environment(Environment):
    block_nesting_limit = 30
    context_depth_limit = 30
    local_namespace_limit = _MOST_CHARACTERS

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in ("include", "render"):
            del self.tags[name]
        for tag in (_ParameterTag, _DateStartTag, _DateEndTag, _ConditionTag, _IncrementTag):
            self.add_tag(tag)
        self.filters["date"] = _dated(self.filters["date"])
        for name, function in self.filters.items():
            self.filters[name] = _bounded(name, function)
        self.filters["sql_quote"] = _sql_quote


class _NameNode(Node):
    """A tag that names one field, and the text it becomes."""

    def __init__(self, token: Token, name: str, say: Callable[[str, LiquidScope], str]) -> None:
        super().__init__(token)
        self.blank = False
        self._name = name
        self._say = say

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self._say(self._name, _scope(context)))


class _ConditionNode(Node):
    """A column between two tags; no name for the condition of an incremental table, which is never one here."""

    def __init__(self, token: Token, name: str, block: BlockNode) -> None:
        super().__init__(token)
        self.blank = False
        self._name = name
        self._block = block

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if not self._name:
            return buffer.write("(1 = 1)")
        column = LimitedStringIO(limit=_MOST_CHARACTERS)
        self._block.render(context, column)
        scope = _scope(context)
        return buffer.write(scope.condition(full_name(self._name, scope), column.getvalue().strip()))


def _first_moment(name: str, scope: LiquidScope) -> str:
    return scope.bounds(full_name(name, scope))[0]


def _moment_after(name: str, scope: LiquidScope) -> str:
    return scope.bounds(full_name(name, scope))[1]


class _NameTag(Tag):
    block = False
    say: ClassVar[Callable[[str, LiquidScope], str]]

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        return _NameNode(token, _name(stream, token), type(self).say)


class _ParameterTag(_NameTag):
    name = "parameter"
    say = staticmethod(parameter_sql)


class _DateStartTag(_NameTag):
    name = "date_start"
    say = staticmethod(_first_moment)


class _DateEndTag(_NameTag):
    name = "date_end"
    say = staticmethod(_moment_after)


class _ConditionTag(Tag):
    name = "condition"
    end = "endcondition"

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        name = _name(stream, token)
        stream.eat(TOKEN_EXPRESSION)
        return _ConditionNode(token, name, self._block_of(stream))

    def _block_of(self, stream: TokenStream) -> BlockNode:
        block = get_parser(self.env).parse_block(stream, (self.end, TOKEN_EOF))
        stream.expect(TOKEN_TAG, value=self.end)
        return block


class _IncrementTag(_ConditionTag):
    name = "incrementcondition"
    end = "endincrementcondition"

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        if stream.current.kind == TOKEN_EXPRESSION:
            stream.eat(TOKEN_EXPRESSION)
        return _ConditionNode(token, "", self._block_of(stream))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return _Environment(tolerance=Mode.STRICT, undefined=StrictUndefined)


@lru_cache(maxsize=1_024)
def _compiled(text: str) -> BoundTemplate:
    return _environment().from_string(text)


def _scope(context: RenderContext) -> LiquidScope:
    return context.tag_namespace[_SCOPE]


def _name(stream: TokenStream, token: Token) -> str:
    """The one name in a tag; the stream stays on it."""
    written = stream.current.value.strip() if stream.current.kind == TOKEN_EXPRESSION else ""
    if _NAME.fullmatch(written) is None:
        raise LiquidSyntaxError(f"the tag {token.value!r} wants the name of one field, not {written!r}", token=token)
    return written


def _bounded(name: str, function: Callable[..., object]) -> Callable[..., object]:
    """The filter for texts and lists of a size that cannot grow out of hand."""

    @wraps(function)
    def bounded(*values: Any, **options: Any) -> object:
        plain = [str(value) if isinstance(value, Given) and _keeps(value) else value for value in values]
        sizes = [len(cast("Sized", value)) for value in plain if isinstance(value, str | list | range)]
        most = _MOST_ITEMS if any(isinstance(value, range) for value in plain) else _MOST_CHARACTERS
        # what is put between or in place of many: as often as there are places
        size = sizes[0] * (sizes[-1] + 1) if name in {"join", "replace"} and sizes else max(sizes, default=0)
        if size > most:
            raise LiquidError(f"the filter {name!r} would make too much", token=None)
        return function(*plain, **options)

    return bounded


def _keeps(value: Given) -> bool:
    if isinstance(value, Literal):
        raise InvalidQuery(
            "Liquid may write the value of a string parameter, but not change it: give it allowed values."
        )
    return True


def _dated(function: Callable[..., object]) -> Callable[..., object]:
    """The date filter with the query's clock."""

    @with_context
    @wraps(function)
    def dated(value: object, form: str, *, context: RenderContext, **options: Any) -> object:
        now: datetime = _scope(context).now
        at: object = now if value in ("now", "today") else value
        if isinstance(at, date) and not isinstance(at, datetime):
            at = datetime(at.year, at.month, at.day, tzinfo=now.tzinfo)
        return function(at, form, **options)

    return dated


@with_context
def _sql_quote(value: object, *, context: RenderContext) -> str:
    engine = _scope(context).engine
    return engine.print(engine.text(value.text if isinstance(value, Given) else str(value)))


def _where(error: LiquidError) -> str:
    found = error.context()
    return f" (line {found[0]})" if found else ""
