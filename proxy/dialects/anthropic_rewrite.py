"""A planned request as the bytes of Anthropic's messages: cut and joined anew, every other byte as it was.

A user's message that brings results is several messages here, with its wrapping between them. Where a list is cut
within one, the rest gets the wrapping that it had.
"""

from __future__ import annotations

import re

import msgspec

from proxy.dialects.jsontext import REFUSALS, dump
from proxy.dialects.splices import run, with_text, with_value
from proxy.messages import Request
from proxy.plans import Plan

_OPENING = re.compile(rb"\{[^{}]*\[\s*\Z")
"""What stands before a piece that is the first in its message: the message up to its content's first block."""


class _Whole(msgspec.Struct):
    role: str


_WHOLE = msgspec.json.Decoder(_Whole)


def rewrite(body: bytes, request: Request, plan: Plan) -> bytes:
    """The body that the plan asks for; the body itself if it asks for nothing, or for what can't be done."""
    if not plan.changes or len(plan.spans) != 1 or plan.asked:
        return body
    raws = list(request.raws)
    for insert in plan.inserts:
        raws[insert.at] = _with_text(raws[insert.at], insert.text)
    for clip in plan.clips:
        raws[clip.at] = with_value(raws[clip.at], "content", dump(clip.text))
    ((start, end),) = plan.spans
    if start == 0:
        return request.before + run(request, raws, (0, end)) + request.after
    first = _opening(request, 0)
    opening = _opening(request, start)
    if first is None or opening is None:
        return body
    before = request.before[: len(request.before) - len(first)]
    return before + b",".join([*_made(plan), opening + run(request, raws, (start, end))]) + request.after


def _opening(request: Request, at: int) -> bytes | None:
    """What wraps a piece, from its message's beginning on; nothing for a whole message, ``None`` where it's unclear."""
    place = at
    while place >= 0 and not _is_whole(request.raws[place]):
        found = _OPENING.search(request.separators[place - 1] if place else request.before)
        if found:
            return found[0]
        place -= 1
    return b"" if place == at else None


def _is_whole(raw: bytes) -> bool:
    """Whether it is a message, and no block of one."""
    try:
        return bool(_WHOLE.decode(raw).role)
    except REFUSALS:
        return False


def _with_text(raw: bytes, text: str) -> bytes:
    return with_text(raw, text) if _is_whole(raw) else dump({"type": "text", "text": text}) + b"," + raw


def _made(plan: Plan) -> list[bytes]:
    made = (("user", plan.head), ("assistant", plan.bridge))
    return [dump({"role": role, "content": text}) for role, text in made if text]
