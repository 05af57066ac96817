"""The end of an exchange as a record: what was answered, used, paid, and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from proxy.confidence import confidence_of
from proxy.drafts import blob_hash, blob_of, search_text
from proxy.messages import Message, Reply, ReplyError, Usage
from storage.records import Attempt, Blob, Closed, Link


class Facts(msgspec.Struct, frozen=True):
    """What is known of a reply besides its content."""

    exchange: bytes
    at: int
    ending: str
    status: int
    first_byte_at: int
    size: int
    upstream_id: str
    model: str
    body: bytes
    """Its bytes as far as they were kept: all, or an error's."""
    keeps: bool
    provider: str = ""
    """Who answered, where it isn't the one that was chosen first."""
    sent_model: str = ""
    forwarded_hash: bytes = b""
    adds_usage: bool = False
    attempts: tuple[Attempt, ...] = ()


Counted = Callable[[Message], int]
Priced = Callable[[str, Usage], int | None]

ERROR_BYTES = 65_536


def closed(facts: Facts, reply: Reply | None, estimate: Callable[[Reply], Usage], price: Priced) -> Closed:
    """The record of a reply; ``reply`` is None for traffic that isn't parsed."""
    record = _failed(_ended(facts), reply.error if reply else None)
    if reply is None:
        return record
    if record.ending == "complete" and _is_cut(reply):
        record = replace(record, ending="upstream_cut")
    first = reply.choices[0] if reply.choices else None
    usage, source = _usage(reply, estimate)
    model = reply.model or facts.model
    return replace(
        record,
        model=model,
        finish_reason=(first.finish_reason or "") if first else "",
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        cached_tokens=usage.cached,
        reasoning_tokens=usage.reasoning,
        cache_written_tokens=usage.cache_written,
        usage_source=source,
        cost=price(model, usage) if usage.cost is None else usage.cost,
        malformed=reply.malformed,
        logprobs=reply.logprobs or b"",
        handle=reply.handle,
        reply_id=reply.id if reply.reassembled and not reply.handle else "",
        confidence=confidence_of(reply.logprobs or (first.body if first else b"")),
    )


def _is_cut(reply: Reply) -> bool:
    """Whether a stream ended without its own end, however cleanly its connection did."""
    unread = reply.malformed and not reply.choices
    return reply.reassembled and not reply.complete and reply.error is None and not unread


def fetched(record: Closed, reply: Reply | None) -> Closed:
    """The end of an exchange that only asked for a reply: what it cost and says is that of the one it answers."""
    bare = Closed(
        exchange=record.exchange,
        at=record.at,
        ending=record.ending,
        first_byte_at=record.first_byte_at,
        status=record.status,
        upstream_id=record.upstream_id,
        reply_bytes=record.reply_bytes,
        error_body=record.error_body,
        raw=record.raw,
        reply_hash=record.reply_hash if record.raw or record.status >= 400 else b"",
    )
    if record.status >= 400 or reply is None:
        return replace(
            bare, error_type=record.error_type, error_code=record.error_code, error_message=record.error_message
        )
    if reply.pending or not (reply.complete and reply.handle):
        return bare
    return replace(bare, late=record)


def _ended(facts: Facts) -> Closed:
    raw = blob_of("raw", facts.body) if facts.keeps and facts.body else None
    return Closed(
        exchange=facts.exchange,
        at=facts.at,
        ending=facts.ending,
        first_byte_at=facts.first_byte_at,
        status=facts.status,
        reply_bytes=facts.size,
        upstream_id=facts.upstream_id,
        error_body=facts.body[:ERROR_BYTES] if facts.status >= 400 else b"",
        raw=raw,
        reply_hash=_proof(facts, raw),
        provider=facts.provider,
        sent_model=facts.sent_model,
        forwarded_hash=facts.forwarded_hash,
        adds_usage=facts.adds_usage,
        attempts=facts.attempts,
    )


def _proof(facts: Facts, raw: Blob | None) -> bytes:
    """The hash of what is kept as it came: all bytes, or those of an error that isn't too long."""
    if raw is not None:
        return raw.hash
    whole = facts.status >= 400 and 0 < facts.size == len(facts.body) <= ERROR_BYTES
    return blob_hash(facts.body) if whole else b""


def _failed(record: Closed, error: ReplyError | None) -> Closed:
    """The record with its error; a status that says error is one, whatever the body says."""
    silent = error is None or not (error.message or error.code or error.type)
    if silent and record.status >= 400:
        error = ReplyError(f"the upstream answered {record.status}", code=str(record.status))
    if error is None:
        return record
    return replace(
        record,
        ending="upstream_error" if record.ending == "complete" else record.ending,
        error_type=error.type,
        error_code=error.code,
        error_message=error.message,
    )


def _usage(reply: Reply, estimate: Callable[[Reply], Usage]) -> tuple[Usage, str]:
    """The usage and where it is known from. A stream that broke off may have told only what its prompt was."""
    told = reply.usage
    if told is None:
        return (estimate(reply), "estimated") if reply.choices else (Usage(), "unknown")
    if told.completion is None and reply.choices:
        return replace(told, completion=estimate(reply).completion), "estimated"
    return told, "reported"


def answers(reply: Reply, count: Counted) -> tuple[tuple[Link, ...], tuple[Message, ...]]:
    """A reply's messages as records still without a place, and as values."""
    links = tuple(
        Link(
            role=choice.message.role,
            body=choice.body,
            text=search_text(choice.message),
            tokens=count(choice.message),
        )
        for choice in reply.choices
    )
    return links, tuple(choice.message for choice in reply.choices)


def aside(record: Closed, reply: Reply, body: bytes) -> Closed:
    """The record of a reply that is no conversation: its texts and, if it came in one piece, its bytes.

    Those less what is withheld: without it they can't be rebuilt, but the rest is there.
    """
    texts = tuple(choice.message.text for choice in reply.choices)
    pieces, at = [], 0
    for withheld in reply.withheld:
        start = body.index(withheld, at)
        pieces.append(body[at:start])
        at = start + len(withheld)
    residue = msgspec.msgpack.encode([*pieces, body[at:]]) if body else b""
    proof = record.reply_hash or (blob_hash(body) if body and not pieces else b"")
    return replace(record, said=texts if any(texts) else (), residue=residue, reply_hash=proof)


def surrounded(record: Closed, body: bytes, reply: Reply) -> Closed:
    """The record with what stands around its answers in a plain body, and with what proves the two when joined."""
    residue = residue_of(body, reply) if body else b""
    if not residue:
        return record
    return replace(record, residue=residue, reply_hash=record.reply_hash or blob_hash(body))


def residue_of(body: bytes, reply: Reply) -> bytes:
    """What stands around the answers in a plain reply; empty where they aren't found in it one after the other.

    If an answer's bytes stand there twice, either place will do: pieces and answers in turn are the body all the same.
    """
    pieces, at = [], 0
    for choice in reply.choices:
        start = body.find(choice.body, at)
        if start < 0:
            return b""
        pieces.append(body[at:start])
        at = start + len(choice.body)
    return b"" if reply.reassembled else msgspec.msgpack.encode([*pieces, body[at:]])
