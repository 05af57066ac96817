"""Records as the proxy writes them, with just the fields that matter."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from storage.packing import pack_residue
from storage.records import Attempt, Blob, Call, Closed, Link, NewSession, Opened, Prompt, Record

OWNER = b"owner".ljust(16, b".")
RUN = b"run".ljust(16, b".")
SECOND = 1_000_000


def digest(*pieces: bytes) -> bytes:
    return blake2b(b"".join(pieces), digest_size=16).digest()


def uid(number: int) -> bytes:
    """An id; later numbers make greater ones."""
    return number.to_bytes(16, "big")


def dumped(role: str, text: str, **more: object) -> bytes:
    return json.dumps({"role": role, "content": text, **more}, ensure_ascii=False).encode("utf-8", "replace")


def link(role: str, text: str, parent: bytes = b"", **fields: object) -> Link:
    """A message after ``parent``, its digest chained to it."""
    lone = digest(role.encode(), text.encode("utf-8", "surrogatepass"))
    body = fields.pop("body", None) or dumped(role, text)
    values = {"lone": lone, "digest": digest(parent or OWNER, lone), "parent": parent or OWNER} | fields
    return Link(role=role, body=body, text=text, tokens=7, **values)  # type: ignore[arg-type]


def blob(kind: str, data: bytes) -> Blob:
    return Blob(hash=digest(data), kind=kind, data=data)


def opened(number: int, links: tuple[Link, ...] = (), session: int = 0, **fields: object) -> Opened:
    """A request; it opens a session of its own unless another is named."""
    values: dict[str, object] = {
        "id": uid(number),
        "owner": OWNER,
        "run": RUN,
        "at": number * SECOND,
        "method": "POST",
        "path": "/v1/chat/completions",
        "match": "new",
        "session": uid(session or number),
        "dialect": "chat",
        "provider": "default",
        "model": "gpt-4o",
        "user_agent": "test/1",
        "body_hash": uid(number),
        "parsed": True,
        "links": links,
        "tip": next((one.digest for one in reversed(links) if one.digest), b""),
    }
    return Opened(**(values | fields))  # type: ignore[arg-type]


def closed(number: int, replies: tuple[Link, ...] = (), **fields: object) -> Closed:
    values: dict[str, object] = {
        "exchange": uid(number),
        "at": number * SECOND + SECOND // 2,
        "ending": "complete",
        "status": 200,
        "model": "gpt-4o-2024",
        "finish_reason": "stop",
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "cached_tokens": 2,
        "usage_source": "reported",
        "cost": 1000,
        "replies": replies,
    }
    return Closed(**(values | fields))  # type: ignore[arg-type]


@dataclass
class Conversation:
    """A client that sends its whole history with each request, its answers dumped its own way."""

    number: int
    owner: bytes = OWNER
    tools: bytes = b""
    turns: int = 0
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    listed: bytes = b""
    tip: bytes = b""
    base: bytes = b""
    waiting: tuple[Link, ...] = ()

    def ask(self, text: str, **fields: object) -> tuple[Opened, bytes]:
        """The next request: its record and its body."""
        said = self._next("user", text, (b", ", b",")[self.turns % 2])
        links = (*self.waiting, said)
        before = b'{"model":"gpt-4o",' + (b'"tools":' + self.tools + b"," if self.tools else b"") + b'"messages": ['
        after = b'], "temperature": 1e0 }'
        body = before + b"".join(piece for pair in self.sent for piece in pair[1:]) + after
        listed = digest(b"list", body[len(before) : len(body) - len(after)])
        tools = (blob("tools", self.tools),) if self.tools else ()
        residue = blob("residue", pack_residue(before, after, {one.hash: one.data for one in tools}))
        blobs = (residue, *tools)
        values: dict[str, object] = {
            "owner": self.owner,
            "blobs": blobs,
            "residue": residue.hash,
            "tools": digest(self.tools) if self.tools else b"",
            "prompt": Prompt(listed, self.listed),
            "base": self.base,
            "new": None if self.turns else NewSession(),
            "match": "history" if self.turns else "new",
        }
        number = self.number + self.turns
        record = opened(number, links, self.number, **(values | fields))
        self.listed, self.tip, self.waiting = listed, said.digest, ()
        return record, body

    def answer(self, text: str, **fields: object) -> tuple[Closed, bytes]:
        """The reply to it: its record and its body."""
        stored = dumped("assistant", text, refusal=None, annotations=[])
        said = link("assistant", text, self.tip, body=stored)
        pieces = [b'{"id":"chatcmpl-1","choices":[{"index":0,"message":', b',"finish_reason":"stop"}]}']
        values: dict[str, object] = {
            "residue": msgspec.msgpack.encode(pieces),
            "landmarks": (digest(b"pair", self.owner, self.tip, said.lone),),
            "attempts": (Attempt(0, "default", 1, 2, 200),),
        }
        record = closed(self.number + self.turns, (said,), **(values | fields))
        self.turns += 1
        self.base = self.tip = said.digest
        # When it is sent back, it is dumped by the client.
        compact = json.dumps({"content": text, "role": "assistant"}, separators=(",", ":"), ensure_ascii=False).encode()
        again = msgspec.structs.replace(said, body=compact, separator=b",\n ")
        self.waiting = (again,)
        self.sent.append(("assistant", b",\n " + compact))
        return record, stored.join(pieces)

    def _next(self, role: str, text: str, separator: bytes) -> Link:
        said = link(role, text, self.tip or self.owner, separator=separator if self.sent else b"")
        self.sent.append((role, said.separator + said.body))
        return said


def called(number: int, parent: bytes, call_id: str = "call_1") -> Closed:
    """A reply that calls a tool."""
    body = dumped("assistant", "", tool_calls=[{"id": call_id}])
    said = link("assistant", f"calls {call_id}", parent, body=body)
    return closed(number, (said,), calls=(Call(call_id, "weather", '{"place":"Lisbon"}', said.digest),))


def talk(number: int = 1, turns: int = 3, owner: bytes = OWNER) -> tuple[list[Record], list[tuple[bytes, bytes]]]:
    """A conversation's records, and the bodies of its requests and replies."""
    conversation = Conversation(number, owner, tools=b'[{"type":"function"}]')
    records: list[Record] = []
    bodies = []
    for turn in range(turns):
        request, asked = conversation.ask(f"Question {turn} for {number}?")
        reply, answered = conversation.answer(f"Answer {turn}, and more of it")
        records += [request, reply]
        bodies.append((asked, answered))
    return records, bodies
