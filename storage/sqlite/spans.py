"""Where on a session's messages its segments stand. Takes a connection and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from storage.browsing import Span
from storage.queries import load_queries

SQL = load_queries("storage.sqlite", "spans.sql")


def spans(connection: sqlite3.Connection, session: bytes) -> Sequence[Span]:
    """The segments that end at one of the session's messages, as they were made."""
    return [Span(*row) for row in connection.execute(SQL["spans"], (session,))]
