"""What a benchmark finds, and how it is shown."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct


class Promise(Struct, frozen=True, kw_only=True):
    """A bound on a figure, in the figure's own unit."""

    below: float | None = None
    above: float | None = None

    def is_kept(self, value: float) -> bool:
        return (self.below is None or value < self.below) and (self.above is None or value > self.above)

    def __str__(self) -> str:
        parts = [("<", self.below), (">", self.above)]
        return ", ".join(f"{sign} {_number(bound)}" for sign, bound in parts if bound is not None)


class Figure(Struct, frozen=True, kw_only=True):
    """One number. `method` says in a few words what was measured, so that the number can be read alone."""

    name: str
    value: float
    unit: str
    method: str
    promise: Promise | None = None

    @property
    def verdict(self) -> str:
        if self.promise is None:
            return ""
        return "kept" if self.promise.is_kept(self.value) else "MISSED"


class Report(Struct, frozen=True, kw_only=True):
    """The figures of one benchmark and the seconds it took to get them."""

    benchmark: str
    seconds: float
    figures: Sequence[Figure]


def as_table(reports: Iterable[Report]) -> str:
    """Markdown, with columns padded so that it reads on a terminal too."""
    rows = [("name", "figure", "promise", "", "method"), ("---", "--:", "--:", "---", "---")]
    rows += [
        (
            figure.name,
            f"{_number(figure.value)} {figure.unit}",
            str(figure.promise or ""),
            figure.verdict,
            figure.method,
        )
        for report in reports
        for figure in report.figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(_line(row, widths) for row in rows)


def as_json(reports: Sequence[Report]) -> str:
    shown = [
        {
            "benchmark": report.benchmark,
            "seconds": round(report.seconds, 1),
            "figures": [{**msgspec.to_builtins(figure), "verdict": figure.verdict} for figure in report.figures],
        }
        for report in reports
    ]
    return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, figure, promise, verdict = (
        cell.rjust(width) if column in (1, 2) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row[:4], widths, strict=True))
    )
    return f"| {name} | {figure} | {promise} | {verdict} | {row[4]} |"


def _number(value: float) -> str:
    """Three significant digits, whole numbers in full."""
    if value == 0 or abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"
