"""Golden exchanges of the Clarifeye dialect: a request, a script for the model, and exactly what comes of it."""

from pathlib import Path

import pytest

from contract.stage import Stage
from golden.player import Player

FOLDER = Path(__file__).parent / "clarifeye"
EXCHANGES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_is_answered_exactly_as_before(stage: Stage, name: str, request: pytest.FixtureRequest) -> None:
    came = Player(stage, FOLDER / f"{name}.toml").play()
    answers = FOLDER / f"{name}.txt"
    if request.config.getoption("--rewrite", default=False):
        answers.write_text(came, encoding="utf-8")
    assert came == answers.read_text(encoding="utf-8"), "if this is meant, run: make golden, and read the diff"


def test_every_answer_belongs_to_an_exchange() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == EXCHANGES
