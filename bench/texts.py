"""Conversations to send: English words in an order of their own in each, so that no two texts are equal."""

from __future__ import annotations

import json
import random
from typing import Any

MODEL = "gpt-4o-mini"
KEY = "Bearer sk-bench"

WORDS = """
the of and to in is that it was for on are as with they at be this from have or by one had not but what all
were when we there can an your which their said if do will each about how up out them then she many some so
these would other into has more her two like him see time could no make than first been its who now people my
made over did down only way find use may water long little very after words called just where most know get
through back much before go good new write our used me man too any day same right look think also around
another came come work three word must because does part even place well such here take why things help put
years different away again off went old number great tell men say small every found still between name should
home big give air line set own under read last never us left end along while might next sound below saw
something thought both few those always looked show large often together asked house world going want school
important until form food keep children feet land side without boy once animals life enough took sometimes
four head above kind began almost live page got earth need far hand high year mother light parts country
father let night following picture being study second eyes soon times function returns value error request
server database column query index parameter module python thread timeout deploy cluster region latency budget
invoice customer contract meeting quarter report summary deadline
""".split()  # noqa: SIM905 (a list of one word a line would be longer than the module)

Message = dict[str, Any]


class Writer:
    """Writes texts; the same ones again for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 (nothing here is a secret)

    def text(self, size: int) -> str:
        """A text of about ``size`` bytes."""
        words: list[str] = []
        while size > 0:
            words.append(self._random.choice(WORDS))
            size -= len(words[-1]) + 1
        return " ".join(words)

    def messages(self, count: int, size: int) -> list[Message]:
        """A conversation so far: user and assistant in turns, beginning with the user."""
        return [{"role": ("user", "assistant")[at % 2], "content": self.text(size)} for at in range(count)]


def body_of(messages: list[Message]) -> bytes:
    """A chat request."""
    body = {"model": MODEL, "messages": messages}
    return json.dumps(body, separators=(",", ":")).encode()
