import json

from proxy.api.differences import difference
from tests.shapes.plain import plain


def body(*texts: str, **fields: object) -> bytes:
    return json.dumps({"messages": [{"content": text} for text in texts], **fields}).encode()


def test_equal_bodies_differ_in_nothing() -> None:
    same = difference(b"\xff no json", b"\xff no json")
    assert (same.changed, same.fields, same.removed, same.sent_bytes) == (False, [], [], 9)


def test_what_was_replaced_in_the_middle_is_told() -> None:
    shape = plain(difference(body("a", "b", "c", "d"), body("a", "S", "d")))
    assert (shape["same_before"], shape["same_after"]) == (1, 1)
    assert (shape["removed"], shape["added"]) == ([{"content": "b"}, {"content": "c"}], [{"content": "S"}])


def test_an_end_is_never_counted_twice() -> None:
    shape = difference(body("a", "a"), body("a", "a", "a"))
    assert (shape.same_before, shape.same_after, len(shape.removed), len(shape.added)) == (2, 0, 0, 1)


def test_fields_that_differ_are_told_with_what_is_missing() -> None:
    shape = plain(difference(body(model="a", n=1), body(model="b", n=1, stream=True)))
    assert shape["fields"] == [
        {"name": "model", "sent": "a", "forwarded": "b"},
        {"name": "stream", "sent": None, "forwarded": True},
    ]


def test_what_cannot_be_read_is_only_told_to_differ() -> None:
    shape = difference(b"[", body("a"))
    assert (shape.changed, shape.same_before, len(shape.added)) == (True, 0, 1)
