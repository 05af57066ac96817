"""A planned request as the bytes of a chat completion: its list is cut and joined anew, every other byte stays.

Messages go as they came, with what separated them. Only where a plan puts text in front of a message's own, or in the
place of a result, is its ``content`` touched, and nothing else of it. No message is decoded and encoded again.
"""

from __future__ import annotations

from proxy.dialects.jsontext import dump, spans
from proxy.messages import Request
from proxy.plans import Plan


def rewrite(body: bytes, request: Request, plan: Plan) -> bytes:
    """The body that the plan asks for; the body itself if it asks for nothing."""
    if not plan.changes:
        return body
    raws = list(request.raws)
    for insert in plan.inserts:
        raws[insert.at] = _with_text(raws[insert.at], insert.text)
    for clip in plan.clips:
        raws[clip.at] = _with_content(raws[clip.at], dump(clip.text))
    between = request.separators[0] if request.separators else b","
    parts = [_run(request, raws, span) for span in plan.spans]
    parts[-1:-1] = _made(plan)
    return request.before + between.join(parts) + request.after


def _made(plan: Plan) -> list[bytes]:
    made = (("user", plan.head), ("assistant", plan.bridge))
    return [dump({"role": role, "content": text}) for role, text in made if text]


def _run(request: Request, raws: list[bytes], span: tuple[int, int]) -> bytes:
    """Messages side by side, with what stood between them."""
    start, end = span
    pieces = [raws[start]]
    for at in range(start + 1, end):
        pieces += (request.separators[at - 1], raws[at])
    return b"".join(pieces)


def _with_text(raw: bytes, text: str) -> bytes:
    """The message with text in front of its content's own."""
    place = _content(raw)
    if place is None:
        return _with_content(raw, dump(text))
    start, end = place
    content = raw[start:end]
    if content.startswith(b'"'):
        return raw[: start + 1] + dump(text)[1:-1] + raw[start + 1 :]
    if content.startswith(b"["):
        comma = b"," if content[1:-1].strip() else b""
        return raw[: start + 1] + dump({"type": "text", "text": text}) + comma + raw[start + 1 :]
    return _with_content(raw, dump(text)) if content == b"null" else raw


def _with_content(raw: bytes, content: bytes) -> bytes:
    """The message with other content."""
    place = _content(raw)
    if place is None:
        opening = raw.index(b"{") + 1
        return raw[:opening] + b'"content":' + content + b"," + raw[opening:]
    return raw[: place[0]] + content + raw[place[1] :]


def _content(raw: bytes) -> tuple[int, int] | None:
    """Where the content stands; of several, the last, as readers have it."""
    found = [(start, end) for key, start, end in spans(raw, "{") if key == "content"]
    return found[-1] if found else None
