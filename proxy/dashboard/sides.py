"""Two bodies side by side, with what differs between them marked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import msgspec

LONGEST = 64_000
MOST_LINES = 1_500
AROUND = 3
SEEN = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the left and of the right side; ``look`` is ``same``, ``changed``, or ``gap`` for what is left out."""

    look: str
    left: str = ""
    right: str = ""


def pretty(body: bytes) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return msgspec.json.format(body, indent=2).decode(errors="replace")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")


def sides(left: bytes, right: bytes) -> list[Line] | None:
    """The lines that differ, with some around them; None where there is too much to compare."""
    if max(len(left), len(right)) > LONGEST:
        return None
    ours, theirs = pretty(left).splitlines(), pretty(right).splitlines()
    if max(len(ours), len(theirs)) > MOST_LINES:
        return None
    return list(_lines(ours, theirs))


def _lines(left: Sequence[str], right: Sequence[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    end = 0
    for group in matcher.get_grouped_opcodes(AROUND):
        if group[0][1] > end:
            yield Line("gap")
        for tag, begin, until, start, stop in group:
            pairs = max(until - begin, stop - start)
            for offset in range(pairs):
                ours = left[begin + offset] if begin + offset < until else ""
                theirs = right[start + offset] if start + offset < stop else ""
                yield Line("same" if tag == "equal" else "changed", ours[:SEEN], theirs[:SEEN])
        end = group[-1][2]
    if 0 < end < len(left):
        yield Line("gap")
