"""Measure what compaction keeps: an evaluation driver against a proxy of its own, over HTTP.

    make eval EVAL=/path/to/compaction_eval.py ARGS="--budget 4000 --parts asked"

The driver plays the upstream. For each budget a proxy is started with that threshold and nothing else set; tokens are
counted with the vocabulary that the package ships. ``RECALL=off`` measures without recall.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from proxy.tokens import Tokenizer

PORT = 9107
"""Where the driver plays the upstream."""


def main(arguments: Sequence[str]) -> None:
    """Run the driver once for each budget; what isn't known here is the driver's."""
    parser = argparse.ArgumentParser(prog="make eval EVAL=/path/to/driver.py", add_help=False)
    parser.add_argument("driver", type=Path)
    parser.add_argument("--budget", type=int, nargs="+", default=[2000, 4000])
    parser.add_argument("--stub-port", type=int, default=PORT)
    known, others = parser.parse_known_args(arguments)
    for number, budget in enumerate(known.budget):
        port = known.stub_port + number
        with serving(budget, port) as base_url:
            driver = driver_at(known.driver)
            given = ["--base-url", f"{base_url}/v1", "--stub-port", str(port), "--budget", str(budget)]
            sys.argv = [str(known.driver), *given, *others]
            driver.main()


def driver_at(path: Path) -> ModuleType:
    """The driver, counting with our vocabulary."""
    spec = importlib.util.spec_from_file_location("driver", path)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    driver = importlib.util.module_from_spec(spec)
    sys.modules["driver"] = driver
    spec.loader.exec_module(driver)
    encoding = Tokenizer().load("o200k_base")
    driver.ENCODE, driver.TOKENIZER = encoding.encode_ordinary, "o200k_base"  # type: ignore[attr-defined]
    return driver


@contextmanager
def serving(budget: int, port: int) -> Iterator[str]:
    """A proxy in front of the driver; what is set for another one here doesn't bear on it."""
    with tempfile.TemporaryDirectory() as folder:
        others = {name: value for name, value in os.environ.items() if not name.startswith("STENO_")}
        chosen = {
            "STENO_CONTEXT__MODE": "on",
            "STENO_CONTEXT__TOKEN_THRESHOLD": str(budget),
            "STENO_CONTEXT__RECALL": os.environ.get("RECALL", "on"),
        }
        command = [sys.executable, "-m", "proxy.cli", "serve", "--port", "0"]
        where = ["--upstream", f"http://127.0.0.1:{port}/v1", "--store", f"sqlite:///{folder}/steno.db"]
        process = subprocess.Popen(  # noqa: S603
            [*command, *where], cwd=folder, env={**others, **chosen}, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None  # noqa: S101
            yield process.stdout.readline().removeprefix("steno: serving on ").strip()
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
