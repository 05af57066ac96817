"""Usage that was asked for without the client: in the request and out of the reply, and nothing else touched."""

from __future__ import annotations

import pytest

from proxy.dialects.chat import Chat
from proxy.usage import UsageFilter, asking

CONTENT = b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}],"usage":null}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"


def filtered(*chunks: bytes) -> bytes:
    one = UsageFilter(Chat().is_usage_alone)
    return b"".join(one.feed(chunk) for chunk in chunks) + one.close()


def test_the_request_asks_for_usage_and_keeps_every_other_byte() -> None:
    body = b' {"model": "m", "seed": 123456789012345678901234567890, "stream": true}'
    asked = asking(body, body)
    assert asked == body.replace(b"{", b'{"stream_options":{"include_usage":true},')


def test_a_client_with_stream_options_of_its_own_is_left_alone() -> None:
    body = b'{"model":"m","stream_options":{"include_usage":false}}'
    assert asking(body, body) is None


def test_a_body_that_begins_otherwise_is_left_alone() -> None:
    assert asking(b"[]", b"[]") is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_chunk_that_only_tells_usage_is_taken_out(end: bytes) -> None:
    stream = (CONTENT + USAGE + DONE).replace(b"\n", end)
    assert filtered(stream) == (CONTENT + DONE).replace(b"\n", end)


def test_a_chunk_with_content_and_usage_stays() -> None:
    both = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}}\n\n'
    assert filtered(both, DONE) == both + DONE


def test_wherever_the_stream_is_cut_the_same_bytes_pass() -> None:
    stream = CONTENT + USAGE + DONE
    for at in range(len(stream)):
        assert filtered(stream[:at], stream[at:]) == CONTENT + DONE


def test_what_has_no_end_passes_when_the_stream_ends() -> None:
    assert filtered(CONTENT, b"data: [DONE]") == CONTENT + b"data: [DONE]"


def test_an_error_chunk_with_usage_in_it_stays() -> None:
    odd = b'data: {"error":{"message":"no \\"usage\\" here"},"usage":{}}\n\n'
    assert filtered(odd) == odd
