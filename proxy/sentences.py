"""Sentences: where a text may be cut without breaking what it says, in any language.

A sentence ends at its mark (Western, Chinese, Japanese, Arabic, Devanagari, …) or at the end of its line. A line that
is no prose, such as code, a table's row or JSON without end, is cut to pieces of a bearable length at its commas and
spaces. The sentences joined hold every visible character of the text. Knows characters; no language and no meaning.
"""

from __future__ import annotations

import re

LONGEST = 320
"""Characters; a longer stretch without an end is cut."""
SHORTEST = 24
"""Characters; what is shorter stands with what follows it."""

_END = re.compile(
    r"(?<=[.!?\u061f\u06d4\u0964\u0965\u2026])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f\uff61])[\u300d\u300f\u201d\uff09]*|\n+"
)
_ABBREVIATED = re.compile(r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|No|Nr|e\.g|i\.e|z\.B|etc|ca|approx)\.$")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def sentences(text: str, longest: int = LONGEST) -> list[str]:
    """The sentences of a text, stripped, in their order."""
    found: list[str] = []
    waiting = ""
    for piece, ends_line in _pieces(text):
        joined = f"{waiting} {piece}" if waiting else piece
        if len(joined) < (SHORTEST // 3 if _WIDE.search(joined) else SHORTEST) and not ends_line:
            waiting = joined
            continue
        waiting = ""
        found.extend(_cut(joined, longest))
    return [*found, waiting] if waiting else found


def _pieces(text: str) -> list[tuple[str, bool]]:
    """What stands between two ends, and whether its line ends there, too."""
    pieces: list[tuple[str, bool]] = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.start()] + end[0].rstrip()
        breaks = "\n" in end[0]
        if not breaks and _ABBREVIATED.search(text[max(0, end.start() - 12) : end.start()]):
            continue
        start = end.end()
        if piece := piece.strip():
            pieces.append((piece, breaks))
    if rest := text[start:].strip():
        pieces.append((rest, False))
    return pieces


def _cut(text: str, longest: int) -> list[str]:
    pieces: list[str] = []
    while len(text) > longest:
        at = max(text.rfind(mark, longest // 3, longest) for mark in (", ", "; ", ',"', "\uff0c", "\u3001"))
        at = at + 1 if at > 0 else text.rfind(" ", longest // 3, longest) + 1 or longest
        pieces.append(text[:at].strip())
        text = text[at:].strip()
    return [*pieces, text] if text else pieces
