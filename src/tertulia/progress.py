"""A progress bar for documents that are being read, on stderr and only where somebody watches."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as RichProgress

from tertulia.services.ingestion import Progress, Stage

_ENDS = (Stage.ACTIVE, Stage.FAILED)


class Bar:
    """Counts documents as they end; appears with the first news. `is_shown` False keeps silent."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown and sys.stderr.isatty()
        self._progress = RichProgress(
            TextColumn("Reading documents"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._seen: set[str] = set()
        self._ended: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._progress.stop()

    def show(self, news: Progress) -> None:
        """Takes one piece of news of a document."""
        if not self._is_shown:
            return
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task("", total=None)
        self._seen.add(news.document.id)
        if news.stage in _ENDS:
            self._ended.add(news.document.id)
        self._progress.update(
            self._task, total=len(self._seen), completed=len(self._ended), description=news.document.name
        )
