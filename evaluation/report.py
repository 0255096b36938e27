"""How an examination went, for people and for scripts."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

from evaluation.examination import Mark, Result
from evaluation.marking import Rows

MOST_REFUSED = 0.25
"""The share of answerable questions that may be refused."""
_SHOWN_ROWS = 6


class Tally(Struct, frozen=True, kw_only=True):
    asked: int
    right: int
    wrong: int
    refused: int
    broken: int

    @property
    def refused_share(self) -> float:
        return self.refused / self.asked if self.asked else 0.0


def tally(results: Iterable[Result]) -> Tally:
    marks = [result.mark for result in results]
    return Tally(
        asked=len(marks),
        right=marks.count(Mark.RIGHT),
        wrong=marks.count(Mark.WRONG),
        refused=marks.count(Mark.REFUSED),
        broken=marks.count(Mark.BROKEN),
    )


def is_passed(results: Sequence[Result]) -> bool:
    """Whether nothing was wrong and nothing broke; refusing too often is shown, and fails nobody."""
    return not any(result.mark in (Mark.WRONG, Mark.BROKEN) for result in results)


def as_text(results: Sequence[Result]) -> str:
    answerable = tally(result for result in results if result.is_answerable)
    unanswerable = tally(result for result in results if not result.is_answerable)
    is_kept = answerable.wrong + unanswerable.wrong == 0
    refused = f"{answerable.refused_share:.0%} of the answerable refused"
    times = [result.reply.milliseconds for result in results]
    lines = [block for result in results if not result.is_fine for block in _failing(result)]
    lines += [
        "| questions    | asked | right | wrong | refused | broken |",
        "|--------------|------:|------:|------:|--------:|-------:|",
        _line("answerable", answerable, right=answerable.right),
        _line("unanswerable", unanswerable, right=None),
        "",
        f"wrong must be 0: {'kept' if is_kept else 'MISSED'}",
        f"{refused}, promised below {MOST_REFUSED:.0%}: {_verdict(answerable)}",
        f"half of the replies within {median(times):.0f} ms, all within {max(times):.0f} ms" if times else "",
    ]
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    shown = {
        "answerable": _counts(tally(result for result in results if result.is_answerable)),
        "unanswerable": _counts(tally(result for result in results if not result.is_answerable)),
        "questions": [_as_value(result) for result in results],
    }
    return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()


def _verdict(answerable: Tally) -> str:
    return "kept" if answerable.refused_share < MOST_REFUSED else "MISSED"


def _line(name: str, counts: Tally, *, right: int | None) -> str:
    shown = "" if right is None else str(right)
    return f"| {name:12} | {counts.asked:5} | {shown:>5} | {counts.wrong:5} | {counts.refused:7} | {counts.broken:6} |"


def _failing(result: Result) -> list[str]:
    answer = result.reply.answer
    after = getattr(result.question, "after", "")
    lines = [
        f"{result.number:3} {result.mark.upper()}  {result.question.ask}" + (f"  (after: {after})" if after else "")
    ]
    if answer is None:
        lines.append(f"      said      {result.reply.words}")
    else:
        lines.append(f"      read as   {answer.understood or answer.label}")
        lines.append(f"      query     {msgspec.json.encode(answer.query).decode()}")
        lines.append(f"      gave      {_rows(answer.table.rows)}")
    if result.mark is Mark.WRONG:
        lines += [f"      expected  {_rows(_joined(truth))}" for truth in result.expected]
    return [*lines, ""]


def _joined(rows: Rows) -> list[list[Any]]:
    return [[*labels, *numbers] for labels, numbers in zip(rows.labels, rows.numbers, strict=True)]


def _rows(rows: Sequence[Sequence[Any]]) -> str:
    shown = "; ".join(", ".join(str(cell) for cell in row) for row in rows[:_SHOWN_ROWS])
    return f"{len(rows)} rows: {shown}{' ...' if len(rows) > _SHOWN_ROWS else ''}"


def _counts(counts: Tally) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("asked", "right", "wrong", "refused", "broken")}


def _as_value(result: Result) -> dict[str, Any]:
    answer = result.reply.answer
    return {
        "number": result.number,
        "ask": result.question.ask,
        "is_answerable": result.is_answerable,
        "mark": str(result.mark),
        "milliseconds": round(result.reply.milliseconds, 1),
        "said": result.reply.words,
        "understood": answer.understood if answer else "",
        "query": msgspec.to_builtins(answer.query) if answer else None,
        "sql": answer.sql if answer else "",
        "rows": answer.table.rows if answer else None,
        "expected": [[[str(cell) for cell in row] for row in _joined(truth)] for truth in result.expected],
    }
