"""What SQLite leaves in its pages: when it moves rows from one to another, their bytes stay in the unused middle of the
first, where its own secure deletion doesn't reach. This fills that middle with zeros.

It runs as a process of its own (``python scrubbing.py STORE``): closing a file takes away all locks that a process has
on it. Nothing but this file is imported. Of a page it knows the header, and it touches no byte that a row is made of.
"""

import os
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from time import sleep

TREES = (2, 5, 10, 13)
INTERIOR = (2, 5)
FIRST = 100
"""The first page begins with the file's own header."""
SURE = 1 << 24
"""In a larger file the number of a page that another one names could be taken for a header."""
TOGETHER = 256
TRIES, WAIT_SECONDS = 500, 0.01
BUSY_SECONDS = 0.005
"""No longer: whoever waits here for those who read keeps others from writing."""
TOUCH = "UPDATE facts SET value = value WHERE name = 'unwiped'"
"""Changes nothing; but whoever remembers pages of the file reads them again after it."""


def unused(page: bytes, start: int = 0) -> tuple[int, int]:
    """Where the unused middle of a page of a tree begins and ends; of any other page there is none."""
    kind = page[start]
    cells, content = (int.from_bytes(page[at : at + 2], "big") for at in (start + 3, start + 5))
    begin = start + (12 if kind in INTERIOR else 8) + 2 * cells
    return (begin, content) if kind in TREES and begin < content <= len(page) else (0, 0)


def scrub(path: str) -> bool:
    """Clean all pages; whether that was done, or somebody who reads was in the way."""
    file = Path(path)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (moving,) = connection.execute("PRAGMA auto_vacuum").fetchone()
        if moving or file.stat().st_size // size >= SURE:
            return False
        handle = os.open(file, os.O_RDWR)  # closed by the end of the process, after the connection
        first = 0
        while first * size < file.stat().st_size:
            if not _alone(connection, file):
                return False
            _clean(connection, handle, first, size)
            first += TOGETHER
        return _alone(connection, file)  # what was written last is no longer in the log


def _alone(connection: sqlite3.Connection, file: Path) -> bool:
    """Begin to write with all that was ever written in the file itself, and nothing in its log."""
    log = file.with_name(f"{file.name}-wal")
    for _ in range(TRIES):
        with suppress(sqlite3.OperationalError):  # somebody writes
            connection.execute("BEGIN IMMEDIATE")
            if not log.exists() or not log.stat().st_size:
                return True
            connection.execute("ROLLBACK")
        if not _emptied(connection):
            sleep(WAIT_SECONDS)
    return False


def _clean(connection: sqlite3.Connection, handle: int, first: int, size: int) -> None:
    pages = os.pread(handle, TOGETHER * size, first * size)
    changed = False
    for at in range(0, len(pages), size):
        begin, end = unused(pages[at : at + size], 0 if first or at else FIRST)
        if pages.count(0, at + begin, at + end) < end - begin:
            os.pwrite(handle, bytes(end - begin), first * size + at + begin)
            changed = True
    if changed:
        connection.execute(TOUCH)
    connection.execute("COMMIT")


def _emptied(connection: sqlite3.Connection) -> bool:
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


if __name__ == "__main__":
    sys.exit(0 if scrub(sys.argv[1]) else 1)
