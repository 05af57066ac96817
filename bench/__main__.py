"""`python -m bench`: measure, print the table, and fail where a goal is missed or anything went wrong."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.client import Failed
from bench.cost import cost
from bench.growth import growth
from bench.load import has_wrk
from bench.machine import Restless, cores
from bench.memory import memory
from bench.plan import FULL, QUICK, Plan
from bench.planning import planning
from bench.rates import latency, rate
from bench.search import search
from bench.servers import Grounds, NotEnded, NotStarted, grounds
from bench.streams import streams
from bench.tables import Row, missed, table

Measure = Callable[[Grounds, Plan], list[Row]]

MEASURES: dict[str, Measure] = {
    "a": rate,
    "b": latency,
    "c": cost,
    "d": memory,
    "e": growth,
    "f": streams,
    "g": planning,
    "search": search,
}
NO_WRK = (
    "wrk is not installed (apt-get install wrk): our own generator is slower than nginx, "
    "so rows a and b flatter Steno and are not judged."
)


def main() -> int:
    """The exit code."""
    asked = _asked()
    if not has_wrk():
        print(NO_WRK, file=sys.stderr)
    try:
        with tempfile.TemporaryDirectory(prefix="steno-bench-") as folder, grounds(Path(folder), cores()) as ground:
            rows = _rows(ground, QUICK if asked.quick else FULL, asked.only)
    except (Failed, NotEnded, NotStarted, Restless, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(f"Python {sys.version}, {os.path.realpath(sys.executable)}", table(rows), sep="\n\n")
    return 1 if missed(rows) else 0


def _rows(ground: Grounds, plan: Plan, letters: list[str]) -> list[Row]:
    rows: list[Row] = []
    for letter in letters:
        print(f"measuring {letter}: {(MEASURES[letter].__doc__ or '').splitlines()[0]}", file=sys.stderr)
        rows += MEASURES[letter](ground, plan)
    return rows


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: a first look, no figures to quote")
    parser.add_argument("--only", type=_letters, default=list(MEASURES), metavar="a,b", help="just these rows")
    return parser.parse_args()


def _letters(text: str) -> list[str]:
    letters = text.split(",")
    unknown = [letter for letter in letters if letter not in MEASURES]
    if unknown:
        message = f"{', '.join(unknown)} is no row; there are {', '.join(MEASURES)}"
        raise argparse.ArgumentTypeError(message)
    return letters


if __name__ == "__main__":
    sys.exit(main())
