"""The mark that tells processes that what they remember no longer holds."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

from storage.sqlite.generation import Generation


def test_another_process_sees_the_change(tmp_path: Path) -> None:
    ours, theirs = Generation(tmp_path / "s.db"), Generation(tmp_path / "s.db")
    before = theirs.now()
    assert ours.now() == before
    ours.change()
    assert theirs.now() == ours.now() != before


def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    Generation(tmp_path / "s.db").now()
    assert stat.S_IMODE((tmp_path / "s.db.mark").stat().st_mode) == 0o600


def test_where_no_file_can_be_it_changes_for_this_process_alone(tmp_path: Path) -> None:
    for generation in (Generation(None), Generation(tmp_path / "no folder" / "s.db")):
        before = generation.now()
        generation.change()
        assert generation.now() != before


def test_its_file_has_no_hole_that_a_full_disk_could_not_fill(tmp_path: Path) -> None:
    Generation(tmp_path / "s.db").now()
    handle = os.open(tmp_path / "s.db.mark", os.O_RDONLY)
    assert os.lseek(handle, 0, os.SEEK_DATA) == 0
    os.close(handle)


def test_where_its_file_finds_no_room_it_changes_for_this_process_alone(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        generation = Generation(tmp_path / "s.db")
        before = generation.now()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    generation.change()
    assert generation.now() != before
