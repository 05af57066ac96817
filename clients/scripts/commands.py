"""Runs a command-line client in a folder of its own, and takes in what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 150.0


def home() -> Path:
    """The folder in which the client lives while it is tried."""
    return Path(os.environ["HOME"])


def said(*command: str, given: str | None = None, **environment: str) -> str:
    """What a command prints. Ends the script, with what the command complained of, where it fails."""
    folder = home() / "project"
    folder.mkdir(exist_ok=True)
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        input=given or "",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ran.returncode:
        sys.exit(f"{command[0]} ended with {ran.returncode}: {(ran.stderr or ran.stdout).strip()[-600:]}")
    return ran.stdout.strip()
