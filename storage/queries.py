"""SQL stays in ``.sql`` files: named statements, each under a heading ``-- name: what it is called``."""

from __future__ import annotations

import re
from importlib import resources

HEADING = re.compile(r"^-- name: (\w+).*$", re.MULTILINE)


def load_queries(package: str, file: str) -> dict[str, str]:
    """The statements of a file by their names."""
    text = (resources.files(package) / file).read_text(encoding="utf-8")
    pieces = HEADING.split(text)[1:]
    return {name: sql.strip().rstrip(";") for name, sql in zip(pieces[::2], pieces[1::2], strict=True)}
