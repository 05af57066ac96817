"""A planned request as the bytes of a chat completion: its list is cut and joined anew, every other byte stays.

Messages go as they came, with what separated them. Only where a plan puts text in front of a message's own, or in the
place of a result, is its ``content`` touched, and nothing else of it. No message is decoded and encoded again.
"""

from __future__ import annotations

from proxy.dialects.jsontext import dump
from proxy.dialects.splices import run, with_text, with_value
from proxy.messages import Request
from proxy.plans import Plan


def rewrite(body: bytes, request: Request, plan: Plan) -> bytes:
    """The body that the plan asks for; the body itself if it asks for nothing."""
    if not plan.changes:
        return body
    raws = list(request.raws)
    for insert in plan.inserts:
        raws[insert.at] = with_text(raws[insert.at], insert.text)
    for clip in plan.clips:
        raws[clip.at] = with_value(raws[clip.at], "content", dump(clip.text))
    between = request.separators[0] if request.separators else b","
    parts = [run(request, raws, span) for span in plan.spans]
    parts[-plan.tail : -plan.tail] = _made(("user", plan.head), ("assistant", plan.bridge))
    return request.before + between.join([*parts, *_made(("user", plan.asked))]) + request.after


def _made(*said: tuple[str, str]) -> list[bytes]:
    return [dump({"role": role, "content": text}) for role, text in said if text]
