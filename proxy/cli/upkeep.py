"""The commands that look after a store: verify and backup."""

import asyncio
from collections import Counter
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.progress import Bar
from proxy.cli.reading import find
from proxy.cli.terminal import tell, tell_json
from proxy.config import Settings
from proxy.shapes.figures import count, counted, size
from proxy.shapes.spelling import uuid
from proxy.verifying import Outcome, Verified, verified

_LISTED = 100


def verify(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="A session; all of them without it.")
    ] = None,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Rebuild every request and reply and compare its hash with that of what passed; exit code 1 if one differs."""
    found, faults = asyncio.run(_verify(settings_of(config, store), session))
    if as_json:
        tell_json({"ok": not faults, **_sums(found), "faults": [_shape(one) for one in faults]})
    else:
        tell(_told(found, faults))
    if faults:
        raise typer.Exit(1)


Found = Counter[tuple[str, Outcome]]


async def _verify(settings: Settings, session: str | None) -> tuple[Found, list[Verified]]:
    found: Found = Counter()
    faults: list[Verified] = []
    async with opened(settings) as source:
        row = await find(source, session) if session else None
        total = row.exchanges if row else (await source.totals()).exchanges
        with Bar("verifying") as bar:
            async with aclosing(verified(source, row.id if row else None)) as exchanges:
                async for one in exchanges:
                    found.update([("requests", one.request), ("replies", one.reply)])
                    faults += [] if one.sound else [one]
                    bar.show(found.total() // 2, total)
    return found, faults


def _sums(found: Found) -> dict[str, dict[str, int]]:
    return {of: {str(outcome): found[of, outcome] for outcome in Outcome} for of in ("requests", "replies")}


def _shape(one: Verified) -> dict[str, str | None]:
    ids = {"exchange_id": uuid(one.exchange), "session_id": uuid(one.session)}
    return {**ids, "request": str(one.request), "reply": str(one.reply)}


def _told(found: Found, faults: list[Verified]) -> list[Text]:
    lines = []
    for one in faults[:_LISTED]:
        named = f"exchange {uuid(one.exchange)} of session {uuid(one.session) or 'none'}"
        lines.append(Text(f"✗ {named}: request {one.request}, reply {one.reply}", "red"))
    if len(faults) > _LISTED:
        lines.append(Text(f"and {count(len(faults) - _LISTED)} more", "red"))
    for of, sums in _sums(found).items():
        said = ", ".join(f"{count(number)} {outcome.replace('_', ' ')}" for outcome, number in sums.items() if number)
        lines.append(Text(f"{of}: {said or 'none'}"))
    if found["replies", Outcome.REASSEMBLED]:
        lines.append(Text('reassembled: the words are kept, the frames only under recording.raw = "all"', "dim"))
    verdict = f"{counted(len(faults), 'exchange')} can't be trusted" if faults else "All that was kept is what passed."
    return [*lines, Text(verdict, "bold red" if faults else "green")]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Copy the store into a new file, also while a proxy writes to it."""
    written = asyncio.run(_backup(settings_of(config, store), file))
    if as_json:
        tell_json({"file": str(file), "bytes": written})
    else:
        tell([Text(f"{size(written)} in {file}")])


async def _backup(settings: Settings, file: Path) -> int:
    async with opened(settings) as source:
        return await source.upkeep.backup(str(file))
