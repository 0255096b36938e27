"""GET stream/: any number of watchers, from any position, at any pace, and what they cost."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import requests

from contract.client import Client
from contract.frames import PING, Frame, answer_of, blocks, last_text, parsed
from contract.scripts import call, fail, hang, say, script, think, tokens, wait, words
from contract.stage import Stage
from live.server import wait_until

Json = dict[str, object]


@pytest.fixture
def creator(stage: Stage) -> Client:
    return stage.client("creator")


@pytest.fixture
def conversation_id(stage: Stage, creator: Client) -> str:
    return stage.create(creator)


def send(stage: Stage, client: Client, conversation_id: str, message: str) -> requests.Response:
    path = f"{stage.conversations}/{conversation_id}/send_message_stream/"
    return client.post(path, json={"message": message}, stream=True)


def watch(stage: Stage, client: Client, conversation_id: str, *, seen: str = "", query: str = "") -> requests.Response:
    headers = {"Last-Event-ID": seen} if seen else {}
    return client.get(f"{stage.conversations}/{conversation_id}/stream/{query}", headers=headers, stream=True)


def test_watchers_see_what_the_sender_sees(stage: Stage, creator: Client, conversation_id: str) -> None:
    creator.post(f"{stage.conversations}/{conversation_id}/share/")
    sent = send(
        stage, creator, conversation_id, script([say("Look."), call("search_by_words", query="a")], [tokens(40, 0.01)])
    )

    def look(role: str) -> list[Frame]:
        client = stage.client(role)
        return client.streamed(watch(stage, client, conversation_id))

    with ThreadPoolExecutor(24) as threads:
        watching = [threads.submit(look, role) for role in ("creator", "admin", "member", "service") * 6]
        shown = creator.streamed(sent)
        for watched in watching:
            frames = watched.result()
            assert frames[-1].payload == shown[-1].payload
            assert last_text(frames) == last_text(shown) == words(40)


def test_every_frame_of_a_watcher_has_a_growing_id(stage: Stage, creator: Client, conversation_id: str) -> None:
    creator.streamed(
        send(stage, creator, conversation_id, script([think("Hm."), say("a"), call("search_by_words")], [say("b")]))
    )
    frames = creator.streamed(watch(stage, creator, conversation_id))
    places = [tuple(int(part) for part in (frame.id or "").split(".")) for frame in frames]
    assert places == sorted(places)
    assert all(len(place) == 2 and place[0] == 1 for place in places)


def test_from_every_position_the_rest_leads_to_the_same_text(
    stage: Stage, creator: Client, conversation_id: str
) -> None:
    message = script([think("Hm."), say("Look."), call("search_by_words", query="a")], [tokens(8, 0.05), say(" End.")])
    creator.streamed(send(stage, creator, conversation_id, message))
    whole = creator.streamed(watch(stage, creator, conversation_id))
    assert len(whole) > 8
    for at, last_seen in enumerate(whole, start=1):
        before = whole[:at]
        rest = creator.streamed(watch(stage, creator, conversation_id, seen=last_seen.id or ""))
        assert rest[-1].payload == whole[-1].payload
        assert last_text([*before, *rest]) == last_text(whole), last_seen.id
        for shown in ("reasoning", "tool_call_request", "tool_call"):
            assert [frame.shown for frame in (*before, *rest)].count(shown) == 1, last_seen.id


def test_a_watcher_that_broke_off_goes_on_while_the_turn_runs(
    stage: Stage, creator: Client, conversation_id: str
) -> None:
    sent = send(stage, creator, conversation_id, script([tokens(60, 0.02)]))
    seen: list[Frame] = []
    while not seen or seen[-1].kind == "streaming_in_progress":
        answer = watch(stage, creator, conversation_id, seen=(seen[-1].id or "") if seen else "")
        frames = creator.frames(answer)
        seen += [frame for frame, _ in zip(frames, range(3), strict=False)]
        answer.close()
    assert last_text(seen) == words(60)
    assert seen[-1].payload == creator.streamed(sent)[-1].payload


@pytest.mark.parametrize(
    "seen", ["nonsense", "1", "1.", ".1", "-1.5", "1.5.2", "x" * 500, "0.0", "1e9.1", "٣.٣", "%00"]
)
def test_a_position_that_is_none_means_the_beginning(
    stage: Stage, creator: Client, conversation_id: str, seen: str
) -> None:
    creator.streamed(send(stage, creator, conversation_id, script([say("Hello.")])))
    frames = creator.streamed(watch(stage, creator, conversation_id, query=f"?last_event_id={seen}"))
    assert [frame.shown for frame in frames] == ["start_token_streaming", "token_streaming", ""]


@pytest.mark.parametrize("seen", ["1.999999", "7.1", "99999999999999999999.1"])
def test_a_position_beyond_the_end_gets_the_end(stage: Stage, creator: Client, conversation_id: str, seen: str) -> None:
    creator.streamed(send(stage, creator, conversation_id, script([say("Hello.")])))
    frames = creator.streamed(watch(stage, creator, conversation_id, seen=seen))
    assert [frame.kind for frame in frames] == ["streaming_completed"]


def test_an_earlier_turn_is_watched_by_its_number(stage: Stage, creator: Client, conversation_id: str) -> None:
    for text in ("First.", "Second."):
        creator.streamed(send(stage, creator, conversation_id, script([say(text)])))
    by_turn = {
        query: last_text(creator.streamed(watch(stage, creator, conversation_id, query=query)))
        for query in ("?query_id=0", "?query_id=1", "")
    }
    assert by_turn == {"?query_id=0": "First.", "?query_id=1": "Second.", "": "Second."}
    assert watch(stage, creator, conversation_id, query="?query_id=2").status_code == 404


def test_a_failed_turn_is_watched_to_its_error(stage: Stage, creator: Client, conversation_id: str) -> None:
    sent = creator.streamed(send(stage, creator, conversation_id, script([say("Half."), fail("ProviderRefused")])))
    watched = creator.streamed(watch(stage, creator, conversation_id))
    assert (watched[-1].kind, watched[-1].payload) == (sent[-1].kind, sent[-1].payload)


@pytest.mark.parametrize("role", ["member", "outsider", "foreign admin", "bound elsewhere", "nobody"])
def test_a_stranger_is_refused_before_the_first_byte(
    stage: Stage, creator: Client, conversation_id: str, role: str
) -> None:
    running = send(stage, creator, conversation_id, script([say("Secret."), hang()]))
    refused = watch(stage, stage.client(role), conversation_id)
    assert refused.status_code == (401 if role == "nobody" else 403)
    assert "Secret" not in refused.text
    creator.post(f"{stage.conversations}/{conversation_id}/cancel/")
    creator.streamed(running)


def test_who_may_watch_may_not_cancel(stage: Stage, creator: Client, conversation_id: str) -> None:
    creator.post(f"{stage.conversations}/{conversation_id}/share/")
    running = send(stage, creator, conversation_id, script([say("Shared."), hang()]))
    member = stage.client("member")
    watched = watch(stage, member, conversation_id)
    assert next(member.frames(watched)).shown == "start_token_streaming"
    assert member.post(f"{stage.conversations}/{conversation_id}/cancel/").status_code == 403
    watched.close()
    creator.post(f"{stage.conversations}/{conversation_id}/cancel/")
    creator.streamed(running)


@pytest.fixture
def slow_reader(stage: Stage, creator: Client, conversation_id: str) -> Callable[[], socket.socket]:
    """Opens the stream of the newest turn and reads nothing of it."""
    url = urlsplit(stage.server.url)
    asked = (
        f"GET /api/v1{stage.conversations}/{conversation_id}/stream/ HTTP/1.1\r\nHost: {url.netloc}\r\n"
        f"Authorization: {creator.headers['Authorization']!s}\r\nConnection: close\r\n\r\n"
    )

    def open_one() -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect((url.hostname or "", url.port or 0))
        connection.sendall(asked.encode())
        return connection

    return open_one


def test_slow_readers_cost_little_and_hold_up_nobody(
    stage: Stage, creator: Client, conversation_id: str, slow_reader: Callable[[], socket.socket]
) -> None:
    assert stage.server.process is not None
    memory = psutil.Process(stage.server.process.pid).memory_info
    running = send(
        stage, creator, conversation_id, script([action for _ in range(80) for action in (tokens(600), wait(0.02))])
    )
    with ExitStack() as stack:
        before = memory().rss
        readers = [stack.enter_context(slow_reader()) for _ in range(30)]
        other = stage.create(creator)
        assert answer_of(creator.streamed(send(stage, creator, other, script([say("Quick.")])))[-1]) == "Quick."
        shown = creator.streamed(running)
        # what nobody reads must not lie in memory once for each reader
        unread = len(readers) * sum(len(frame.payload.get("content", "")) for frame in shown)
        assert unread > 90 << 20
        assert memory().rss - before < 60 << 20
        assert read_to_end(readers[0])[-1].payload == shown[-1].payload
    wait_until(lambda: answer_of(creator.streamed(watch(stage, creator, conversation_id))[-1]) == last_text(shown))


async def test_two_hundred_streams_at_once_all_complete(stage: Stage, creator: Client) -> None:
    count = 200
    made = [stage.create(creator) for _ in range(count)]
    headers = {"Authorization": str(creator.headers["Authorization"])}
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(
        base_url=creator.prefix, headers=headers, timeout=60, limits=limits, trust_env=False
    ) as client:
        began = time.monotonic()
        streams = await asyncio.gather(*(_one_of_many(client, stage, each) for each in made))
        elapsed = time.monotonic() - began
    for frames in streams:
        for frame in frames:
            stage.promise.check_frame({"type_streaming": frame.kind, "payload": frame.payload})
        assert last_text(frames) == answer_of(frames[-1]) == words(20)
    assert elapsed < 30, "one after the other they would take 80 s"


async def _one_of_many(client: httpx.AsyncClient, stage: Stage, conversation_id: str) -> list[Frame]:
    path = f"{stage.conversations}/{conversation_id}/send_message_stream/"
    async with client.stream("POST", path, json={"message": script([tokens(20, 0.02)])}) as answer:
        assert answer.status_code == 200
        chunks = [chunk async for chunk in answer.aiter_bytes()]
    return [parsed(block) for block in blocks(chunks) if block != PING]


def read_to_end(connection: socket.socket) -> list[Frame]:
    """The frames of a raw connection that the server closes after the last one."""
    reply = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    head, _, rest = reply.partition(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0]
    return [parsed(block) for block in blocks(_unchunked(rest)) if block != PING]


def _unchunked(rest: bytes) -> Iterator[bytes]:
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        yield rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
