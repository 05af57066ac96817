"""The files of the pure core, as ``coverage report --include`` takes them.

The list itself is the import contract ``core`` of pyproject.toml: what must be pure must be covered to the last branch.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def files(root: Path = ROOT) -> Iterator[str]:
    """A module's file, or a pattern for all files of a package."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (core,) = (contract for contract in contracts if contract.get("id") == "core")
    for module in core["source_modules"]:
        path = module.replace(".", "/")
        yield f"{path}/*" if (root / path).is_dir() else f"{path}.py"


if __name__ == "__main__":
    sys.stdout.write(",".join(files()))
