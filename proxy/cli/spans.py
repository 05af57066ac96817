"""The options that narrow a command to a span of time."""

from typing import Annotated

import typer

from proxy.clock import now
from proxy.moments import moment

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Not before this time: 2026-11-21, 2026-11-21T14:00Z, or so long ago: 90m, 12h, 7d.",
    ),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this time.")]


def span_of(since: str | None, until: str | None) -> tuple[int, int]:
    """The span in microseconds; 0 is no bound."""
    return _time(since, "--since"), _time(until, "--until")


def _time(text: str | None, option: str) -> int:
    try:
        return moment(text, now()) if text else 0
    except ValueError as error:
        message = f"it must be {error}."
        raise typer.BadParameter(message, param_hint=option) from error
