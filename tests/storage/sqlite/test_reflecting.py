"""Old entries aren't read for a span that begins after them."""

from __future__ import annotations

import sqlite3

from storage.sqlite.reflecting import SLACK, entries


def test_a_span_is_not_sought_among_all_that_came_before_it(connection: sqlite3.Connection) -> None:
    rows = [(number, number.to_bytes(4, "big"), number * SLACK) for number in range(1, 5000)]
    connection.executemany(
        "INSERT INTO exchanges (id, uid, owner, match, at, ended_at, method, path, dialect, provider, model, stream, "
        "parsed, user_agent, body_hash, body_bytes) "
        "VALUES (?1, ?2, 1, '', ?3, ?3, '', '', '', '', '', 0, 1, '', x'', 0)",
        rows,
    )
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 100)
    assert len(entries(connection, None, 1000, (4990 * SLACK, 0))) == 10
    connection.set_progress_handler(None, 100)
    assert steps < 100
