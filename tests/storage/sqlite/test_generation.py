"""The mark that tells processes that what they remember no longer holds."""

from __future__ import annotations

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
