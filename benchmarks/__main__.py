"""`python -m benchmarks [NAME ...]`: measures on this machine and prints one table."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    archive,
    builtin,
    cancel,
    conversations,
    crash,
    documents,
    governed,
    provider,
    questions,
    retrieval,
    start,
    streams,
)
from benchmarks.figure import Figure, Report, as_json, as_table

BENCHMARKS: dict[str, Callable[[Path], list[Figure]]] = {
    "start": start.measure,
    "create": conversations.measure_create,
    "get": conversations.measure_get,
    "list": conversations.measure_list,
    "governed": governed.measure,
    "questions": questions.measure,
    "archive": archive.measure,
    "first_token": streams.measure_first_token,
    "token": streams.measure_token,
    "provider": provider.measure,
    "cancel": cancel.measure,
    "crash": crash.measure,
    "builtin": builtin.measure,
    "ingest": documents.measure,
    "retrieval": retrieval.measure,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)} (all)")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON value for scripts")
    parser.add_argument("--full", action="store_true", help="archive at its full size: minutes instead of seconds")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    benchmarks = {**BENCHMARKS, "archive": archive.measure_full} if chosen.full else BENCHMARKS
    reports = _measure({name: benchmarks[name] for name in chosen.names or benchmarks})
    if chosen.as_json:
        print(as_json(reports))
        return
    print(f"\n{_machine()}\n")
    print(as_table(reports))


def _measure(benchmarks: dict[str, Callable[[Path], list[Figure]]]) -> list[Report]:
    reports: list[Report] = []
    with tempfile.TemporaryDirectory(prefix="tertulia-bench-") as folder:
        for name, measure in benchmarks.items():
            print(f"{name} ...", end="", file=sys.stderr, flush=True)
            began = time.perf_counter()
            figures = measure(Path(folder))
            seconds = time.perf_counter() - began
            print(f" {seconds:.0f} s", file=sys.stderr, flush=True)
            reports.append(Report(benchmark=name, seconds=seconds, figures=figures))
    return reports


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
