"""A client that believes nothing: every answer is held against the OpenAPI document the server serves."""

from collections.abc import Iterator
from typing import Any

import requests

from contract.frames import Frame, frames
from contract.promise import PREFIX, Promise

_TIMEOUT_S = 30


class Client(requests.Session):
    """Asks as the holder of a token; paths that begin with a slash are below the API's prefix."""

    def __init__(self, server: str, promise: Promise, token: str | None = None, *, scheme: str = "Token") -> None:
        super().__init__()
        self.trust_env = False
        self.promise = promise
        self.prefix = f"{server}{PREFIX}"
        if token is not None:
            self.headers["Authorization"] = f"{scheme} {token}"

    def request(self, method: str | bytes, url: str | bytes, **options: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride] - the stub spells out every option
        address = f"{self.prefix}{url}" if isinstance(url, str) and url.startswith("/") else url
        options.setdefault("timeout", _TIMEOUT_S)
        options["allow_redirects"] = False
        response = super().request(method, address, **options)
        self.promise.check(response)
        if response.headers.get("Content-Type", "").startswith("text/event-stream") and not options.get("stream"):
            list(self.frames(response))
        return response

    def frames(self, response: requests.Response) -> Iterator[Frame]:
        """The frames of a stream, each held against the document."""
        return frames(response, self.promise.check_frame)

    def streamed(self, response: requests.Response) -> list[Frame]:
        """All frames, once the stream has ended."""
        assert response.status_code == 200, response.text
        return list(self.frames(response))
