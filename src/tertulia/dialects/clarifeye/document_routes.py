"""Documents: upload, list, read, delete, and how far their indexing is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import FileResponse, Response

from tertulia.core.conversation import Page
from tertulia.core.document import Document, DocumentState
from tertulia.dialects.clarifeye import encode_library, wire_library
from tertulia.dialects.clarifeye.answers import json_answer, no_content
from tertulia.dialects.clarifeye.bodies import MetadataValues, TagValues
from tertulia.dialects.clarifeye.conversation_routes import is_true
from tertulia.dialects.clarifeye.entry import Entered, Entry, identifier, known
from tertulia.dialects.clarifeye.json_body import body_of, plain
from tertulia.dialects.clarifeye.openapi import answers, array_of, body
from tertulia.dialects.clarifeye.paging import Paged, Paging
from tertulia.dialects.clarifeye.upload import UPLOAD_BODY, read_upload

DOCUMENTS = "/projects/{project_id}/documents/"
DOCUMENT = f"{DOCUMENTS}{{document_id}}/"
DocumentId = Annotated[str, identifier("document")]
_STATES = {
    "active": (DocumentState.CREATED, DocumentState.INDEXING, DocumentState.ACTIVE, DocumentState.FAILED),
    "created": (DocumentState.CREATED,),
    "indexing": (DocumentState.INDEXING,),
    "failed": (DocumentState.FAILED,),
    "deleting": (DocumentState.DELETING,),
    "deleted": (DocumentState.DELETED,),
}
_SAFE_TYPE = "application/octet-stream"

router = APIRouter(tags=["Documents"], default_response_class=Response)


@router.post(
    f"{DOCUMENTS}bulk-upload/",
    summary="Upload documents",
    status_code=201,
    responses=answers(201, array_of(wire_library.Document), 400, 403, 404, 413),
    openapi_extra=UPLOAD_BODY,
)
async def upload_documents(entry: Entered) -> Response:
    """All files or none. Indexing goes on after the answer: poll indexing-status."""
    async with read_upload(entry.request) as upload:
        documents = await entry.services.documents.upload(
            entry.actor, upload.files, skip_parsing=is_true(upload.skip_parsing)
        )
    return json_answer([shown(entry, each) for each in documents], 201)


@router.get(DOCUMENTS, summary="List documents", responses=answers(200, wire_library.DocumentPage, 400, 403, 404))
async def list_documents(
    entry: Entered,
    paging: Paged,
    search: Annotated[str, Query(description="Appears in the name, without case.")] = "",
    status: Annotated[
        str, Query(description="active, deleting or deleted. Extension: created, indexing, failed.")
    ] = "",
) -> Response:
    """Newest first; deleted ones are gone."""
    states = _STATES.get(status.strip().lower(), ())
    found = await entry.services.documents.list(entry.actor, paging.window, text=plain("search", search), states=states)
    links = paging.links(found.total)
    page = wire_library.DocumentPage(
        count=found.total,
        next=links.next,
        previous=links.previous,
        results=[shown(entry, each) for each in found.items],
    )
    return json_answer(page)


@router.get(
    f"{DOCUMENTS}get-without-file/",
    summary="List documents without their files",
    responses=answers(200, wire_library.DocumentMinimalPage, 403, 404),
)
async def list_without_file(entry: Entered, paging: Paged) -> Response:
    return _minimal(paging, await entry.services.documents.list(entry.actor, paging.window))


@router.post(
    f"{DOCUMENTS}filter-by-tag/",
    summary="List documents by tag",
    responses=answers(200, wire_library.DocumentMinimalPage, 400, 403, 404),
    openapi_extra=body(TagValues),
)
async def filter_by_tag(
    entry: Entered, paging: Paged, given: Annotated[TagValues, Depends(body_of(TagValues))]
) -> Response:
    found = await entry.services.documents.list_by_tags(entry.actor, given.tag_values, paging.window)
    return _minimal(paging, found)


@router.post(
    f"{DOCUMENTS}filter-by-metadata/",
    summary="List documents by metadata value",
    responses=answers(200, wire_library.DocumentMinimalPage, 400, 403, 404),
    openapi_extra=body(MetadataValues),
)
async def filter_by_metadata(
    entry: Entered, paging: Paged, given: Annotated[MetadataValues, Depends(body_of(MetadataValues))]
) -> Response:
    found = await entry.services.documents.list_by_metadata(entry.actor, given.metadata_values, paging.window)
    return _minimal(paging, found)


@router.get(
    f"{DOCUMENTS}indexing-status/",
    summary="How far indexing is",
    responses=answers(200, array_of(wire_library.IndexingStatus), 403, 404),
)
async def indexing_status(
    entry: Entered,
    document_ids: Annotated[str | None, Query(description="Separated by commas; all where left out.")] = None,
) -> Response:
    """One row per document; deleted ones stay listed. Unknown ids are left out."""
    found = await entry.services.documents.indexing_status(entry.actor, listed_ids(document_ids))
    return json_answer([encode_library.indexing_status(each) for each in found])


@router.get(DOCUMENT, summary="Get a document", responses=answers(200, wire_library.Document, 403, 404))
async def get_document(entry: Entered, document_id: DocumentId) -> Response:
    """Extension."""
    return json_answer(shown(entry, await entry.services.documents.get(entry.actor, known(document_id))))


@router.delete(DOCUMENT, summary="Delete a document", status_code=204, responses=answers(204, None, 403, 404))
async def delete_document(entry: Entered, document_id: DocumentId) -> Response:
    """It is gone from every answer at once."""
    await entry.services.documents.delete(entry.actor, known(document_id))
    return no_content()


@router.get(
    f"{DOCUMENT}file/",
    summary="Download the original",
    response_class=FileResponse,
    responses={
        **answers(200, None, 403, 404),
        200: {"description": "The file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    },
)
async def download(entry: Entered, document_id: DocumentId) -> Response:
    """Extension. Sent as an attachment, whatever its type."""
    original = await entry.services.documents.open_original(entry.actor, known(document_id))
    content_type = original.document.content_type
    return FileResponse(
        original.path,
        media_type=content_type if content_type.isascii() and content_type.isprintable() else _SAFE_TYPE,
        filename=original.document.name,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private"},
    )


def shown(entry: Entry, document: Document) -> wire_library.Document:
    prefix: str = entry.request.scope.get("root_path", "")
    return encode_library.document(document, f"{entry.base_url}{prefix}/projects/{document.project_id}/documents")


def listed_ids(text: str | None) -> list[str] | None:
    """Ids separated by commas; None where the parameter is missing."""
    return None if text is None else [each.strip() for each in plain("document_ids", text).split(",") if each.strip()]


def _minimal(paging: Paging, found: Page[Document]) -> Response:
    links = paging.links(found.total)
    page = wire_library.DocumentMinimalPage(
        count=found.total,
        next=links.next,
        previous=links.previous,
        results=[encode_library.minimal_document(each) for each in found.items],
    )
    return json_answer(page)
