"""`python -m evaluation [--only N..M]`: asks every question and prints what came back wrong, and the counts."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evaluation.examination import Examination, Result
from evaluation.examinee import Examinee
from evaluation.questions import read_range, read_sheet
from evaluation.report import as_json, as_text, is_passed
from evaluation.truth import Truths
from tertulia.logs import configure_logging


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description="Asks questions with known answers.")
    parser.add_argument("--only", type=read_range, metavar="N..M", help="ask these questions, counted from 1 (all)")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON value for scripts")
    chosen = parser.parse_args(arguments)
    configure_logging("error")
    with tempfile.TemporaryDirectory(prefix="tertulia-eval-") as folder:
        results = asyncio.run(_examine(Path(folder), chosen.only))
    print(as_json(results) if chosen.as_json else as_text(results))
    return 0 if is_passed(results) else 1


async def _examine(folder: Path, only: range | None) -> list[Result]:
    sheet = read_sheet()
    numbers = only or range(1, len(sheet.numbered) + 1)
    examinee = Examinee(folder)
    try:
        await examinee.make_ready()
        truths = Truths(examinee.database, sheet.views)
        try:
            return await Examination(sheet, examinee, truths).hold(numbers, on_asked=_show)
        finally:
            truths.close()
    finally:
        await examinee.close()


def _show(number: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{number}", end="\n" if number % 50 == 0 else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
