"""The clients' packages, installed from the registries into folders of their own, and only when what is pinned changed.

npm runs no scripts of packages, but of the two whose commands are put in place by them. It gets no lock file, since a
lock names a registry's host: the versions in ``package.json`` are exact.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from clients.plan import NODE

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".clients"
NPM = ("npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
REBUILD = ("npm", "rebuild", "--loglevel=error", "@anthropic-ai/claude-code", "opencode-ai")


class NotInstalled(Exception):
    """An environment could not be made; says why."""


def installed(name: str) -> Path:
    """The folder of an environment with all its packages. Raises ``NotInstalled``."""
    pins, folder = _pins(name), FOLDER / name
    stamp = sha256(pins.read_bytes()).hexdigest()
    marked = folder / ".stamp"
    if not marked.exists() or marked.read_text() != stamp:
        sys.stderr.write(f"installing {name}\n")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_node if name == NODE else _python)(pins, folder)
        marked.write_text(stamp)
    if name == NODE:  # a script finds its packages in the folders above it
        shutil.copytree(HERE / "scripts", folder / "scripts", dirs_exist_ok=True)
    return folder


def version(environment: str, package: str) -> str:
    """Which version is pinned."""
    text = _pins(environment).read_text(encoding="utf-8")
    if environment == NODE:
        return str(json.loads(text)["dependencies"][package])
    found = re.search(rf"^{re.escape(package)}==([^ ;]+)", text, re.MULTILINE)
    return found[1] if found else "?"


def _pins(name: str) -> Path:
    return HERE / "package.json" if name == NODE else HERE / "requirements" / f"{name}.txt"


def _node(pins: Path, folder: Path) -> None:
    shutil.copy(pins, folder)
    _run(*NPM, folder=folder)
    _run(*REBUILD, folder=folder)


def _python(pins: Path, folder: Path) -> None:
    """By uv; where only pip is told which way the packages come, by pip."""
    _run(sys.executable, "-m", "venv", str(folder), folder=folder)
    python = str(folder / "bin" / "python")
    given = ("--quiet", "--require-hashes", "-r", str(pins))
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    try:
        if uv:
            _run(uv, "pip", "install", "--python", python, *given, folder=folder)
            return
    except NotInstalled as error:
        sys.stderr.write(f"{error}; trying pip\n")
    _run(python, "-m", "pip", "install", "--disable-pip-version-check", *given, folder=folder)


def _run(*command: str, folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        message = f"{command[0]} is not there"
        raise NotInstalled(message) from error
    except subprocess.CalledProcessError as error:
        lines = [line for line in (error.stderr or error.stdout).splitlines() if line.strip()]
        message = f"{Path(command[0]).name}: {lines[-1] if lines else 'it failed'}"
        raise NotInstalled(message) from error
