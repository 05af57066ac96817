"""Errors that say a request is too long, as providers word them."""

from __future__ import annotations

import pytest

from proxy.dialects.overlong import Overlong, overlong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,512 tokens.",
            Overlong(128_000, 130_512),
        ),
        (
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the "
            "messages, 1000 in the completion).",
            Overlong(8192, 9000),
        ),
        ('{"error":{"code":"context_length_exceeded","message":"Your input exceeds it"}}', Overlong()),
        ("prompt is too long: 208310 tokens > 200000 maximum", Overlong(200_000, 208_310)),
        ("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", Overlong()),
        ("The input token count (1048577) exceeds the maximum number of tokens allowed (1000000).", None),
        ("the request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it", None),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", Overlong()),
        ("This model's maximum prompt length is 131072 but the request contains 140000 tokens.", None),
        ("Please reduce the length of the messages or completion.", Overlong()),
    ],
)
def test_it_is_known_in_whatever_words(text: str, said: Overlong | None) -> None:
    found = overlong(400, text.encode())
    assert found is not None
    assert said is None or found == said


@pytest.mark.parametrize("text", ["Unknown parameter: 'foo'.", "Invalid value for max_tokens: 5.", ""])
def test_another_error_is_none(text: str) -> None:
    assert overlong(400, text.encode()) is None


def test_another_status_says_nothing_of_it() -> None:
    assert overlong(500, b"context_length_exceeded") is None
