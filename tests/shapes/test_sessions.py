from proxy.savings import Savings
from proxy.shapes import sessions
from proxy.shapes.branches import Tree
from storage.views import SegmentRow
from tests.cli.rows import call_row, id_of, message_row, session_row
from tests.shapes.plain import plain


def test_a_session_speaks_of_ids_times_and_money_as_programs_do() -> None:
    row = session_row(name="notes", parent=id_of(9), tags=("a", "b"), meta={"user": "Ada"}, owner=b"\x0a")
    shape = plain(sessions.session(row))
    assert shape["id"] == "019a7c3e-1234-7000-8000-000000000001"
    assert shape["parent_id"] == "019a7c3e-1234-7000-8000-000000000009"
    assert (shape["metadata"], shape["owner"]) == ({"user": "Ada"}, "0a")
    assert shape["created_at"] == "2026-06-22T12:00:00.000000Z"
    assert shape["stats"]["estimated_cost"] == 0.0015
    assert shape["stats"]["total_tokens"] == 42


def test_a_cost_that_nobody_knows_is_null_and_not_zero() -> None:
    assert sessions.session_stats(session_row(cost=0, unpriced=1)).estimated_cost is None
    assert sessions.session_stats(session_row(cost=0, unpriced=0)).estimated_cost == 0


def test_events_are_all_entries_of_the_log() -> None:
    row = session_row(messages=4, tool_calls=2, errors=1, decisions=3)
    assert sessions.session_stats(row).total_events == 10


def test_a_session_in_detail_has_its_children_and_its_branches() -> None:
    tree = Tree([message_row(1, 0), message_row(2, 1), message_row(3, 1)])
    shape = plain(sessions.session_detail(session_row(), [id_of(5)], tree.branches, tree.latest()))
    assert shape["child_ids"] == ["019a7c3e-1234-7000-8000-000000000005"]
    assert [fork["parent_message"] for fork in shape["forks"]] == [None, 1]
    assert shape["main"] == 2
    assert plain(sessions.session_detail(session_row(), [], (), None))["main"] is None


def test_a_message_stands_there_as_it_was_sent() -> None:
    row = message_row(1, 0, body=b'{"role":"user","content":"hi","big":123456789012345678901234567890}')
    shape = plain(sessions.message(row))
    assert shape["message"]["big"] == 123456789012345678901234567890
    assert shape["parent_id"] is None


def test_a_tool_call_without_a_result_says_so() -> None:
    shape = sessions.call(call_row(result=0, ok=None, returned_at=0))
    assert (shape.result_message_id, shape.success, shape.returned_at) == (None, None, None)


def test_a_segment_tells_its_range_and_its_summary() -> None:
    row = SegmentRow(b"\x01", b"\x02", b"", 0, 20, 1, 90, "They met.", "extractive", 1_000_000)
    shape = plain(sessions.segment(row, SegmentRow(b"\x05", b"", b"", 0, 0, 0, 0, "", "extractive", 0)))
    assert (shape["first_message"], shape["last_message"], shape["previous_id"]) == (0, 19, "05")
    assert (shape["summary"], shape["summarizer"]) == ("They met.", "extractive")


def test_a_sessions_sums_tell_what_compaction_saved() -> None:
    bare = sessions.session_stats(session_row())
    rows = [SegmentRow(b"h", b"d", b"", 0, 4, 0, 9, "text", by, 1) for by in ("extractive", "model")]
    stats = sessions.with_context(bare, rows, Savings(exchanges=1, tokens_saved=5000))
    assert (stats.tokens_saved, stats.infinite_context, stats.session_segments) == (5000, True, 2)
    assert stats.savings is not None
    assert stats.savings.tokens_saved == 5000
    assert not sessions.with_context(bare, [], Savings()).infinite_context


def test_a_sessions_sums_name_the_segments_that_stand_now_oldest_first() -> None:
    leaves = [SegmentRow(bytes([at]), b"d", b"", at, at + 1, 0, 9, "", "extractive", 1) for at in range(3)]
    folded = SegmentRow(b"\x09", b"d", b"", 0, 2, 1, 9, "", "extractive", 1)
    stats = sessions.with_context(sessions.session_stats(session_row()), [*leaves, folded], Savings())
    assert (stats.session_segments, stats.session_chain) == (3, ["09", "02", stats.session_id])
