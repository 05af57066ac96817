"""The way to standard output: lines and tables for people, JSON for programs.

Takes text that ``plain`` has made safe, and never reads markup. A reader that closes the pipe early is no error.
"""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from proxy.cli.shapes import write

_PIPED_WIDTH = 160


def tell(renderables: Iterable[RenderableType]) -> None:
    """Print for a person; into a pipe without colours, and with lines as long as they are."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPED_WIDTH)
    for renderable in renderables:
        console.print(renderable, soft_wrap=isinstance(renderable, Text) and not console.is_terminal)


def tell_json(value: object) -> None:
    """Print for a program."""
    sys.stdout.write(write(value) + "\n")
    sys.stdout.flush()


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """A table; columns that begin with ``>`` are aligned right, those with ``~`` are cut where room is short."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0), show_header=any(columns))
    for column in columns:
        justify: JustifyMethod = "right" if column.startswith(">") else "left"
        made.add_column(Text(column.lstrip(">~")), justify=justify, no_wrap=not column.startswith("~"))
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def _cell(content: str | Text) -> Text:
    """One line. Only columns that may wrap are narrowed, so it is the cell that must refuse to wrap."""
    cell = content if isinstance(content, Text) else Text(content)
    cell.no_wrap, cell.overflow = True, "ellipsis"
    return cell
