"""The wire formats that are recorded: one module and one line here for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proxy.dialects.chat import Chat
from proxy.dialects.dialect import Assembler, Dialect, Unparsed

DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in (Chat(),)})


def dialect_at(path: str) -> Dialect | None:
    """The dialect spoken at a path, or ``None`` where traffic is only passed through."""
    return next((dialect for dialect in DIALECTS.values() if path.endswith(dialect.path)), None)


__all__ = ["DIALECTS", "Assembler", "Dialect", "Unparsed", "dialect_at"]
