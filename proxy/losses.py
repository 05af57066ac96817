"""Where a provider's prompt cache should have hit and didn't: what differed first, and what that cost. Pure.

A cache serves the beginning of a request that is the same as that of an earlier one: tools, system prompt, messages, up
to the first that differs. So a request should find in it what the one before had sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from proxy.chain import SIZE, lone_digest
from proxy.dialects import Dialect, Unparsed
from proxy.dialects.jsontext import dump, elements, load, object_of, text_of
from proxy.messages import Message

LEAST = 1024
"""Shorter prompts are not cached."""
GRAIN = 128
"""What is cached is counted in such steps; less is no loss."""
LOOKED_BACK = 16
EXCERPT = 160

Priced = Callable[[str, str, int, int, int], int | None]
"""Nano-dollars of a model at a provider, for prompt, completion and cached tokens."""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a request: a ``tool``, the ``system`` prompt or a ``message``; each kind is numbered from 1."""

    kind: str
    number: int
    name: str
    digest: bytes
    text: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A request with what was paid for it."""

    exchange: bytes
    at: int
    model: str
    provider: str
    prompt: int
    completion: int
    cached: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """A cache that could have served ``expected`` tokens and served ``cached``.

    ``before`` and ``after`` are the first piece that differed, in the earlier request and in this one; both None where
    none did: the cache had forgotten it, after ``pause`` microseconds. ``cost`` is nano-dollars, None if unknown.
    """

    exchange: bytes
    earlier: bytes
    expected: int
    cached: int
    cost: int | None
    pause: int
    before: Item | None = None
    after: Item | None = None

    @property
    def tokens(self) -> int:
        """What was paid in full for nothing."""
        return self.expected - self.cached

    @property
    def cause(self) -> str:
        """What differed, in words."""
        if self.after is None and self.before is None:
            return "nothing differed: the provider no longer held it"
        if self.before is None or self.after is None:
            item, what = (self.after, "is new") if self.after else (self.before, "is gone")
            assert item is not None  # noqa: S101 (one of the two is there)
            return f"{_named(item)} {what}"
        if (self.before.kind, self.before.name) != (self.after.kind, self.after.name):
            return f"{_named(self.after)} stands where {_named(self.before)} stood"
        return f"{_named(self.after)} changed"


def _named(item: Item) -> str:
    return {"system": "the system prompt", "tool": f"tool {item.number} ({item.name})"}.get(
        item.kind, f"message {item.number} ({item.name})"
    )


def items_of(dialect: Dialect, body: bytes) -> tuple[Item, ...]:
    """A request's pieces in the order in which they are cached; none of what can't be read."""
    try:
        request = dialect.parse(body)
    except Unparsed:
        return ()
    tools = [_tool(number, raw) for number, raw in enumerate(elements(request.tools or b"[]"), 1)]
    system = [Item("system", 1, "system", _digest(request.system), _excerpt(request.system))] if request.system else []
    read = map(dialect.read_message, request.raws)
    return (*tools, *system, *(_message(number, message) for number, message in enumerate(read, 1)))


def _tool(number: int, raw: bytes) -> Item:
    value = object_of(load(raw))
    name = (
        text_of(object_of(value.get("function")).get("name"))
        or text_of(value.get("name"))
        or text_of(value.get("type"))
    )
    return Item("tool", number, name, _digest(dump(value)), _excerpt(raw))


def _message(number: int, message: Message) -> Item:
    called = ", ".join(f"{call.name}({call.arguments})" for call in message.tool_calls)
    return Item("message", number, str(message.role), lone_digest(message), (message.text or called)[:EXCERPT])


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=SIZE).digest()


def _excerpt(raw: bytes) -> str:
    return raw[:EXCERPT].decode("utf-8", "replace")


def losses(requests: Sequence[Paid], price: Priced) -> list[Loss]:
    """The losses of a session's requests, which come in their order."""
    found = []
    for at, request in enumerate(requests):
        earlier = _nearest(requests[max(0, at - LOOKED_BACK) : at], request)
        loss = _loss(earlier, request, price) if earlier is not None else None
        found += [loss] if loss is not None else []
    return found


def _nearest(before: Sequence[Paid], request: Paid) -> Paid | None:
    """The latest earlier request that is most like this one: a side question in between has other pieces."""

    def alike(other: Paid) -> tuple[int, int]:
        pairs = zip(other.items, request.items, strict=False)
        return sum(one.digest == two.digest for one, two in pairs), other.at

    same = [other for other in before if (other.model, other.provider) == (request.model, request.provider)]
    best = max(same, key=alike, default=None)
    return best if best is not None and alike(best)[0] else None


def missed(earlier: int, prompt: int, cached: int) -> int:
    """The tokens that a cache could have served after an earlier prompt; 0 if it served about as many."""
    expected = min(earlier, prompt) // GRAIN * GRAIN
    return expected if expected >= LEAST and expected - cached >= GRAIN else 0


def _loss(earlier: Paid, request: Paid, price: Priced) -> Loss | None:
    expected = missed(earlier.prompt, request.prompt, request.cached)
    if not expected:
        return None
    before, after = _first_difference(earlier.items, request.items)
    paid, due = (
        price(request.model, request.provider, request.prompt, request.completion, cached)
        for cached in (request.cached, expected)
    )
    cost = None if paid is None or due is None else paid - due
    pause = request.at - earlier.at
    return Loss(request.exchange, earlier.exchange, expected, request.cached, cost, pause, before, after)


def _first_difference(earlier: Sequence[Item], later: Sequence[Item]) -> tuple[Item | None, Item | None]:
    """The first pieces that are not the same; what was only added at the end is no difference."""
    for before, after in zip(earlier, later, strict=False):
        if before.digest != after.digest:
            return before, after
    return (earlier[len(later)], None) if len(earlier) > len(later) else (None, None)
