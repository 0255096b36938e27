"""What is said when Anthropic's service, or one that speaks like it, fails: always what to do about it."""

import re
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx2
from msgspec import Struct

from tertulia.core.clock import now
from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused, ProviderTimeout

_LONGEST_QUOTE = 300
_STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
    # The names Bedrock has for the same in mid-stream.
    "validationException": 400,
    "throttlingException": 429,
    "modelTimeoutException": 504,
    "serviceUnavailableException": 529,
}
_TOO_LONG = re.compile(
    r"(prompt|input) is too long|exceeds? (the )?(maximum )?context|context (limit|window|length)", re.IGNORECASE
)
# Things shaped like keys: a service may quote ours, or one of its own.
_KEYS = re.compile(r"\bsk-[-\w*]{8,}|\bBearer\s+\S+")


class Failures(Struct, frozen=True, kw_only=True):
    """The errors of one model. `name` is its table in the configuration, `host` where it is asked.

    `secret` is never shown, wherever a service repeats it.
    """

    name: str
    model: str
    host: str
    key_variable: str
    secret: str = ""

    def answered(self, status: int, said: str = "", *, pause: float | None = None) -> ProviderFailed:
        """For an HTTP status and the service's own words; `pause` is the seconds it asked to wait."""
        quoted = self._quoted(said)
        if status == 413 or (status == 400 and _TOO_LONG.search(said)):
            return ContextTooLong(
                f"The conversation is too long for {self.model}. Start a new one, or ask for less at once.{quoted}"
            )
        if status in (408, 504):
            return ProviderTimeout(f"{self.host} took too long to answer. Try again.{quoted}")
        return ProviderFailed(f"{self._advice(status, said, pause)}{quoted}")

    def reported(self, kind: str, said: str) -> ProviderFailed:
        """For an error that came as an event of the stream."""
        return self.answered(_STATUS_OF.get(kind, 500), said)

    def unreachable(self, reason: BaseException | None) -> ProviderFailed:
        """For a request that got no answer at all."""
        match reason:
            case httpx2.ConnectError() | httpx2.ConnectTimeout():
                why = f" ({self._shown(str(reason))})" if str(reason) else ""
                return ProviderFailed(f"{self.host} cannot be reached{why}: check base_url in {self._table}.")
            case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol() | ValueError():
                # Its words may hold the header that could not be sent.
                return ProviderFailed(f"{self.host} cannot be asked: check the key, and base_url in {self._table}.")
            case _:
                return ProviderFailed(f"{self.host} closed the connection without an answer. Try again.")

    def silent(self, seconds: float) -> ProviderTimeout:
        return ProviderTimeout(
            f"{self.host} was silent for {seconds:g} seconds. Try again, or raise timeout_s in {self._table}."
        )

    def cut(self) -> ProviderFailed:
        return ProviderFailed(f"{self.host} stopped in the middle of its answer. Try again.")

    def foreign(self) -> ProviderFailed:
        return ProviderFailed(
            f"{self.host} answered with something that is no stream of Anthropic messages: check base_url in "
            f"{self._table}."
        )

    def malformed(self, what: str) -> ProviderFailed:
        return ProviderFailed(f"{self.host} sent something that cannot be read ({self._shown(what)}). Try again.")

    def refused(self, said: str) -> ProviderRefused:
        return ProviderRefused(f"{self.model} refused to answer. Ask in another way.{self._quoted(said)}")

    def keyless(self) -> ProviderFailed:
        return ProviderFailed(f"{self.host} wants a key{self._missing_key}")

    def unset(self, reason: str) -> ProviderFailed:
        """For a configuration that cannot work."""
        return ProviderFailed(f"The model {self.name} is not set up: {self._shown(reason)}")

    def _advice(self, status: int, said: str, pause: float | None) -> str:
        if status in (401, 403):
            return self._unwelcome
        what = {
            402: "wants to be paid: check the account's billing",
            404: f"does not know {self.model}: check model and base_url in {self._table}",
            429: f"gets too many requests. Try again {_later(pause)}",
            503: f"is overloaded. Try again {_later(pause)}",
            529: f"is overloaded. Try again {_later(pause)}",
        }.get(status)
        if what is None and status >= 500:
            what = f"failed ({status}). Try again"
        elif what is None and ("thinking" in said or "effort" in said):
            what = f"refused the request ({status}): try another reasoning in {self._table}"
        return f"{self.host} {what or f'refused the request ({status})'}."

    @property
    def _unwelcome(self) -> str:
        if not self.secret:
            return f"{self.host} wants a key{self._missing_key}"
        key = f"The key in {self.key_variable}" if self.key_variable else "The key"
        return f"{key} was refused by {self.host}: check it."

    @property
    def _table(self) -> str:
        return f"[models.{self.name}]"

    @property
    def _missing_key(self) -> str:
        if self.key_variable:
            return f", and {self.key_variable} is not set: put the key there."
        return f": name the environment variable that holds it as api_key_env in {self._table}."

    def _quoted(self, said: str) -> str:
        words = " ".join(self._shown(said).split())
        return f" It said: {words[:_LONGEST_QUOTE]}" if words else ""

    def _shown(self, text: str) -> str:
        return _KEYS.sub("[key]", text.replace(self.secret, "[key]") if self.secret else text)


def words_of(body: object) -> str:
    """The service's own words in an error's body, wherever in the usual shapes they stand; a page has none."""
    said = body
    for key in ("error", "message"):
        if isinstance(said, Mapping) and key in said:
            said = cast("Mapping[str, Any]", said)[key]
    return said if isinstance(said, str) and not said.lstrip().startswith("<") else ""


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds until the service wants to be asked again, from Retry-After and its like; None where it does not say."""
    with suppress(ValueError):
        return max(0.0, float(headers.get("retry-after-ms", "")) / 1000)
    asked = headers.get("retry-after", "")
    with suppress(ValueError):
        return max(0.0, float(asked))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(asked) - now()).total_seconds())
    return None


def _later(pause: float | None) -> str:
    if pause is None:
        return "in a minute"
    if pause > 120:
        return f"in {pause / 60:.0f} minutes"
    return f"in {max(1.0, pause):.0f} seconds"
