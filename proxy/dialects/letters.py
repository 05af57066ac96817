"""A request of Steno's own, in the format that a family of providers speaks: what to keep in mind, and a question."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

PATHS: Mapping[str, str] = MappingProxyType({"openai": "/chat/completions", "anthropic": "/messages"})
"""Where each family takes it."""
HEADERS: Mapping[str, tuple[tuple[bytes, bytes], ...]] = MappingProxyType(
    {"openai": (), "anthropic": ((b"anthropic-version", b"2023-06-01"),)}
)
"""Headers that it wants."""


def letter(family: str, model: str, texts: tuple[str, str], most: int) -> bytes:
    """The body. ``texts`` are the system's and the user's; ``most`` tokens are named where a bound must be."""
    system, user = texts
    said = [{"role": "user", "content": user}]
    if family == "anthropic":
        return msgspec.json.encode({"model": model, "max_tokens": most, "system": system, "messages": said})
    return msgspec.json.encode({"model": model, "messages": [{"role": "system", "content": system}, *said]})
