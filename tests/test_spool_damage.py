"""What a spool gives of files that were cut, changed, or written by another version; and that each gap is counted."""

from __future__ import annotations

import logging
import zlib
from pathlib import Path

import msgspec
import pytest

from proxy.spool import framed
from tests.spooling import leave, numbers, opened, piece


def test_a_file_that_was_cut_gives_all_before_the_cut(tmp_path: Path) -> None:
    frames = [framed(piece(number)) for number in range(3)]
    whole = b"".join(frames)
    ends = [sum(map(len, frames[: count + 1])) for count in range(3)]
    for cut in range(len(whole)):
        leave(tmp_path, "left", whole[:cut])
        with opened(tmp_path) as spool:
            spool.adopt()
            before = [number for number, end in enumerate(ends) if end <= cut]
            assert numbers(spool.take(10)) == before
            spool.forget(len(before))
            assert spool.pending == 0
            assert spool.damaged == (cut not in {0, *ends})
        assert list(tmp_path.iterdir()) == []


def test_a_changed_byte_anywhere_loses_no_entry_before_it_and_is_counted(tmp_path: Path) -> None:
    whole = b"".join(framed(piece(number)) for number in range(3))
    first = len(framed(piece(0)))
    for at in range(first, 2 * first):
        leave(tmp_path, "left", whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with opened(tmp_path) as spool:
            spool.adopt()
            found = numbers(spool.take(10))
            spool.forget(len(found))
            assert found[:1] == [0]
            assert 1 not in found
            assert spool.damaged >= 1
            assert spool.pending == 0


def test_a_corrupt_entry_is_passed_over_and_said_to_be_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = [framed(piece(number)) for number in range(3)]
    frames[1] = frames[1][:-1] + b"y"
    leave(tmp_path, "left", b"".join(frames))
    with opened(tmp_path) as spool, caplog.at_level(logging.ERROR):
        spool.adopt()
        assert numbers(spool.take(10)) == [0, 2]
        assert spool.damaged == 0
        spool.forget(2)
        assert (spool.damaged, spool.pending) == (1, 0)
    assert f"{len(frames[1])} bytes of the spool file left.spool can't be read" in caplog.text


def test_damage_is_counted_once_however_often_it_is_seen(tmp_path: Path) -> None:
    leave(tmp_path, "left", b"damaged bytes" + framed(piece(1)))
    with opened(tmp_path) as spool:
        spool.adopt()
        assert spool.take(10) == spool.take(10) == []
        spool.forget(0)
        spool.forget(0)
        assert (spool.damaged, spool.pending) == (1, 0)


def test_zeros_after_a_loss_of_power_end_the_file(tmp_path: Path) -> None:
    leave(tmp_path, "left", framed(piece(1)) + bytes(100))
    with opened(tmp_path) as spool:
        spool.adopt()
        assert numbers(spool.take(10)) == [1]
        spool.forget(1)
        assert (spool.damaged, spool.pending) == (1, 0)


def test_an_entry_in_another_versions_form_is_passed_over(tmp_path: Path) -> None:
    payload = msgspec.msgpack.encode({"type": "from tomorrow"})
    strange = len(payload).to_bytes(4, "big") + zlib.crc32(payload).to_bytes(4, "big") + payload
    leave(tmp_path, "left", framed(piece(0)) + strange + framed(piece(2)))
    with opened(tmp_path) as spool:
        spool.adopt()
        assert numbers(spool.take(10)) == [0, 2]
        spool.forget(2)
        assert spool.damaged == 1
