"""What was recorded as a stream of bytes in one of the formats: read piece by piece, never whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import StrEnum
from typing import Any

from proxy.dialects.jsontext import load, object_of
from proxy.exports import finetuning, jsonl, markdown
from proxy.exports.dialogue import Dialogue
from storage.ports import Store
from storage.upkeep import Scope
from storage.views import SessionRow

MOST = 1_000_000_000


class Format(StrEnum):
    """How it is written."""

    JSONL = "jsonl"
    OPENAI = "openai"
    MARKDOWN = "markdown"


MEDIA = {Format.JSONL: "application/x-ndjson", Format.OPENAI: "application/x-ndjson", Format.MARKDOWN: "text/markdown"}
ENDINGS = {Format.JSONL: "jsonl", Format.OPENAI: "jsonl", Format.MARKDOWN: "md"}


async def exported(
    store: Store, format: Format, session: SessionRow | None = None, owner: bytes = b""
) -> AsyncGenerator[bytes, None]:
    """One session, an owner's, or all that there is."""
    if format is Format.JSONL:
        async for piece in _lossless(store, Scope(session.id if session else b"", owner)):
            yield piece
        return
    sessions = [session] if session else list(reversed(await store.sessions(owner or None, limit=MOST)))
    for at, row in enumerate(sessions):
        dialogue = await gathered(store, row)
        if format is Format.OPENAI:
            yield b"".join(finetuning.lines(dialogue))
        else:
            yield (("\n" if at else "") + markdown.page(dialogue)).encode("utf-8", "replace")


async def _lossless(store: Store, scope: Scope) -> AsyncGenerator[bytes, None]:
    yield jsonl.header()
    async for entries in store.upkeep.archive(scope):
        yield b"".join(map(jsonl.line_of, entries))


async def gathered(store: Store, row: SessionRow) -> Dialogue:
    """All that is to be told of a session."""
    exchanges = await store.exchanges(row.id, limit=MOST)
    hashes = sorted({exchange.system for exchange in exchanges if exchange.system})
    found = {hash: await store.system(hash) for hash in hashes}
    calls = await store.calls(row.id)
    tools = {one.id: await _tools(store, one.id) for one in exchanges if one.answer} if calls else {}
    return Dialogue(
        row,
        await store.messages(row.id),
        calls,
        {exchange.id: exchange for exchange in exchanges},
        {hash: data for hash, data in found.items() if data is not None},
        tools,
    )


async def _tools(store: Store, exchange: bytes) -> Any:
    sent = await store.sent(exchange)
    try:
        return object_of(load(sent)).get("tools") if sent else None
    except ValueError:
        return None
