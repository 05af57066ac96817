"""Plans and closings as a store keeps them: texts that come again in the next plan are kept once. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from proxy.dialects import DIALECTS, rewriting
from proxy.drafts import blob_hash, blob_of
from proxy.model_map import renamed
from proxy.plans import Plan
from proxy.segments import Segment
from proxy.tracks import Closing
from proxy.usage import asking
from storage.records import Blob, ClosingRecord, PlanRow, SegmentRecord


def plan_record(plan: Plan) -> tuple[bytes, tuple[Blob, ...]]:
    """A plan with hashes for texts, and the texts."""
    texts = [plan.head, plan.asked, *(one.text for one in plan.inserts), *(one.text for one in plan.clips)]
    blobs = {text: blob_of("context", text.encode()) for text in texts if text}
    named = _with(plan, lambda text: blobs[text].hash.hex() if text else "")
    return msgspec.msgpack.encode(named), tuple(blobs.values())


def plan_of(row: PlanRow) -> Plan:
    """The inverse of ``plan_record``."""
    plan = msgspec.msgpack.decode(row.plan, type=Plan)
    return _with(plan, lambda name: row.texts.get(name, ""))


def _with(plan: Plan, change: Callable[[str], str]) -> Plan:
    return msgspec.structs.replace(
        plan,
        head=change(plan.head),
        asked=change(plan.asked),
        inserts=tuple(msgspec.structs.replace(one, text=change(one.text)) for one in plan.inserts),
        clips=tuple(msgspec.structs.replace(one, text=change(one.text)) for one in plan.clips),
    )


def closing_record(closing: Closing) -> ClosingRecord:
    """A closing, its segments apart."""
    bare = msgspec.structs.replace(closing, segments=())
    segments = tuple(map(segment_record, closing.segments))
    return ClosingRecord(closing.digest, closing.threshold, msgspec.msgpack.encode(bare), segments)


def closing_of(record: ClosingRecord) -> Closing:
    """The inverse of ``closing_record``."""
    bare = msgspec.msgpack.decode(record.data, type=Closing)
    segments = tuple(map(segment_of, record.segments))
    return msgspec.structs.replace(bare, segments=segments)


def segment_record(segment: Segment) -> SegmentRecord:
    """A segment, named by all that it says."""
    data = msgspec.msgpack.encode(segment, order="sorted")
    span = (segment.start, segment.end, segment.level, segment.tokens)
    return SegmentRecord(blob_hash(data), segment.digest, segment.parent, *span, segment.text, segment.summarizer, data)


def segment_of(record: SegmentRecord) -> Segment:
    """The inverse of ``segment_record``."""
    return msgspec.msgpack.decode(record.data, type=Segment)


def forwarded(sent: bytes, row: PlanRow) -> bytes:
    """What went upstream in place of what the client sent, byte for byte. May raise ``Unparsed``."""
    dialect = DIALECTS[row.dialect]
    rewrite = rewriting(dialect) if row.plan else None
    body = rewrite(sent, dialect.parse(sent), plan_of(row)) if rewrite else sent
    if row.sent_model:
        body = renamed(body, row.sent_model) or body
    return (asking(body, dialect.parse(sent).before) or body) if row.adds_usage else body


def given(sent: bytes, row: PlanRow | None) -> bytes:
    """The body that a model was given: the client's, unless it was changed on its way. May raise ``Unparsed``."""
    return sent if row is None else forwarded(sent, row)
