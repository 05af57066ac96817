"""Numbered SQL files, each applied once, with its checksum kept: what was applied must not change."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

from storage.ports import StoreError
from storage.transactions import transaction

TABLE = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    checksum: str
    sql: str


def migrations(package: str) -> list[Migration]:
    """The files of a package's folder, in their order."""
    files = [file for file in (resources.files(package) / "migrations").iterdir() if file.name.endswith(".sql")]
    return [_migration(file.name, file.read_text(encoding="utf-8")) for file in sorted(files, key=lambda f: f.name)]


def _migration(name: str, sql: str) -> Migration:
    return Migration(int(name.split("_", maxsplit=1)[0]), sha256(sql.encode()).hexdigest(), sql)


def migrate(connection: sqlite3.Connection, package: str) -> int:
    """Bring a store up to date in one transaction; the version it then has.

    Raises ``StoreError`` for a store of a newer release. A store that is up to date is not locked.
    """
    steps = migrations(package)
    if pending(connection, steps):
        with transaction(connection):
            connection.execute(TABLE)
            for step in pending(connection, steps):  # another process may have been faster
                _apply(connection, step)
    return steps[-1].number


def pending(connection: sqlite3.Connection, steps: list[Migration]) -> list[Migration]:
    """The steps that a store lacks. Raises ``StoreError`` for a store whose steps are others."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone():
        return steps
    applied = dict(connection.execute("SELECT number, checksum FROM migrations").fetchall())
    newest = max(applied, default=0)
    if newest > steps[-1].number:
        message = (
            f"the store has version {newest}, this release knows up to {steps[-1].number}: "
            "it was written by a newer release; upgrade Steno to open it"
        )
        raise StoreError(message)
    changed = [step.number for step in steps if applied.get(step.number, step.checksum) != step.checksum]
    if changed:
        message = f"migration {changed[0]} of the store is not the one that this release knows"
        raise StoreError(message)
    return [step for step in steps if step.number not in applied]


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    for statement in statements(step.sql):
        connection.execute(statement)
    connection.execute("INSERT INTO migrations VALUES (?, ?)", (step.number, step.checksum))


def statements(text: str) -> list[str]:
    """The statements of a script, one by one: a script run whole would commit the transaction around it."""
    found: list[str] = []
    pending_lines = ""
    for line in text.splitlines(keepends=True):
        pending_lines += line
        if sqlite3.complete_statement(pending_lines):
            found.append(pending_lines)
            pending_lines = ""
    return found
