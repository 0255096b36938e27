"""The forty questions of shop/fresh.toml, asked of the demo: what is answered is true, and near misses are refused."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest

# not a package of the tests: conftest.py says where it is
examination = import_module("evaluation.examination")
examinees = import_module("evaluation.examinee")
sheets = import_module("evaluation.questions")
truth = import_module("evaluation.truth")

HERE = Path(__file__).parent
MOST_REFUSED = 2


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return asyncio.run(_hold(tmp_path_factory.mktemp("fresh")))


async def _hold(folder: Path) -> list[Any]:
    fresh = msgspec.toml.decode((HERE / "shop" / "fresh.toml").read_bytes(), type=sheets.Sheet)
    sheet = msgspec.structs.replace(fresh, views=sheets.read_sheet().views)
    examinee = examinees.Examinee(folder)
    try:
        await examinee.make_ready()
        truths = truth.Truths(examinee.database, sheet.views)
        try:
            numbers = [number for number, _ in sheet.numbered]
            return await examination.Examination(sheet, examinee, truths).hold(numbers, on_asked=_pass)
        finally:
            truths.close()
    finally:
        await examinee.close()


def _pass(_number: int) -> None:
    """Nobody watches."""


def test_no_answer_is_wrong(results: list[Any]) -> None:
    assert [each.question.ask for each in results if each.mark in ("wrong", "broken")] == []


def test_what_cannot_be_answered_is_refused(results: list[Any]) -> None:
    assert [each.question.ask for each in results if not each.is_answerable and each.mark != "refused"] == []


def test_few_that_can_be_answered_are_refused(results: list[Any]) -> None:
    refused = [each.question.ask for each in results if each.is_answerable and each.mark == "refused"]
    assert len(refused) <= MOST_REFUSED, refused
