"""What a provider speaks as a whole: its paths, the header of its key, and where it is if nobody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Family:
    """A provider's way to speak, as settings name it. ``home`` is its own place, and ``name`` that provider's name.

    ``paths`` are the first segments that are spoken nowhere else; ``version`` is what each base URL ends with.
    """

    name: str
    key_header: bytes
    key_scheme: bytes = b""
    paths: frozenset[str] = frozenset()
    home: str = ""
    version: str = ""

    def key(self, key: str) -> tuple[bytes, bytes]:
        """A provider's own key as a header."""
        return self.key_header, self.key_scheme + key.encode()

    def base(self, url: str) -> str:
        """A base URL as it was meant: SDKs of some families are given it without its version."""
        bare = url.rstrip("/")
        return url if bare.endswith(self.version) else bare + self.version


OPENAI: Final = Family("openai", b"authorization", b"Bearer ")
ANTHROPIC: Final = Family(
    "anthropic",
    b"x-api-key",
    paths=frozenset({"messages", "complete"}),
    home="https://api.anthropic.com/v1",
    version="/v1",
)
FAMILIES: Final[Mapping[str, Family]] = MappingProxyType({family.name: family for family in (OPENAI, ANTHROPIC)})


def family_at(path: str) -> Family:
    """The family that is spoken at a path below ``/v1``."""
    first = path.lstrip("/").partition("/")[0]
    return next((family for family in FAMILIES.values() if first in family.paths), OPENAI)
