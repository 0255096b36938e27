"""A real library on a real file: database, originals, ingestion, search and tools, with two projects and their people."""

import asyncio
import io
import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Self

import numpy as np

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.clock import now
from tertulia.core.document import Chunk, Document, DocumentState, Metadata
from tertulia.core.ids import new_id
from tertulia.core.project import Permission, Project
from tertulia.providers.embedder import Vectors
from tertulia.retrieval.search import Search
from tertulia.retrieval.tools import Toolbox as DocumentTools
from tertulia.services.documents import Documents, Upload
from tertulia.services.files import Files
from tertulia.services.ingestion import Ingestion, Progress
from tertulia.services.tools import DataTools, StoredLibrary, Toolbox, Tools, default_tools
from tertulia.settings import Settings
from tertulia.store import agents, library, projects
from tertulia.store.database import Connection, Database


class WordHashing:
    """An embedder without a model: words, one synonym pair folded, hashed into 256 places."""

    def __init__(self, name: str = "word-hashing/1") -> None:
        self._name = name

    @property
    def id(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return 256

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return self.vectors(texts)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()):
                meaning = {"dogs": "dog", "hound": "dog", "hounds": "dog"}.get(word, word)
                row[int.from_bytes(blake2b(str(meaning).encode(), digest_size=4).digest()) % self.dimension] += 1
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)


class Shelf:
    """One process's view of the data folder. Several may stand on the same folder at once."""

    def __init__(self, folder: Path, *, embedder: WordHashing | None = None, **settings: float) -> None:
        quick = {"lease_s": 5.0, "heartbeat_s": 0.2, "parse_seconds": 60.0, **settings}
        self.settings = Settings(data=folder, **quick)  # pyright: ignore[reportArgumentType] - all of these are numbers
        lay_schema(self.settings.database)
        self.database = Database(self.settings.database)
        self.files = Files(self.settings.files)
        self.news: list[Progress] = []
        self.ingestion = Ingestion(
            self.database,
            self.files,
            self.settings,
            embedder=embedder,
            on_progress=self.news.append,
            backoff_s=0.01,
        )
        self.documents = Documents(self.database, self.files, self.settings, self.ingestion.wake)
        self.library = StoredLibrary(self.database)
        self.search = Search(self.library, embedder)
        self.toolbox = DocumentTools(self.search, self.library)
        self.tools = Tools(self.database, Toolbox(self.toolbox, _no_data))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    async def found_project(self) -> Actor:
        """A new project with the default tools, and its admin."""
        moment = now()
        project = Project(id=new_id(), name="A project", created_at=moment, updated_at=moment)

        def insert(connection: Connection) -> None:
            projects.insert_project(connection, project)
            for tool in default_tools(project.id, moment):
                agents.insert_tool(connection, tool)

        await self.database.write(insert)
        return member(project.id, Permission.ADMINISTER)

    async def add(self, actor: Actor, texts: dict[str, str], *, tags: Sequence[str] = ()) -> dict[str, Document]:
        """Uploads texts by name and waits until they are indexed."""
        metadata: Metadata = [("tag", tag) for tag in tags]
        uploads = [upload(name, text, metadata) for name, text in texts.items()]
        stored = await self.documents.upload(actor, uploads)
        await self.ingestion.drain()
        return {each.name: await self.documents.get(actor, each.id) for each in stored}


def member(project_id: str, *permissions: Permission) -> Actor:
    return Actor(user_id=new_id(), email="ana@example.com", project_id=project_id, permissions=frozenset(permissions))


def upload(name: str, text: str | bytes, metadata: Metadata | None = None) -> Upload:
    content = text.encode() if isinstance(text, str) else text
    return Upload(name=name, content=io.BytesIO(content), metadata=metadata or [])


def new_document(project_id: str, name: str, tags: Sequence[str] = ()) -> Document:
    moment = now()
    return Document(
        id=new_id(),
        project_id=project_id,
        name=name,
        content_type="text/plain",
        size_bytes=1,
        sha256="0" * 64,
        state=DocumentState.ACTIVE,
        metadata=[("tag", tag) for tag in tags],
        created_at=moment,
        updated_at=moment,
    )


def put_document(
    connection: Connection, document: Document, texts: Sequence[str], vectors: library.Vectors | None = None
) -> list[Chunk]:
    """Inserts a document whose chunks are these texts, without parsing anything."""
    chunks = [
        Chunk(id=new_id(), document_id=document.id, ordinal=at, text=text, start=0, end=len(text))
        for at, text in enumerate(texts)
    ]
    library.insert_document(connection, document)
    library.put_content(connection, document, "\n".join(texts), chunks, vectors)
    return chunks


async def eventually(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def _no_data() -> DataTools:
    raise AssertionError("A project without LookML was asked for data.")
