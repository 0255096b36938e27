"""The URL of a connection, taken apart, and shown without what is secret in it."""

import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from msgspec import Struct

from tertulia.core.errors import InvalidInput

HIDDEN = "***"
_SECRET = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)


class Address(Struct, frozen=True, kw_only=True):
    """Everything percent-decoded. `path` begins with a slash or is empty; `options` are the query string's."""

    scheme: str
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = ""
    path: str = ""
    options: dict[str, str] = {}

    @property
    def parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)

    def scrubbed(self, text: str) -> str:
        """`text` without the secrets of this address, should a driver repeat them."""
        for secret in (self.password, *(value for name, value in self.options.items() if _SECRET.search(name))):
            for form in {secret, quote(secret, safe="")}:
                text = text.replace(form, HIDDEN) if form else text
        return text

    def __repr__(self) -> str:
        return f"Address({self.scheme}://{self.host})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("scheme", self.scheme), ("host", self.host)]


def read_address(url: str) -> Address:
    """Raises InvalidInput, without repeating the URL."""
    try:
        split = urlsplit(url.strip())
        port = split.port
    except ValueError:
        raise InvalidInput("The connection's URL cannot be read.") from None
    if not split.scheme or not url.strip().lower().startswith(f"{split.scheme}://"):
        raise InvalidInput("A connection's URL begins with its kind, as in duckdb:///srv/shop.duckdb.")
    return Address(
        scheme=split.scheme,
        host=unquote(split.netloc.rpartition("@")[2].rpartition(":")[0] if port else split.netloc.rpartition("@")[2]),
        port=port,
        user=unquote(split.username or ""),
        password=unquote(split.password or ""),
        path=unquote(split.path),
        options=dict(parse_qsl(split.query, keep_blank_values=True)),
    )


def redacted(url: str) -> str:
    """The URL as it may be shown and logged: passwords, tokens and keys replaced."""
    # Up to the last @: a password may hold any sign, even those that it should have escaped.
    text = re.sub(r"(?<=://)([^:/?#@]*):.*@", rf"\1:{HIDDEN}@", url.strip(), flags=re.DOTALL)
    return re.sub(
        r"([?&])([^=&#]*)=([^&#]*)",
        lambda found: f"{found[1]}{found[2]}={HIDDEN if _SECRET.search(found[2]) else found[3]}",
        text,
    )
