"""What compaction saved, told to a person."""

from __future__ import annotations

from proxy.cli.saving import marked, saved, told
from proxy.config import Settings
from storage.records import CompactedRow, SegmentRow


def segment(start: int, end: int, level: int = 0) -> SegmentRow:
    return SegmentRow(b"h", b"d", b"", start, end, level, 9, f"text {start}", "extractive", 1)


def test_tokens_are_told_and_money_between_two_bounds() -> None:
    settings = Settings.model_validate({"prices": {"m": {"input": 1, "output": 1, "cached_input": 0.1}}})
    row = CompactedRow(b"x", "m", "default", 2_000, 500, 500, 100, 0, 600_000, 1_800)
    lines = [line.plain for line in told(saved([row], settings))]
    assert lines[0] == "1 exchange compacted: 1,500 tokens not forwarded, 0 of the others cached"
    assert lines[1].startswith("between ")


def test_nothing_is_told_where_nothing_was_compacted() -> None:
    assert list(told(saved([], Settings()))) == []


def test_only_the_segments_that_stand_now_are_marked() -> None:
    lines = [line.plain for line in marked([segment(0, 4), segment(4, 8), segment(0, 8, 1), segment(8, 10)])]
    assert [line.partition(":")[0] for line in lines] == [
        "▣ messages 1 to 8 are closed",
        "▣ messages 9 to 10 are closed",
    ]


def test_a_segment_with_no_room_for_a_summary_says_so() -> None:
    (line,) = marked([SegmentRow(b"h", b"d", b"", 0, 4, 0, 0, "", "extractive", 1)])
    assert line.plain == "▣ messages 1 to 4 are closed, with no room for a summary"
