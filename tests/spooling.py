"""A spool in a folder of its own, with small numbered entries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proxy.spool import Entry, Spool
from storage.records import Checkpointed

ROOM = 1_000_000


def piece(number: int, size: int = 10) -> Checkpointed:
    return Checkpointed(b"e" * 16, number, b"x" * size)


def numbers(entries: list[Entry]) -> list[int]:
    return [entry.number for entry in entries if isinstance(entry, Checkpointed)]


@contextmanager
def opened(folder: Path, name: str = "own", limit: int = ROOM, *, synced: bool = False) -> Iterator[Spool]:
    spool = Spool(folder, name, limit, synced=synced)
    try:
        yield spool
    finally:
        spool.close()


def leave(folder: Path, name: str, data: bytes) -> Path:
    """What a process that died left behind."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.spool"
    path.write_bytes(data)
    return path
