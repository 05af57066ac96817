"""Which recorded exchange answers a request: the one with the same body, else one with the same history. Pure.

Equal requests get the recorded answers in their order, and after the last the first again: a second run hears what the
first one heard.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from proxy.chain import lone_digest
from proxy.dialects import Dialect
from proxy.messages import Message, Part, Request, Role
from storage.upkeep import Take

EXCERPT = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a history, system prompts left out."""

    role: str
    lone: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it is looked for: in which format, what the upstream held of it, what was said."""

    dialect: str
    lines: tuple[Line, ...]
    previous: str = ""
    stream: bool = False
    usage: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two requests the same, however they are written."""
        return self.dialect, self.previous, tuple(line.lone for line in self.lines)


def asked(dialect: Dialect, raws: Sequence[bytes], request: Request | None = None) -> Asked:
    """A list of messages, read."""
    messages = [dialect.read_message(raw) for raw in raws]
    if request is not None and not dialect.converses:
        messages = [_prompt(request)]
    lines = tuple(_line(message) for message in messages if message.role is not Role.SYSTEM)
    if request is None:
        return Asked(dialect.name, lines)
    return Asked(dialect.name, lines, request.previous, request.stream, request.asks_usage)


def _prompt(request: Request) -> Message:
    """What is asked where nobody converses: a text; all of the body where that has more in it."""
    whole = request.tokens or not request.text
    return Message(Role.USER, (Part("text", request.before.decode("utf-8", "replace") if whole else request.text),))


def _line(message: Message) -> Line:
    called = ", ".join(f"{call.name}({call.arguments})" for call in message.tool_calls)
    return Line(str(message.role), lone_digest(message), message.text or message.refusal or called)


@dataclass(frozen=True, slots=True)
class Scene:
    """A recorded exchange with its request, read."""

    take: Take
    asked: Asked


@dataclass(slots=True)
class Tape:
    """A session's scenes, and how often each group of equal ones was asked for."""

    scenes: Sequence[Scene]
    played: Counter[tuple[object, ...]] = field(default_factory=Counter)
    _bodies: dict[bytes, list[Scene]] = field(init=False)
    _keys: dict[tuple[object, ...], list[Scene]] = field(init=False)

    def __post_init__(self) -> None:
        self._bodies, self._keys = defaultdict(list), defaultdict(list)
        for scene in self.scenes:
            self._bodies[scene.take.body_hash].append(scene)
            self._keys[scene.asked.key].append(scene)

    def next(self, body_hash: bytes, wanted: Asked | None) -> Scene | None:
        """The scene that answers a request, which is then behind us; None if there is none."""
        found = self._bodies.get(body_hash) or []
        key: tuple[object, ...] = (body_hash,)
        if not found and wanted is not None:
            found = _alike(self._keys.get(wanted.key) or [], wanted)
            key = (*wanted.key, wanted.stream)
        if not found:
            return None
        scene = found[self.played[key] % len(found)]
        self.played[key] += 1
        return scene

    def why_not(self, wanted: Asked) -> str:
        """How far a request goes with what is on the record, and where it leaves it."""
        near = [scene for scene in self.scenes if scene.asked.dialect == wanted.dialect]
        if not near:
            return "Nothing is on the record in this format."
        best = max(near, key=lambda scene: _shared(scene.asked.lines, wanted.lines))
        at = _shared(best.asked.lines, wanted.lines)
        if at == len(wanted.lines) == len(best.asked.lines):
            return "Its messages are on the record, but after another reply that the upstream held."
        ours, theirs = _told(wanted.lines, at), _told(best.asked.lines, at)
        return f"Message {at + 1} is the first that differs: {ours} in the request, {theirs} on the record."


def _alike(scenes: Sequence[Scene], wanted: Asked) -> list[Scene]:
    """Of equal requests those that were answered in the way that is wanted now, if there are any."""
    same = [scene for scene in scenes if scene.take.stream == wanted.stream]
    return same or list(scenes)


def _shared(one: Sequence[Line], other: Sequence[Line]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a.lone != b.lone), min(len(one), len(other)))


def _told(lines: Sequence[Line], at: int) -> str:
    if at >= len(lines):
        return "none"
    text = " ".join(lines[at].text.split())
    cut = text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"
    return f"{lines[at].role} {cut!r}"
