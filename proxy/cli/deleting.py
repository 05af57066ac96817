"""The command that erases a session, or all that had no activity for some time, after it has asked."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.reading import find
from proxy.cli.terminal import tell, tell_json
from proxy.clock import new_id, now
from proxy.config import Settings
from proxy.erasure import Eraser
from proxy.recorder import Recorder
from proxy.shapes.figures import count, counted, moment
from proxy.shapes.plain import one_line
from proxy.shapes.spelling import uuid
from proxy.spool import Spool
from storage.opening import open_store
from storage.records import SessionRow

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
OlderThan = Annotated[
    int | None,
    typer.Option("--older-than", min=1, metavar="DAYS", help="All sessions with no activity for so many days."),
]
DAY = 86_400_000_000
WARNINGS = {
    "spooled": "Records wait in the spool of a proxy that runs; if some are of this session, they make a new one.",
    "traces": "Somebody reads the store, so traces may be left in its log until the next `steno delete`.",
}


def delete(
    id: Annotated[str | None, typer.Argument(metavar="[SESSION]", help="A session's id, or its name.")] = None,
    older_than: OlderThan = None,
    yes: Yes = False,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Erase a session for good, with everything that is its alone; or all that are old."""
    if (id is None) == (older_than is None):
        message = "name a session, or say --older-than DAYS."
        raise typer.BadParameter(message)
    settings = settings_of(config, store)
    sessions, asked = asyncio.run(_one(settings, id) if id is not None else _old(settings, older_than or 0))
    if sessions and not yes:
        typer.confirm(asked, abort=True, err=True)
    erased = asyncio.run(_erased(settings, sessions))
    if as_json:
        tell_json({"ids": [uuid(session) for session in sessions], "deleted": len(sessions), **erased})
    else:
        done = "Erased." if id is not None else f"Erased {counted(len(sessions), 'session')}."
        tell([Text(done), *(Text(WARNINGS[name], "yellow") for name, warns in erased.items() if warns)])


def question(row: SessionRow) -> str:
    """What is asked before it is too late."""
    title = one_line(row.title or row.name or "untitled", 60)
    return f"Erase {title} ({counted(row.messages, 'message')}, {moment(row.updated_at)}) for good?"


async def _one(settings: Settings, id: str) -> tuple[Sequence[bytes], str]:
    async with opened(settings) as source:
        row = await find(source, id)
    return [row.id], question(row)


async def _old(settings: Settings, days: int) -> tuple[Sequence[bytes], str]:
    async with opened(settings) as source:
        found = await source.erasures.inactive(now() - days * DAY)
    return found, f"Erase {counted(len(found), 'session')} with no activity for {count(days)} days for good?"


async def _erased(settings: Settings, sessions: Sequence[bytes]) -> dict[str, bool]:
    """Erase them beside a proxy that may be running, and what one that died left in its spool with them."""
    chosen = settings.recording
    store = await open_store(settings.store.url)
    spool = Spool(settings.spool_folder(), new_id(now()).hex(), chosen.spool_bytes, synced=False)
    try:
        recorder = Recorder(store, spool, chosen.commit_seconds, chosen.queue_bytes, now, lambda: None)
        await asyncio.to_thread(spool.adopt)
        await recorder.drain_spool()
        erased = await Eraser(store, recorder).erase(*sessions)
    finally:
        spool.close()
        await store.close()
    return {"spooled": erased.spooled, "traces": erased.traces}
