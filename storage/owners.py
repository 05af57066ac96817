"""Whose data a store holds, and which owners are one: the keys of some are others' that were rotated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from storage.values import Value


class OwnerRow(Value, frozen=True):
    """An owner that something was recorded of; ``aliases`` are the owners that are taken for it."""

    hash: bytes
    sessions: int
    exchanges: int
    first_at: int
    last_at: int
    aliases: tuple[bytes, ...] = ()


class Owners(Protocol):
    """What is asked of a store about its owners."""

    async def rows(self) -> Sequence[OwnerRow]:
        """All of them, the latest active first."""
        ...

    async def aliases(self) -> Mapping[bytes, bytes]:
        """The owners that are taken for others."""
        ...

    async def join(self, owner: bytes, alias: bytes, at: int) -> int:
        """Take one owner for another from now on, and move what it has there; how many exchanges that were.

        What is derived from them (the index, the statistics) has to be repaired after that.
        """
        ...
