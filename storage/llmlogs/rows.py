"""A row of a log, whose columns may be missing or hold anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from storage.llmlogs.values import Attached


def text(row: sqlite3.Row, name: str) -> str:
    """A column's text; nothing where it isn't there, or is none."""
    value = row[name] if name in row.keys() else None  # noqa: SIM118 (a row iterates over its values)
    return value if isinstance(value, str) else ""


def number(row: sqlite3.Row, name: str) -> int | None:
    """A column's number, if it has one."""
    value = row[name] if name in row.keys() else None  # noqa: SIM118 (see above)
    return value if isinstance(value, int) else None


def attached(row: sqlite3.Row) -> Attached:
    """An attachment. The log holds no copy of a file that was named by its path: only that is told."""
    content, path = row["content"], text(row, "path")
    url = text(row, "url") or (Path(path).absolute().as_uri() if path else "")
    return Attached(text(row, "type"), url, content if isinstance(content, bytes) else b"")
