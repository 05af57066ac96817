"""A hit as programs read it."""

from __future__ import annotations

from proxy.answers.hits import hit
from proxy.excerpts import Excerpt
from storage.inquiries import Hit


def test_a_hit_says_where_in_its_excerpt_the_query_stands() -> None:
    row = Hit(message=3, session=b"", sessions=1, role="user", text="By the sea", at=0, score=1.5)
    shape = hit(row, Excerpt("By the sea", ((7, 10),)))
    assert (shape.highlights, shape.session_id, shape.message_id, shape.at) == ([(7, 10)], None, 3, None)
    assert (shape.score, shape.type) == (1.5, "message")
