"""What ends at this hop, what goes on, and whose key goes with it."""

from __future__ import annotations

import pytest

from proxy.headers import (
    HOP_BY_HOP,
    OF_THE_HOP,
    SECRETS,
    Headers,
    has_two_lengths,
    through,
    value_of,
    with_fixed,
    with_key,
    with_length,
    without,
)


def test_a_header_is_found_in_any_case_and_the_first_one_counts() -> None:
    headers = [(b"A", b"1"), (b"X-Name", b"first"), (b"x-name", b"second")]
    assert value_of(headers, b"x-name") == b"first"


def test_a_missing_header_is_empty() -> None:
    assert value_of([(b"a", b"1")], b"b") == b""


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP))
def test_a_header_of_the_connection_ends_here(name: bytes) -> None:
    assert through([(name.title(), b"x"), (b"accept", b"*/*")], HOP_BY_HOP) == [(b"accept", b"*/*")]


def test_host_and_expect_of_a_request_end_here() -> None:
    assert through([(b"Host", b"here"), (b"Expect", b"100-continue"), (b"cookie", b"a=1")], OF_THE_HOP) == [
        (b"cookie", b"a=1")
    ]


def test_a_reply_keeps_what_only_requests_lose() -> None:
    assert through([(b"expect", b"x")], HOP_BY_HOP) == [(b"expect", b"x")]


def test_headers_that_connection_lists_end_here_wherever_they_stand() -> None:
    headers = [(b"X-Early", b"1"), (b"Connection", b"close, x-early ,X-Late,"), (b"x-late", b"2"), (b"x-other", b"3")]
    assert through(headers, HOP_BY_HOP) == [(b"x-other", b"3")]


def test_every_connection_header_is_read() -> None:
    headers = [(b"connection", b"x-a"), (b"connection", b"x-b"), (b"x-a", b""), (b"x-b", b""), (b"x-c", b"")]
    assert through(headers, HOP_BY_HOP) == [(b"x-c", b"")]


def test_all_else_goes_on_as_it_came() -> None:
    headers = [(b"X-Case", b" kept "), (b"set-cookie", b"a"), (b"Set-Cookie", b"b"), (b"connection", b"keep-alive")]
    assert through(headers, HOP_BY_HOP) == headers[:3]


@pytest.mark.parametrize("name", [b"authorization", b"Api-Key", b"X-API-KEY"])
def test_a_providers_key_takes_the_place_of_the_callers(name: bytes) -> None:
    assert with_key([(name, b"the caller's"), (b"a", b"1")], (b"authorization", b"Bearer sk-own")) == [
        (b"a", b"1"),
        (b"authorization", b"Bearer sk-own"),
    ]


def test_fixed_headers_stand_over_the_callers() -> None:
    fixed = [(b"x-title", b"Steno")]
    assert with_fixed([(b"X-Title", b"app"), (b"a", b"1")], fixed) == [(b"a", b"1"), (b"x-title", b"Steno")]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"Content-Length", b"1")],
        [(b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")],
    ],
)
def test_a_length_given_twice_is_seen(headers: Headers) -> None:
    assert has_two_lengths(headers)


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"1")], [(b"transfer-encoding", b"chunked")]])
def test_one_length_or_none_is_well(headers: Headers) -> None:
    assert not has_two_lengths(headers)


@pytest.mark.parametrize("name", [b"Authorization", b"api-key", b"X-Api-Key", b"x-goog-api-key", b"cookie"])
def test_what_is_secret_can_be_taken_out(name: bytes) -> None:
    assert without([(name, b"sk"), (b"a", b"1")], SECRETS) == [(b"a", b"1")]


def test_a_body_of_another_length_has_that_length_in_its_place() -> None:
    assert with_length([(b"Content-Length", b"1"), (b"a", b"1")], 20) == [(b"Content-Length", b"20"), (b"a", b"1")]


def test_a_body_that_came_without_a_length_goes_without_one() -> None:
    assert with_length([(b"a", b"1")], 20) == [(b"a", b"1")]


def test_a_fixed_key_stands_for_all_of_the_callers() -> None:
    given = [(b"Authorization", b"Bearer mine"), (b"x-api-key", b"mine"), (b"accept", b"*/*")]
    assert with_fixed(given, ((b"api-key", b"ours"),)) == [(b"accept", b"*/*"), (b"api-key", b"ours")]
