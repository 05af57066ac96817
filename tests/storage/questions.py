"""Lookups by themselves: questions whose answers nothing is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from storage.ports import Store
from storage.records import Checkpointed, Found, Lookup, Record


@dataclass(slots=True)
class Wondering:
    """Remembers what was found; its record belongs to no exchange, so that nothing is written."""

    lookup: Lookup | None
    found: Found = field(default_factory=Found)

    def answered(self, found: Found) -> Record:
        """What was found is remembered."""
        self.found = found
        return Checkpointed(b"none", 0, b"")


async def found(store: Store, lookups: Sequence[Lookup]) -> list[Found]:
    """What the store knows."""
    wondering = [Wondering(lookup) for lookup in lookups]
    await store.write(wondering)
    return [one.found for one in wondering]
