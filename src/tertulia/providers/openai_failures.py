"""What went wrong between us and a service that speaks OpenAI's wire, in words that say what to do."""

import re
from urllib.parse import urlsplit

import httpx2
import msgspec

from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused, ProviderTimeout
from tertulia.core.model import ModelCard
from tertulia.providers.failures import Service, asked_pause, later

_LONGEST_BODY = 20_000
_TOO_LONG = re.compile(
    r"context[ _]?(length|window|size|limit)|maximum context|reduce the length|too many (input )?tokens"
    r"|(prompt|input|conversation|messages?|request) (is|are)? ?too (long|large)"
    r"|(input|prompt) token(s| count).{0,40}exceed|exceeds? the maximum number of (input )?tokens",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content_filter|content_policy|content management policy|safety system", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient_quota|insufficient balance|billing|out of credit", re.IGNORECASE)


class Place(Service):
    """Where requests of one model go."""

    def __init__(self, card: ModelCard, name: str, *, url: str, key: str) -> None:
        super().__init__(name=name, model=card.model, host=_host(url), key_variable=card.api_key_env, secret=key)
        self.timeout_s = card.timeout_s


def failure(error: Exception, place: Place) -> ProviderFailed | None:
    """The failure behind an exception of the SDK or its transport; None where it is neither's."""
    import openai  # noqa: PLC0415 - heavy; whoever gets here has loaded it

    failed: ProviderFailed | None = None
    match error:
        case ProviderFailed():
            failed = error
        case openai.APIStatusError():
            failed = _refusal(error.response, error.body, place)
        case openai.APIConnectionError():
            failed = _broken(error.__cause__, place)
        case httpx2.TimeoutException():
            failed = place.silent(place.timeout_s)
        case httpx2.HTTPError() | httpx2.StreamError():
            failed = stopped(place)
        case openai.OpenAIError() | httpx2.InvalidURL():
            why = place.quoted(str(error))
            failed = ProviderFailed(f"{place.host} cannot be used: check base_url in {place.table}.{why}")
        case _:
            pass
    return failed


def trouble(said: object, place: Place) -> ProviderFailed:
    """An error that came inside a stream."""
    known = _known(_text(said), said, place)
    return known or ProviderFailed(f"{place.host} stopped with an error. Try again.{place.quoted(said)}")


def stopped(place: Place) -> ProviderFailed:
    return ProviderFailed(f"The answer of {place.host} stopped in the middle: the connection was cut. Try again.")


def unreadable(place: Place, what: str) -> ProviderFailed:
    why = place.quoted(what).removeprefix(" It said: ")
    return ProviderFailed(
        f"{place.host} sent something that cannot be read{f' ({why})' if why else ''}: "
        f"check base_url and provider in {place.table}."
    )


def filtered(place: Place, said: object = None) -> ProviderRefused:
    return ProviderRefused(f"The content filter of {place.host} refused this. Ask differently.{place.quoted(said)}")


def refused(place: Place) -> ProviderRefused:
    return ProviderRefused(f"The model {place.model} refused to answer. Ask differently.")


def refusal_text(body: object) -> str:
    """All that a refused request was answered with, for finding the options it names."""
    return _text(body)


def _refusal(response: httpx2.Response, body: object, place: Place) -> ProviderFailed:
    status, text = response.status_code, _text(body)
    if status == 413:
        return _too_long(body, place)
    if status not in (401, 402, 403, 404, 429) and (known := _known(text, body, place)):
        return known
    kind: type[ProviderFailed] = ProviderFailed
    match status:
        case 401 | 403:
            advice = place.unwelcome()
        case 404:
            advice = f"{place.host} does not know the model {place.model}: check model and base_url in {place.table}."
        case 402 | 429 if status == 402 or _NO_CREDIT.search(text):
            advice = f"The account at {place.host} has no credit left: top it up, or use another model."
        case 429:
            advice = f"{place.host} gets too many requests. Try again {_wait(response)}."
        case 408 | 504:
            kind, advice = ProviderTimeout, f"{place.host} did not answer in time. Try again."
        case _ if status >= 500:
            advice = f"{place.host} failed (it answered {status}). Try again {_wait(response)}."
        case _:
            advice = f"{place.host} did not accept the request (it answered {status}): check {place.table}."
    return kind(advice + place.quoted(body))


def _known(text: str, said: object, place: Place) -> ProviderFailed | None:
    """Failures that are told by their words, whatever the status."""
    if _TOO_LONG.search(text):
        return _too_long(said, place)
    return filtered(place, said) if _FILTERED.search(text) else None


def _too_long(said: object, place: Place) -> ContextTooLong:
    advice = f"The conversation is too long for the model {place.model}. Start a new one."
    return ContextTooLong(advice + place.quoted(said))


def _broken(cause: BaseException | None, place: Place) -> ProviderFailed:
    is_silence = isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout)
    return place.silent(place.timeout_s) if is_silence else place.unreachable(cause)


def _wait(response: httpx2.Response) -> str:
    pause = asked_pause(response.headers)
    return "shortly" if pause is None else later(pause)


def _text(said: object) -> str:
    if isinstance(said, str):
        return said[:_LONGEST_BODY]
    return msgspec.json.encode(said).decode()[:_LONGEST_BODY] if said is not None else ""


def _host(base_url: str) -> str:
    """Host and port; what else stands in an address may be secret."""
    try:
        parts = urlsplit(base_url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "The address in base_url"
    return f"{parts.hostname}{port}" if parts.hostname else "The address in base_url"
