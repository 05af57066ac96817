"""What compaction saved and what broken caches lost, in tokens, added up by day as exchanges end.

Like the statistics, they follow the writer; exchanges that wait are weighed as they stand. Money is not known here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from storage.browsing import Balance
from storage.queries import load_queries

SQL = load_queries("storage.sqlite", "balances.sql")
ALL = 1 << 62


def take(connection: sqlite3.Connection, last: int) -> None:
    """Add up the exchanges that wait, up to that one."""
    rows = connection.execute(SQL["weighed"], (last,)).fetchall()
    connection.executemany(SQL["add_balance"], [row for row in rows if any(row[4:])])


def take_name(connection: sqlite3.Connection, day: str, owner: int, provider: str, model: str) -> None:
    """Let a model be named no longer on a day whose sums name it no longer."""
    for query in ("take_name", "drop_name"):
        connection.execute(SQL[query], (day, owner, provider, model))


def balances(connection: sqlite3.Connection, owner: bytes | None, day: str) -> Sequence[Balance]:
    """The sums from a day on, those of exchanges that wait by themselves."""
    known: tuple[Any, ...] = (None,) if owner is None else connection.execute(SQL["owner"], (owner,)).fetchone() or (0,)
    waiting = [row for row in connection.execute(SQL["weighed"], (ALL,)) if any(row[4:])]
    rows = [*connection.execute(SQL["balances"], (owner, day)), *(row for row in waiting if row[0] >= day)]
    return [Balance(day, *rest) for day, whose, *rest in rows if known[0] in (None, whose)]
