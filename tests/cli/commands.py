"""The command as a person runs it: a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output, read."""
        return json.loads(self.out)


@asynccontextmanager
async def started(*arguments: str, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs on; killed at the end if it still does."""
    # A bare environment: no settings, no terminal, no proxies; but coverage is measured in there too.
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "proxy.cli", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"LANG": "C.UTF-8", **measured, **environ},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def steno(*arguments: str, **environ: str) -> Ran:
    """Run a command to its end."""
    async with started(*arguments, **environ) as process:
        out, err = await process.communicate()
    return Ran(process.returncode, out.decode(), err.decode())


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """The first line of output that holds the words; the whole output if it ends without one."""
    assert process.stdout is not None
    seen = ""
    async for line in process.stdout:
        seen += line.decode()
        if words in line.decode():
            return line.decode()
    assert process.stderr is not None
    raise AssertionError(seen + (await process.stderr.read()).decode())
