"""HTTP headers on their way through: which go on and which end here. Pure.

Hop-by-hop headers belong to one connection, and so do those that its ``Connection`` header lists; all others pass as
they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Headers = Sequence[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
OF_THE_HOP = HOP_BY_HOP | {b"host", b"expect"}
KEYS = frozenset({b"authorization", b"api-key", b"x-api-key"})
SECRETS = KEYS | {b"x-goog-api-key", b"cookie"}
"""What a caller may have meant for one provider alone."""


def values_of(headers: Headers) -> dict[bytes, bytes]:
    """The first value of each header by its name in lower case."""
    return {name.lower(): value for name, value in reversed(headers)}


def value_of(headers: Headers, name: bytes) -> bytes:
    """The first value of a header, given its name in lower case; empty if there is none."""
    for key, value in headers:
        if key == name or key.lower() == name:
            return value
    return b""


def through(headers: Headers, dropped: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers that go on to the next hop: neither those of this one nor those that ``Connection`` lists."""
    kept: list[tuple[bytes, bytes]] = []
    listed: set[bytes] = set()
    for pair in headers:
        name = pair[0].lower()
        if name == b"connection":
            listed.update(token.strip().lower() for token in pair[1].split(b","))
            listed -= LENGTHS  # how the body is framed is no option of the connection
        if name not in dropped:
            kept.append(pair)
    # Most lists name nothing that isn't of the hop anyway.
    return [pair for pair in kept if pair[0].lower() not in listed] if listed - dropped else kept


def without(headers: Headers, dropped: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers less some."""
    return [pair for pair in headers if pair[0].lower() not in dropped]


def with_length(headers: Headers, size: int) -> list[tuple[bytes, bytes]]:
    """The headers for a body of another length; where none was given, none is."""
    length = str(size).encode()
    return [(name, length if name.lower() == b"content-length" else value) for name, value in headers]


def with_key(headers: Iterable[tuple[bytes, bytes]], key: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The headers with a provider's own key, as the header that it is, in place of the caller's."""
    kept = [(name, value) for name, value in headers if name.lower() not in KEYS]
    return [*kept, key]


def with_fixed(headers: Iterable[tuple[bytes, bytes]], fixed: Headers) -> list[tuple[bytes, bytes]]:
    """The headers with a provider's fixed ones over them; one that is a key stands for all of the caller's."""
    names = {name.lower() for name, _ in fixed}
    names |= KEYS if names & KEYS else frozenset()
    return [*((name, value) for name, value in headers if name.lower() not in names), *fixed]


def has_two_lengths(headers: Headers) -> bool:
    """Whether a request gives its length in two ways, which two servers may read as two different requests."""
    return sum(name.lower() in LENGTHS for name, _ in headers) > 1
