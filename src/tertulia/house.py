"""The composition root: builds everything once, by hand. The web application around it is app.py's."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from tertulia.core.agent import BUILTIN_MODEL
from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, Unavailable
from tertulia.providers.builtin import Builtin
from tertulia.providers.embedder import Embedder
from tertulia.providers.minilm import MiniLM
from tertulia.providers.model import Model
from tertulia.providers.openai_embeddings import OpenAIEmbeddings
from tertulia.providers.roster import Roster
from tertulia.providers.scripted import SCRIPTED_MODEL, Script, Scripted
from tertulia.retrieval.citations import reference_url, verify
from tertulia.retrieval.search import Search
from tertulia.retrieval.tools import Toolbox as DocumentTools
from tertulia.runtime.citing import Link
from tertulia.runtime.hub import Hub
from tertulia.runtime.journal import Briefing
from tertulia.runtime.loop import Limits, Loop
from tertulia.runtime.worker import Execution, Pace, Worker
from tertulia.services.accounting import Accounting
from tertulia.services.agents import Agents
from tertulia.services.budgets import Budgets
from tertulia.services.catalog import Services
from tertulia.services.chat import Chat
from tertulia.services.conversations import Conversations
from tertulia.services.credentials import Credentials
from tertulia.services.documents import Documents
from tertulia.services.files import Files
from tertulia.services.golden import GoldenQueries
from tertulia.services.history import History
from tertulia.services.identity import Identity
from tertulia.services.ingestion import Ingestion, Progress
from tertulia.services.journal import DatabaseJournal
from tertulia.services.modelling import Modelling
from tertulia.services.naming import Naming
from tertulia.services.projects import People, Projects
from tertulia.services.queries import Queries
from tertulia.services.query_tasks import QueryTasks
from tertulia.services.rights import Rights
from tertulia.services.setup import DemoData, Setup
from tertulia.services.tools import StoredLibrary, Toolbox, Tools
from tertulia.services.transcripts import Transcripts
from tertulia.settings import Settings, fill_in, load_models
from tertulia.store.database import Database
from tertulia.store.migration import migrate

if TYPE_CHECKING:
    from tertulia.semantic.analyst import Analyst
    from tertulia.semantic.code import CodeRunner
    from tertulia.semantic.execute.warehouse import Warehouse
    from tertulia.semantic.tools import DataTools
    from tertulia.services.holdings import StoredHoldings
    from tertulia.services.inspection import Inspection


class House:
    """Everything that lives as long as the process: opened in the constructor, started on an event loop."""

    def __init__(self, settings: Settings, *, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Creates the data folder and migrates its database.

        Raises Unavailable for a folder that cannot be written and for data of a newer version.
        """
        self.settings = settings
        _make_folder(settings.data)
        migrate(settings.database)
        self.database = database = Database(settings.database)
        self.embedder = _embedder(settings)
        self.roster = _roster(settings, self.embedder)
        originals = Files(settings.files)
        self.ingestion = Ingestion(database, originals, settings, embedder=self.embedder, on_progress=on_progress)
        shelf = StoredLibrary(database)
        self.clock = _clock(settings)
        self.data = Data(database, settings, self.clock)
        toolbox = Toolbox(DocumentTools(Search(shelf, self.embedder), shelf), self.data.tools)
        self.rights = Rights(database, self.data.analyst)
        journal = DatabaseJournal(database, settings, self.rights)
        self.hub = Hub(journal, poll_s=settings.poll_s)
        limits = Limits(step_limit=settings.step_limit, tool_seconds=settings.tool_seconds)
        self._loop = Loop(toolbox, roster=self.roster, verify=verify, link=self._link, limits=limits)
        self.naming = Naming(database, roster=self.roster, settings=settings)
        self.worker = Worker(
            journal, hub=self.hub, execute=self._execute, pace=_pace(settings), on_ended=self.naming.after
        )
        chat = Chat(database, hub=self.hub, worker=self.worker, settings=settings)
        queries = Queries(database, self.data.analyst)
        self.query_tasks = QueryTasks(queries)
        self.services = Services(
            settings=settings,
            identity=Identity(database),
            projects=Projects(database),
            agents=Agents(database),
            conversations=Conversations(database, self.rights),
            chat=chat,
            history=History(database),
            naming=self.naming,
            golden=GoldenQueries(database, queries),
            credentials=Credentials(database),
            queries=queries,
            query_tasks=self.query_tasks,
            rights=self.rights,
            documents=Documents(database, originals, settings, self.ingestion.wake),
            tools=Tools(database, toolbox),
            transcripts=Transcripts(database, chat, self.rights),
            accounting=Accounting(database),
        )
        self.people = People(database)
        self.modelling = Modelling(database)
        self.budgets = Budgets(database)
        self._sweeping: asyncio.Task[int] | None = None
        self.setup = Setup(
            database,
            people=self.people,
            documents=self.services.documents,
            ingestion=self.ingestion,
            modelling=self.modelling,
        )

    async def start(self) -> None:
        """Begins to execute turns and to index documents."""
        self.worker.start()
        await self.ingestion.start()
        self._sweeping = asyncio.create_task(self.services.documents.sweep())

    async def stop(self) -> None:
        """Hands back what is under way, in good order."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self.naming.stop()
        await self.worker.stop()
        await self.ingestion.stop()
        await self.query_tasks.close()
        await self.data.close()
        await self.roster.close()

    def close(self) -> None:
        """Finishes the writes that wait and closes the database."""
        self.database.close()

    def _execute(self, briefing: Briefing) -> Execution:
        model = self.roster.find(briefing.agent.model)
        return Execution(model=model.name, events=self._loop.play(briefing, model))

    def _link(self, project_id: str) -> Link:
        base_url = self.settings.base_url

        def link(chunk_id: str, quote: str | None) -> str:
            return reference_url(base_url, project_id, chunk_id, quote)

        return link


class Data:
    """Governed data: its libraries are heavy, so that they are brought in when somebody first asks."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._turn = threading.Lock()
        self._analyst: Analyst | None = None
        self._holdings: StoredHoldings | None = None
        self._runner: CodeRunner | None = None

    def analyst(self) -> "Analyst":
        """The one there is. Slow the first time: call it from a thread."""
        from tertulia.semantic.analyst import Analyst  # noqa: PLC0415 - heavy, as above
        from tertulia.semantic.execute.warehouse import Ceiling  # noqa: PLC0415 - likewise
        from tertulia.services.holdings import StoredHoldings  # noqa: PLC0415 - likewise

        settings = self._settings
        ceiling = Ceiling(
            rows=settings.query_rows, bytes=settings.query_megabytes * 1_000_000, seconds=settings.query_seconds
        )
        with self._turn:
            if self._analyst is None:
                self._holdings = StoredHoldings(self._database, open_connection=self._open)
                self._analyst = Analyst(self._holdings, clock=self._clock, ceiling=ceiling)
            return self._analyst

    def tools(self) -> "DataTools":
        from tertulia.semantic.code import CodeCeiling, CodeRunner  # noqa: PLC0415 - likewise
        from tertulia.semantic.notebook import Notebook  # noqa: PLC0415 - likewise
        from tertulia.semantic.tools import DataTools  # noqa: PLC0415 - likewise

        analyst = self.analyst()
        self._runner = CodeRunner()
        notebook = Notebook(analyst, self._runner, CodeCeiling(seconds=self._settings.code_seconds))
        return DataTools(analyst, notebook)

    def inspection(self) -> "Inspection":
        from tertulia.services.inspection import Inspection  # noqa: PLC0415 - likewise

        return Inspection(self._database, open_connection=self._open)

    def _open(self, name: str, url: str) -> "Warehouse":
        from tertulia.semantic.execute.registry import open_warehouse  # noqa: PLC0415 - likewise

        return open_warehouse(name, fill_in(url), cache_dir=self._settings.warehouses)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.close()
        if self._holdings is not None:
            await self._holdings.close()


def demo_documents() -> list[Path]:
    """The demo company's documents as they lie in the package."""
    folder = Path(str(files("tertulia.demo"))) / "documents"
    return sorted(path for path in folder.iterdir() if path.is_file())


def demo_data(settings: Settings) -> DemoData:
    """The demo shop's LookML as it lies in the package, and its database, built into the data folder if need be."""
    from tertulia.demo.shop import build_shop  # noqa: PLC0415 - only the demo needs it

    path = settings.data / "shop.duckdb"
    if not path.exists():
        build_shop(path)
    folder = Path(str(files("tertulia.demo"))) / "lookml"
    lookml = {
        str(found.relative_to(folder).as_posix()): found.read_text(encoding="utf-8")
        for found in sorted(folder.rglob("*.lkml"))
    }
    return DemoData(lookml=lookml, url=f"duckdb:///{path.resolve()}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The data folder {folder} cannot be created ({error.strerror}). Set TERTULIA_DATA to another."
        ) from error


def _embedder(settings: Settings) -> Embedder | None:
    wanted = settings.embedder or ("minilm" if MiniLM.is_available() else "none")
    match wanted:
        case "minilm":
            return MiniLM(cache_dir=settings.models)
        case "openai":
            return OpenAIEmbeddings(
                base_url=settings.embeddings_url,
                api_key=settings.embeddings_key or None,
                model=settings.embeddings_model,
            )
        case "none":
            return None
        case _:
            raise InvalidInput(f"TERTULIA_EMBEDDER is {wanted!r}; it must be minilm, openai or none.")


def _roster(settings: Settings, embedder: Embedder | None) -> Roster:
    count_tokens = embedder.count_tokens if isinstance(embedder, MiniLM) else _count_words
    own: dict[str, Model] = {BUILTIN_MODEL: Builtin(embedder, count_tokens)}
    if settings.scripted_model:
        own[SCRIPTED_MODEL] = Scripted(Script(steps=[]))
    configured = load_models(settings)
    cards = {name: each.card for name, each in configured.items()}
    keys = {name: each.key for name, each in configured.items()}
    return Roster(own, cards, keys, default=settings.default_model)


def _count_words(text: str) -> int:
    """Tokens as good as they can be told without a tokenizer: about four characters each."""
    return (len(text) + 3) // 4


def _clock(settings: Settings) -> Callable[[], datetime]:
    fixed = settings.moment
    return now if fixed is None else lambda: fixed


def _pace(settings: Settings) -> Pace:
    return Pace(
        heartbeat_s=settings.heartbeat_s,
        poll_s=settings.poll_s,
        flush_s=settings.flush_s,
        drain_s=settings.drain_s,
        run_seconds=settings.run_seconds,
        run_limit=settings.run_limit,
    )
