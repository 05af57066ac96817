"""A mark in memory that all processes of a store share: another one when what they remember no longer holds."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

SIZE = 16


class Generation:
    """The mark of one store. Of one in memory, or in a folder that takes no file, this process alone sees it change."""

    def __init__(self, store: Path | None) -> None:
        self._store = store
        self._mark: mmap.mmap | bytearray | None = None

    def now(self) -> bytes:
        """The mark as it is."""
        return bytes(self._shared()[:SIZE])

    def change(self) -> None:
        """Let everybody see another one."""
        self._shared()[:SIZE] = os.urandom(SIZE)

    def _shared(self) -> mmap.mmap | bytearray:
        """The mark's memory, and its file, as soon as anybody looks."""
        if self._mark is None:
            self._mark = bytearray(SIZE) if self._store is None else _mapped(self._store)
        return self._mark


def _mapped(store: Path) -> mmap.mmap | bytearray:
    try:
        handle = os.open(store.with_name(f"{store.name}.mark"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return bytearray(SIZE)
    try:
        if os.fstat(handle).st_size < SIZE:
            os.pwrite(handle, bytes(SIZE), 0)  # a hole would kill the process that fills it while the disk is full
        return mmap.mmap(handle, SIZE)
    except OSError:
        return bytearray(SIZE)
    finally:
        os.close(handle)
