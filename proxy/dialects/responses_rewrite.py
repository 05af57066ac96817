"""A planned request as the bytes of a response's input: items go as they came, as in a chat completion.

Where the client compacted its history itself, or names items that the upstream holds, nothing is changed.
"""

from __future__ import annotations

import re

from proxy.dialects.jsontext import dump
from proxy.dialects.splices import run, with_text, with_value
from proxy.messages import Request
from proxy.plans import Plan

_HELD = re.compile(rb'"type"\s*:\s*"(?:compaction\w*|item_reference)"')


def rewrite(body: bytes, request: Request, plan: Plan) -> bytes:
    """The body that the plan asks for; the body itself if it asks for nothing, or for what can't be done."""
    if not plan.changes or any(_HELD.search(raw) for raw in request.raws):
        return body
    raws = list(request.raws)
    for insert in plan.inserts:
        raws[insert.at] = with_text(raws[insert.at], insert.text, "input_text")
    for clip in plan.clips:
        raws[clip.at] = with_value(raws[clip.at], "output", dump(clip.text))
    parts = [run(request, raws, span) for span in plan.spans]
    parts[-plan.tail : -plan.tail] = _made(("user", plan.head), ("assistant", plan.bridge))
    return request.before + b",".join([*parts, *_made(("user", plan.asked))]) + request.after


def _made(*said: tuple[str, str]) -> list[bytes]:
    return [dump({"type": "message", "role": role, "content": text}) for role, text in said if text]
