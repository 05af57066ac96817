"""A process that is gone has let go of its lock, however it ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storage.sqlite.locks import Locks

HOLDER = """
import sys
from pathlib import Path
from storage.sqlite.locks import Locks
locks = Locks(Path(sys.argv[1]))
locks.hold(b"run")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_is_gone_and_its_file_with_it(tmp_path: Path) -> None:
    store = tmp_path / "steno.db"
    arguments = [sys.executable, "-c", HOLDER, str(store)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert not Locks(store).is_gone(b"run")
        with pytest.raises(OSError, match="unavailable"):
            Locks(store).hold(b"run")
        process.kill()
        process.wait()
        assert Locks(store).is_gone(b"run")
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_never_there_is_gone(tmp_path: Path) -> None:
    assert Locks(tmp_path / "steno.db").is_gone(b"run")


def test_a_lock_that_is_released_is_gone_and_leaves_no_file(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "steno.db")
    locks.hold(b"run")
    locks.hold(b"run")
    assert not locks.is_gone(b"run")
    assert not Locks(tmp_path / "steno.db").is_gone(b"run")
    locks.release()
    assert locks.is_gone(b"run")
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_memory_knows_its_own_runs() -> None:
    locks = Locks(None)
    locks.hold(b"run")
    assert [locks.is_gone(run) for run in (b"run", b"other")] == [False, True]
    locks.release()
    assert locks.is_gone(b"run")
