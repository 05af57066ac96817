"""A plan as a value."""

from __future__ import annotations

import msgspec

from proxy.plans import Clip, Insert, Plan


def test_a_plan_can_be_stored() -> None:
    plan = Plan(((0, 1), (5, 9)), "head", "bridge", (Insert(8, "text"),), (Clip(7, "short"),), b"digest", 900, 300)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plan), type=Plan) == plan


def test_a_plan_changes_something_where_it_closes_or_clips() -> None:
    assert not Plan(((0, 3),)).changes
    assert Plan(((0, 3),), closing=b"digest").changes
    assert Plan(((0, 3),), clips=(Clip(1, "short"),)).changes
