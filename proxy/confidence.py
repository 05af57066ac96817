"""How sure a model was of its reply: the geometric mean of its tokens' probabilities. Pure.

That is ``exp((l1 + … + ln) / n)`` over the tokens' log probabilities: the probability of the reply, with its length
taken out. Alternatives that were not chosen (``top_logprobs``) don't count.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from proxy.dialects.jsontext import REFUSALS

MARK = b"logprob"
MILLIONTHS = 1_000_000


def confidence_of(data: bytes) -> int | None:
    """The confidence in millionths, from JSON with log probabilities anywhere in it (of a list, in its first element);
    None where there are none."""
    if MARK not in data:
        return None
    try:
        value = msgspec.json.decode(data)
    except REFUSALS:
        return None
    found = list(_logprobs(value[0] if isinstance(value, list) and value else value))
    if not found:
        return None
    return round(MILLIONTHS * math.exp(min(0.0, math.fsum(found) / len(found))))


def _logprobs(value: Any) -> Iterator[float]:
    match value:
        case {"logprob": int() | float() as one} if not isinstance(one, bool):
            yield float(one)
        case {"token_logprobs": list() as several}:
            yield from (float(one) for one in several if isinstance(one, int | float) and not isinstance(one, bool))
        case dict():
            for name, inner in value.items():
                if name != "top_logprobs":
                    yield from _logprobs(inner)
        case list():
            for inner in value:
                yield from _logprobs(inner)
