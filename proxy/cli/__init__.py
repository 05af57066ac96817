"""The command `steno`: which commands there are, and how an error of ours reaches the person.

A command's module is imported when it is asked for: to serve takes none of what the others read and print with.
"""

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from proxy.errors import StenoError
from proxy.shapes.plain import clean
from storage.ports import StoreError

__all__ = ["COMMANDS", "Commands", "app", "main"]

COMMANDS = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "sessions": "reading:sessions",
    "show": "reading:show",
    "search": "searching:search",
    "stats": "reading:stats",
    "diff": "diffing:diff",
    "reflect": "reflecting:reflect",
    "export": "exporting:export",
    "import": "exporting:import_",
    "tail": "tailing:tail",
    "replay": "replaying:replay",
    "verify": "upkeep:verify",
    "mcp": "agents:mcp",
    "delete": "deleting:delete",
    "doctor": "doctor:doctor",
    "backup": "upkeep:backup",
    "keys": "keys:keys",
}
"""Where each command stands, in the order in which they are listed."""


class Commands(TyperGroup):
    """The commands, each made when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """The command of that name, if there is one."""
        module, _, function = COMMANDS.get(cmd_name, "").partition(":")
        if not module:
            return None
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name)(getattr(import_module(f"proxy.cli.{module}"), function))
        command = typer.main.get_command(alone)
        assert isinstance(command, TyperCommand)  # noqa: S101 (that is what one function makes)
        return command


app = typer.Typer(
    name="steno",
    cls=Commands,
    help="Record the conversations of any app that speaks to an OpenAI-compatible API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
