"""Numbered SQL files, each applied once in one transaction, with its checksum kept: what was applied must not change."""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from importlib import resources

from storage.ports import StoreError


def migrations(package: str) -> list[tuple[int, str, str]]:
    """The files of a folder in their order: number, checksum, SQL."""
    files = sorted(
        (file for file in (resources.files(package) / "migrations").iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    texts = [(int(file.name.split("_")[0]), file.read_text(encoding="utf-8")) for file in files]
    return [(number, sha256(text.encode()).hexdigest(), text) for number, text in texts]


def migrate(connection: sqlite3.Connection, package: str) -> int:
    """Bring a store up to date; the version it then has. Raises ``StoreError`` for a store of a newer release."""
    steps = migrations(package)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) WITHOUT ROWID"
        )
        applied = dict(connection.execute("SELECT number, checksum FROM migrations").fetchall())
        _check(applied, steps)
        for number, checksum, text in steps:
            if number not in applied:
                for statement in statements(text):
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations VALUES (?, ?)", (number, checksum))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return steps[-1][0]


def statements(text: str) -> list[str]:
    """The statements of a script, one by one: a script run whole would commit the transaction around it."""
    found: list[str] = []
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found


def _check(applied: dict[int, str], steps: list[tuple[int, str, str]]) -> None:
    newest = steps[-1][0]
    if max(applied, default=0) > newest:
        message = (
            f"the store has version {max(applied)}, this release knows up to {newest}: "
            "it was written by a newer release; upgrade Steno to open it"
        )
        raise StoreError(message)
    changed = [number for number, checksum, _ in steps if applied.get(number, checksum) != checksum]
    if changed:
        message = f"migration {changed[0]} of the store is not the one that this release knows"
        raise StoreError(message)
