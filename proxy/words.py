"""The words of a text, in any language: what is sought and counted, never what is shown.

A word is folded to lower case and to a rough stem. Scripts that write no spaces give pairs of characters. An identifier
counts whole and by its pieces. Knows text; nothing of messages, of frequencies or of what a word is worth.
"""

from __future__ import annotations

import re
from functools import lru_cache

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PIECE = re.compile(r"[^\W_]+")
_ENDINGS = ("ying", "ies", "ied", "ing", "ed", "es", "ie", "ly", "s", "e", "y")
_KEPT = ("ss", "us", "is", "eed")
LONGEST = 64
"""Characters of a word that count: an identifier is known by its beginning, and base64 must not fill an index."""


def words(text: str) -> list[str]:
    """The words in their order; those that only hold a sentence together are left out."""
    lowered = text.lower().replace("'", "").replace("\u2019", "")
    return [word for found in _WORD.findall(lowered) for word in _counted(found[:LONGEST])]


@lru_cache(maxsize=32_768)
def _counted(found: str) -> tuple[str, ...]:
    """What a run of letters and digits counts as."""
    if _IS_UNSPACED.match(found):
        counted = [found[at : at + 2] for at in range(max(1, len(found) - 1))]
    else:
        counted = [stem(found), *(map(stem, _PIECE.findall(found)) if "_" in found else ())]
    return tuple(word for word in counted if word not in EMPTY)


def stem(word: str) -> str:
    """The word without the ending that its number or tense gave it, as English has them; others lose little by it."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 + (ending == "y") and not word.endswith(_KEPT):
            cut = word[: -len(ending)]
            return cut[:-1] if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "ls" else cut
    return word


_EMPTY = """
a about after again all also am an and any are as at be because been before being but by can could did do does doing
dont down for from further get got had has have having he her here hers him his how i if im in into is it its itself
just like ll m me more most my no nor not now of off on once only or other our out over own re really s same she
should so some such t than that thats the their them then there these they this those through to too under until up
ve very was we were what whats ive im id ill dont didnt someth something anything when where which while who whom
why will with would you your youre go going please ok okay yes yeah continue next hey hi hello wow oh thanks thank
great nice cool awesome sure well let lets keep proceed
und der die das ist nicht ein eine ich du er sie es wir ihr zu den dem des mit auf von im für bitte weiter
et le la les un une des je tu il elle nous vous de du en est que qui ne pas pour dans sur avec
el los las unos una y yo de en que es no por para con su lo se del al
oder wie was wer wo wann warum und ja nein danke continuez merci sigue gracias por favor
"""
EMPTY = (
    frozenset(map(stem, _EMPTY.split())) | frozenset(_EMPTY.split()) | {"继续", "請繼", "请继", "繼續", "続け", "けて"}
)
"""Words that say nothing by themselves, and those by which one only asks to go on."""

_IDENTIFIER = re.compile(r"[^\W_][\w./#@:-]{3,}[\w]")
_MARKED = re.compile(r"\d|[_/#@]|\w\.\w|[a-z][A-Z]")


def identifiers(text: str) -> list[str]:
    """Names that a program gave or takes: with a digit, with code's punctuation or with an inner capital."""
    return [found for found in _IDENTIFIER.findall(text) if len(found) <= 200 and _MARKED.search(found)]
