"""A plan as programs read it."""

from __future__ import annotations

from proxy.answers.plans import Placed, plan
from proxy.kept import plan_record
from proxy.plans import Clip, Insert, Plan
from storage.records import PlanRow


def test_a_plan_tells_what_was_kept_and_what_stands_for_the_rest() -> None:
    made = Plan(((0, 1), (8, 12)), head="They met.", inserts=(Insert(11, "Once."),), clips=(Clip(9, "24"),))
    packed, blobs = plan_record(made)
    texts = {blob.hash.hex(): blob.data.decode() for blob in blobs}
    told = plan(PlanRow(packed, 900, 300, "chat", "", texts))
    assert (told.sent_tokens, told.forwarded_tokens, told.record) == (900, 300, "They met.")
    assert told.kept == [(0, 1), (8, 12)]
    assert told.asked is None
    assert (told.recalled, told.shortened) == ([Placed(message=11, text="Once.")], [Placed(message=9, text="24")])
