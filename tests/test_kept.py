"""Plans and closings as a store keeps them."""

from __future__ import annotations

import json

from msgspec.structs import replace

from proxy.kept import closing_of, closing_record, forwarded, given, plan_of, plan_record, segment_of, segment_record
from proxy.plans import Clip, Insert, Plan
from proxy.segments import MODEL, Segment
from storage.records import PlanRow
from tests.talks import chat, track_of


def row_of(plan: Plan, dialect: str = "chat") -> PlanRow:
    record, texts = plan_record(plan)
    return PlanRow(record, plan.sent, plan.forwarded, dialect, "", {one.hash.hex(): one.data.decode() for one in texts})


def test_a_plan_comes_back_and_names_each_of_its_texts_once() -> None:
    plan = Plan(
        ((0, 1), (5, 6)), "head", "bridge", (Insert(5, "note"),), (Clip(5, "note"),), b"d", 10, 5, asked="asked"
    )
    assert plan_of(row_of(plan)) == plan
    assert len(plan_record(plan)[1]) == 3
    assert plan_of(row_of(Plan(((0, 1),)))) == Plan(((0, 1),))


def test_a_closing_comes_back_with_its_segments() -> None:
    track = track_of(chat(60), 300)
    assert track.closed is not None
    record = closing_record(track.closed.closing)
    assert closing_of(record) == track.closed.closing
    assert [one.text for one in record.segments] == [one.text for one in track.closed.closing.segments]


def test_what_was_forwarded_is_made_from_what_was_sent() -> None:
    listed = [{"role": "user", "content": str(number)} for number in range(4)]
    sent = json.dumps({"model": "m", "messages": listed}).encode()
    plan = Plan(((3, 4),), "head", closing=b"d")
    assert json.loads(forwarded(sent, row_of(plan)))["messages"] == [{"role": "user", "content": "head"}, listed[3]]


def test_a_models_other_name_and_usage_that_was_asked_for_are_in_what_was_forwarded() -> None:
    sent = b'{"model": "m", "stream": true, "messages": []}'
    row = PlanRow(b"", 0, 0, "chat", "other", adds_usage=True)
    assert forwarded(sent, row) == sent.replace(b"{", b'{"stream_options":{"include_usage":true},', 1).replace(
        b'"m"', b'"other"'
    )
    options = b'{"stream_options": null, "messages": []}'
    assert forwarded(options, replace(row, sent_model="")) == options


def test_where_nothing_can_be_rewritten_what_was_sent_is_what_was_forwarded() -> None:
    assert forwarded(b"{}", row_of(Plan(((0, 1),)), "embeddings")) == b"{}"


def test_a_segment_comes_back_with_who_wrote_it() -> None:
    segment = Segment(b"d", b"p", 1, 3, 0, "Goal: none.", 4, (), MODEL)
    record = segment_record(segment)
    assert record.summarizer == MODEL
    assert segment_of(record) == segment


def test_a_model_is_given_the_clients_body_where_nothing_was_changed_on_its_way() -> None:
    assert given(b"no json", None) == b"no json"
    sent = b'{"model": "m", "messages": [{"role": "user", "content": "1"}, {"role": "user", "content": "2"}]}'
    shorter = json.loads(given(sent, replace(row_of(Plan(((1, 2),), "head", closing=b"d")), sent_model="other")))
    assert (shorter["model"], [one["content"] for one in shorter["messages"]]) == ("other", ["head", "2"])
