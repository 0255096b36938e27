"""The code interpreter as a tool: code in a sandbox whose only way to data is the governed query."""

from typing import Any

import msgspec

from tertulia.core.analysis import CodeResult, QueryAnswer
from tertulia.core.errors import InvalidQuery
from tertulia.core.query import Query, Source
from tertulia.core.tool import Caller
from tertulia.semantic.analyst import Analyst
from tertulia.semantic.code import CodeCeiling, CodeOutcome, CodeRunner

_NAMES = frozenset({"fields", "filters", "sorts", "pivots", "limit"})


class Notebook:
    def __init__(self, analyst: Analyst, runner: CodeRunner, ceiling: CodeCeiling) -> None:
        self._analyst = analyst
        self._runner = runner
        self._ceiling = ceiling

    async def run(self, caller: Caller, code: str) -> CodeResult:
        """What the code printed and gave, and every query it asked. Problems of the code are told, not raised."""
        answers: list[QueryAnswer] = []

        async def query(explore: Any = "", **given: Any) -> list[dict[str, Any]]:
            answer = await self._analyst.answer(caller, _query(explore, given))
            answers.append(answer)
            names = [column.name for column in answer.table.columns]
            return [dict(zip(names, row, strict=True)) for row in answer.table.rows]

        outcome = await self._runner.run(code, functions={"query": query}, ceiling=self._ceiling)
        return CodeResult(
            code=code, output=outcome.printed, value=outcome.value, problem=_problem(outcome), answers=answers
        )


def _problem(outcome: CodeOutcome) -> str:
    cut = "The output was longer than what is kept; some of it is left out." if outcome.is_cut else ""
    return "\n".join(part for part in (outcome.error, cut) if part)


def _query(explore: Any, given: dict[str, Any]) -> Query:
    model, separator, name = str(explore).replace("::", "/").partition("/")
    if not separator:
        raise InvalidQuery("Name the explore as model/explore.")
    if strangers := sorted(set(given) - _NAMES):
        raise InvalidQuery(f"query() does not know {', '.join(strangers)}; it knows {', '.join(sorted(_NAMES))}.")
    source = Source(model, name)
    try:
        return msgspec.convert({**given, "model": source.model, "explore": source.explore}, Query)
    except msgspec.ValidationError as error:
        raise InvalidQuery(f"query() was given something else than it takes: {error}") from error
