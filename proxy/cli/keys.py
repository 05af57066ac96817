"""The commands about owners: whose conversations there are, and which keys are one's that was rotated."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.terminal import table, tell, tell_json
from proxy.clock import now
from proxy.config import Settings
from proxy.errors import BadRequest
from proxy.identity import owner_of
from proxy.shapes.figures import count, counted, moment
from proxy.shapes.spelling import rfc3339
from storage.opening import open_store
from storage.owners import OwnerRow
from storage.ports import Store

_OWNER = 32


class Action(StrEnum):
    """What may be done with owners."""

    ALIAS = "alias"


def keys(
    action: Annotated[Action | None, typer.Argument(help="Join two owners: alias OLD NEW.")] = None,
    old: Annotated[str, typer.Argument(help="An API key, an owner as listed, or - to be asked for a key.")] = "",
    new: Annotated[str, typer.Argument(help="The same, of the key that is taken for the old one's.")] = "",
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """List the owners, which are the callers' API keys, hashed; `alias OLD NEW` joins those of a rotated key."""
    settings = settings_of(config, store)
    if action is None:
        _list(asyncio.run(_rows(settings)), as_json=as_json)
        return
    if not (old and new):
        message = "Two keys are needed: steno keys alias OLD NEW."
        raise BadRequest(message)
    owner, moved = asyncio.run(_join(settings, old, new))
    if as_json:
        tell_json({"owner": owner.hex(), "exchanges_moved": moved})
    else:
        told = f"They are one owner now, {owner.hex()}; {counted(moved, 'exchange')} moved there."
        tell([Text(told), Text("A running proxy knows it when it is started again.", "dim")])


def _list(rows: Sequence[OwnerRow], *, as_json: bool) -> None:
    if as_json:
        tell_json([_shape(row) for row in rows])
    else:
        tell([table(["owner", ">sessions", ">exchanges", "first", "latest", "aliases"], map(_cells, rows))])


async def _rows(settings: Settings) -> Sequence[OwnerRow]:
    async with opened(settings) as source:
        return await source.owners.rows()


async def _join(settings: Settings, old: str, new: str) -> tuple[bytes, int]:
    """The owner that both are now, and how many exchanges moved there."""
    source = await open_store(settings.store.url)
    try:
        secret = await source.secret()
        owner, other = (_owner(key, secret, settings.access.owners) for key in _asked(old, new))
        if owner == other:
            message = "Both are the same owner's already."
            raise BadRequest(message)
        return owner, await _joined(source, owner, other)
    finally:
        await source.close()


async def _joined(source: Store, owner: bytes, other: bytes) -> int:
    moved = await source.owners.join(owner, other, now())
    if moved:  # the index and the statistics are by owner
        await source.upkeep.repair()
    return moved


def _asked(*keys: str) -> list[str]:
    return [typer.prompt("API key", hide_input=True, err=True) if key == "-" else key for key in keys]


def _owner(key: str, secret: bytes, mode: str) -> bytes:
    if len(key) == _OWNER and not set(key) - set("0123456789abcdef"):
        return bytes.fromhex(key)
    return owner_of(((b"authorization", f"Bearer {key}".encode()),), secret, mode)


def _shape(row: OwnerRow) -> dict[str, Any]:
    return {
        "owner": row.hash.hex(),
        "sessions": row.sessions,
        "exchanges": row.exchanges,
        "created_at": rfc3339(row.first_at),
        "last_update": rfc3339(row.last_at),
        "aliases": [one.hex() for one in row.aliases],
    }


def _cells(row: OwnerRow) -> list[str | Text]:
    sums = [count(row.sessions), count(row.exchanges), moment(row.first_at), moment(row.last_at)]
    return [row.hash.hex(), *sums, Text(", ".join(one.hex()[:8] for one in row.aliases), "dim")]
