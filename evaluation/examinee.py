"""The product under examination: the demo's data agent, in this process, with its clock standing still."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from tertulia.core.analysis import Clarification, QueryAnswer
from tertulia.core.errors import NotFound, QueryTimeout, SourceUnavailable, TertuliaError
from tertulia.core.query import Query
from tertulia.core.tool import Caller, Tool, ToolKind
from tertulia.demo import SHOP_NOW
from tertulia.house import House, demo_data
from tertulia.services.callers import caller_for
from tertulia.services.setup import DEMO_ADMIN
from tertulia.settings import Settings
from tertulia.store import agents, projects
from tertulia.store.database import Connection

if TYPE_CHECKING:
    from tertulia.semantic.tools import DataTools


class Reply(Struct, frozen=True, kw_only=True):
    """What came back: an answer, or the words of a refusal. `is_broken`: neither, but a fault of the product."""

    milliseconds: float
    answer: QueryAnswer | None = None
    words: str = ""
    is_broken: bool = False


class Examinee:
    """Asks as the demo's admin, who may see every site and no margins. Each question is a conversation of its own."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(data=folder, now=SHOP_NOW.isoformat(), embedder="none")
        self._house = House(self._settings)
        self._caller: Caller | None = None
        self._tool: Tool | None = None
        self._tools: DataTools | None = None

    @property
    def database(self) -> Path:
        """The shop's file; it is there once the examinee is ready."""
        return self._settings.data / "shop.duckdb"

    async def make_ready(self) -> None:
        data = demo_data(self._settings)
        founded = await self._house.setup.demo([], data)

        def work(connection: Connection) -> tuple[Caller, Tool]:
            agent = agents.find_agent(connection, founded.project_id, founded.data_agent_settings_id or "")
            user = projects.find_user_by_email(connection, DEMO_ADMIN)
            tools = agents.all_tools(connection, founded.project_id)
            if agent is None or user is None:
                raise NotFound("The demo has no data agent.")
            tool = next(each for each in tools if each.kind is ToolKind.ASK_DATA)
            return caller_for(connection, user.id, agent), tool

        self._caller, self._tool = await self._house.database.read(work)
        self._tools = self._house.data.tools()

    async def ask(self, question: str, *, earlier: Query | None = None) -> Reply:
        if self._tools is None or self._caller is None or self._tool is None:
            raise NotFound("The examinee is not ready.")
        caller = structs.replace(self._caller, earlier=earlier)
        began = time.perf_counter()
        words, is_broken, answer = "", False, None
        try:
            result = await self._tools.run(caller, self._tool, {"question": question})
            if isinstance(result, QueryAnswer):
                answer = result
            elif isinstance(result, Clarification):
                words = " | ".join([result.message, *result.choices])
            else:
                words, is_broken = f"neither an answer nor a question: {type(result).__name__}", True
        except (SourceUnavailable, QueryTimeout) as error:
            words, is_broken = f"{type(error).__name__}: {error.message}", True
        except TertuliaError as error:
            words = f"{type(error).__name__}: {error.message}"
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding, and the others are still asked
            words, is_broken = f"{type(error).__name__}: {error}", True
        spent = (time.perf_counter() - began) * 1000
        return Reply(milliseconds=spent, answer=answer, words=words, is_broken=is_broken)

    async def close(self) -> None:
        await self._house.data.close()
        await self._house.roster.close()
        self._house.close()
