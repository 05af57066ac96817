"""What was posted to a session's log -> lines for a person: decisions, errors, tools that were used elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from proxy.shapes.figures import moment
from proxy.shapes.plain import clean, one_line
from storage.listings import EventRow

_HEAD = 72
_STYLES = {"decision": "bold blue", "error": "bold red", "tool_call": "yellow"}
_SIGNS = {"decision": "◆", "error": "✗", "tool_call": "→"}


def noted(row: EventRow, *, full: bool) -> Iterator[Text]:
    """An entry; cut to two lines unless it is to be ``full``."""
    yield Text()
    sure = f" · {row.confidence / 10_000:.0f} % sure" if row.confidence is not None else ""
    kind = f"{_SIGNS.get(row.type, '·')} {row.type.replace('_', ' ')}"
    yield Text.assemble((kind, _STYLES.get(row.type, "bold")), (f"  {moment(row.at)}{sure}", "dim"))
    for label, text in _parts(row):
        said = clean(text).rstrip() if full else one_line(text, 2 * _HEAD)
        yield Text.assemble("  ", (label, "dim"), said)


def _parts(row: EventRow) -> Iterator[tuple[str, str]]:
    name = row.name if row.name and row.name != row.text else ""
    yield "", f"{name}: {row.text}" if name else row.text
    labels = ("because ", "with ", "gave " if row.ok is not False else "failed: ")
    for label, text in zip(labels, (row.rationale, row.arguments, row.result), strict=True):
        if text:
            yield label, text
