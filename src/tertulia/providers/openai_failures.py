"""What went wrong between us and a service that speaks OpenAI's wire, in words that say what to do."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
import msgspec

from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused, ProviderTimeout
from tertulia.core.model import ModelCard

_LONGEST_QUOTE = 300
_LONGEST_BODY = 20_000
_HOURS_S = 3 * 3600
# Things shaped like keys: services quote them back, our own or one of their own.
_KEYS = re.compile(
    r"\b(?:(?:sk|pk|rk|xai)-[-_*\w]{6,}|gsk_\w{6,}|AIza[-_\w]{10,}|Bearer\s+\S+|\w{2,8}-\w*\*{3,}\S*)", re.IGNORECASE
)
_TOO_LONG = re.compile(
    r"context[ _]?(length|window|size|limit)|maximum context|reduce the length|too many (input )?tokens"
    r"|(prompt|input|conversation|messages?|request) (is|are)? ?too (long|large)"
    r"|(input|prompt) token(s| count).{0,40}exceed|exceeds? the maximum number of (input )?tokens",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content_filter|content_policy|content management policy|safety system", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient_quota|insufficient balance|billing|out of credit", re.IGNORECASE)


class Place:
    """Where requests of one model go, as far as messages may tell. The key is kept only to be taken out of them."""

    def __init__(self, card: ModelCard, name: str, *, url: str, key: str) -> None:
        self.host = _host(url)
        self.model = card.model
        self.table = f"[models.{name}]"
        self.timeout_s = card.timeout_s
        self.key_env = card.api_key_env
        self.has_key = bool(key)
        self._key = key

    def quoted(self, said: object) -> str:
        """The service's own words as the end of a message, without keys; empty where it said nothing."""
        text = _words(said)
        if self._key:
            text = text.replace(self._key, "[key]")
        text = _KEYS.sub("[key]", " ".join(text.split()))
        if len(text) > _LONGEST_QUOTE:
            text = f"{text[: _LONGEST_QUOTE - 1]}…"
        return f" It said: {text}" if text else ""


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
            failed = _silent(place)
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
            advice = _refused_key(place)
        case 404:
            advice = f"{place.host} does not know the model {place.model}: check model and base_url in {place.table}."
        case 402 | 429 if status == 402 or _NO_CREDIT.search(text):
            advice = f"The account at {place.host} has no credit left: top it up, or use another model."
        case 429:
            advice = f"{place.host} gets too many requests. Try again {_wait(response.headers)}."
        case 408 | 504:
            kind, advice = ProviderTimeout, f"{place.host} did not answer in time. Try again."
        case _ if status >= 500:
            advice = f"{place.host} failed (it answered {status}). Try again {_wait(response.headers)}."
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


def _refused_key(place: Place) -> str:
    if place.has_key:
        key = f"The key in {place.key_env}" if place.key_env else "The key"
        return f"{key} was refused by {place.host}: check it."
    if place.key_env:
        return f"{place.host} wants a key, and {place.key_env} is not set: put the key there."
    return f"{place.host} wants a key: name the variable that holds it as api_key_env in {place.table}."


def _broken(cause: BaseException | None, place: Place) -> ProviderFailed:
    match cause:
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            # The reason is the system's or the TLS library's: it holds no key.
            why = place.quoted(str(cause)).replace("It said:", "The reason:")
            return ProviderFailed(
                f"{place.host} cannot be reached: check base_url in {place.table}, and that it is up.{why}"
            )
        case httpx2.TimeoutException():
            return _silent(place)
        case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return ProviderFailed(f"{place.host} cannot be asked: check base_url in {place.table}.")
        case _:
            return ProviderFailed(f"{place.host} closed the connection without an answer. Try again.")


def _silent(place: Place) -> ProviderTimeout:
    return ProviderTimeout(
        f"{place.host} was silent for {place.timeout_s:g} seconds. Try again, or raise timeout_s in {place.table}."
    )


def _wait(headers: Mapping[str, str]) -> str:
    """How long to wait, as a part of a sentence."""
    seconds = _seconds(headers)
    if seconds is None:
        return "shortly"
    if seconds < 120:
        whole = max(1, round(seconds))
        return f"in {whole} second{'s' * (whole != 1)}"
    return f"in {round(seconds / 60)} minutes" if seconds < _HOURS_S else f"in {round(seconds / 3600)} hours"


def _seconds(headers: Mapping[str, str]) -> float | None:
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return min(max(0.0, float(headers[name]) / divisor), 1e6)
        except (KeyError, ValueError):
            continue
    try:
        until = parsedate_to_datetime(headers["retry-after"])
        return max(0.0, (until - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _words(said: object) -> str:
    """The sentence meant for people, wherever in the usual shapes of errors it stands."""
    if isinstance(said, list) and said:
        return _words(cast("list[object]", said)[0])
    if isinstance(said, dict):
        known = cast("dict[str, Any]", said)
        return next((_words(known[key]) for key in ("error", "message", "detail", "msg") if known.get(key)), "")
    return said if isinstance(said, str) and not said.lstrip().startswith("<") else ""


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
