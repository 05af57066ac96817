"""The commands that look after a store: verify and backup."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
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

_FAULTS = 100
_INCOMPLETE = 10
INCOMPLETE = frozenset({Outcome.REASSEMBLED, Outcome.MEDIA_NOT_KEPT})


def verify(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="A session; all of them without it.")
    ] = None,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Rebuild all that was sent, forwarded and answered and compare its hash with that of what passed.

    Exit code 1 if one differs.
    """
    found = asyncio.run(_verify(settings_of(config, store), session))
    if as_json:
        tell_json({"ok": not found.faults, **found.sums(), **found.named()})
    else:
        tell(_told(found))
    if found.faults:
        raise typer.Exit(1)


@dataclass(slots=True)
class Found:
    """What was found: how often which outcome, and the exchanges that are not just as they passed."""

    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    faults: list[Verified] = field(default_factory=list)
    incomplete: list[Verified] = field(default_factory=list)
    """Those that are sound, as far as they were kept."""

    def add(self, one: Verified) -> None:
        """Take one in."""
        held = {"requests": one.request, "forwarded": one.forwarded, "replies": one.reply}
        self.outcomes.update(held.items())
        if not one.sound:
            self.faults.append(one)
        elif not INCOMPLETE.isdisjoint(held.values()):
            self.incomplete.append(one)

    def sums(self) -> dict[str, dict[str, int]]:
        """How many of what."""
        kinds = ("requests", "forwarded", "replies")
        return {of: {str(outcome): self.outcomes[of, outcome] for outcome in Outcome} for of in kinds}

    def named(self) -> dict[str, list[dict[str, str | None]]]:
        """Those that are not just as they passed."""
        return {"faults": [_shape(one) for one in self.faults], "incomplete": [_shape(one) for one in self.incomplete]}


async def _verify(settings: Settings, session: str | None) -> Found:
    found = Found()
    async with opened(settings) as source:
        row = await find(source, session) if session else None
        total = row.exchanges if row else (await source.totals()).exchanges
        with Bar("verifying") as bar:
            async with aclosing(verified(source, row.id if row else None)) as exchanges:
                async for one in exchanges:
                    found.add(one)
                    bar.show(found.outcomes.total() // 3, total)
    return found


def _shape(one: Verified) -> dict[str, str | None]:
    ids = {"exchange_id": uuid(one.exchange), "session_id": uuid(one.session)}
    return {**ids, "request": str(one.request), "forwarded": str(one.forwarded), "reply": str(one.reply)}


def _told(found: Found) -> list[Text]:
    lines = [
        *_listed(found.incomplete, _INCOMPLETE, "~", "dim"),
        *_listed(found.faults, _FAULTS, "✗", "red"),
    ]
    for of, sums in found.sums().items():
        told = {outcome: number for outcome, number in sums.items() if number and outcome != Outcome.NO_OTHER}
        if told or of != "forwarded":
            said = ", ".join(f"{count(number)} {_words(outcome)}" for outcome, number in told.items())
            lines.append(Text(f"{of}: {said or 'none'}"))
    if found.outcomes["replies", Outcome.REASSEMBLED]:
        lines.append(Text('reassembled: the words are kept, the frames only under recording.raw = "all"', "dim"))
    faults = len(found.faults)
    verdict = f"{counted(faults, 'exchange')} can't be trusted" if faults else "All that was kept is what passed."
    return [*lines, Text(verdict, "bold red" if faults else "green")]


def _listed(exchanges: list[Verified], most: int, mark: str, style: str) -> Iterator[Text]:
    for one in exchanges[:most]:
        named = f"exchange {uuid(one.exchange)} of session {uuid(one.session) or 'none'}"
        forwarded = "" if one.forwarded is Outcome.NO_OTHER else f", forwarded {_words(one.forwarded)}"
        said = f"request {_words(one.request)}{forwarded}, reply {_words(one.reply)}"
        yield Text(f"{mark} {named}: {said}", style)
    if len(exchanges) > most:
        yield Text(f"and {count(len(exchanges) - most)} more", style)


def _words(outcome: str) -> str:
    return outcome.replace("_", " ")


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
