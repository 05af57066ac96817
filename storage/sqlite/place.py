"""Where a store's file stands. One that was taken from there still takes what is written, and nobody would find it."""

from __future__ import annotations

import os
from pathlib import Path

from storage.ports import StoreError

TAKEN = "the store's file was moved, deleted or replaced while it was open; put it back, or start Steno again"


class Place:
    """The place of the file that is open now. A store in memory has none: ``file`` is then None."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._identity = _identity(file)

    def check(self) -> None:
        """Look whether the same file is still there. Raises ``StoreError``."""
        if self._identity != _identity(self._file):
            raise StoreError(TAKEN)


def _identity(file: Path | None) -> tuple[int, int] | None:
    if file is None:
        return None
    try:
        found = os.stat(file)  # noqa: PTH116 (half the time, before every commit)
    except OSError:
        return None
    return found.st_dev, found.st_ino
