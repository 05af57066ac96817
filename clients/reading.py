"""What a store holds of the latest exchanges, as the verdict wants it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clients.verdict import Call, Held, Turn
from storage.opening import open_store
from storage.ports import Store
from storage.records import CallRow, ExchangeRow, MessageRow

MOST = 1_000_000
SPEAKERS = ("user", "assistant")


async def since(url: str, known: frozenset[bytes]) -> tuple[list[ExchangeRow], list[Held]]:
    """The exchanges that are not known yet, and their sessions as a whole."""
    store = await open_store(url, readonly=True)
    try:
        rows = [row for row in await store.exchanges(limit=MOST) if row.id not in known]
        ids = dict.fromkeys(row.session for row in reversed(rows) if row.session)
        return rows, [await _held(store, session) for session in ids]
    finally:
        await store.close()


async def _held(store: Store, session: bytes) -> Held:
    row = await store.session(session.hex())
    messages, calls = await store.messages(session), await store.calls(session)
    texts = {message.id: message.text for message in messages}
    parent = row.parent if row else b""
    spoken = _without_calls(texts, calls)
    return Held(session, parent, _branches(messages, spoken), tuple(_call(call, texts) for call in calls))


def _without_calls(texts: dict[int, str], calls: Sequence[CallRow]) -> dict[int, str]:
    """What was said: calls are in the texts, too, so that a search finds them."""
    spoken = dict(texts)
    for call in calls:
        spoken[call.message] = spoken.get(call.message, "").replace(f"{call.name} {call.arguments}", "").strip()
    return spoken


def _call(call: CallRow, texts: dict[int, str]) -> Call:
    return Call(call.name, None if call.ok is None else texts.get(call.result, ""))


def _branches(messages: Sequence[MessageRow], texts: dict[int, str]) -> tuple[tuple[Turn, ...], ...]:
    byid = {message.id: message for message in messages}
    above = {message.parent for message in messages}
    ways = [_way(message, byid) for message in messages if message.id not in above]
    return tuple(tuple(_turns(way, texts)) for way in ways)


def _turns(way: Sequence[MessageRow], texts: dict[int, str]) -> Iterator[Turn]:
    return ((one.role, texts[one.id]) for one in way if one.role in SPEAKERS and texts[one.id])


def _way(leaf: MessageRow, byid: dict[int, MessageRow]) -> list[MessageRow]:
    """From the root to a leaf."""
    way = [leaf]
    while above := byid.get(way[-1].parent):
        way.append(above)
    return way[::-1]
