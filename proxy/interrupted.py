"""Exchanges whose process died in the middle: found open with nobody holding its lock, closed with what was saved."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from proxy.closing import Facts, answers, closed
from proxy.dialects import DIALECTS
from proxy.drafts import Standing, finish
from proxy.messages import Reply, Usage
from proxy.recorder import Recorder
from proxy.relay import INTERRUPTED
from proxy.transcript import Transcript
from storage.ports import Store
from storage.records import Closed, Orphan

LIMIT = 1 << 30


async def close_orphans(store: Store, recorder: Recorder, clock: Callable[[], int]) -> int:
    """Close them; how many there were. What a spool still holds of them comes first."""
    await recorder.drain_spool()
    orphans = await store.orphans()
    for orphan in orphans:
        await store.write([closed_orphan(orphan, clock())])
    return len(orphans)


def closed_orphan(orphan: Orphan, at: int) -> Closed:
    """The end of an interrupted exchange, with the reply as far as its checkpoints go."""
    reply = reply_of(orphan)
    facts = Facts(orphan.exchange, at, INTERRUPTED, 0, 0, len(orphan.data), "", orphan.model, b"", keeps=False)
    record = closed(facts, reply, lambda _: Usage(), lambda _model, _usage: None)
    if reply is None:
        return record
    links, messages = answers(reply, lambda _: 0)
    standing = Standing(orphan.owner, orphan.tip, orphan.lone, orphan.session)
    return finish(msgspec.structs.replace(record, replies=links, usage_source="unknown"), messages, standing)


def reply_of(orphan: Orphan) -> Reply | None:
    """What was saved of a reply, read."""
    if orphan.dialect not in DIALECTS or not orphan.data:
        return None
    transcript = Transcript(DIALECTS[orphan.dialect], "text/event-stream", "", 200, LIMIT)
    transcript.feed(orphan.data)
    transcript.close()
    return transcript.reply()
