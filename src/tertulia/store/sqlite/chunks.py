"""Chunks as SQLite finds them: FTS5 with the scope inside the index, and exact cosine over vectors held in memory."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.document import Document, DocumentScope
from tertulia.store.schema import chunk_vector, project
from tertulia.store.text import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys: TypeAlias = NDArray[np.int64]
    Vectors: TypeAlias = NDArray[np.float32]

# unicode61 makes one token of a whole run of these, so they are indexed and asked for in pairs
_UNSPACED = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_SCRIPT_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_VECTOR_BATCH = 900
# weights of title, headings, text, scope; `ORDER BY rank` would be slower: it sorts every match with its positions
_MATCHES = "SELECT rowid, bm25(chunk_fts, 2.0, 1.5, 1.0, 0.0) AS score FROM chunk_fts WHERE chunk_fts MATCH ? "
# with the plus the matches are read once; without it the whole query runs again for every key
_AMONG = "AND +rowid IN (SELECT value FROM json_each(?)) "
_BEST_FIRST = "ORDER BY score, rowid "


class IndexedText(NamedTuple):
    """What the text index holds of a chunk. To take it out again the same values must be given (the table is contentless).

    A change of what is derived here (scope tokens, pairs) therefore needs a migration that rebuilds the index.
    """

    pk: int
    title: str
    headings: str
    text: str
    scope: str


class QueryVector(NamedTuple):
    """A question as a vector of length 1, compared only with vectors of the same embedder."""

    embedder_id: str
    values: NDArray[np.float32]


def scope_of(document: Document) -> str:
    """The tokens by which a document's chunks are filtered inside the index."""
    tokens = [_project_token(document.project_id), _document_token(document.project_id, document.id)]
    tokens += sorted({_tag_token(document.project_id, tag) for tag in document.tags})
    return " ".join(tokens)


def index(connection: Connection, project_id: str, texts: Iterable[IndexedText]) -> None:
    _write(
        connection,
        texts,
        "INSERT INTO chunk_fts(rowid, title, headings, text, scope) VALUES (:pk, :title, :headings, :text, :scope)",
    )
    _bump(connection, project_id)


def unindex(connection: Connection, project_id: str, texts: Iterable[IndexedText]) -> None:
    _write(
        connection,
        texts,
        "INSERT INTO chunk_fts(chunk_fts, rowid, title, headings, text, scope) "
        "VALUES ('delete', :pk, :title, :headings, :text, :scope)",
    )
    _bump(connection, project_id)


def add_vectors(
    connection: Connection, project_id: str, embedder_id: str, vectors: Iterable[tuple[int, Vectors]]
) -> None:
    """Stores one vector of length 1 per chunk key; a vector never changes once stored."""
    rows = [
        {
            "chunk_pk": pk,
            "embedder_id": embedder_id,
            "project_id": project_id,
            "dimension": len(vector),
            "vector": vector.astype("<f4").tobytes(),
        }
        for pk, vector in vectors
    ]
    if rows:
        connection.execute(chunk_vector.insert(), rows)
    _bump(connection, project_id)


def lexical(
    connection: Connection, project_id: str, scope: DocumentScope, terms: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    """Keys of the chunks that contain any of the terms, best first, with their BM25 (higher is better, never negative)."""
    wanted = _any_of(terms)
    if not wanted:
        return []
    found = connection.exec_driver_sql(
        _MATCHES + _BEST_FIRST + "LIMIT ?",
        (f"{{title headings text}} : ({wanted}) AND {_within(project_id, scope)}", limit),
    )
    return [(pk, max(0.0, -score)) for pk, score in found]


def lexical_of(connection: Connection, terms: Sequence[str], keys: Sequence[int]) -> list[tuple[int, float]]:
    """As `lexical`, of these chunks alone and with the same BM25; that they are in scope is known to the caller."""
    wanted = _any_of(terms)
    if not wanted or not keys:
        return []
    parameters = (f"{{title headings text}} : ({wanted})", json.dumps(keys))
    found = connection.exec_driver_sql(_MATCHES + _AMONG + _BEST_FIRST, parameters)
    return [(pk, max(0.0, -score)) for pk, score in found]


def dense(
    connection: Connection, cache: VectorCache, project_id: str, scope: DocumentScope, query: QueryVector, limit: int
) -> list[tuple[int, float]]:
    """Keys of the chunks nearest in meaning, best first, with their cosine. Exact: every vector in scope is compared."""
    import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

    matrix = cache.matrix(connection, project_id, query.embedder_id)
    if not len(matrix.keys):
        return []
    # vecdot and not @: BLAS would spread a search over all cores, which then spin
    keys, scores = matrix.keys, np.vecdot(matrix.rows, query.values)
    if scope != DocumentScope():
        allowed = _keys_within(connection, project_id, scope)
        mask = np.isin(keys, np.array(allowed, dtype=np.int64), assume_unique=True)
        keys, scores = keys[mask], scores[mask]
    if len(keys) > limit:
        best = np.argpartition(-scores, limit - 1)[:limit]
        keys, scores = keys[best], scores[best]
    return _best_first(keys, scores)


def dense_of(
    connection: Connection, cache: VectorCache, project_id: str, query: QueryVector, keys: Sequence[int]
) -> list[tuple[int, float]]:
    """As `dense`, of these chunks alone; one without a vector is missing."""
    if not keys:
        return []
    import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

    matrix = cache.matrix(connection, project_id, query.embedder_id)
    held = np.isin(matrix.keys, np.array(keys, dtype=np.int64))
    return _best_first(matrix.keys[held], np.vecdot(matrix.rows[held], query.values))


class Matrix(NamedTuple):
    """A project's vectors as they stood at one version of its index, ordered by key. `buffer` may have room for more."""

    version: int
    keys: Keys
    buffer: Vectors

    @property
    def rows(self) -> Vectors:
        return self.buffer[: len(self.keys)]


class VectorCache:
    """Matrices of the projects searched last, within a budget of bytes; the one in use stays even where it is larger.

    Safe from several threads. Freshness hangs on project.index_version, read in the same transaction as the rest.
    """

    def __init__(self, budget_bytes: int = 256 << 20) -> None:
        self._budget = budget_bytes
        self._slots: OrderedDict[tuple[str, str], _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def matrix(self, connection: Connection, project_id: str, embedder_id: str) -> Matrix:
        version = connection.execute(sa.select(project.c.index_version).where(project.c.id == project_id)).scalar() or 0
        key = (project_id, embedder_id)
        with self._lock:
            slot = self._slots.get(key) or self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
        with slot.lock:
            known = slot.matrix
            if known.version == version:
                return known
            fresh = _refreshed(connection, project_id, embedder_id, known, version)
            if known.version < version:
                slot.matrix = fresh
        self._evict(key)
        return fresh

    def held_bytes(self) -> int:
        with self._lock:
            return sum(slot.size for slot in self._slots.values())

    def _evict(self, kept: tuple[str, str]) -> None:
        with self._lock:
            size = sum(slot.size for slot in self._slots.values())
            for key in [key for key in self._slots if key != kept]:
                if size <= self._budget:
                    return
                size -= self._slots.pop(key).size


class _Slot:
    def __init__(self) -> None:
        import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

        self.lock = threading.Lock()
        self.matrix = Matrix(-1, np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32))

    @property
    def size(self) -> int:
        return self.matrix.rows.nbytes + self.matrix.keys.nbytes


def _refreshed(connection: Connection, project_id: str, embedder_id: str, known: Matrix, version: int) -> Matrix:
    """The matrix at this version: rows of `known` that are still there, and the new ones read from the file."""
    import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

    of_space = sa.and_(chunk_vector.c.project_id == project_id, chunk_vector.c.embedder_id == embedder_id)
    statement = sa.select(chunk_vector.c.chunk_pk).where(of_space).order_by(chunk_vector.c.chunk_pk)
    keys = np.fromiter(connection.execute(statement).scalars(), dtype=np.int64)
    if np.array_equal(keys, known.keys):
        return known._replace(version=version)
    held = np.isin(keys, known.keys, assume_unique=True)
    added = _vectors(connection, embedder_id, keys[~held].tolist())
    if version > known.version and np.array_equal(keys[: len(known.keys)], known.keys):
        return _appended(known, version, keys, added)
    rows = np.empty((len(keys), max(added.shape[1], known.buffer.shape[1])), dtype=np.float32)
    rows[held] = known.rows[np.isin(known.keys, keys, assume_unique=True)]
    if len(added):
        rows[~held] = added
    return Matrix(version, keys, rows)


def _appended(known: Matrix, version: int, keys: Keys, added: Vectors) -> Matrix:
    """New rows after the known ones, in the buffer's spare room if they fit: who holds `known` does not look there."""
    import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

    old, new = len(known.keys), len(keys)
    buffer = known.buffer
    if new > len(buffer):
        buffer = np.empty((new + new // 4, added.shape[1]), dtype=np.float32)
        if old:
            buffer[:old] = known.rows
    buffer[old:new] = added
    return Matrix(version, keys, buffer)


def _vectors(connection: Connection, embedder_id: str, keys: list[int]) -> Vectors:
    import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

    stored: list[bytes] = []
    for at in range(0, len(keys), _VECTOR_BATCH):
        batch = keys[at : at + _VECTOR_BATCH]
        statement = (
            sa.select(chunk_vector.c.vector)
            .where(chunk_vector.c.chunk_pk.in_(batch), chunk_vector.c.embedder_id == embedder_id)
            .order_by(chunk_vector.c.chunk_pk)
        )
        stored += connection.execute(statement).scalars()
    return np.frombuffer(b"".join(stored), dtype="<f4").reshape(len(keys), -1 if keys else 0)


def _best_first(keys: Keys, scores: NDArray[np.float32]) -> list[tuple[int, float]]:
    import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

    order = np.lexsort((keys, -scores))
    return list(zip(keys[order].tolist(), scores[order].tolist(), strict=True))


def _keys_within(connection: Connection, project_id: str, scope: DocumentScope) -> list[int]:
    found = connection.exec_driver_sql(
        "SELECT rowid FROM chunk_fts WHERE chunk_fts MATCH ?", (_within(project_id, scope),)
    )
    return [row[0] for row in found]


def _within(project_id: str, scope: DocumentScope) -> str:
    """The FTS5 expression for the chunks of a project that a scope lets through."""
    tags = [_tag_token(project_id, tag) for tag in scope.included_tags]
    groups = [[_project_token(project_id)], [_document_token(project_id, each) for each in scope.document_ids], tags]
    wanted = " AND ".join(f"({_either(group)})" for group in groups if group)
    unwanted = [_tag_token(project_id, tag) for tag in scope.excluded_tags]
    return f"scope : (({wanted}) NOT ({_either(unwanted)}))" if unwanted else f"scope : ({wanted})"


def _either(tokens: Iterable[str]) -> str:
    return " OR ".join(f'"{token}"' for token in dict.fromkeys(tokens))


def _any_of(terms: Iterable[str]) -> str:
    parts = (part for term in terms for run in _SCRIPT_RUN.findall(term) for part in _phrases(run))
    return " OR ".join(dict.fromkeys(parts))


def _phrases(run: str) -> list[str]:
    if not _UNSPACED_RUN.fullmatch(run):
        return ['"' + run.replace('"', '""') + '"'] if any(character.isalnum() for character in run) else []
    if len(run) == 1:
        return [f'"{run}"*']
    return [f'"{run[at : at + 2]}"' for at in range(len(run) - 1)]


def _paired(text: str) -> str:
    """Text with each run of unspaced script as its overlapping pairs and its last character."""
    return _UNSPACED_RUN.sub(lambda found: f" {_pairs(found.group())} ", text)


def _pairs(run: str) -> str:
    return " ".join(run[at : at + 2] for at in range(len(run)))


def _write(connection: Connection, texts: Iterable[IndexedText], statement: str) -> None:
    rows = [
        {
            "pk": each.pk,
            "title": _paired(each.title),
            "headings": _paired(each.headings),
            "text": _paired(each.text),
            "scope": each.scope,
        }
        for each in texts
    ]
    if rows:
        connection.exec_driver_sql(statement, rows)


def _bump(connection: Connection, project_id: str) -> None:
    connection.execute(
        project.update().where(project.c.id == project_id).values(index_version=project.c.index_version + 1)
    )


def _project_token(project_id: str) -> str:
    return _token("p", project_id)


def _document_token(project_id: str, document_id: str) -> str:
    return _token("d", project_id, document_id)


def _tag_token(project_id: str, tag: str) -> str:
    return _token("t", project_id, fold(tag))


def _token(kind: str, *parts: str) -> str:
    # the digit at the end keeps porter from taking a token for an English word
    digest = blake2b("\0".join(parts).encode(errors="replace"), digest_size=12).hexdigest()
    return f"{kind}{digest}0"
