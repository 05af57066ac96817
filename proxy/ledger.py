"""What closed messages leave behind: sentences of talk, and for tools a ledger.

The ledger's lines are the call with its arguments, the head of the result, the first line that tells of an error, and
identifiers with what stood around them, in results and in arguments that are long. All are original text. Knows
messages and frequencies; nothing of budgets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.density import Rarity, is_error, worth
from proxy.fences import defused
from proxy.messages import Message, Role, ToolCall
from proxy.recall import Passage, line
from proxy.sentences import sentences
from proxy.units import Count, Unit
from proxy.words import identifiers, words

ARGUMENTS = 240
"""Characters of a call's arguments that stand in its line; of what is longer, the rest is fragments."""
FRAGMENT = 100
"""Characters of a fragment around identifiers."""
MOST = 200_000
"""Characters of one message that are read; of what is longer, the beginning and the end."""
PASSAGE = 100
"""Tokens of a passage; a longer message is several."""

CALL = 3.0
FAILURE = 2.5
ARGUED = 2.0
"""For fragments of arguments: an agent comes back to what it wrote more often than to what it read."""
IDENTIFIER = 2.5

_LINES = re.compile(r"(?:\\n)+")
"""How JSON spells the ends of lines."""
_ROLES = {Role.TOOL: "result", Role.OTHER: ""}


def spoken(message: Message) -> str:
    """The text of a message; of one that is too long, both ends."""
    return _ends(message.text or message.refusal)


def _ends(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST // 2]}\n{text[-MOST // 2 :]}"


def _flat(call: ToolCall) -> str:
    return " ".join(_ends(call.arguments).split())


def called(call: ToolCall) -> str:
    """A call as one line."""
    arguments = _flat(call)
    short = arguments if len(arguments) <= ARGUMENTS else f"{arguments[:ARGUMENTS]}\u2026"
    return f"{call.name} {short}".strip()


def argued(call: ToolCall) -> Iterator[str]:
    """What its line has no room for: whole lines of the arguments together, as far as they are short."""
    waiting = ""
    for piece in filter(None, map(str.strip, _LINES.split(_flat(call)[ARGUMENTS:]))):
        if waiting and len(waiting) + len(piece) > FRAGMENT:
            yield from sentences(waiting, FRAGMENT)
            waiting = ""
        waiting = f"{waiting}\\n{piece}" if waiting else piece
    yield from sentences(waiting, FRAGMENT)


def passages(message: Message, at: int, count: Count) -> tuple[Passage, ...]:
    """The pieces by which a message can be recalled."""
    role = _ROLES.get(message.role, str(message.role))

    def measured(text: str, place: int) -> Passage:
        return Passage(at, place, role, text, count(f"{defused(line(role, text))}\n"))

    text = spoken(message)
    made = [measured(text, 0)] if text else []
    if made and made[0].tokens > PASSAGE * 1.6:
        made = [measured(piece, place) for place, piece in enumerate(_grouped(text, count))]
    return (*made, *(measured(called(call), place) for place, call in enumerate(message.tool_calls, len(made))))


def _grouped(text: str, count: Count) -> Iterator[str]:
    waiting: list[str] = []
    size = 0
    for sentence in sentences(text):
        tokens = count(sentence)
        if waiting and size + tokens > PASSAGE:
            yield "\n".join(waiting)
            waiting, size = [], 0
        waiting.append(sentence)
        size += tokens
    if waiting:
        yield "\n".join(waiting)


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes units of messages, given how rare words are and how tokens are counted."""

    rarity: Rarity
    count: Count

    def units(self, message: Message, at: int) -> Iterator[Unit]:
        """The sentences or ledger lines of one message."""
        if message.role is Role.TOOL:
            yield from self._result(message, at)
            return
        role = _ROLES.get(message.role, str(message.role))
        place = 0
        for place, sentence in enumerate(sentences(spoken(message))):
            yield self._unit(at, place, role, sentence, 1.0)
        for call in message.tool_calls:
            yield self._unit(at, place := place + 1, role, called(call), CALL)
            for fragment in argued(call):
                yield self._unit(at, place := place + 1, role, fragment, ARGUED)

    def _result(self, message: Message, at: int) -> Iterator[Unit]:
        failed = False
        for place, fragment in enumerate(sentences(spoken(message), FRAGMENT)):
            error = not failed and is_error(fragment)
            failed = failed or error
            yield self._unit(at, place, "result", fragment, FAILURE if error else 1.0)

    def _unit(self, at: int, place: int, role: str, text: str, factor: float) -> Unit:
        tokens = self.count(text)
        terms = frozenset(words(text))
        value = worth(text, terms, tokens, self.rarity)
        value += IDENTIFIER * len(set(identifiers(text))) / (tokens + 4) if role == "result" or factor > 1 else 0
        return Unit(at, place, role, text, tokens, factor * value, terms)
