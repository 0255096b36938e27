"""Governed data as services see it: loaded, connected, asked as somebody, and never shown to another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.agent import Agent
from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    Drawing,
    ExploreFields,
    ExploreList,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, InvalidQuery, NotFound, PermissionDenied, SourceUnavailable, UnknownField
from tertulia.core.ids import new_id
from tertulia.core.project import Permission
from tertulia.core.query import Query, Source, UserAttribute
from tertulia.core.tool import Caller, Tool, ToolKind, ToolResult
from tertulia.house import House
from tertulia.services.tools import data_tools
from tertulia.settings import Settings
from tertulia.store import agents

MODEL = """
connection: "boats"
include: "*.view"
explore: hires {
  label: "Hires"
  join: boats { relationship: many_to_one sql_on: ${hires.boat_id} = ${boats.boat_id} ;; }
}
explore: my_hires {
  view_name: hires
  access_filter: { field: hires.harbour user_attribute: harbour }
}
"""
HIRES = """
view: hires {
  sql_table_name: hires ;;
  dimension: hire_id { primary_key: yes hidden: yes type: number }
  dimension: boat_id { hidden: yes type: number }
  dimension: harbour { type: string }
  dimension_group: begun { type: time timeframes: [date, month, year] sql: ${TABLE}.begun_at ;; }
  measure: count { label: "Number of Hires" type: count }
  measure: takings { type: sum sql: ${TABLE}.price ;; value_format_name: eur }
}
"""
BOATS = """
view: boats {
  sql_table_name: boats ;;
  dimension: boat_id { primary_key: yes hidden: yes type: number }
  dimension: name { label: "Boat" type: string }
  measure: count { label: "Number of Boats" type: count }
}
"""
FILES = {"boats.model.lkml": MODEL, "hires.view.lkml": HIRES, "boats.view.lkml": BOATS}


class Stage:
    """A house with a project whose data is two CSV files, and somebody who asks."""

    def __init__(self, folder: Path) -> None:
        lay_schema(folder / "data" / "tertulia.db")
        self.house = House(Settings(data=folder / "data", embedder="none", now="2026-06-30T12:00:00"))
        self.files = folder / "csv"
        self.files.mkdir()
        rows = ["hire_id,boat_id,harbour,begun_at,price"]
        rows += [f"{n},{n % 3 + 1},{'North' if n % 4 else 'South'},2026-0{n % 6 + 1}-15,{10 * n}" for n in range(1, 13)]
        (self.files / "hires.csv").write_text("\n".join(rows))
        (self.files / "boats.csv").write_text("boat_id,name\n1,Teal\n2,Wigeon\n3,Smew\n")

    async def found(self) -> None:
        founded = await self.house.setup.found("Boats", admin_email="ana@example.org")
        self.project_id = founded.project_id
        await self.house.modelling.connect(self.project_id, "boats", f"folder:///{self.files}")
        await self.house.modelling.load(self.project_id, "boats", FILES)
        self.tools = await asyncio.to_thread(self.house.data.tools)

    def caller(self, **values: Any) -> Caller:
        return Caller(project_id=self.project_id, **values)

    async def run(self, kind: ToolKind, caller: Caller | None = None, **arguments: Any) -> ToolResult:
        tool = next(each for each in data_tools(self.project_id, now()) if each.kind is kind)
        return await self.tools.run(caller or self.caller(), tool, arguments)

    async def answer(self, caller: Caller | None = None, **arguments: Any) -> QueryAnswer:
        found = await self.run(ToolKind.RUN_QUERY, caller, **arguments)
        assert isinstance(found, QueryAnswer)
        return found


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path)
    await stage.found()
    yield stage
    await stage.house.data.close()
    stage.house.close()


def harbour(*values: str, is_expression: bool = False) -> dict[str, UserAttribute]:
    return {"harbour": UserAttribute(name="harbour", values=list(values), is_expression=is_expression)}


async def test_the_tools_list_describe_search_and_query(stage: Stage) -> None:
    explores = await stage.run(ToolKind.LIST_EXPLORES)
    assert isinstance(explores, ExploreList)
    assert [str(card.source) for card in explores.explores] == ["boats/hires", "boats/my_hires"]
    fields = await stage.run(ToolKind.DESCRIBE_EXPLORE, explore="boats/hires", search="takings")
    assert isinstance(fields, ExploreFields)
    assert [(each.name, each.is_measure) for each in fields.fields] == [("hires.takings", True)]
    values = await stage.run(ToolKind.SEARCH_FIELD_VALUES, explore="boats/hires", field="boats.name", term="w")
    assert isinstance(values, FieldValues)
    assert values.values == ["Smew", "Wigeon"]
    answer = await stage.answer(explore="boats/hires", fields=["boats.name", "hires.takings"], sorts=["boats.name"])
    assert answer.table.rows == [["Smew", 260], ["Teal", 300], ["Wigeon", 220]]
    assert answer.table.columns[1].value_format == "eur"


async def test_a_question_is_answered_or_asked_back(stage: Stage) -> None:
    answer = await stage.run(ToolKind.ASK_DATA, question="takings by boat in March 2026")
    assert isinstance(answer, QueryAnswer)
    assert answer.understood
    assert sum(row[-1] for row in answer.table.rows) == 100
    refusal = await stage.run(ToolKind.ASK_DATA, question="takings by captain")
    assert isinstance(refusal, Clarification)
    assert "captain" in refusal.message


async def test_a_query_that_cannot_be_asked_says_what_can(stage: Stage) -> None:
    with pytest.raises(UnknownField, match=r"hires\.takings"):
        await stage.answer(explore="boats/hires", fields=["hires.taking"])
    with pytest.raises(InvalidQuery, match="boats/hires"):
        await stage.answer(explore="boats/hire", fields=["hires.takings"])
    wrongs: list[dict[str, Any]] = [
        {"explore": "hires"},
        {"explore": "boats/hires", "fields": 7},
        {"explore": "boats/hires", "limit": -1},
        {"explore": "boats/hires", "fields": ["hires.count"], "total": "all of them"},
    ]
    for wrong in wrongs:
        with pytest.raises(InvalidQuery):
            await stage.answer(**wrong)


@pytest.mark.parametrize(
    ("said", "totals"),
    [(True, [780]), ("true", [780]), (" Yes ", [780]), (False, None), ("false", None), ("", None), (None, None)],
)
async def test_a_total_is_asked_for_in_the_words_of_models(stage: Stage, said: Any, totals: list[int] | None) -> None:
    answer = await stage.answer(explore="boats/hires", fields=["hires.takings"], total=said)
    assert answer.table.totals == totals


async def test_an_agents_sources_are_all_it_may_ask(stage: Stage) -> None:
    narrow = stage.caller(sources=[Source("boats", "my_hires")], attributes=harbour("North"))
    with pytest.raises(InvalidQuery, match="no explore boats/hires"):
        await stage.answer(narrow, explore="boats/hires", fields=["hires.count"])
    assert (await stage.answer(narrow, explore="boats/my_hires", fields=["hires.count"])).table.rows == [[9]]


@pytest.mark.parametrize(
    "attributes",
    [{}, harbour(), harbour(""), harbour("%", is_expression=True), harbour("-Nowhere", is_expression=True)],
    ids=["none", "no value", "empty", "everything", "everything but"],
)
async def test_an_access_filter_without_a_real_value_lets_nothing_through(
    stage: Stage, attributes: dict[str, UserAttribute]
) -> None:
    caller = stage.caller(attributes=attributes)
    if attributes and attributes["harbour"].values == ["-Nowhere"]:
        # an operator who writes an expression on purpose may exclude: that is no wildcard
        assert (await stage.answer(caller, explore="boats/my_hires", fields=["hires.count"])).table.rows == [[12]]
        return
    with pytest.raises(PermissionDenied):
        await stage.answer(caller, explore="boats/my_hires", fields=["hires.count"])


async def test_two_people_who_ask_the_same_at_once_each_see_their_own_rows(stage: Stage) -> None:
    north, south = stage.caller(attributes=harbour("North")), stage.caller(attributes=harbour("South"))
    asked = {"explore": "boats/my_hires", "fields": ["hires.harbour", "hires.count"]}
    answers = await asyncio.gather(*(stage.answer(who, **asked) for who in (north, south) * 5))
    assert [answer.table.rows for answer in answers] == [[["North", 9]], [["South", 3]]] * 5
    assert answers[0].scope != answers[1].scope
    values = [
        await stage.run(ToolKind.SEARCH_FIELD_VALUES, who, explore="boats/my_hires", field="hires.harbour")
        for who in (north, south)
    ]
    assert [found.values for found in values if isinstance(found, FieldValues)] == [["North"], ["South"]]


async def test_a_value_that_looks_like_sql_or_a_wildcard_stands_for_itself(stage: Stage) -> None:
    for value in ("%", "North' OR '1'='1", "N_rth", "-North", "NULL", "North,South"):
        caller = stage.caller(attributes=harbour(value))
        assert (await stage.answer(caller, explore="boats/my_hires", fields=["hires.count"])).table.rows == [[0]]


async def test_another_project_sees_neither_models_nor_connections(stage: Stage) -> None:
    other = await stage.house.setup.found("Cars", admin_email="ben@example.org")
    stranger = Caller(project_id=other.project_id)
    explores = await stage.run(ToolKind.LIST_EXPLORES, stranger)
    assert isinstance(explores, ExploreList)
    assert explores.explores == []
    with pytest.raises(InvalidQuery):
        await stage.answer(stranger, explore="boats/hires", fields=["hires.count"])


async def test_files_that_change_are_read_again(stage: Stage) -> None:
    assert (await stage.answer(explore="boats/hires", fields=["boats.count"])).table.rows == [[3]]
    (stage.files / "boats.csv").write_text("boat_id,name\n1,Teal\n2,Wigeon\n3,Smew\n4,Gadwall\n")
    (stage.files / "hires.csv").write_text("hire_id,boat_id,harbour,begun_at,price\n1,4,North,2026-01-01,5\n")
    assert (await stage.answer(explore="boats/hires", fields=["boats.name"])).table.rows == [["Gadwall"]]


async def test_lookml_that_changes_is_understood_anew_and_the_same_is_no_change(stage: Stage) -> None:
    assert not (await stage.house.modelling.load(stage.project_id, "boats", FILES)).is_changed
    renamed = FILES | {"hires.view.lkml": HIRES.replace("takings", "income")}
    assert (await stage.house.modelling.load(stage.project_id, "boats", renamed)).is_changed
    assert (await stage.answer(explore="boats/hires", fields=["hires.income"])).table.rows == [[780]]
    await stage.house.modelling.unload(stage.project_id, "boats")
    with pytest.raises(InvalidQuery, match="There is none"):
        await stage.answer(explore="boats/hires", fields=["hires.income"])
    with pytest.raises(NotFound):
        await stage.house.modelling.unload(stage.project_id, "boats")


async def test_a_missing_connection_says_how_to_make_it(stage: Stage) -> None:
    await stage.house.modelling.disconnect(stage.project_id, "boats")
    with pytest.raises(SourceUnavailable, match="tertulia connect boats"):
        await stage.answer(explore="boats/hires", fields=["hires.count"])


async def test_attributes_are_set_replaced_and_taken_away(stage: Stage) -> None:
    modelling = stage.house.modelling
    one = UserAttribute(name="harbour", values=["North", "South"])
    assert await modelling.set_attributes(stage.project_id, "ana@example.org", [one]) == {"harbour": one}
    gone = UserAttribute(name="harbour", values=[])
    assert await modelling.set_attributes(stage.project_id, "ANA@example.org", [gone]) == {}
    with pytest.raises(NotFound, match="no member"):
        await modelling.set_attributes(stage.project_id, "nobody@example.org", [one])


async def test_empty_and_huge_lookml_is_refused(stage: Stage) -> None:
    modelling = stage.house.modelling
    with pytest.raises(InvalidInput, match="no LookML file"):
        await modelling.load(stage.project_id, "empty", {})
    with pytest.raises(InvalidInput, match="50 MB"):
        await modelling.load(stage.project_id, "huge", {"a.view.lkml": "#" * 50_000_001})
    with pytest.raises(InvalidInput):
        await modelling.load(stage.project_id, " ", FILES)


async def test_a_chart_is_drawn_of_rows_and_refused_of_none(stage: Stage) -> None:
    drawn = await stage.run(
        ToolKind.DRAW_CHART, explore="boats/hires", fields=["boats.name", "hires.takings"], title="Takings"
    )
    assert isinstance(drawn, Drawing)
    assert drawn.title == "Takings"
    with pytest.raises(InvalidQuery, match="no chart"):
        await stage.run(ToolKind.DRAW_CHART, explore="boats/hires", fields=["boats.name"])


async def test_code_reaches_data_only_as_its_caller(stage: Stage) -> None:
    code = (
        'rows = query(explore="boats/my_hires", fields=["hires.harbour", "hires.takings"])\n'
        "print(len(rows))\n"
        'sum(row["hires.takings"] for row in rows)'
    )
    ran = await stage.run(ToolKind.RUN_CODE, stage.caller(attributes=harbour("South")), code=code)
    assert isinstance(ran, CodeResult)
    assert (ran.output.strip(), ran.value, ran.problem) == ("1", 240, "")
    assert [answer.table.rows for answer in ran.answers] == [[["South", 240]]]
    for wrong in ('query(explore="boats/nothing")', "query(explore=3)", 'query(explore="boats/hires", sql="x")', "1/0"):
        failed = await stage.run(ToolKind.RUN_CODE, code=wrong)
        assert isinstance(failed, CodeResult)
        assert failed.problem


async def test_an_agents_tools_follow_from_its_sources(stage: Stage) -> None:
    moment = now()

    def kinds(tools: list[Tool]) -> set[ToolKind]:
        return {tool.kind for tool in tools}

    def agent(**values: Any) -> Agent:
        return Agent(id=new_id(), project_id=stage.project_id, name="A", created_at=moment, updated_at=moment, **values)

    database = stage.house.database
    everything = kinds(await database.read(agents.tools_of_agent, agent()))
    with_sources = kinds(await database.read(agents.tools_of_agent, agent(sources=[Source("boats", "hires")])))
    coder = kinds(await database.read(agents.tools_of_agent, agent(can_run_code=True)))
    assert everything == set(ToolKind) - {ToolKind.RUN_CODE}
    assert with_sources == {kind for kind in ToolKind if kind.reads_data} - {ToolKind.RUN_CODE}
    assert coder == set(ToolKind)


async def test_a_member_runs_a_data_tool_by_hand_with_their_own_rights(stage: Stage) -> None:
    await stage.house.people.add("bo@example.org", stage.project_id, frozenset({Permission.VIEW_DATA}))
    south = [UserAttribute(name="harbour", values=["South"])]
    await stage.house.modelling.set_attributes(stage.project_id, "bo@example.org", south)
    secret = (await stage.house.people.create_token("bo@example.org", project_id=stage.project_id, name=""))[1]
    bo: Actor = await stage.house.services.identity.actor(secret, stage.project_id)
    tools = stage.house.services.tools
    listed = await stage.house.database.read(agents.all_tools, stage.project_id)
    query = next(tool for tool in listed if tool.kind is ToolKind.RUN_QUERY)
    found = await tools.run(bo, query.id, {"explore": "boats/my_hires", "fields": ["hires.count"]})
    assert isinstance(found, QueryAnswer)
    assert found.table.rows == [[3]]
    parameters = {each.name: each for each in await tools.parameters(bo, query.id)}
    assert parameters["explore"].choices == ["boats/hires", "boats/my_hires"]


async def test_identical_queries_have_one_slug_and_others_another() -> None:
    one = Query(model="m", explore="e", fields=["v.a"], filters={"v.a": "1", "v.b": "2"})
    same = Query(model="m", explore="e", fields=["v.a"], filters={"v.b": "2", "v.a": "1"})
    other = Query(model="m", explore="e", fields=["v.a"], filters={"v.b": "2", "v.a": "2"})
    assert one.slug == same.slug != other.slug
    assert len(one.slug) == 22
    assert one.slug.isalnum()
