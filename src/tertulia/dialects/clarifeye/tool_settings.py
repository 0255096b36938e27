"""Between a tool's configuration on this wire and core's: which documents it sees, how it searches, how much it gives."""

from collections.abc import Mapping
from typing import Any, cast

from tertulia.core.document import DocumentScope
from tertulia.core.errors import InvalidInput
from tertulia.core.ids import canonical_id
from tertulia.core.tool import Fusion, SearchMode, ToolKind

MOST_RESULTS = 100
_DEFAULT_RESULTS = 10
_SEARCH_MODES = {
    "semantic": SearchMode.SEMANTIC,
    "full_text": SearchMode.FULLTEXT,
    "fulltext": SearchMode.FULLTEXT,
    "full-text": SearchMode.FULLTEXT,
    "hybrid": SearchMode.HYBRID,
}
# objects are not extracted here: a tool for them searches the chunks they would come from
_RETRIEVAL_MODES = {
    "semantic-chunks": SearchMode.HYBRID,
    "fulltext-chunks": SearchMode.FULLTEXT,
    "hybrid-chunks": SearchMode.HYBRID,
    "semantic-objects": SearchMode.HYBRID,
}


def core_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Kind, mode, fusion, result_limit and scope of a core Tool. Raises InvalidInput for what this server cannot do."""
    parameters = cast("Mapping[str, Any]", settings.get("retrieval_parameters") or {})
    return {
        "kind": _choice("tool_type", settings.get("tool_type", "retrieval"), {kind.value: kind for kind in ToolKind}),
        "mode": _mode(settings, parameters),
        "fusion": _choice("retrieval_parameters", parameters.get("fusion", "weighted"), {f.value: f for f in Fusion}),
        "result_limit": _result_limit(parameters.get("n_objects")),
        "scope": DocumentScope(
            document_ids=_documents(settings),
            included_tags=_tags(settings, "tags_included", ("include_all", "auto", "auto_include", "")),
            excluded_tags=_tags(settings, "tags_excluded", ("exclude_none", "")),
        ),
    }


def _mode(settings: Mapping[str, Any], parameters: Mapping[str, Any]) -> SearchMode:
    by_default = _choice("retrieval_mode", settings.get("retrieval_mode", "semantic-chunks"), _RETRIEVAL_MODES)
    given = parameters.get("mode")
    return by_default if given is None else _choice("retrieval_parameters", given, _SEARCH_MODES)


def _choice(field: str, given: object, choices: Mapping[str, Any]) -> Any:
    found = choices.get(given) if isinstance(given, str) else None
    if found is None:
        raise InvalidInput(fields={field: [f'"{given}" is not a valid choice.']})
    return found


def _result_limit(given: object) -> int:
    if given is None:
        return _DEFAULT_RESULTS
    if not isinstance(given, int) or isinstance(given, bool):
        raise InvalidInput(fields={"retrieval_parameters": ["n_objects: A valid integer is required."]})
    return min(max(given, 1), MOST_RESULTS)


def _documents(settings: Mapping[str, Any]) -> list[str]:
    if settings.get("document_mode", "include_all") != "select_documents":
        return []
    given = cast("list[Mapping[str, Any]]", settings.get("document_parameters") or [])
    found = [canonical_id(str(each.get("id", ""))) for each in given]
    if not found or None in found:
        raise InvalidInput(fields={"document_parameters": ["Select at least one document, each by its id."]})
    return [each for each in found if each is not None]


def _tags(settings: Mapping[str, Any], name: str, open_modes: tuple[str, ...]) -> list[str]:
    """The names of tags; an empty choice would mean no restriction, which nobody who chooses wants."""
    if settings.get(f"{name}_mode", "") in open_modes:
        return []
    given = cast("list[Any]", settings.get(f"{name}_parameters") or [])
    names = [_name(each) for each in given]
    if not names or "" in names:
        raise InvalidInput(fields={f"{name}_parameters": ["Name at least one tag."]})
    return names


def _name(given: Any) -> str:
    if isinstance(given, dict):
        fields = cast("dict[str, Any]", given)
        given = fields.get("name") or fields.get("value") or ""
    return str(given).strip()
