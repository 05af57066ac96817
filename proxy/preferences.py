"""What is forwarded of long conversations, as it is set for one provider or for one key. Pure."""

from __future__ import annotations

import msgspec


class Preference(msgspec.Struct, frozen=True):
    """An empty mode, a threshold of 0 and a ``keep`` of None leave it to what is set for more."""

    mode: str = ""
    threshold: int = 0
    keep: int | None = None

    def over(self, other: Preference) -> Preference:
        """This one, and where it says nothing, the other."""
        keep = other.keep if self.keep is None else self.keep
        return Preference(self.mode or other.mode, self.threshold or other.threshold, keep)


NO_PREFERENCE = Preference()
