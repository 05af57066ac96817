"""Texts in pieces, and the frames that carry them."""

from __future__ import annotations

import pytest

from proxy.dialects.rendering.told import frame, words


@pytest.mark.parametrize("text", ["", " ", "one", " one two\n\nthree ", "漢字 é"])
def test_pieces_make_the_text(text: str) -> None:
    assert "".join(words(text)) == text
    assert "" not in words(text)


def test_an_event_may_have_a_name() -> None:
    assert frame(b"{}") == b"data: {}\n\n"
    assert frame(b"{}", "ping") == b"event: ping\ndata: {}\n\n"
