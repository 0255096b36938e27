"""What is said alike of every service that fails: who it was, in its own words, and what to do about it."""

import re
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx2

from tertulia.core.clock import now
from tertulia.core.errors import ProviderFailed, ProviderTimeout

_LONGEST_QUOTE = 300
_LONGEST_PAUSE_S = 1e6
_HOURS_S = 3 * 3600
# Things shaped like keys: services quote them back, our own or one of their own.
_KEYS = re.compile(
    r"\b(?:(?:sk|pk|rk|xai)-[-_*\w]{6,}|gsk_\w{6,}|AIza[-_\w]{10,}|Bearer\s+\S+|\w{2,8}-\w*\*{3,}\S*)", re.IGNORECASE
)


class Service:
    """A model's service, as far as messages may tell. The secret is kept only to be taken out of them."""

    def __init__(self, *, name: str, model: str, host: str, key_variable: str, secret: str = "") -> None:
        """`name` is the model's table in the configuration, `host` where it is asked."""
        self.name = name
        self.model = model
        self.host = host
        self.table = f"[models.{name}]"
        self._key_variable = key_variable
        self._secret = secret

    def shown(self, text: str) -> str:
        """A text without keys."""
        return _KEYS.sub("[key]", text.replace(self._secret, "[key]") if self._secret else text)

    def quoted(self, said: object) -> str:
        """The service's own words, wherever they stand in what it said, as the end of a message; empty without any."""
        text = " ".join(self.shown(words_of(said)).split())
        if len(text) > _LONGEST_QUOTE:
            text = f"{text[: _LONGEST_QUOTE - 1]}…"
        return f" It said: {text}" if text else ""

    def unwelcome(self) -> str:
        """What to do where the service refuses the key, or the want of one."""
        if not self._secret:
            return self.wants_key()
        key = f"The key in {self._key_variable}" if self._key_variable else "The key"
        return f"{key} was refused by {self.host}: check it."

    def wants_key(self) -> str:
        if self._key_variable:
            return f"{self.host} wants a key, and {self._key_variable} is not set: put the key there."
        return f"{self.host} wants a key: name the environment variable that holds it as api_key_env in {self.table}."

    def silent(self, seconds: float) -> ProviderTimeout:
        return ProviderTimeout(
            f"{self.host} was silent for {seconds:g} seconds. Try again, or raise timeout_s in {self.table}."
        )

    def unreachable(self, reason: BaseException | None) -> ProviderFailed:
        """For a request that got no answer at all."""
        match reason:
            case httpx2.ConnectError() | httpx2.ConnectTimeout():
                # The reason is the system's or the TLS library's.
                why = self.quoted(str(reason)).replace("It said:", "The reason:")
                advice = f"cannot be reached: check base_url in {self.table}, and that it is up.{why}"
            case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol() | httpx2.InvalidURL() | ValueError():
                # Its words may hold the header that could not be sent.
                advice = f"cannot be asked: check the key, and base_url in {self.table}."
            case _:
                advice = "closed the connection without an answer. Try again."
        return ProviderFailed(f"{self.host} {advice}")


def words_of(said: object) -> str:
    """The sentence meant for people, wherever in the usual shapes of errors it stands; a page has none."""
    if isinstance(said, list) and said:
        return words_of(cast("list[object]", said)[0])
    if isinstance(said, Mapping):
        known = cast("Mapping[str, Any]", said)
        return next((words_of(known[key]) for key in ("error", "message", "detail", "msg") if known.get(key)), "")
    return said if isinstance(said, str) and not said.lstrip().startswith("<") else ""


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds until the service wants to be asked again, from Retry-After and its like; None where it does not say."""
    asked = headers.get("retry-after", "")
    for text, divisor in ((headers.get("retry-after-ms", ""), 1000.0), (asked, 1.0)):
        with suppress(ValueError):
            return min(max(0.0, float(text) / divisor), _LONGEST_PAUSE_S)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(asked) - now()).total_seconds())
    return None


def later(pause: float) -> str:
    """Some seconds as a part of a sentence."""
    if pause < 120:
        whole = max(1, round(pause))
        return f"in {whole} second{'s' * (whole != 1)}"
    return f"in {round(pause / 60)} minutes" if pause < _HOURS_S else f"in {round(pause / 3600)} hours"
