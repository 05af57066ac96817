"""Information density: how much a sentence tells for each token it takes.

Rare words of this conversation weigh most; names, numbers, decisions and errors lift a sentence, a question lowers it.
Pure arithmetic over words and a frequency that the caller gives; no language model, and no list of what matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from math import fsum, log

Frequency = Callable[[str], int]
Rarity = Callable[[str], float]

_NUMBER = re.compile(r"\d")
_NAME = re.compile(r"(?<=[\w,;:] )[A-Z\u00c0-\u00de][\w'\u2019-]+")
_QUESTION = re.compile(r"[?\uff1f\u061f][\"'\u201d\u2019)\]]*\s*$")
_DECISION = re.compile(
    r"\b(?:decid|chose|choos|agree|settl|instead|must|always|never|prefer|plan to|will use|going to use|conclu|fixed|"
    r"entschied|beschl|immer|niemals|décid|toujours|jamais|decid|siempre|nunca)|决定|決定|必须|必ず|不要",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"(?:error|exception)s?\b|\b(?:traceback|fail(?:ed|ure|s)?|fatal|denied|not found|refused|timed? ?out)\b"
    r"|\b(?:fehler|erreur)\b"
    r"|错误|失敗|失败|エラー",
    re.IGNORECASE,
)
QUESTION = 0.55
DECISION = 1.25
ERROR = 1.35
NAME = 0.35
NUMBER = 0.35
OVERHEAD = 4
"""Tokens that a line costs beside its words; without it the shortest sentences would win."""


def rarity(frequency: Frequency, total: int) -> Rarity:
    """What a word tells, given in how many of ``total`` passages it stands; each one is looked up once."""
    scale = log(1 + total)

    @cache
    def told(word: str) -> float:
        return log(1 + total / (frequency(word) + 0.5)) / scale if scale else 1.0

    return told


def worth(text: str, terms: frozenset[str], tokens: int, told_by: Rarity) -> float:
    """The worth of a sentence a token. The words' order, which no set keeps, doesn't move it."""
    told = fsum(map(told_by, terms))
    told += NAME * len(_NAME.findall(text)) + (NUMBER if _NUMBER.search(text) else 0.0)
    factor = QUESTION if _QUESTION.search(text) else 1.0
    factor *= DECISION if _DECISION.search(text) else 1.0
    factor *= ERROR if _ERROR.search(text) else 1.0
    return factor * told / (tokens + OVERHEAD)


def is_error(text: str) -> bool:
    """Whether a line tells of something that went wrong."""
    return bool(_ERROR.search(text))


def is_question(text: str) -> bool:
    """Whether a text ends with a question."""
    return bool(_QUESTION.search(text))
