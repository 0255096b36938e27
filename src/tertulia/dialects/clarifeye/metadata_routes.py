"""What documents are described by: metadata pairs, and tags, which are the pairs with the key "tag"."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from tertulia.core.conversation import Window
from tertulia.core.document import Document, Metadata
from tertulia.core.errors import InvalidInput
from tertulia.dialects.clarifeye import encode_library, wire_library
from tertulia.dialects.clarifeye.answers import json_answer
from tertulia.dialects.clarifeye.bodies import MetadataKey, MetadataPair
from tertulia.dialects.clarifeye.document_routes import DOCUMENT, DocumentId, listed_ids, shown
from tertulia.dialects.clarifeye.entry import Entered, Entry, known
from tertulia.dialects.clarifeye.json_body import as_model, body_of, plain, read_json
from tertulia.dialects.clarifeye.openapi import answers, body, ref
from tertulia.dialects.clarifeye.paging import MAX_LIMIT

PROJECT = "/projects/{project_id}/"
_STRINGS = {"type": "array", "items": {"type": "string"}}
_VOCABULARY = {"type": "object", "additionalProperties": _STRINGS}
_PAIR = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
_PAIRS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [ref(MetadataPair), {"type": "array", "items": {"oneOf": [ref(MetadataPair), _PAIR]}}]
                }
            }
        },
    }
}

router = APIRouter(tags=["Documents"], default_response_class=Response)


@router.get(
    f"{PROJECT}available-document-tags/",
    summary="List document tags",
    responses=answers(200, _VOCABULARY, 403, 404),
)
async def available_tags(entry: Entered) -> Response:
    """The tag names with their values. Tags are metadata here, all under the name "tag"."""
    words = encode_library.vocabulary(await _all_documents(entry))
    return json_answer({name: values for name, values in words.items() if name == "tag"})


@router.get(
    f"{PROJECT}available-document-metadata/",
    summary="List metadata keys and values",
    responses=answers(200, _VOCABULARY, 403, 404),
)
async def available_metadata(entry: Entered) -> Response:
    return json_answer(encode_library.vocabulary(await _all_documents(entry)))


@router.get(
    f"{PROJECT}document-tags-by-document/",
    summary="List the tags of each document",
    responses=answers(200, {"type": "object", "additionalProperties": ref(wire_library.TaggedDocument)}, 400, 403, 404),
)
async def tags_by_document(
    entry: Entered,
    document_ids: Annotated[str | None, Query(description="Separated by commas; all where left out.")] = None,
) -> Response:
    wanted = listed_ids(document_ids)
    found = await _all_documents(entry)
    return json_answer(
        {each.id: encode_library.tagged_document(each) for each in found if wanted is None or each.id in wanted}
    )


async def read_pairs(request: Request) -> Metadata:
    """One pair, or a list of pairs, each an object or a list of two. Raises InvalidInput."""
    given = await read_json(request)
    if not isinstance(given, list):
        return [_pair(given)]
    return [_pair(each) for each in cast("list[Any]", given)]


@router.post(
    f"{DOCUMENT}metadata-add/",
    summary="Add metadata",
    responses=answers(200, wire_library.Document, 400, 403, 404),
    openapi_extra=_PAIRS_BODY,
)
async def add_metadata(
    entry: Entered, document_id: DocumentId, pairs: Annotated[Metadata, Depends(read_pairs)]
) -> Response:
    """One pair, or a list of pairs. A pair with the key "tag" is a tag."""
    document = await entry.services.documents.add_metadata(entry.actor, known(document_id), pairs)
    return json_answer(shown(entry, document))


@router.post(
    f"{DOCUMENT}metadata-remove-pair/",
    summary="Remove a metadata pair",
    responses=answers(200, wire_library.RemovedPair, 400, 403, 404),
    openapi_extra=body(MetadataPair),
)
async def remove_pair(
    entry: Entered, document_id: DocumentId, given: Annotated[MetadataPair, Depends(body_of(MetadataPair))]
) -> Response:
    count, document = await entry.services.documents.remove_metadata_pair(
        entry.actor, known(document_id), given.key, given.value
    )
    return json_answer(wire_library.RemovedPair(removed=count > 0, document=shown(entry, document)))


@router.post(
    f"{DOCUMENT}metadata-remove-key/",
    summary="Remove a metadata key",
    responses=answers(200, wire_library.RemovedKey, 400, 403, 404),
    openapi_extra=body(MetadataKey),
)
async def remove_key(
    entry: Entered, document_id: DocumentId, given: Annotated[MetadataKey, Depends(body_of(MetadataKey))]
) -> Response:
    count, document = await entry.services.documents.remove_metadata_key(entry.actor, known(document_id), given.key)
    return json_answer(wire_library.RemovedKey(removed_count=count, document=shown(entry, document)))


@router.get(
    f"{DOCUMENT}metadata-values/",
    summary="List the values of a metadata key",
    responses=answers(200, wire_library.KeyValues, 400, 403, 404),
)
async def metadata_values(
    entry: Entered,
    document_id: DocumentId,
    key: Annotated[str, Query(description="Required.")] = "",
) -> Response:
    if not key:
        raise InvalidInput("Missing query parameter 'key'.")
    values = await entry.services.documents.metadata_values(entry.actor, known(document_id), plain("key", key))
    return json_answer(wire_library.KeyValues(key=key, values=list(values)))


def _pair(given: Any) -> tuple[str, str]:
    if isinstance(given, list) and len(cast("list[Any]", given)) == 2:
        key, value = cast("list[Any]", given)
        given = {"key": key, "value": value}
    if not isinstance(given, dict):
        raise InvalidInput("Invalid data. Expected a key and a value, or a list of such pairs.")
    pair = as_model(MetadataPair, cast("dict[str, Any]", given))
    return pair.key, pair.value


async def _all_documents(entry: Entry) -> list[Document]:
    found: list[Document] = []
    while True:
        page = await entry.services.documents.list(entry.actor, Window(limit=MAX_LIMIT, offset=len(found)))
        found.extend(page.items)
        if not page.items or len(found) >= page.total:
            return found
