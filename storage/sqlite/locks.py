"""Which processes are alive: each holds a lock on a file of its own beside the store, which the system frees with it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Locks:
    """The lock files of one store. A store in memory has none: ``folder`` is then None."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder = folder
        self._name = name
        self._held: list[tuple[int, Path]] = []

    def _file(self, run: bytes) -> Path | None:
        return None if self._folder is None else self._folder / f"{self._name}.{run.hex()}.lock"

    def hold(self, run: bytes) -> None:
        """Lock the file of ``run`` until this process ends."""
        path = self._file(run)
        if path is None:
            return
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._held.append((handle, path))

    def is_gone(self, run: bytes) -> bool:
        """Whether nobody holds that lock; the file of one that is gone is removed."""
        path = self._file(run)
        if path is None or not path.exists():
            return True
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(handle)
        path.unlink(missing_ok=True)
        return True

    def release(self) -> None:
        """Give up all locks held here."""
        for handle, path in self._held:
            path.unlink(missing_ok=True)
            os.close(handle)
        self._held.clear()
