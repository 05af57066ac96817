"""Exchanges whose process died in the middle: found open with nobody holding its lock, closed with what was saved.

The end of an exchange may wait in a spool, and it alone tells how the exchange really ended: as long as any of them
waits anywhere, nothing is closed here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec

from proxy.closing import Facts, answers, aside, closed
from proxy.dialects import DIALECTS
from proxy.drafts import Standing, finish
from proxy.messages import Reply, Usage
from proxy.recorder import Recorder
from proxy.relay import INTERRUPTED
from proxy.transcript import Transcript
from storage.ports import Store, StoreError
from storage.records import Closed, Orphan

log = logging.getLogger("steno.interrupted")

LIMIT = 1 << 30


async def close_orphans(store: Store, recorder: Recorder, clock: Callable[[], int]) -> int:
    """Close them; how many there were. What a spool still holds of them comes first."""
    try:
        orphans = await _orphans(store, recorder)
        for orphan in orphans:
            await store.write([closed_orphan(orphan, clock())])
    except StoreError as error:
        log.warning("exchanges that were interrupted stay open until the next start: %s", error)
        return 0
    return len(orphans)


async def _orphans(store: Store, recorder: Recorder) -> Sequence[Orphan]:
    spool = recorder.spool
    while True:
        await recorder.drain_spool()
        orphans = await store.orphans()
        # Whoever was gone by then has written its last: unless another file of such turns up, all of them were drained.
        if not spool.adopt():
            break
    if spool.pending or spool.waits_elsewhere:
        log.warning("exchanges that were interrupted stay open: what a spool holds of them isn't in the store yet")
        return ()
    return orphans


def closed_orphan(orphan: Orphan, at: int) -> Closed:
    """The end of an interrupted exchange, with the reply as far as its checkpoints go."""
    reply = reply_of(orphan)
    facts = Facts(orphan.exchange, at, INTERRUPTED, 0, 0, len(orphan.data), "", orphan.model, b"", keeps=False)
    record = closed(facts, reply, lambda _: Usage(), lambda _model, _usage: None)
    if reply is None:
        return record
    if not DIALECTS[orphan.dialect].converses:
        return msgspec.structs.replace(aside(record, reply, b""), usage_source="unknown")
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
