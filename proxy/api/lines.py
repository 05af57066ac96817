"""A line of messages as a list that can be sent again: each as its client wrote it, the system prompt before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from proxy.dialects.jsontext import REFUSALS
from storage.ports import Store
from storage.records import MessageRow, SessionRow

AT_ONCE = 32
"""So many messages are read at a time: they may hold images."""


async def pieces(store: Store, head: Sequence[bytes], line: Sequence[MessageRow]) -> AsyncIterator[bytes]:
    """All that a list is made of, one message after the other."""
    for piece in head:
        yield piece
    for start in range(0, len(line), AT_ONCE):
        rows = line[start : start + AT_ONCE]
        for row, body in zip(rows, await store.listings.bodies([row.id for row in rows]), strict=True):
            yield sendable(msgspec.structs.replace(row, body=body))


def sendable(row: MessageRow) -> bytes:
    """A message's own bytes, which may be several items; a text alone, or what is no JSON, becomes a message."""
    try:
        items = msgspec.json.decode(b"[" + row.body + b"]", type=list[msgspec.Raw])
        if items and all(bytes(item).startswith(b"{") for item in items):
            return row.body.decode(errors="replace").encode()
        texts = [one for item in items if isinstance(one := msgspec.json.decode(item), str)]
    except REFUSALS:
        texts = []
    return msgspec.json.encode({"role": row.role, "content": "".join(texts) or row.text})


async def system_of(store: Store, session: SessionRow, line: Sequence[MessageRow]) -> bytes | None:
    """The system prompt that the latest exchange on this line had, if any."""
    wanted = {row.exchange for row in line}
    rows = await store.exchanges(session.id, limit=max(1, session.exchanges))
    hash = next((row.system for row in reversed(rows) if row.id in wanted and row.system), b"")
    return await store.system(hash) if hash else None


def system_messages(data: bytes | None) -> list[bytes]:
    """A system prompt as messages: it is one, or a list of such, or only text."""
    if data is None:
        return []
    try:
        items = msgspec.json.decode(data if data.startswith(b"[") else b"[" + data + b"]", type=list[msgspec.Raw])
    except REFUSALS:
        return [_system(data.decode(errors="replace"))]
    return [bytes(one) if bytes(one).startswith(b"{") else _system(msgspec.json.decode(one)) for one in items]


def _system(content: Any) -> bytes:
    return msgspec.json.encode({"role": "system", "content": content})
