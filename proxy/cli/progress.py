"""A bar on standard error for what takes longer than two seconds; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

PATIENCE = 2.0


class Bar:
    """Shows how far something has come."""

    def __init__(self, label: str, *, patience: float = PATIENCE) -> None:
        self._label = label
        self._patience = patience
        self._begun = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, done: int, total: int) -> None:
        """Tell how far it has come; a ``total`` of 0 is unknown."""
        if self._progress is None and (time.monotonic() - self._begun < self._patience or not sys.stderr.isatty()):
            return
        if self._progress is None or self._task is None:
            self._begin()
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None)

    def _begin(self) -> None:
        from rich.console import Console  # noqa: PLC0415 (only those who wait need it)

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        self._task = self._progress.add_task(self._label, total=None)
