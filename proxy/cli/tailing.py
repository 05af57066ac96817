"""The command that follows what is recorded, as it is."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.reading import find
from proxy.cli.terminal import tell
from proxy.config import Settings
from proxy.shapes.figures import clock
from proxy.shapes.plain import escape, one_line
from proxy.shapes.spelling import rfc3339, uuid
from storage.upkeep import Mark, News

_COLOURS = {"user": "bold cyan", "assistant": "bold green", "tool": "yellow", "system": "dim"}
_WHO = {"error": "✗ error", "decision": "◆ decision"}
_STYLES = {"error": "bold red", "decision": "bold blue"}
_LENGTH = 400
_SHORT = 18
POLL_SECONDS = 0.25


def tail(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="A session; all of them without it.")
    ] = None,
    begin: Annotated[bool, typer.Option("--from-start", help="Begin with what is there already.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Tell what is there already, and leave.")] = False,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Follow messages, tool calls, errors and decisions as they are recorded, by any process, until Ctrl-C."""
    settings = settings_of(config, store)
    with suppress(KeyboardInterrupt):
        asyncio.run(_tail(settings, session, begin or once, once=once, as_json=as_json))


async def _tail(settings: Settings, session: str | None, begin: bool, *, once: bool, as_json: bool) -> None:
    async for batch in followed(settings, session, begin=begin, once=once):
        if as_json:
            sys.stdout.write("".join(escape(msgspec.json.encode(shape(one)).decode()) + "\n" for one in batch))
        else:
            tell(map(line, batch))
        sys.stdout.flush()


async def followed(
    settings: Settings, session: str | None, *, begin: bool, once: bool
) -> AsyncIterator[Sequence[News]]:
    """What is recorded, as it is; ``begin`` with all that was recorded before."""
    async with opened(settings) as source:
        wanted = (await find(source, session)).id if session else None
        mark = Mark() if begin else await source.upkeep.mark()
        while True:
            news, mark = await source.upkeep.news(mark)
            chosen = [one for one in news if wanted in (None, one.session)]
            if chosen:
                yield chosen
            if once:
                return
            await asyncio.sleep(POLL_SECONDS)


def shape(one: News) -> dict[str, Any]:
    """For a program."""
    found = {
        "type": one.kind,
        "at": rfc3339(one.at),
        "session_id": uuid(one.session),
        "exchange_id": uuid(one.exchange),
        "role": one.role,
        "name": one.name,
        "text": one.text,
        "model": one.model,
        "code": one.code,
        "rationale": one.rationale,
    }
    return {name: value for name, value in found.items() if value}


def line(one: News) -> Text:
    """For a person."""
    who = _WHO.get(one.kind) or (f"→ {one.name}" if one.kind == "tool_call" else one.role)
    style = _STYLES.get(one.kind) or _COLOURS.get(one.role, "bold")
    code = one.code or (one.name if one.kind == "error" else "")
    said = (f"{code}: " if code else "") + one.text + (f", because {one.rationale}" if one.rationale else "")
    return Text.assemble(
        (f"{clock(one.at)}  {(uuid(one.session) or '-')[:_SHORT]}  ", "dim"),
        (one_line(who), style),
        "  ",
        one_line(said, _LENGTH),
    )
