"""HTTP headers on their way through: which go on and which end here. Pure.

Hop-by-hop headers belong to one connection, and so do those that its ``Connection`` header lists; all others pass as they came.
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
OF_THE_HOP = HOP_BY_HOP | {b"host", b"expect"}
KEYS = (b"authorization", b"api-key", b"x-api-key")


def value_of(headers: Headers, name: bytes) -> bytes:
    """The first value of a header, given its name in lower case; empty if there is none."""
    return next((value for key, value in headers if key.lower() == name), b"")


def listed(headers: Headers) -> frozenset[bytes]:
    """The headers that ``Connection`` names as belonging to the connection."""
    values = [value for name, value in headers if name.lower() == b"connection"]
    return frozenset(token.strip().lower() for value in values for token in value.split(b",") if token.strip())


def through(headers: Headers, dropped: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers that go on to the next hop."""
    dropped = dropped | listed(headers)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def with_key(headers: Iterable[tuple[bytes, bytes]], key: str) -> list[tuple[bytes, bytes]]:
    """The headers with a provider's own key in place of the caller's."""
    kept = [(name, value) for name, value in headers if name.lower() not in KEYS]
    return [*kept, (b"authorization", b"Bearer " + key.encode())]


def with_fixed(headers: Iterable[tuple[bytes, bytes]], fixed: Headers) -> list[tuple[bytes, bytes]]:
    """The headers with a provider's fixed ones over them."""
    names = {name.lower() for name, _ in fixed}
    return [*((name, value) for name, value in headers if name.lower() not in names), *fixed]


def has_two_lengths(headers: Headers) -> bool:
    """Whether a request gives its length in two ways, which two servers may read as two different requests."""
    names = [name.lower() for name, _ in headers]
    return names.count(b"content-length") > 1 or (b"content-length" in names and b"transfer-encoding" in names)
