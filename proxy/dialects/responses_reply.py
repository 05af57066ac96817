"""Replies of the Responses API that come in one piece, which is also how a stream ends: with the whole response."""

from __future__ import annotations

from typing import Any

from proxy.dialects.envelope import count_of, excerpt, find_error
from proxy.dialects.jsontext import load, members, object_of, text_of
from proxy.dialects.responses_items import read_answer
from proxy.messages import Choice, Message, Reply, ReplyError, Usage

PENDING = frozenset({"queued", "in_progress"})
_SPACE = b" \t\n\r"


def read_reply(body: bytes, status: int) -> Reply:
    """A plain reply; its one answer is the verbatim span of the items."""
    try:
        reply = Reply(error=find_error(load(body)), complete=True) if status >= 400 else read_response(body)
    except (ValueError, RecursionError):
        reply = Reply(complete=status >= 400, malformed=status < 400)
    return reply if status < 400 or reply.error else Reply(error=excerpt(body), complete=True)


def read_response(body: bytes) -> Reply:
    """A response object. One that is still being made has no answer yet. Raises ``ValueError`` for what is no JSON."""
    top = members(body)
    status, name = _text(top, "status"), _text(top, "id")
    span = b"" if status in PENDING else span_of(top.get("output", b""))
    error = find_error({"error": load(top.get("error", b"null"))})
    if error is None and status == "failed":
        error = ReplyError("the response failed")
    return Reply(
        id=name,
        model=_text(top, "model"),
        choices=(answer_of(span, _reason(top)),) if span else (),
        usage=read_usage(load(top.get("usage", b"null"))),
        error=error,
        complete=True,
        malformed="output" not in top and error is None,
        handle=name,
        pending=status in PENDING,
    )


def reason_of(body: bytes) -> str:
    """Why a response ended: its status, or what it says of one that is incomplete."""
    return _reason(members(body))


def _reason(top: dict[str, bytes]) -> str:
    status = _text(top, "status")
    details = members(top.get("incomplete_details", b"null")) if status == "incomplete" else {}
    return _text(details, "reason") or status


def span_of(listed: bytes) -> bytes:
    """What stands in a list, with nothing cut out of it."""
    return listed[1:-1].strip(_SPACE) if listed.startswith(b"[") else b""


def answer_of(span: bytes, reason: str) -> Choice:
    """The answer that a span of items is, and why it ended, in the words that chats have for it."""
    message = read_answer(span)
    return Choice(0, message, span, _finish(reason, message) or None)


def _finish(reason: str, message: Message) -> str:
    if reason != "completed":
        return reason
    return "tool_calls" if message.tool_calls else "stop"


def read_usage(value: Any) -> Usage | None:
    """The tokens of a usage object; ``None`` if it tells none."""
    usage = object_of(value)
    found = Usage(
        prompt=count_of(usage.get("input_tokens")),
        completion=count_of(usage.get("output_tokens")),
        cached=count_of(object_of(usage.get("input_tokens_details")).get("cached_tokens")),
        reasoning=count_of(object_of(usage.get("output_tokens_details")).get("reasoning_tokens")),
    )
    return None if found == Usage() else found


def _text(fields: dict[str, bytes], name: str) -> str:
    return text_of(load(fields.get(name, b"null")))
