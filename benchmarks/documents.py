"""Bringing documents in, from upload until they can be searched: one long PDF, many small texts."""

import asyncio
import io
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from benchmarks.client import Client, connect, run
from benchmarks.figure import Figure
from benchmarks.history import Words
from benchmarks.server import Founded, Server, found
from tertulia.store import library
from tertulia.store.database import sqlite_engine

_PAGES = 200
_LINES = 34
_TEXTS = 100
_TEXT_WORDS = 90
_BOUNDARY = "a-boundary-that-no-file-holds"
_POLL_S = 0.1
_LIMIT_S = 180.0
_ENDED = ("active", "failed")


def measure(folder: Path) -> list[Figure]:
    with Server(found(folder / "ingest")) as server:
        return run(_ingest(server))


async def _ingest(server: Server) -> list[Figure]:
    [client] = await connect(server.port, server.founded.token)
    words = Words(4)
    # loads the embedding model, which a new data folder makes the server convert first
    await _bring(server, client, [("first.txt", words.text(_TEXT_WORDS).encode())])
    texts = [(f"note-{number}.txt", words.text(_TEXT_WORDS).encode()) for number in range(_TEXTS)]
    return [
        *await _measured(server, client, f"{_PAGES}-page PDF", [("long.pdf", _pdf(words))]),
        *await _measured(server, client, f"{_TEXTS} small texts", texts),
    ]


async def _measured(server: Server, client: Client, label: str, files: Sequence[tuple[str, bytes]]) -> list[Figure]:
    with server.metered() as cost:
        chunks = await _bring(server, client, files)
    size = sum(len(content) for _, content in files)
    return [
        Figure(
            name=f"ingest, {label}",
            value=cost.wall_seconds,
            unit="s",
            method=f"upload until all can be searched; {size / 1e3:,.0f} kB, {chunks:,} chunks",
        ),
        Figure(
            name=f"ingest, {label}, CPU",
            value=cost.per(chunks, 1e3),
            unit="ms",
            method=f"CPU per chunk, reading processes included; {cost.per(len(files), 1e3):,.0f} ms per file",
        ),
    ]


async def _bring(server: Server, client: Client, files: Sequence[tuple[str, bytes]]) -> int:
    """Uploads files, waits until each can be searched, and returns how many chunks they became."""
    path = f"{server.founded.path}documents/"
    content_type = f"multipart/form-data; boundary={_BOUNDARY}"
    uploaded = await client.send(
        "POST", f"{path}bulk-upload/", body=_form(files), content_type=content_type, expected=201
    )
    ids = {document["id"] for document in uploaded.json}
    end = time.perf_counter() + _LIMIT_S
    while True:
        rows = [row for row in (await client.get(f"{path}indexing-status/")).json if row["document_id"] in ids]
        if len(rows) == len(ids) and all(row["status"] in _ENDED for row in rows):
            break
        assert time.perf_counter() < end, f"not ingested within {_LIMIT_S:.0f} s"
        await asyncio.sleep(_POLL_S)
    assert all(row["status"] == "active" for row in rows), rows
    return _chunk_count(server.founded, ids)


def _chunk_count(founded: Founded, document_ids: Collection[str]) -> int:
    engine = sqlite_engine(founded.database, is_reader=True)
    with engine.connect() as connection, connection.begin():
        documents = library.find_documents(connection, founded.project_id, list(document_ids))
    engine.dispose()
    return sum(document.chunk_count for document in documents)


def _form(files: Sequence[tuple[str, bytes]]) -> bytes:
    body = io.BytesIO()
    for name, content in files:
        body.write(f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode())
        body.write(content + b"\r\n")
    body.write(f"--{_BOUNDARY}--\r\n".encode())
    return body.getvalue()


def _pdf(words: Words) -> bytes:
    """Pages of about 2,400 characters, a heading on each."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for page in range(1, _PAGES + 1):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 770, f"Chapter {page}")
        text = canvas.beginText(72, 740)
        text.setFont("Helvetica", 10)
        for _ in range(_LINES):
            text.textLine(words.text(13))
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()
