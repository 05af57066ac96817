"""Canonical form and digests: which history a request stands on.

A digest names a whole prefix: ``blake2b(parent digest, canonical message)``, rooted in the owner, so that two owners
can't meet. The canonical form survives what clients do to a reply before they send it back. System messages stay out of
the chain: agents put clocks in them. Pure: a ``Memo`` changes the cost of an answer, never the answer.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from proxy.messages import Message, Request, Role, ToolCall
from storage.records import Blob

SIZE = 16

Counter = Callable[[bytes, Message], int]


def canonical(message: Message) -> bytes:
    """What stays the same of a message however a client re-serialises it.

    Text parts are one text, whether they came as a string or in pieces; what is empty is as what is missing; a call's
    arguments count by their JSON value; reasoning, refusals and audio of a reply don't count, since clients drop them.
    Nor does what some servers put of its reasoning in front of its text.
    """
    content: list[list[str]] = []
    spoken = ""
    for part in message.parts:
        if part.kind == "text":
            spoken += part.text
        elif part.kind != "refusal":
            content.append([part.kind, part.key])
    if message.role is Role.ASSISTANT:
        spoken, content = _plain(spoken.strip()), []
    calls = [[call.id, call.name, _arguments(call.arguments)] for call in message.tool_calls]
    return msgspec.json.encode([message.role, message.name, spoken, content, calls, message.tool_call_id])


_THOUGHTS = ("think", "thinking", "thought")


def _plain(spoken: str) -> str:
    """An answer with plain ends of lines, and less the reasoning that it begins with, which some clients take out.

    The opening tag may be missing: some models are given it by their prompt.
    """
    if "\r" in spoken:
        spoken = spoken.replace("\r\n", "\n")
    if "</th" not in spoken:
        return spoken
    for tag in _THOUGHTS:
        thought, closing, said = spoken.partition(f"</{tag}>")
        if closing and (thought.startswith(f"<{tag}>") or f"<{tag}>" not in thought):
            return said.lstrip()
    return spoken


def _arguments(text: str) -> str:
    """Clients in JavaScript write 1.0 as 1 and round what no double can hold: numbers count as doubles."""
    try:
        value = json.loads(text, parse_int=_double, parse_float=_double) if text.strip() else {}
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def _double(digits: str) -> float:
    return float(digits) + 0.0  # which makes -0 the 0 that it is everywhere else


def link(parent: bytes, lone: bytes) -> bytes:
    """The digest of a message after ``parent``, given its lone digest."""
    return blake2b(parent + lone, digest_size=SIZE).digest()


def lone_digest(message: Message) -> bytes:
    """The digest of a message by itself."""
    return blake2b(canonical(message), digest_size=SIZE).digest()


def pair_digest(owner: bytes, question: bytes, answer: bytes) -> bytes:
    """The digest of an answer with the message before it, from their lone digests; within one owner."""
    return blake2b(owner + question + answer, digest_size=SIZE, person=b"steno-pair").digest()


def call_digest(owner: bytes, lone: bytes) -> bytes:
    """The digest of an answer with tool calls by itself, within one owner."""
    return blake2b(owner + lone, digest_size=SIZE, person=b"steno-call").digest()


def is_landmark(message: Message) -> bool:
    """Whether an answer can be known again by its tool calls alone: by an id that was made to be found nowhere else.

    Counters (``call_0``, ``functions.NAME:3``) stand in any number of conversations.
    """
    return any(_varied(call) >= VARIED for call in message.tool_calls)


VARIED = 8
_PIECES = re.compile(r"[0-9A-Za-z]+")
_DIGIT = re.compile(r"[0-9]")


def _varied(call: ToolCall) -> int:
    """How many characters of an id are neither words nor the function's name."""
    rest = call.id.replace(call.name, "") if call.name else call.id
    return _letters(rest)


def _letters(text: str) -> int:
    return sum(len(piece) for piece in _PIECES.findall(text) if _DIGIT.search(piece))


def item_digest(owner: bytes, name: str) -> bytes:
    """The digest of an id by which the upstream knows a piece of an answer, within one owner."""
    return blake2b(owner + name.encode("utf-8", "surrogatepass"), digest_size=SIZE, person=b"steno-item").digest()


def landmarks_of(owner: bytes, lone: bytes, message: Message) -> tuple[bytes, ...]:
    """What an answer can be known by wherever it stands: its tool calls, and the ids of its pieces."""
    calls = (call_digest(owner, lone),) if is_landmark(message) else ()
    varied = (name for name in message.items[:ITEMS] if _letters(name) >= VARIED)
    return (*calls, *(item_digest(owner, name) for name in varied))


ITEMS = 8


class Linked(msgspec.Struct, frozen=True):
    """One message of a request in its chain. ``digest`` is empty for a system message."""

    raw: bytes
    message: Message
    lone: bytes
    digest: bytes
    parent: bytes
    tokens: int
    separator: bytes


class Prefix(msgspec.Struct, frozen=True, gc=False):
    """What is known of a list of messages: its length, the digest at its end, its tokens, and what it is sought by.

    ``listed`` is the digest of the list's own bytes, ``last`` the lone digest of its last message. Of the latest
    assistant messages, ``answers`` are the digests there, ``calls`` those of landmarks, ``pairs`` those of each with
    what it answers. ``system`` is the hash of the system text, ``asked`` are the digests, within the list and alone, of
    what a user said last.
    """

    length: int = 0
    tip: bytes = b""
    tokens: int = 0
    listed: bytes = b""
    last: bytes = b""
    answers: tuple[bytes, ...] = ()
    calls: tuple[bytes, ...] = ()
    pairs: tuple[bytes, ...] = ()
    system: bytes = b""
    asked: tuple[bytes, ...] = ()


REMEMBERED = 32
PAIRED = 4
SOUGHT = 3
"""How many more of the latest assistant messages a known list may end before, if it doesn't before the last.

Some clients move their caching marks along, so that the bytes of the last few questions change from turn to turn.
"""


class Stop(NamedTuple):
    """A list that a longer one begins with: its digest, and how many of the longer one's links are in it."""

    listed: bytes
    links: int


class Chained(msgspec.Struct, frozen=True):
    """A request's history: the ``prefix`` known before, the ``links`` after it, and the whole list's ``end``.

    ``anchor`` is the digest at the last assistant message, ``pair`` its pair digest, ``next`` the digest of the message
    after it. Where a prefix was known, the first link is an assistant message, mostly that one. ``media`` is the
    content that was taken out of the links, ``stops`` are lists within this one that are remembered, too.
    """

    prefix: Prefix
    links: tuple[Linked, ...]
    end: Prefix
    anchor: bytes = b""
    next: bytes = b""
    pair: bytes = b""
    media: tuple[Blob, ...] = ()
    stops: tuple[Stop, ...] = ()

    @property
    def answer(self) -> Linked | None:
        """The last assistant message."""
        for linked in reversed(self.links) if self.anchor else ():
            if linked.digest == self.anchor:
                return linked
        return None


@dataclass(slots=True)
class Memo:
    """What was worked out before; the least recently used goes first. It holds hashes, never text."""

    limit: int = 20_000
    prefixes: OrderedDict[bytes, Prefix] = field(default_factory=OrderedDict)
    generation: bytes = b""

    def at(self, generation: bytes) -> None:
        """Forget everything that was remembered of another generation of the store."""
        if generation != self.generation:
            self.generation = generation
            self.clear()

    def get(self, key: bytes) -> Prefix | None:
        """The prefix whose list has this digest."""
        found = self.prefixes.get(key)
        if found is not None:
            self.prefixes.move_to_end(key)
        return found

    def put(self, prefix: Prefix) -> None:
        """Remember a list."""
        self.prefixes[prefix.listed] = prefix
        self.prefixes.move_to_end(prefix.listed)
        while len(self.prefixes) > self.limit:
            self.prefixes.popitem(last=False)

    def drop(self, listed: bytes) -> None:
        """Forget one list, as when its request isn't recorded after all: the next one can't build on it."""
        self.prefixes.pop(listed, None)

    def clear(self) -> None:
        """Forget everything, as after a loss: the next request of each conversation is then recorded whole."""
        self.prefixes.clear()


class Chainer(msgspec.Struct, frozen=True):
    """Chains the requests of one owner: how to read a message and count its tokens, and what is remembered."""

    owner: bytes
    read: Callable[[bytes], Message]
    role: Callable[[bytes], Role]
    count: Counter
    memo: Memo
    dialect: bytes = b""
    """Part of what a list is known by: the same bytes may be cut in other places elsewhere."""

    def chain(self, body: bytes, request: Request) -> Chained:
        """The history of a request; only what follows the longest list that is remembered gets read."""
        cut = self._last_answer(request.raws)
        known, listed = self._listed(body, request, cut)
        prefix = self.memo.get(known) if known else None
        cuts: list[tuple[int, bytes]] = []
        if prefix is None and cut > 0:
            cuts = self._cuts(body, request, cut)
            prefix = next(filter(None, (self.memo.get(one) for _, one in cuts)), None)
        prefix = prefix or Prefix(tip=self.owner)
        links, end, stops = self._follow(prefix, request, {at: one for at, one in cuts if at > prefix.length})
        end = replace(end, listed=listed)
        self.memo.put(end)
        spoken = [linked for linked in links if linked.digest]
        answers = [at for at, linked in enumerate(spoken) if linked.message.role is Role.ASSISTANT]
        if not answers:
            return Chained(prefix, links, end, stops=stops)
        at = answers[-1]
        following = spoken[at + 1].digest if at + 1 < len(spoken) else b""
        pair = end.pairs[0] if end.pairs else b""
        return Chained(prefix, links, end, spoken[at].digest, following, pair, stops=stops)

    def _last_answer(self, raws: tuple[bytes, ...]) -> int:
        """The position of the last assistant message, or -1."""
        return next((at for at in range(len(raws) - 1, -1, -1) if self.role(raws[at]) is Role.ASSISTANT), -1)

    def _listed(self, body: bytes, request: Request, cut: int) -> tuple[bytes, bytes]:
        """The digests of the list before ``cut``, if it has one, and of the whole list, in one scan of their bytes."""
        start, stop = len(request.before), len(body) - len(request.after)
        view = memoryview(body)
        if cut < 1:
            return b"", sha256(self.owner + self.dialect + view[start:stop]).digest()[:SIZE]
        tail = sum(map(len, request.raws[cut:])) + sum(map(len, request.separators[cut - 1 :]))
        scan = sha256(self.owner + self.dialect)
        scan.update(view[start : stop - tail])
        known = scan.digest()[:SIZE]
        scan.update(view[stop - tail : stop])
        return known, scan.digest()[:SIZE]

    def _cuts(self, body: bytes, request: Request, last: int) -> list[tuple[int, bytes]]:
        """Where a list may be known to end, the latest first: before the last assistant messages; with its digest."""
        ats = [last, *self._answers_before(request.raws, last)]
        scan, start = sha256(self.owner + self.dialect), len(request.before)
        found, before = [], 0
        view = memoryview(body)
        for at in reversed(ats):
            stop = start + sum(map(len, request.raws[before:at])) + sum(map(len, request.separators[before : at - 1]))
            scan.update(view[start:stop])
            found.append((at, scan.digest()[:SIZE]))
            gap = len(request.separators[at - 1])
            scan.update(view[stop : stop + gap])
            start, before = stop + gap, at
        return found[::-1]

    def _answers_before(self, raws: tuple[bytes, ...], last: int) -> list[int]:
        ats: list[int] = []
        for at in range(last - 1, 0, -1):
            if len(ats) == SOUGHT:
                break
            if self.role(raws[at]) is Role.ASSISTANT:
                ats.append(at)
        return ats

    def _follow(
        self, prefix: Prefix, request: Request, cuts: Mapping[int, bytes]
    ) -> tuple[tuple[Linked, ...], Prefix, tuple[Stop, ...]]:
        """The links after a prefix; the lists that end at ``cuts`` on the way are remembered."""
        links: list[Linked] = []
        stops: list[Stop] = []
        end = prefix
        for at in range(prefix.length, len(request.raws)):
            if at in cuts:
                self.memo.put(replace(end, listed=cuts[at]))
                stops.append(Stop(cuts[at], len(links)))
            linked, end = self._step(end, request.raws[at], request.separators[at - 1] if at else b"")
            links.append(linked)
        return tuple(links), end, tuple(stops)

    def _step(self, before: Prefix, raw: bytes, separator: bytes) -> tuple[Linked, Prefix]:
        message = self.read(raw)
        tokens = self.count(raw, message)
        after = replace(before, length=before.length + 1, tokens=before.tokens + tokens)
        if message.role is Role.SYSTEM:
            system = blake2b(before.system + raw, digest_size=SIZE).digest()
            return Linked(raw, message, b"", b"", before.tip, tokens, separator), replace(after, system=system)
        lone = lone_digest(message)
        digest = link(before.tip, lone)
        asked = (digest, lone) if message.role is Role.USER else before.asked
        after = replace(after, tip=digest, last=lone, asked=asked)
        if message.role is Role.ASSISTANT:
            after = self._answered(after, before.last, message)
        return Linked(raw, message, lone, digest, before.tip, tokens, separator), after

    def _answered(self, after: Prefix, question: bytes, message: Message) -> Prefix:
        call = landmarks_of(self.owner, after.last, message)
        pair = (pair_digest(self.owner, question, after.last),) if question else ()
        return replace(
            after,
            answers=(after.tip, *after.answers)[:REMEMBERED],
            calls=(*call, *after.calls)[:REMEMBERED],
            pairs=(*pair, *after.pairs)[:PAIRED],
        )


def rebase(links: tuple[Linked, ...], answer: bytes, at: bytes) -> tuple[Linked, ...]:
    """The links as they stand in a session where the message with digest ``answer`` is stored as ``at``.

    What comes after that message is chained to ``at``. What comes before it loses its digest: its place isn't known. An
    empty ``answer`` stands before all of them.
    """
    rebased: list[Linked] = []
    tip = b"" if answer else at
    for linked in links:
        if answer and linked.digest == answer:
            tip = at
            rebased.append(replace(linked, digest=at, parent=b""))
        elif not linked.lone:
            rebased.append(linked)
        elif tip:
            digest = link(tip, linked.lone)
            rebased.append(replace(linked, digest=digest, parent=tip))
            tip = digest
        else:
            rebased.append(replace(linked, digest=b"", parent=b""))
    return tuple(rebased)
