"""The bytes that SQLite leaves in the middle of its pages."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from zlib import crc32

import pytest

from storage.sqlite import scrubbing
from storage.sqlite.scrubbing import FIRST, scrub, unused

WORDS = [f"{crc32(b'%d' % number):08x}{'MARKER' if number % 9 == 0 else 'normal'}" for number in range(20_000)]


def stained(path: Path) -> None:
    """A store with words in an order of their own, from which some were taken."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        connection.execute("INSERT INTO facts VALUES ('unwiped', 1)")
        connection.execute("CREATE TABLE terms (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO terms (term) VALUES (?)", [(word,) for word in WORDS])
        connection.execute("DELETE FROM terms WHERE instr(term, 'MARKER')")
        connection.execute("COMMIT")


def contents(path: Path) -> bytes:
    """The file, read by another process: closing it here would take our locks on it away."""
    return subprocess.check_output(["cat", path])


def test_what_secure_deletion_leaves_behind_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    stained(path)
    assert b"MARKER" in contents(path)
    assert scrub(str(path))
    assert b"MARKER" not in contents(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = {word for (word,) in connection.execute("SELECT term FROM terms")}
    assert kept == {word for word in WORDS if "MARKER" not in word}


def test_nobody_writes_back_what_he_remembers_of_a_page(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    stained(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("SELECT sum(length(term)) FROM terms NOT INDEXED").fetchone()
        connection.execute("SELECT count(*) FROM terms WHERE term > ''").fetchone()
        subprocess.run([sys.executable, scrubbing.__file__, path], check=True)
        connection.execute("UPDATE terms SET term = 'x' || term")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert b"MARKER" not in contents(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_somebody_who_reads_the_log_is_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "TRIES", 2)
    path = tmp_path / "s.db"
    stained(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM terms").fetchone()
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("INSERT INTO terms (term) VALUES ('more')")
            assert not scrub(str(path))


async def test_those_who_write_meanwhile_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    stained(path)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as writer:
        process = await asyncio.create_subprocess_exec(sys.executable, scrubbing.__file__, str(path))
        ended = asyncio.get_running_loop().create_task(process.wait())
        written = 0
        while not ended.done():
            writer.execute("INSERT INTO terms (term) VALUES (?)", (f"later {written}",))
            written += 1
            await asyncio.sleep(0)
        assert writer.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = writer.execute("SELECT count(*) FROM terms WHERE term GLOB 'later *'").fetchone()
    assert found == (written,)


def test_a_store_whose_pages_move_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum = FULL")
        connection.execute("CREATE TABLE a (b)")
    assert not scrub(str(path))


def page(kind: int, cells: int, content: int, start: int = 0) -> bytes:
    head = bytes([kind, 0, 0, *cells.to_bytes(2, "big"), *content.to_bytes(2, "big"), 0])
    return bytes(start) + head + bytes(4096 - start - len(head))


def test_the_unused_middle_lies_between_the_pointers_and_the_rows() -> None:
    assert unused(page(13, 3, 4000)) == (14, 4000)
    assert unused(page(5, 3, 4000)) == (18, 4000)
    assert unused(page(13, 3, 4000, FIRST), FIRST) == (114, 4000)


def test_what_is_no_page_of_a_tree_has_none() -> None:
    assert unused(page(0, 3, 4000)) == (0, 0)
    assert unused(page(13, 4000, 4000)) == (0, 0)
    assert unused(page(13, 3, 5000)) == (0, 0)
