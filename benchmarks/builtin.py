"""The built-in model on the demo documents: a whole answer with citations, no network."""

from pathlib import Path
from statistics import median

from benchmarks.client import connect, run
from benchmarks.conversations import create_conversations
from benchmarks.figure import Figure
from benchmarks.server import Server, found
from benchmarks.streams import first_word

_QUESTIONS = (
    "How much is a membership for a year?",
    "How far can I ride the cargo bike on one charge?",
    "What happens when I return a bicycle late?",
    "Who decided on the new opening hours, and when?",
    "What must I do after an accident?",
)
_ROUNDS = 4


def measure(folder: Path) -> list[Figure]:
    with Server(found(folder / "builtin", "--demo")) as server:
        return run(_ask(server))


async def _ask(server: Server) -> list[Figure]:
    [client] = await connect(server.port, server.founded.token)
    questions = [question for _ in range(_ROUNDS) for question in _QUESTIONS]
    created = await create_conversations(server, client, len(questions) + 1)
    paths = [f"{server.founded.conversations}{each}/send_message_stream/" for each in created]
    cold = await client.post(paths.pop(), {"message": _QUESTIONS[0]})
    with server.metered() as cost:
        answers = [
            await client.post(path, {"message": question}) for path, question in zip(paths, questions, strict=True)
        ]
    for answer in [cold, *answers]:
        assert b"streaming_completed" in answer.body, answer.body[-500:]
    method = f"median of {len(questions)} questions, one client"
    return [
        Figure(
            name="built-in answer, first word",
            value=median(first_word(answer) for answer in answers) * 1e3,
            unit="ms",
            method=method,
        ),
        Figure(
            name="built-in answer, whole",
            value=median(answer.seconds for answer in answers) * 1e3,
            unit="ms",
            method=method,
        ),
        Figure(
            name="built-in answer, CPU",
            value=cost.per(len(questions), 1e3),
            unit="ms",
            method="server CPU per answer",
        ),
        Figure(
            name="built-in answer, the very first",
            value=cold.seconds * 1e3,
            unit="ms",
            method="whole answer of a server that has not yet loaded the embedding model",
        ),
    ]
