"""The command `steno`: which commands there are, and how an error of ours reaches the person."""

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from proxy.cli.agents import mcp
from proxy.cli.demo import demo
from proxy.cli.diffing import diff
from proxy.cli.doctor import doctor
from proxy.cli.exporting import export, import_
from proxy.cli.reading import sessions, show, stats
from proxy.cli.reflecting import reflect
from proxy.cli.replaying import replay
from proxy.cli.searching import search
from proxy.cli.serve import serve
from proxy.cli.tailing import tail
from proxy.cli.upkeep import backup, verify
from proxy.errors import StenoError
from proxy.shapes.plain import clean
from storage.ports import StoreError

__all__ = ["app", "main"]

app = typer.Typer(
    name="steno",
    help="Record the conversations of any app that speaks to an OpenAI-compatible API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
READING = (sessions, show, search, stats, diff, reflect, export, tail, replay, verify, mcp)
for command in (serve, demo, *READING, doctor, backup):
    app.command()(command)
app.command("import")(import_)


def main() -> None:
    """Run a command; what goes wrong is one sentence on standard error, and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a recorded character gets a question mark, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except (StenoError, StoreError) as error:
        sys.stderr.write(f"steno: {clean(str(error))}\n")
        sys.exit(1)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        typer.echo(f"steno {version('steno-proxy')}")
    except PackageNotFoundError:
        typer.echo("steno (not installed)")
    raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Record the conversations of any app that speaks to an OpenAI-compatible API."""
