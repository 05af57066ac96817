"""The tool calls of one streamed answer, put together from their deltas.

A delta belongs to the call that it names; but servers differ in how. An index may be missing, always 0, or drift away
from its call; an id may be missing or stand in every delta. A new id is always a new call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proxy.dialects.jsontext import dump, load, object_of

EXTRA = "extra_content"
"""What a model wants to see again: Gemini refuses a call that comes back without its signature."""


@dataclass(slots=True)
class _Call:
    id: str = ""
    kind: str = "function"
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: Any = None

    def take(self, payload: dict[str, Any]) -> None:
        """Add what a delta brings. Some repeat the name in each."""
        name = _string(payload.get("name"))
        if name != self.name:
            self.name += name
        arguments = payload.get("arguments", payload.get("input"))
        if arguments is not None:
            self.arguments.append(arguments if isinstance(arguments, str) else dump(arguments).decode())

    def followed_by(self, payload: dict[str, Any]) -> bool:
        """Whether a delta begins another call although it is addressed to this one: a name, after whole arguments."""
        return bool(payload.get("name") and payload.get("arguments") and _is_json("".join(self.arguments)))

    def payload(self) -> dict[str, str]:
        return {"name": self.name, "input" if self.kind == "custom" else "arguments": "".join(self.arguments)}

    def value(self) -> dict[str, Any]:
        value = {"id": self.id, "type": self.kind, self.kind: self.payload()}
        return value | ({EXTRA: self.extra} if self.extra else {})


class CallDrafts:
    """Growing calls, in the order in which they began."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_legacy")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}
        self._legacy: _Call | None = None

    def feed(self, delta: dict[str, Any]) -> None:
        """Take one element of a delta's ``tool_calls``."""
        identity, index = _string(delta.get("id")), delta.get("index")
        kind = "custom" if "custom" in delta else "function"
        payload = object_of(delta.get(kind))
        call = self._addressed(identity, index, payload)
        if call is None or call.followed_by(payload):
            call = _Call(identity, kind)
            self._calls.append(call)
        if identity:
            self._by_id[identity] = call
        if isinstance(index, int):
            self._by_index[index] = call
        call.take(payload)
        call.extra = call.extra or delta.get(EXTRA)

    def feed_legacy(self, payload: dict[str, Any]) -> None:
        """Take a delta's ``function_call``, of which there is only one."""
        if self._legacy is None:
            self._legacy = _Call()
        self._legacy.take(payload)

    def members(self) -> dict[str, Any]:
        """What the message has of them."""
        found: dict[str, Any] = {}
        if self._calls:
            found["tool_calls"] = [call.value() for call in self._calls]
        if self._legacy is not None:
            found["function_call"] = self._legacy.payload()
        return found

    def _addressed(self, identity: str, index: Any, payload: dict[str, Any]) -> _Call | None:
        if identity:
            return self._by_id.get(identity)
        if isinstance(index, int) and (index in self._by_index or payload.get("name")):
            return self._by_index.get(index)
        return self._calls[-1] if self._calls else None


def _is_json(text: str) -> bool:
    try:
        load(text.encode("utf-8", "replace"))
    except ValueError:
        return False
    return True


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
