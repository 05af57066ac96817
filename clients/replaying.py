"""A client's run, held once more against the record alone: with the upstream gone, it must come to the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

from clients.environments import version
from clients.plan import Client
from clients.playing import Failed, played
from clients.reading import since
from clients.stage import staged
from clients.tables import Row
from clients.verdict import Expected, differences

SESSION = "twice"


async def replayed(client: Client, part: str, environment: Path, folder: Path) -> Row:
    """One part of a client, run twice."""
    first: list[Expected] = []
    async with staged(folder) as stage:
        try:
            first = await played(client, part, environment, f"{stage.base_url}/s/{SESSION}", folder)
            await asyncio.to_thread(stage.end_upstream)
            again = await played(client, part, environment, f"{stage.base_url}/replay/{SESSION}", folder)
            said = differences(first, again)
        except Failed as failed:
            said = [str(failed)]
        exchanges, held = await since(stage.store_url, frozenset())
    endpoint = ", ".join(dict.fromkeys(f"/v1{exchange.path}" for exchange in reversed(exchanges)))
    pinned = version(client.environment, client.package)
    return Row(f"{client.name}, {part}", pinned, endpoint, len(first), len(held), said)
