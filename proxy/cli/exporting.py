"""The commands that write what was recorded for others, and take in what others wrote."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.progress import Bar
from proxy.cli.reading import find
from proxy.cli.terminal import tell, tell_json
from proxy.config import Settings
from proxy.errors import BadRequest
from proxy.exports.writing import Format, exported
from proxy.identity import owner_of
from proxy.imports.files import Kind
from proxy.imports.taking import Taken, Taker
from proxy.messages import Message
from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.shapes.figures import count, counted
from proxy.shapes.plain import one_line
from proxy.tokens import Tokenizer
from storage.opening import open_store
from storage.ports import Store

_FAULTS = 20
_INDEXED = 1000


def export(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="A session; all of them without it.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.JSONL,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write here, not to the output.")
    ] = None,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Write what was recorded: losslessly as JSON lines, as fine-tuning data, or as Markdown."""
    settings = settings_of(config, store)
    if output is None:
        asyncio.run(_export(settings, session, format, sys.stdout.buffer))
        return
    try:
        with output.open("xb") as file:
            asyncio.run(_export(settings, session, format, file))
    except FileExistsError as error:
        message = f"{output} is there already."
        raise BadRequest(message) from error
    except OSError as error:
        message = f"{output} can't be written ({error.strerror})."
        raise BadRequest(message) from error


async def _export(settings: Settings, named: str | None, format: Format, file: BinaryIO) -> None:
    async with opened(settings) as source:
        session = await find(source, named) if named else None
        total = session.messages if session else (await source.totals()).messages
        with Bar("exporting") as bar:
            done = 0
            async with aclosing(exported(source, format, session)) as pieces:
                async for piece in pieces:
                    file.write(piece)
                    done += piece.count(b'"type":"message')
                    bar.show(min(done, total), total)
            file.flush()


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to take in; its format is found by looking.")],
    key: Annotated[str, typer.Option("--key", help="The API key whose conversations these are.")] = "",
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Take in an export, lists of messages, an agent's log, or the logs.db of llm; what is there already stays."""
    taken = asyncio.run(_import(settings_of(config, store), file, key))
    if as_json:
        faults = [{"line": fault.line, "said": fault.said} for fault in taken.faults]
        counts = {"entries": taken.entries, "conversations": taken.conversations}
        tell_json({"format": taken.kind.value, **counts, "faults": faults})
    else:
        tell(_told(taken))
    if taken.faults:
        raise typer.Exit(1)


async def _import(settings: Settings, file: Path, key: str) -> Taken:
    store = await open_store(settings.store.url)
    try:
        taker = Taker(store, await _owner(store, settings, key), _counter(), _written_at(file))
        taken = Taken(Kind.STENO)
        with Bar("importing") as bar:
            async for taken in taker.take(file):
                bar.show(taken.done, taken.total)
        with Bar("indexing") as bar:
            left = total = await store.index(_INDEXED)
            while left:
                bar.show(total - left, total)
                left = await store.index(_INDEXED)
        return taken
    finally:
        await store.close()


async def _owner(store: Store, settings: Settings, key: str) -> bytes:
    """Whose it becomes: the key's owner; without one, those of callers without a key."""
    headers = ((b"authorization", f"Bearer {key}".encode()),) if key else ()
    owner = owner_of(headers, await store.secret(), settings.access.owners)
    return (await store.owners.aliases()).get(owner, owner)


def _counter() -> Callable[[bytes, Message], int]:
    return Meter(Tokenizer(), PriceBook({})).raw_counter("")


def _written_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns // 1000
    except OSError as error:
        message = f"{file} can't be read ({error.strerror})."
        raise BadRequest(message) from error


def _told(taken: Taken) -> list[Text]:
    what = (
        counted(taken.conversations, "conversation")
        if taken.conversations
        else counted(taken.entries, "entry", "entries")
    )
    lines = [Text(f"{taken.kind.value}: {what} taken in")]
    for fault in taken.faults[:_FAULTS]:
        place = f"line {fault.line}: " if fault.line else ""
        lines.append(Text(f"left out {place}{one_line(fault.said)}", "yellow"))
    if len(taken.faults) > _FAULTS:
        lines.append(Text(f"and {count(len(taken.faults) - _FAULTS)} more", "yellow"))
    return lines
