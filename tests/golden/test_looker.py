"""Golden exchanges of the Looker dialect: a request, a script for the model, and exactly what comes of it."""

from pathlib import Path

import pytest
import requests

from contract.stage import Stage
from dialects.looker.validated import PREFIX, Document
from golden.looker_player import LookerPlayer

FOLDER = Path(__file__).parent / "looker"
EXCHANGES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.fixture(scope="module")
def document(stage: Stage) -> Document:
    return Document(requests.get(f"{stage.server.url}{PREFIX}/openapi.json", timeout=30).json())


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_is_answered_exactly_as_before(
    stage: Stage, document: Document, name: str, request: pytest.FixtureRequest
) -> None:
    came = LookerPlayer(stage, FOLDER / f"{name}.toml", document).play()
    answers = FOLDER / f"{name}.txt"
    if request.config.getoption("--rewrite", default=False):
        answers.write_text(came, encoding="utf-8")
    assert came == answers.read_text(encoding="utf-8"), "if this is meant, run: make golden, and read the diff"


def test_every_answer_belongs_to_an_exchange() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == EXCHANGES
