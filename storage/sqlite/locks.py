"""Which processes are alive: each locks a file of its own beside the store, and the system frees the lock with it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Locks:
    """The lock files of one store. A store in memory has none: ``file`` is then None."""

    def __init__(self, file: Path | None) -> None:
        self._store = file
        self._held: dict[bytes, int] = {}

    def _file(self, store: Path, run: bytes) -> Path:
        return store.with_name(f"{store.name}.{run.hex()}.lock")

    def hold(self, run: bytes) -> None:
        """Lock the file of ``run`` until this process ends. Raises ``OSError``."""
        if run in self._held:
            return
        if self._store is None:
            self._held[run] = -1
            return
        handle = os.open(self._file(self._store, run), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        self._held[run] = handle

    def is_gone(self, run: bytes) -> bool:
        """Whether nobody holds that lock; the file of one that is gone is removed."""
        if run in self._held:
            return False
        if self._store is None:
            return True
        path = self._file(self._store, run)
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        path.unlink(missing_ok=True)
        return True

    def release(self) -> None:
        """Give up all locks held here."""
        for run, handle in self._held.items():
            if self._store is not None:
                self._file(self._store, run).unlink(missing_ok=True)
                os.close(handle)
        self._held.clear()
