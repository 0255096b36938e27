"""The multipart body of an upload."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request

from tertulia.core.document import Metadata
from tertulia.core.errors import InvalidInput
from tertulia.dialects.clarifeye.json_body import plain
from tertulia.services.documents import Upload

_FILES_LIMIT = 1_000
_FIELD_BYTES = 8 << 20
_FILE = {"type": "string", "format": "binary"}
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": _FILE},
                        "files_metadata": {
                            "type": "string",
                            "description": "JSON: for each file, in their order, a list of [key, value] pairs. Ignored"
                            " where it has not as many entries as there are files.",
                        },
                        "skip_parsing": {
                            "type": "string",
                            "enum": ["true", "false"],
                            "description": '"true": the files are kept but not indexed.',
                        },
                    },
                }
            }
        },
    }
}


class ReadUpload(NamedTuple):
    files: Sequence[Upload]
    skip_parsing: str


@asynccontextmanager
async def read_upload(request: Request) -> AsyncGenerator[ReadUpload, None]:
    """The files as they came, readable inside the context. Raises InvalidInput for metadata that cannot be read."""
    async with request.form(max_files=_FILES_LIMIT, max_part_size=_FIELD_BYTES) as form:
        files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
        metadata = _metadata(str(form.get("files_metadata") or ""), len(files))
        uploads = [
            Upload(name=file.filename or "", content=file.file, content_type=file.content_type or "", metadata=pairs)
            for file, pairs in zip(files, metadata, strict=True)
        ]
        yield ReadUpload(uploads, str(form.get("skip_parsing") or ""))


def _metadata(text: str, count: int) -> list[Metadata]:
    nothing: list[Metadata] = [[] for _ in range(count)]
    if not text.strip():
        return nothing
    try:
        given: Any = msgspec.json.decode(plain("files_metadata", text))
    except (ValueError, RecursionError):
        raise InvalidInput(fields={"files_metadata": ["Not valid JSON."]}) from None
    if not isinstance(given, list) or len(cast("list[Any]", given)) != count:
        return nothing
    try:
        found = msgspec.convert(given, list[list[tuple[str, str]]])
    except msgspec.ValidationError:
        raise InvalidInput(fields={"files_metadata": ["Each entry must be a list of [key, value] pairs."]}) from None
    for pair in (pair for pairs in found for pair in pairs):
        plain("files_metadata", "".join(pair))
    return found
