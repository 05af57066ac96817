"""Replies of ``/messages`` that come in one piece, and the usage that a stream's events tell as they do."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from proxy.dialects.anthropic_message import read_answer
from proxy.dialects.envelope import count_of, excerpt, find_error
from proxy.dialects.jsontext import load, members, object_of, places, text_of
from proxy.messages import Choice, Reply, Usage


def read_reply(body: bytes, status: int) -> Reply:
    """A plain reply; its answer keeps the verbatim bytes of its blocks."""
    try:
        reply = _reply(body)
    except (ValueError, RecursionError):
        reply = Reply(complete=status >= 400, malformed=status < 400)
    return replace(reply, error=excerpt(body)) if status >= 400 and reply.error is None else reply


def _reply(body: bytes) -> Reply:
    top = members(body)
    content = top.get("content", b"")
    error = find_error(load(body)) if "error" in top else None
    answers = content.startswith(b"[")
    return Reply(
        id=text_of(_value(top, "id")),
        model=text_of(_value(top, "model")),
        choices=(_choice(content, text_of(_value(top, "stop_reason"))),) if answers else (),
        usage=read_usage(_value(top, "usage")),
        error=error,
        complete=True,
        malformed=not answers and error is None,
    )


def _choice(content: bytes, reason: str) -> Choice:
    cuts = places(content)
    blocks = content[cuts[0][0] : cuts[-1][1]] if cuts else b""
    return Choice(0, read_answer(blocks), blocks, reason or None)


def read_usage(value: Any) -> Usage | None:
    """The tokens of a usage object, whose parts of the prompt are counted apart; ``None`` if it tells none."""
    usage = object_of(value)
    cached, written = count_of(usage.get("cache_read_input_tokens")), count_of(usage.get("cache_creation_input_tokens"))
    told = count_of(usage.get("input_tokens"))
    found = Usage(
        prompt=None if told is None else told + (cached or 0) + (written or 0),
        completion=count_of(usage.get("output_tokens")),
        cached=cached,
        reasoning=count_of(object_of(usage.get("output_tokens_details")).get("thinking_tokens")),
        cache_written=written,
        cache_kept=count_of(object_of(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")),
    )
    return None if found == Usage() else found


def _value(fields: dict[str, bytes], name: str) -> Any:
    return load(fields.get(name, b"null"))
