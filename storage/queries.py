"""SQL stays in ``.sql`` files: named statements, each under a heading ``-- name: what it is called``.

What several statements select stands once, in ``rows.sql`` beside them, and in a statement as ``{its name}``.
"""

from __future__ import annotations

import re
from importlib import resources

HEADING = re.compile(r"^-- name: (\w+).*$", re.MULTILINE)
PLACE = re.compile(r"\{(\w+)\}")
ROWS = "rows.sql"


def load_queries(package: str, file: str) -> dict[str, str]:
    """The statements of a file by their names."""
    shared = _pieces(package, ROWS) if resources.files(package).joinpath(ROWS).is_file() else {}
    return {name: PLACE.sub(lambda place: shared[place[1]], sql) for name, sql in _pieces(package, file).items()}


def _pieces(package: str, file: str) -> dict[str, str]:
    text = (resources.files(package) / file).read_text(encoding="utf-8")
    pieces = HEADING.split(text)[1:]
    return {name: sql.strip().rstrip(";") for name, sql in zip(pieces[::2], pieces[1::2], strict=True)}
