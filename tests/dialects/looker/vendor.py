"""What the vendor's own client knows of the API: its operations, and the types of what they send and answer."""

import enum
import inspect
import keyword
import types
import warnings
from collections.abc import Mapping, MutableMapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeGuard, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, unquote

import attr
from looker_sdk.rtl.model import Model
from looker_sdk.rtl.transport import (
    HttpMethod,
    PTransportSettings,
    Response,
    ResponseMode,
    Transport,
    TransportOptions,
)
from looker_sdk.sdk.api40 import methods, models

from clients.looker_client import client_of

# what stands in an annotation is no type of the type checker's
Kind: TypeAlias = Any
UNKNOWN_TO_THE_CLIENT = "invalid_api_enum_value"
_ADDRESS, _PREFIX = "http://nowhere.test", "/api/4.0"
_NOT_SENT = ("self", "transport_options")


class Operation(NamedTuple):
    """`query` has the parameters of the address; `form` the names of a body that is a form; `body` is None without one."""

    name: str
    method: str
    path: str
    query: Mapping[str, Kind]
    form: frozenset[str]
    body: Kind
    answer: Kind


class Member(NamedTuple):
    """A field of one of the client's models."""

    kind: Kind
    is_required: bool


class _Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes


class _Door(Transport):
    """Keeps what the client would send, and answers nothing."""

    def __init__(self) -> None:
        self.kept: list[_Request] = []

    @classmethod
    def configure(cls, settings: PTransportSettings) -> "Transport":  # noqa: ARG003 - the client's signature
        return cls()

    def request(
        self,
        method: HttpMethod,
        path: str,
        query_params: MutableMapping[str, str] | None = None,
        body: bytes | None = None,
        authenticator: Any = None,  # noqa: ARG002 - the client's signature
        transport_options: TransportOptions | None = None,  # noqa: ARG002 - the client's signature
    ) -> Response:
        place = unquote(path.removeprefix(f"{_ADDRESS}{_PREFIX}"))
        self.kept.append(_Request(method.name.lower(), place, query_params or {}, body or b""))
        return Response(ok=True, value=b"", response_mode=ResponseMode.STRING)


@cache
def operations() -> Mapping[tuple[str, str], Operation]:
    """By method and path: what each of the client's methods would send, given names in braces."""
    door = _Door()
    client = client_of(_ADDRESS, {"client_id": "", "client_secret": ""})
    client.transport = door
    found = [
        _operation(name, method, client, door)
        for name, method in vars(methods.Looker40SDK).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]
    return {(each.method, each.path): each for each in found}


@cache
def members(model: type[Model]) -> Mapping[str, Member]:
    """The fields of a model by the names they have in JSON."""
    hints = get_type_hints(model, dict(vars(models)))
    return {
        _json_name(each.name): Member(hints[each.name], not is_optional(hints[each.name]))
        for each in attr.fields(model)
    }


def is_optional(kind: Kind) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)


def bare(kind: Kind) -> Kind:
    """The type without None."""
    left = [each for each in get_args(kind) if each is not type(None)]
    return left[0] if is_optional(kind) and len(left) == 1 else kind


def is_model(kind: Kind) -> TypeGuard[type[Model]]:
    return isinstance(kind, type) and issubclass(kind, Model)


def is_enum(kind: Kind) -> TypeGuard[type[enum.Enum]]:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def words_of(kind: type[enum.Enum]) -> set[str]:
    return {each.value for each in kind} - {UNKNOWN_TO_THE_CLIENT}


def item_of(kind: Kind) -> Kind:
    """What a list holds, or an object by any names; None for what is neither."""
    origin = get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, (Sequence, Mapping)):
        return get_args(kind)[-1]
    return None


def is_list(kind: Kind) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Sequence)


def is_text(known: Operation) -> bool:
    """Whether the client gives the answer as it came."""
    return known.answer in (str, str | bytes)


def _operation(name: str, method: Any, client: methods.Looker40SDK, door: _Door) -> Operation:
    sent = [each for each in inspect.signature(method).parameters if each not in _NOT_SENT]
    hints = get_type_hints(method, dict(vars(methods)))
    with warnings.catch_warnings():
        # a method may say that it changed in a release long gone
        warnings.simplefilter("ignore")
        method(client, **{each: f"{{{each}}}" for each in sent})
    request = door.kept.pop()
    return Operation(
        name=name,
        method=request.method,
        path=request.path,
        query={each: hints[value.strip("{}")] for each, value in request.query.items()},
        form=frozenset() if "body" in hints else frozenset(parse_qs(request.body.decode())),
        body=hints.get("body"),
        answer=hints["return"],
    )


def _json_name(name: str) -> str:
    return name.removesuffix("_") if keyword.iskeyword(name.removesuffix("_")) else name
