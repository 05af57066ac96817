"""Two bodies side by side."""

import json

from proxy.dashboard.sides import LONGEST, MOST_LINES, pretty, sides


def test_only_what_differs_and_a_little_around_it_is_shown() -> None:
    left = json.dumps(list(range(40))).encode()
    right = left.replace(b"20", b'"twenty"').replace(b", 39", b"")
    lines = sides(left, right)
    assert lines is not None
    changed = [(line.left.strip(), line.right.strip()) for line in lines if line.look == "changed"]
    assert ("20,", '"twenty",') in changed
    assert lines[0].look == "gap"
    assert len(lines) < 20


def test_what_follows_the_last_difference_is_left_out() -> None:
    left = json.dumps(list(range(40))).encode()
    lines = sides(left, left.replace(b"[0", b"[7"))
    assert lines is not None
    assert lines[-1].look == "gap"


def test_equal_bodies_have_nothing_to_show() -> None:
    assert sides(b'{"a": 1}', b'{"a":1}') == []


def test_bodies_that_are_too_long_are_not_compared() -> None:
    assert sides(b"x" * (LONGEST + 1), b"") is None
    assert sides(b"x\n" * (MOST_LINES + 1), b"") is None


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert pretty(b"no \xff json") == "no \ufffd json"
    assert pretty(b'{"a":1}') == '{\n  "a": 1\n}'
