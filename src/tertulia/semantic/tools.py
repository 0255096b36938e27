"""The data tools as a model calls them: arguments to typed queries, and problems that say what to do."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from tertulia.core.analysis import DataResult, Drawing
from tertulia.core.errors import InvalidQuery
from tertulia.core.query import Query, Source
from tertulia.core.tool import Caller, ParameterType, Tool, ToolKind, ToolParameter
from tertulia.semantic.analyst import Analyst
from tertulia.semantic.brief import data_brief
from tertulia.semantic.charts import chart_of
from tertulia.semantic.notebook import Notebook

_SEPARATOR = "/"
_FEW_FIELDS = 150
_MOST_ROWS = 5_000
_YES = {"true": True, "yes": True, "false": False, "no": False}


class DataTools:
    """Runs the tools that ask governed data, as the caller and within the sources of the caller's agent."""

    def __init__(self, analyst: Analyst, notebook: Notebook) -> None:
        self._analyst = analyst
        self._notebook = notebook
        self._verbs: dict[ToolKind, Callable[[Caller, _Arguments], Awaitable[DataResult]]] = {
            ToolKind.ASK_DATA: self._ask,
            ToolKind.LIST_EXPLORES: self._list,
            ToolKind.DESCRIBE_EXPLORE: self._describe,
            ToolKind.SEARCH_FIELD_VALUES: self._search,
            ToolKind.RUN_QUERY: self._query,
            ToolKind.DRAW_CHART: self._draw,
            ToolKind.RUN_CODE: self._code,
        }

    async def parameters_of(self, caller: Caller, tool: Tool) -> list[ToolParameter]:
        """The arguments, with the explores and fields the caller may name as choices where they are few."""
        explores = [str(card.source) for card in (await self._analyst.explores(caller)).explores]
        fields: list[str] = []
        if tool.kind is ToolKind.RUN_QUERY and len(explores) == 1:
            described = await self._analyst.fields(caller, _source(explores[0]))
            if len(described.fields) <= _FEW_FIELDS and not described.left_out:
                fields = [card.name for card in described.fields]
        return _parameters(tool.kind, explores, fields)

    async def brief(self, caller: Caller, question: str) -> str:
        """What a model is told of the data before it answers a question."""
        return await data_brief(self._analyst, caller, question)

    async def run(self, caller: Caller, tool: Tool, arguments: Mapping[str, Any]) -> DataResult:
        """Raises InvalidQuery and its children, PermissionDenied, QueryTimeout, SourceUnavailable."""
        return await self._verbs[tool.kind](caller, _Arguments(arguments))

    async def _ask(self, caller: Caller, given: "_Arguments") -> DataResult:
        return await self._analyst.ask(caller, given.text("question", required=True))

    async def _list(self, caller: Caller, _given: "_Arguments") -> DataResult:
        return await self._analyst.explores(caller)

    async def _describe(self, caller: Caller, given: "_Arguments") -> DataResult:
        return await self._analyst.fields(caller, given.source(), given.text("search"))

    async def _search(self, caller: Caller, given: "_Arguments") -> DataResult:
        field = given.text("field", required=True)
        return await self._analyst.values(caller, given.source(), field, given.text("term"))

    async def _query(self, caller: Caller, given: "_Arguments") -> DataResult:
        return await self._analyst.answer(caller, given.query())

    async def _draw(self, caller: Caller, given: "_Arguments") -> DataResult:
        query = given.query()
        answer = await self._analyst.answer(caller, query)
        title = given.text("title") or answer.label
        drawn = chart_of(answer.table, title=title, wish=given.text("kind"))
        if drawn is None:
            raise InvalidQuery("These rows make no chart: ask for a measure by one or two dimensions.")
        return Drawing(title=title, chart=drawn, query=query, scope=answer.scope)

    async def _code(self, caller: Caller, given: "_Arguments") -> DataResult:
        return await self._notebook.run(caller, given.text("code", required=True))


class _Arguments:
    """What a model or a person gave, read with patience and refused with a reason."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, *, required: bool = False) -> str:
        value = self._values.get(name)
        if value is None or value == "":
            if required:
                raise InvalidQuery(f"Give {name}.")
            return ""
        if not isinstance(value, str):
            raise InvalidQuery(f"{name} must be text.")
        return value.strip()

    def source(self) -> Source:
        return _source(self.text("explore", required=True))

    def query(self) -> Query:
        source = self.source()
        return Query(
            model=source.model,
            explore=source.explore,
            fields=self._texts("fields"),
            pivots=self._texts("pivots"),
            filters=self._filters(),
            sorts=self._texts("sorts"),
            limit=self._limit(),
            has_total=self._yes("total"),
        )

    def _texts(self, name: str) -> list[str]:
        value = self._values.get(name)
        if value is None:
            return []
        if isinstance(value, str):
            value = [part for part in value.split(",") if part.strip()]
        listed = cast("list[Any]", value) if isinstance(value, list) else None
        if listed is None or not all(isinstance(each, str) for each in listed):
            raise InvalidQuery(f"{name} must be a list of texts.")
        return [each.strip() for each in listed]

    def _filters(self) -> dict[str, str]:
        value = self._values.get("filters")
        if value is None:
            return {}
        given = cast("dict[str, Any]", value) if isinstance(value, dict) else None
        if given is None or not all(isinstance(each, (str, int, float)) for each in given.values()):
            raise InvalidQuery('filters must be an object of filter expressions by field: {"orders.status": "paid"}.')
        return {name: _expression(each) for name, each in given.items()}

    def _yes(self, name: str) -> bool:
        value = self._values.get(name)
        if value is None or value == "":
            return False
        said = _YES.get(str(value).strip().lower())
        if said is None:
            raise InvalidQuery(f"{name} must be true or false.")
        return said

    def _limit(self) -> int | None:
        value = self._values.get("limit")
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_ROWS:
            raise InvalidQuery(f"limit must be a whole number from 1 to {_MOST_ROWS}.")
        return value


def _source(text: str) -> Source:
    model, separator, explore = text.replace("::", _SEPARATOR).partition(_SEPARATOR)
    if not separator or not model or not explore:
        raise InvalidQuery("Name the explore as model/explore, as list_explores shows it.")
    return Source(model, explore)


def _expression(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _parameters(kind: ToolKind, explores: list[str], fields: list[str]) -> list[ToolParameter]:
    explore = ToolParameter(
        name="explore",
        type=ParameterType.STRING,
        description="Which explore, as model/explore.",
        required=True,
        choices=explores,
    )
    asked = [explore, *_query_parameters(fields)]
    kinds = ["column", "bar", "line", "area", "pie", "scatter"]
    parameters: dict[ToolKind, list[ToolParameter]] = {
        ToolKind.ASK_DATA: [
            _text("question", "One question in plain English words about numbers in the data.", required=True)
        ],
        ToolKind.DESCRIBE_EXPLORE: [
            explore,
            _text("search", "Words of the fields looked for; without it all fields."),
        ],
        ToolKind.SEARCH_FIELD_VALUES: [
            explore,
            _text("field", "A text dimension, as view.field.", required=True),
            _text("term", "What the values contain."),
        ],
        ToolKind.RUN_QUERY: asked,
        ToolKind.DRAW_CHART: [
            *asked,
            ToolParameter(name="kind", type=ParameterType.STRING, description="Which chart.", choices=kinds),
            _text("title", "What stands above it."),
        ],
        ToolKind.RUN_CODE: [_text("code", _CODE, required=True)],
    }
    return parameters.get(kind, [])


def _query_parameters(fields: list[str]) -> list[ToolParameter]:
    return [
        ToolParameter(
            name="fields",
            type=ParameterType.ARRAY,
            description="Dimensions to group by and measures to compute, as view.field.",
            required=True,
            choices=fields,
        ),
        ToolParameter(name="filters", type=ParameterType.OBJECT, description=_FILTERS),
        ToolParameter(
            name="sorts", type=ParameterType.ARRAY, description="Fields to sort by: view.field or view.field desc."
        ),
        ToolParameter(name="pivots", type=ParameterType.ARRAY, description="Dimensions among fields to pivot on."),
        ToolParameter(name="limit", type=ParameterType.INTEGER, description="The most rows, 500 without it."),
        ToolParameter(name="total", type=ParameterType.BOOLEAN, description="Whether to give totals as well."),
    ]


def _text(name: str, description: str, *, required: bool = False) -> ToolParameter:
    return ToolParameter(name=name, type=ParameterType.STRING, description=description, required=required)


_FILTERS = (
    'Looker filter expressions by field. Text: "Germany", "Germany,France", "-returned", "%bike%". Number: ">=100", '
    '"[10,20)". Date: "last month", "7 days", "2024", "2024-Q2", "2024-01-01 to 2024-07-01", "after 2024-03-15". '
    'Yes or no: "yes".'
)
_CODE = (
    "Python without imports, classes or files. query(explore=..., fields=[...], filters={...}, sorts=[...], limit=...) "
    "gives a list of rows as dicts by field; print what matters, or end with an expression."
)
