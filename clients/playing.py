"""Runs a client's script in a home of its own, with no way out of this machine, and takes in what it tells."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from clients.environments import HERE
from clients.plan import NODE, Client
from clients.verdict import Call, Expected

SECONDS = 600.0
NOWHERE = "http://127.0.0.1:9"
KEY = "sk-steno-clients"


class Failed(Exception):
    """A script did not come to its end; says why."""


async def played(client: Client, part: str, environment: Path, base_url: str, home: Path) -> list[Expected]:
    """The conversations that a client held. Raises ``Failed``."""
    script = HERE / "scripts" / client.script
    if script.suffix == ".mjs":
        command = ["node", str(environment / "scripts" / client.script), part]
    else:
        python = sys.executable if client.environment == NODE else str(environment / "bin" / "python")
        command = [python, "-m", f"clients.scripts.{script.stem}", part]
    surroundings = _surroundings(f"{script.stem}-{part}".strip("-").replace("_", "-"), environment, base_url, home)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=HERE.parent,
        env=surroundings,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError as error:
        process.kill()
        message = f"no end after {SECONDS:.0f} seconds"
        raise Failed(message) from error
    if process.returncode:
        raise Failed(err.decode(errors="replace").strip()[-800:])
    return [_expected(one) for one in json.loads(out.splitlines()[-1])]


def _expected(told: Any) -> Expected:
    turns = tuple((who, what) for who, what in told["turns"])
    return Expected(turns, tuple(Call(*call) for call in told["calls"]), told["parent"])


def _surroundings(mark: str, environment: Path, base_url: str, home: Path) -> dict[str, str]:
    """The variables by which each client is pointed at the proxy; whatever else it asks for leads nowhere."""
    paths = [environment / "bin", environment / "node_modules" / ".bin"]
    return {
        "PATH": os.pathsep.join([*map(str, paths), os.environ.get("PATH", "")]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CLIENT_MARK": mark,
        "OPENAI_BASE_URL": f"{base_url}/v1",
        "OPENAI_API_BASE": f"{base_url}/v1",
        "OPENAI_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": KEY,
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
    }
