"""How well a text answers a query: BM25 over its needles, in which a whole word counts more than a part. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

SATURATION = 1.2
EVENNESS = 0.75
PART = 0.4
"""What a needle within a longer word is worth, against a whole word."""


@dataclass(frozen=True, slots=True)
class Field:
    """What scores are relative to: how many documents there are, how long they are, how many hold each needle."""

    documents: int
    length: float
    holding: tuple[int, ...]


def score(folded: str, needles: Sequence[str], field: Field) -> float:
    """The weight of a folded text."""
    norm = SATURATION * (1 - EVENNESS + EVENNESS * len(folded) / max(1.0, field.length))
    total = 0.0
    for needle, holding in zip(needles, field.holding, strict=True):
        rarity = log(1 + (max(field.documents, holding) - holding + 0.5) / (holding + 0.5))
        count = _count(folded, needle)
        total += rarity * count * (SATURATION + 1) / (count + norm)
    return total


def _count(folded: str, needle: str) -> float:
    """How often a needle stands in a text, parts of words counted for less."""
    parts = folded.count(needle)
    before = r"(?<!\w)" if needle[0].isalnum() else ""
    after = r"(?!\w)" if needle[-1].isalnum() else ""
    wholes = len(re.findall(before + re.escape(needle) + after, folded)) if needle.isascii() else parts
    return wholes + PART * (parts - wholes)
