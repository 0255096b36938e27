"""Governed data without HTTP: LookML read, queries compiled, and the evaluation's questions in English answered."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import Figure, Promise
from evaluation.examinee import Examinee
from evaluation.questions import read_sheet
from tertulia.core.query import Query
from tertulia.demo import SHOP_NOW
from tertulia.house import demo_data
from tertulia.semantic.compile.asking import Asking
from tertulia.semantic.compile.query import compile_query
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.lookml.load import load_project
from tertulia.semantic.lookml.model import LookmlProject
from tertulia.settings import Settings

_REPEATS = 30
_FIELDS = ["products.category", "customers.country", "order_items.revenue", "orders.count"]


def measure(folder: Path) -> list[Figure]:
    files = demo_data(Settings(data=folder)).lookml
    project = load_project(files)
    return [_loaded(files), *_compiled(project), *asyncio.run(_answered(folder / "shop"))]


def _loaded(files: dict[str, str]) -> Figure:
    return Figure(
        name="read LookML",
        value=_median_ms(lambda _: load_project(files)),
        unit="ms",
        method=f"CPU, the demo's {len(files)} files parsed, extended and checked; median of {_REPEATS}",
    )


def _compiled(project: LookmlProject) -> list[Figure]:
    [model] = project.models.values()
    engine = engine_of("duckdb")

    def compiled(limit: int) -> Any:
        query = Query(model=model.name, explore="order_items", fields=_FIELDS, limit=limit)
        return compile_query(model, Asking(query=query, engine=engine, now=SHOP_NOW))

    compiled(1)
    new = _median_ms(lambda number: compiled(100 + number))
    known = _median_ms(lambda _: compiled(1))
    method = f"CPU, four fields of three views; median of {_REPEATS}"
    return [
        Figure(name="compile, a new query", value=new, unit="ms", method=method, promise=Promise(below=15)),
        Figure(name="compile, one seen before", value=known, unit="ms", method=method, promise=Promise(below=1)),
    ]


async def _answered(folder: Path) -> list[Figure]:
    examinee = Examinee(folder)
    try:
        await examinee.make_ready()
        asked = [each.ask for each in read_sheet().answerable if not each.after]
        # the first question reads the values that people may name
        await examinee.ask(asked[0])
        replies = [await examinee.ask(each) for each in asked]
    finally:
        await examinee.close()
    waits = sorted(reply.milliseconds for reply in replies)
    return [
        Figure(
            name="question to figures",
            value=median(waits),
            unit="ms",
            method=f"understood, compiled, run and shaped without a language model; wall, median of {len(waits)}; "
            f"longest {waits[-1]:.0f} ms",
        )
    ]


def _median_ms(work: Callable[[int], object]) -> float:
    spent: list[float] = []
    for number in range(_REPEATS):
        began = time.thread_time()
        work(number)
        spent.append(time.thread_time() - began)
    return median(spent) * 1e3
