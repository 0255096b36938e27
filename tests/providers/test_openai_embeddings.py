"""The embeddings client against a real server that answers as told."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import numpy as np
import pytest

from tertulia.core.errors import ProviderFailed, ProviderTimeout
from tertulia.providers.embedder import Embedder
from tertulia.providers.openai_embeddings import OpenAIEmbeddings


class Service(ThreadingHTTPServer):
    """Answers with what `script` holds, one entry per request, then with embeddings."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.script: list[tuple[int, dict[str, str], bytes]] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.paths: list[str] = []
        self.delay = 0.0
        self.width = 4
        self.gone = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Exchange(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        service = cast("Service", self.server)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.requests.append(body)
        service.keys.append(self.headers["Authorization"])
        service.paths.append(self.path)
        service.gone.wait(service.delay)
        if service.script:
            self._send(*service.script.pop(0))
            return
        width = body.get("dimensions", service.width)
        rows = [
            {"object": "embedding", "index": at, "embedding": [float(len(text)), 1.0] + [0.0] * (width - 2)}
            for at, text in enumerate(body["input"])
        ]
        # Services may answer out of order; the index says where a row belongs.
        self._send(200, {}, json.dumps({"data": rows[::-1], "usage": {"total_tokens": 1}}).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Tests keep quiet."""

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.gone.set()
        server.shutdown()
        thread.join()


def error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()


async def test_texts_go_out_in_batches_and_come_back_in_order_and_of_length_one(service: Service) -> None:
    client = OpenAIEmbeddings(service.url + "/", model="small", api_key="secret")
    texts = ["x" * (at + 1) for at in range(150)]
    vectors = await client.embed(texts)
    assert [len(request["input"]) for request in service.requests] == [64, 64, 22]
    assert {request["model"] for request in service.requests} == {"small"}
    assert set(service.keys) == {"Bearer secret"}
    assert set(service.paths) == {"/v1/embeddings"}
    assert vectors.shape == (150, 4)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(vectors[:, 0] / vectors[:, 1], np.arange(1, 151), rtol=1e-4)
    await client.close()


async def test_a_wanted_dimension_is_sent_and_is_part_of_the_id(service: Service) -> None:
    client: Embedder = OpenAIEmbeddings(service.url, model="large", dimension=8)
    assert (client.id, client.dimension) == ("openai:large/8", 8)
    assert (await client.embed([])).shape == (0, 8)
    assert (await client.embed(["a"])).shape == (1, 8)
    assert service.requests[0]["dimensions"] == 8
    assert service.keys == [None]


async def test_without_one_the_dimension_is_learnt_from_the_first_answer(service: Service) -> None:
    client = OpenAIEmbeddings(service.url, model="small")
    assert client.id == "openai:small"
    with pytest.raises(ProviderFailed, match="not known yet"):
        _ = client.dimension
    await client.embed(["a"])
    assert client.dimension == 4
    assert "dimensions" not in service.requests[0]


async def test_vectors_of_another_size_than_expected_are_refused(service: Service) -> None:
    service.script = [(200, {}, json.dumps({"data": [{"embedding": [1, 2, 3], "index": 0}]}).encode())]
    with pytest.raises(ProviderFailed, match="3 numbers instead of 8"):
        await OpenAIEmbeddings(service.url, model="m", dimension=8).embed(["a"])


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "check the API key"), (404, "model's name"), (400, "dimension"), (403, "may use"), (413, "too large")],
)
async def test_a_refusal_is_not_retried_and_says_what_to_do(service: Service, status: int, said: str) -> None:
    service.script = [(status, {}, error("no such thing"))]
    with pytest.raises(ProviderFailed, match=said) as failure:
        await OpenAIEmbeddings(service.url, model="m", api_key="wrong").embed(["a"])
    assert "no such thing" in failure.value.message
    assert "wrong" not in failure.value.message
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_retried_twice(service: Service, status: int) -> None:
    service.script = [(status, {"Retry-After": "0"}, b"busy")] * 2
    assert (await OpenAIEmbeddings(service.url, model="m").embed(["a"])).shape == (1, 4)
    assert len(service.requests) == 3


async def test_a_lasting_failure_is_reported_after_the_third_try(service: Service) -> None:
    service.script = [(429, {"Retry-After": "0"}, error("quota"))] * 3
    with pytest.raises(ProviderFailed, match=r"answered 429.*no credit left.*quota"):
        await OpenAIEmbeddings(service.url, model="m").embed(["a"])
    assert len(service.requests) == 3


async def test_the_wait_a_service_asks_for_is_kept(service: Service) -> None:
    service.script = [(429, {"Retry-After": "0.9"}, b"")]
    began = time.monotonic()
    await OpenAIEmbeddings(service.url, model="m").embed(["a"])
    assert time.monotonic() - began >= 0.9


async def test_a_service_that_is_not_there_is_named() -> None:
    with Service() as closed:
        url = closed.url
    with pytest.raises(ProviderFailed, match=f"{url}/embeddings cannot be reached: check the base URL"):
        await OpenAIEmbeddings(url, model="m").embed(["a"])


async def test_a_slow_service_is_a_timeout(service: Service) -> None:
    service.delay = 30
    with pytest.raises(ProviderTimeout, match="did not answer in time"):
        await OpenAIEmbeddings(service.url, model="m", timeout=0.2).embed(["a"])


@pytest.mark.parametrize("url", ["no address", "http://", "ftp://127.0.0.1/v1"])
async def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(ProviderFailed, match="The embeddings service at"):
        await OpenAIEmbeddings(url, model="m").embed(["a"])


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"data": []}', b'{"data": [{"embedding": []}]}', b'{"data": [{"embedding": ["x"]}]}']
)
async def test_an_answer_that_is_none_is_reported(service: Service, body: bytes) -> None:
    service.script = [(200, {}, body)]
    with pytest.raises(ProviderFailed, match="The embeddings service gave"):
        await OpenAIEmbeddings(service.url, model="m").embed(["a"])
