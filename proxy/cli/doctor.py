"""The command that looks for what is wrong: each check finds one thing and says it in a sentence.

The checks only look; what can be mended is mended only where that is asked for.
"""

import asyncio
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, UpstreamUrl, opened
from proxy.cli.terminal import tell, tell_json
from proxy.config import Settings, load_settings
from proxy.shapes.figures import counted, size
from proxy.shapes.plain import clean, one_line
from storage.opening import open_store
from storage.ports import StoreError
from storage.records import Health, Totals

_LEAST_SPACE = 256 * 1024 * 1024
_PATIENCE = 5.0


class Verdict(StrEnum):
    """Sound, worth knowing, or wrong."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


_MARKS = {Verdict.OK: ("✓", "green"), Verdict.NOTE: ("!", "yellow"), Verdict.FAULT: ("✗", "bold red")}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    check: str
    verdict: Verdict
    said: str

    def line(self) -> Text:
        """For a person."""
        mark, style = _MARKS[self.verdict]
        return Text.assemble((f"{mark} {self.check}", style), "  ", one_line(self.said))

    def shape(self) -> dict[str, str]:
        """For a program."""
        return {"check": self.check, "verdict": self.verdict.value, "said": clean(self.said)}


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Make the full-text index and the counters anew.")] = False,
    as_json: AsJson = False,
    store: StoreUrl = None,
    upstream: UpstreamUrl = None,
    config: ConfigFile = None,
) -> None:
    """Check the store, the disk, the spool and the upstreams; exit code 1 when something is wrong."""
    settings = load_settings(config, {"store.url": store, "upstream.base_url": upstream})
    mended = [asyncio.run(mend(settings))] if repair else []
    findings = [*mended, *asyncio.run(examine(settings))]
    if as_json:
        tell_json({"ok": not _ill(findings), "findings": [finding.shape() for finding in findings]})
    else:
        tell([finding.line() for finding in findings])
    if _ill(findings):
        raise typer.Exit(1)


async def mend(settings: Settings) -> Finding:
    """Make anew what is made of the rest: the full-text index and the sessions' counters."""
    try:
        store = await open_store(settings.store.url)
    except StoreError as error:
        return Finding("repair", Verdict.FAULT, str(error))
    try:
        repaired = await store.upkeep.repair()
    except StoreError as error:
        return Finding("repair", Verdict.FAULT, str(error))
    finally:
        await store.close()
    counts = f"counters of {counted(repaired.sessions, 'session')} set right"
    return Finding("repair", Verdict.OK, f"{counted(repaired.messages, 'message')} indexed anew, {counts}")


async def examine(settings: Settings) -> list[Finding]:
    """Make all checks."""
    findings = [_version(), *await _store(settings), spool(settings.spool_folder())]
    upstreams = {"default": settings.upstream.base_url}
    upstreams |= {name: provider.base_url for name, provider in settings.providers.items()}
    return findings + list(await asyncio.gather(*(_upstream(name, url) for name, url in upstreams.items())))


def stored(health: Health, totals: Totals) -> list[Finding]:
    """What the store's own look at itself amounts to."""
    sums = f"{counted(totals.sessions, 'session')}, {counted(totals.exchanges, 'exchange')}, {size(health.file_bytes)}"
    findings = [Finding("store", Verdict.FAULT, fault) for fault in health.faults]
    findings = findings or [Finding("store", Verdict.OK, f"sound: {sums}, schema {health.version}")]
    if health.unindexed:
        waiting = f"{counted(health.unindexed, 'message')} can't be searched yet; a running proxy indexes them"
        findings.append(Finding("search", Verdict.NOTE, waiting))
    if totals.open:
        going = f"{counted(totals.open, 'exchange')} still open; those of a dead proxy are closed by the next start"
        findings.append(Finding("exchanges", Verdict.NOTE, going))
    if totals.lost:
        gap = f"{counted(totals.lost, 'exchange')} could not be recorded in the past"
        findings.append(Finding("gaps", Verdict.NOTE, gap))
    return findings


def space(folder: Path) -> Finding:
    """Whether the store may grow."""
    free = shutil.disk_usage(folder).free
    verdict = Verdict.OK if free >= _LEAST_SPACE else Verdict.FAULT
    return Finding("disk", verdict, f"{size(free)} free in {folder}")


def spool(folder: Path) -> Finding:
    """Whether records wait that the store could not take."""
    try:
        pending = sum(file.stat().st_size for file in folder.glob("**/*") if file.is_file()) if folder.is_dir() else 0
    except OSError as error:
        return Finding("spool", Verdict.FAULT, f"{folder} can't be read: {error.strerror}")
    if not pending:
        return Finding("spool", Verdict.OK, "nothing waits")
    return Finding("spool", Verdict.FAULT, f"{size(pending)} wait in {folder}; `steno serve` brings them in")


async def _store(settings: Settings) -> Sequence[Finding]:
    try:
        async with opened(settings) as store:
            findings = stored(await store.health(), await store.totals())
    except StoreError as error:
        return [Finding("store", Verdict.FAULT, str(error))]
    folder = _folder(settings.store.url)
    return [*findings, space(folder)] if folder else findings


async def _upstream(name: str, url: str) -> Finding:
    from proxy.upstream import reachable  # noqa: PLC0415 - the HTTP client is slow to import, and only needed here

    reason = await reachable(name, url, _PATIENCE)
    check = f"upstream {name}"
    return Finding(check, Verdict.FAULT, reason) if reason else Finding(check, Verdict.OK, f"{url} answers")


def _folder(url: str) -> Path | None:
    """The folder of a store that is a file."""
    path = url.partition(":///")[2]
    return Path(path).parent if url.startswith("sqlite:///") and path else None


def _version() -> Finding:
    python = f"Python {platform.python_version()}"
    try:
        return Finding("version", Verdict.OK, f"steno {version('steno-proxy')}, {python}")
    except PackageNotFoundError:
        return Finding("version", Verdict.NOTE, f"steno runs from its source, not installed, {python}")


def _ill(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict is Verdict.FAULT for finding in findings)
