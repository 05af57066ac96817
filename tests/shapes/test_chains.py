"""Which segments stand now, and what each goes on from."""

from __future__ import annotations

from msgspec.structs import replace

from proxy.shapes.chains import previous, standing
from storage.records import SegmentRow


def segment(start: int, end: int, level: int = 0) -> SegmentRow:
    name = f"{start}-{end}".encode()
    before = b"" if start == 0 else f"to {start}".encode()
    return SegmentRow(name, f"to {end}".encode(), before, start, end, level, 9, "", "extractive", 1)


ROWS = [segment(0, 4), segment(4, 8), segment(0, 8, 1), segment(8, 10)]


def test_what_was_folded_into_a_later_one_stands_no_longer() -> None:
    assert [(row.start, row.end) for row in standing(ROWS)] == [(8, 10), (0, 8)]
    assert standing([]) == []


def test_what_a_model_wrote_of_a_range_stands_for_it() -> None:
    written = replace(ROWS[3], hash=b"w", summarizer="model")
    assert standing([*ROWS, written])[0] == written


def test_a_segment_goes_on_from_the_latest_that_ends_where_it_begins() -> None:
    assert previous(ROWS[3], ROWS) == ROWS[2]
    assert previous(ROWS[1], ROWS) == ROWS[0]
    assert previous(ROWS[2], ROWS) is None
