"""`python -m clients`: install the clients, let them talk, compare, print the table; 1 where anything is missed."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from clients.environments import NotInstalled, installed, version
from clients.plan import CLIENTS, REPLAYED, Client
from clients.playing import Failed, played
from clients.reading import since
from clients.replaying import replayed
from clients.stage import Stage, staged
from clients.tables import Row, table
from clients.verdict import complaints
from proxy.telemetry.logs import configure_logging


class Trial:
    """The clients one after the other, all with one key, so that only their conversations tell them apart."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.folder = folder
        self.known: frozenset[bytes] = frozenset()

    async def row(self, client: Client, part: str, environment: Path) -> Row:
        """One part of a client: its conversations, and what the store has of them."""
        name = f"{client.name}, {part}" if part else client.name
        print(f"trying {name}", file=sys.stderr)
        home = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            expected = await played(client, part, environment, self.stage.base_url, home)
            failures: list[str] = []
        except Failed as failed:
            expected, failures = [], [str(failed)]
        exchanges, held = await since(self.stage.store_url, self.known)
        self.known |= {exchange.id for exchange in exchanges}
        said = failures or complaints(expected, held, exact=client.exact)
        paths = dict.fromkeys(exchange.path for exchange in reversed(exchanges) if exchange.session)
        endpoint = ", ".join(f"/v1{path}" for path in paths)
        pinned = version(client.environment, client.package)
        row = Row(name, pinned, endpoint, len(expected), len(held), said)
        _show(row)
        return row


def _show(row: Row) -> None:
    print("  ".join(row.cells), *(line[:1500] for line in row.complaints), sep="\n  ", file=sys.stderr)


async def _again(clients: Sequence[Client], ways: dict[str, Path]) -> list[Row]:
    """Those that are run twice, each with a proxy of its own."""
    rows = []
    for client in clients:
        for part in client.parts:
            print(f"trying {client.name}, {part}", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="steno-clients-", ignore_cleanup_errors=True) as name:
                rows.append(await replayed(client, part, ways[client.environment], Path(name)))
            _show(rows[-1])
    return rows


async def _rows(clients: Sequence[Client], ways: dict[str, Path]) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="steno-clients-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with staged(folder) as stage:
            trial = Trial(stage, folder)
            return [
                await trial.row(client, part, ways[client.environment]) for client in clients for part in client.parts
            ]


def _installed(clients: Sequence[Client]) -> tuple[dict[str, Path], dict[str, str]]:
    """The environments by name, and why others are missing."""
    ways: dict[str, Path] = {}
    missing: dict[str, str] = {}
    for name in dict.fromkeys(client.environment for client in clients):
        try:
            ways[name] = installed(name)
        except NotInstalled as error:
            missing[name] = str(error)
    return ways, missing


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m clients", description=__doc__)
    parser.add_argument("--only", default="", help="just the clients whose names hold this")
    configure_logging("error", "text")
    only = parser.parse_args().only.lower()
    wanted = [client for client in (*CLIENTS, *REPLAYED) if only in client.name.lower()]
    ways, missing = _installed(wanted)
    there = [client for client in wanted if client.environment in ways]
    rows = asyncio.run(_rows([client for client in there if client not in REPLAYED], ways))
    rows += asyncio.run(_again([client for client in there if client in REPLAYED], ways))
    print(table(rows))
    for client in wanted:
        if client.environment in missing:
            print(f"{client.name} could not be installed: {missing[client.environment]}")
    return 1 if not rows or any(row.complaints for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
