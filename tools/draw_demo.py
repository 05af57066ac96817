"""Draw what ``steno demo`` prints, in colours, as an SVG which loads nothing from anywhere.

python -m tools.draw_demo docs/demo.svg
"""

import os
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

COLUMNS = 104
REMOTE = re.compile(r"@font-face \{\{.*?\}\}|<!--.*?-->", re.DOTALL)


def printed(folder: str) -> str:
    """The demo's output as a terminal gets it."""
    environ = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    command = (sys.executable, "-m", "proxy.cli", "demo", "--once", "--store", "sqlite:///demo.db")
    ran = subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    return ran.stdout


def drawn(output: str) -> str:
    """The output as a picture of a terminal."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ steno demo", "bold"))
    console.print(Text.from_ansi(output.rstrip()))
    return console.export_svg(title="steno demo", code_format=REMOTE.sub("", CONSOLE_SVG_FORMAT), unique_id="demo")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        Path(sys.argv[1]).write_text(drawn(printed(folder)), encoding="utf-8")
