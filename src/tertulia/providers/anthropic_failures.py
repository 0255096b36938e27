"""What is said when Anthropic's service, or one that speaks like it, fails: always what to do about it."""

import re

from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused, ProviderTimeout
from tertulia.providers.failures import Service, later

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


class Failures(Service):
    """The errors of one model."""

    def answered(self, status: int, said: str = "", *, pause: float | None = None) -> ProviderFailed:
        """For an HTTP status and the service's own words; `pause` is the seconds it asked to wait."""
        quoted = self.quoted(said)
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

    def cut(self) -> ProviderFailed:
        return ProviderFailed(f"{self.host} stopped in the middle of its answer. Try again.")

    def foreign(self) -> ProviderFailed:
        return ProviderFailed(
            f"{self.host} answered with something that is no stream of Anthropic messages: check base_url in "
            f"{self.table}."
        )

    def malformed(self, what: str) -> ProviderFailed:
        return ProviderFailed(f"{self.host} sent something that cannot be read ({self.shown(what)}). Try again.")

    def refused(self, said: str) -> ProviderRefused:
        return ProviderRefused(f"{self.model} refused to answer. Ask in another way.{self.quoted(said)}")

    def keyless(self) -> ProviderFailed:
        return ProviderFailed(self.wants_key())

    def unset(self, reason: str) -> ProviderFailed:
        """For a configuration that cannot work."""
        return ProviderFailed(f"The model {self.name} is not set up: {self.shown(reason)}")

    def _advice(self, status: int, said: str, pause: float | None) -> str:
        if status in (401, 403):
            return self.unwelcome()
        wait = "in a minute" if pause is None else later(pause)
        what = {
            402: "wants to be paid: check the account's billing",
            404: f"does not know {self.model}: check model and base_url in {self.table}",
            429: f"gets too many requests. Try again {wait}",
            503: f"is overloaded. Try again {wait}",
            529: f"is overloaded. Try again {wait}",
        }.get(status)
        if what is None and status >= 500:
            what = f"failed ({status}). Try again"
        elif what is None and ("thinking" in said or "effort" in said):
            what = f"refused the request ({status}): try another reasoning in {self.table}"
        return f"{self.host} {what or f'refused the request ({status})'}."
