"""How a reply becomes rows: its messages, what it cost and how it ended, and what it changes in its session."""

from __future__ import annotations

import msgspec

from storage.packing import pack
from storage.queries import load_queries
from storage.records import Closed
from storage.sqlite.closings import add_planned, add_segment, packed_plan
from storage.sqlite.rows import Exchange, Message, Rows

SQL = load_queries("storage.sqlite", "writing.sql")


def close_exchange(rows: Rows, record: Closed) -> None:
    """Write a reply, unless its exchange is unknown or has ended; and the answer that it brought to an earlier one."""
    exchange = rows.take_exchange(record.exchange)
    if exchange is None:
        return
    _close(rows, record, exchange)
    earlier = rows.unanswered_exchange(record.late.exchange) if record.late is not None else None
    if record.late is not None and earlier is not None:
        _close(rows, record.late, earlier)
        rows.connection.execute(SQL["let_wait"], (earlier.row,))


def _close(rows: Rows, record: Closed, exchange: Exchange) -> None:
    execute = rows.connection.execute
    blobs = (*record.blobs, *((record.raw,) if record.raw else ()))
    for blob in blobs:
        rows.keep(blob)
    rows.use(-exchange.row if exchange.session is None else exchange.session, (blob.hash for blob in blobs))
    answers = _answers(rows, record)
    execute(SQL["close_exchange"], (*_values(record, answers), exchange.row))
    _tidy(rows, record, exchange)
    if record.planned is not None:
        add_planned(rows.connection, record.planned, exchange.session, record.at)
    if record.summary is not None:
        add_segment(rows.connection, record.summary, exchange.session, record.at)
    if answers and exchange.again:
        execute(SQL["settle_retried"], (exchange.row,))
    if exchange.session is not None:
        _settle(rows, record, exchange, answers)


def _answers(rows: Rows, record: Closed) -> list[Message]:
    """The messages of a reply, the first of them with what it can be known by."""
    if not record.replies:
        return []
    execute = rows.connection.execute
    marks = b"".join(record.landmarks) or None
    first = rows.message(record.replies[0], marks)
    for landmark in record.landmarks:
        added = execute(SQL["add_landmark"], (landmark, first.row)).rowcount
        if added and not first.new:
            execute(SQL["mark"], (landmark, first.row))
    return [first, *(rows.message(link) for link in record.replies[1:])]


def _tidy(rows: Rows, record: Closed, exchange: Exchange) -> None:
    """Drop what was kept of the reply while it came, and keep how it was tried for."""
    execute = rows.connection.execute
    if exchange.saved:
        execute(SQL["drop_checkpoints"], (exchange.row,))
    for tried in record.attempts:
        times = (tried.started_at, tried.ended_at, tried.status, tried.error)
        execute(SQL["add_attempt"], (exchange.row, tried.number, tried.provider, *times))


def _settle(rows: Rows, record: Closed, exchange: Exchange, answers: list[Message]) -> None:
    """Give the session the reply: places, tool calls, counts."""
    session = exchange.session
    execute = rows.connection.execute
    added = 0
    for message in answers:
        if message.new or execute(SQL["held"], (message.row, session)).fetchone() is None:
            added += 1
        execute(SQL["add_answer"], (session, message.row, exchange.row))
    if answers and exchange.begun is not None:
        execute(SQL["continue"], (exchange.begun, session))
    by_digest = {link.digest: message.row for link, message in zip(record.replies, answers, strict=True)}
    calls = 0
    for call in record.calls:
        if call.message in by_digest:
            values = (session, call.id, call.name, call.arguments, by_digest[call.message], record.at)
            calls += execute(SQL["add_call"], values).rowcount
    used = (record.prompt_tokens or 0, record.completion_tokens or 0, record.cached_tokens or 0)
    unpriced = record.cost is None and record.completion_tokens is not None
    failed = record.ending != "complete" or record.status >= 400 or bool(record.error_message)
    counts = (added, calls, failed, *used, record.cost or 0, unpriced)
    execute(SQL["settle_session"], (session, record.at, *counts))


def _values(record: Closed, answers: list[Message]) -> tuple[object, ...]:
    times = (max(record.at, record.first_byte_at), record.first_byte_at or None)
    ended = (*times, record.model, record.status, record.ending, record.finish_reason)
    tokens = (record.prompt_tokens, record.completion_tokens, record.cached_tokens, record.reasoning_tokens)
    told = (*tokens, record.cache_written_tokens, record.usage_source, record.cost)
    counted = (record.upstream_id, record.reply_bytes, *told)
    error = (record.error_type, record.error_code, record.error_message, record.error_body or None)
    kept = (pack(record.residue) if record.residue else None, record.logprobs or None)
    raw = record.raw.hash if record.raw else None
    answer = answers[0].row if answers else None
    said = msgspec.json.encode(record.said).decode() if record.said else None
    sent = (record.handle or None, record.provider, record.sent_model, said, record.confidence)
    named = (record.reply_hash or None, record.reply_id or None, record.forwarded_hash or None, record.adds_usage)
    planned = packed_plan(record.planned)
    return (*ended, *counted, *error, record.malformed, answer, _others(answers), *kept, raw, *sent, *named, *planned)


def _others(answers: list[Message]) -> bytes | None:
    """The rows and forms of a reply's messages, where they are not simply the one that the exchange names."""
    if (len(answers) == 1 and not answers[0].form) or not answers:
        return None
    return msgspec.msgpack.encode([(message.row, message.form) for message in answers])
