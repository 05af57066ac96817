"""Modules that libraries import and that are never used here: what they would take of time and memory is spared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class Hollow(ModuleType):
    """Stands for a module: whatever is imported from it is an empty class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextmanager
def spared(*names: str) -> Iterator[None]:
    """Whoever imports these modules within the block gets hollow ones, unless they are loaded already."""
    hollow = {name: Hollow(name) for name in names if name not in sys.modules}
    sys.modules.update(hollow)
    try:
        yield
    finally:
        for name in hollow:
            del sys.modules[name]
