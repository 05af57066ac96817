"""A found text and its query -> the passage around the first hit, with all hits in it marked. Pure."""

import re
from dataclasses import dataclass

from rich.text import Text

from proxy.cli.plain import one_line

_BEFORE = 50


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of plain text; ``highlights`` are the hits' starts and ends in it."""

    text: str
    highlights: tuple[tuple[int, int], ...] = ()

    def styled(self) -> Text:
        """For a terminal."""
        line = Text(self.text)
        for start, end in self.highlights:
            line.stylize("bold reverse", start, end)
        return line


def excerpt(text: str, query: str, width: int = 160) -> Excerpt:
    """Cut the passage out; the head of the text where no word of the query is found as it was written."""
    line = one_line(text)
    words = sorted(map(re.escape, set(query.split())), key=len, reverse=True)
    pattern = re.compile("|".join(words) or r"(?!)", re.IGNORECASE)
    first = pattern.search(line)
    start = max(0, first.start() - _BEFORE) if first else 0
    passage = ("…" if start else "") + line[start : start + width] + ("…" if start + width < len(line) else "")
    return Excerpt(passage, tuple(found.span() for found in pattern.finditer(passage)))
