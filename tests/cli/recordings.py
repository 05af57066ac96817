"""A store with something in it, written the way the proxy writes."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from storage.opening import open_store
from storage.records import Blob, Call, Closed, Link, NewSession, Opened, Record
from tests.cli.rows import NOON, SECOND, id_of

OWNER = b"owner".ljust(16, b"\0")
RUN = id_of(999)
FORKED = "019a7c3e-1234-7000-8000-000000000001"
CALLED = "019a7c3e-1234-7000-8000-000000000002"
EVIL = "[red]\x1b]0;owned\x07 needle \x1b[2J[/nope]"
SYSTEM = b"Be brief."


def link(role: str, text: str, parent: bytes = b"", **fields: Any) -> Link:
    """A message; its digest is made of its parent's and its words, as the real ones are."""
    body = json.dumps({"role": role, "content": text}).encode()
    digest = blake2b(parent + body + str(fields).encode(), digest_size=16).digest()
    lone = blake2b(body, digest_size=16).digest()
    return Link(role=role, body=body, digest=digest, parent=parent, text=text, tokens=3, lone=lone, **fields)


def opened(number: int, session: int, links: Sequence[Link], tip: bytes = b"", **fields: Any) -> Opened:
    return Opened(
        id=id_of(number),
        owner=OWNER,
        run=RUN,
        at=NOON + number * SECOND,
        method="POST",
        path="/v1/chat/completions",
        match="new",
        session=id_of(session),
        dialect="chat",
        provider="default",
        model="gpt-4o",
        parsed=True,
        links=tuple(links),
        tip=tip or links[-1].digest,
        **fields,
    )


def closed(number: int, replies: Sequence[Link] = (), **fields: Any) -> Closed:
    values: dict[str, Any] = {
        "ending": "complete",
        "status": 200,
        "prompt_tokens": 12,
        "completion_tokens": 30,
        "usage_source": "reported",
        "cost": 1_500_000,
    }
    at = NOON + number * SECOND + SECOND // 2
    return Closed(exchange=id_of(number), at=at, replies=tuple(replies), **(values | fields))


def forked() -> list[Record]:
    """A question with an answer, continued twice; the second way meets an error at its end."""
    first = link("user", "What do whales sing?")
    answer = link("assistant", "Long songs.", first.digest)
    one, two = link("user", "Why?", answer.digest), link("user", "How long?", answer.digest)
    system = Blob(hash=b"s" * 16, kind="system", data=SYSTEM)
    failure: dict[str, Any] = {"ending": "upstream_error", "status": 429, "error_code": "rate_limit"}
    unknown: dict[str, Any] = {"prompt_tokens": None, "completion_tokens": None, "cost": None}
    return [
        opened(100, 1, [first], new=NewSession(name="whales"), blobs=(system,), system=system.hash),
        closed(100, [answer]),
        opened(101, 1, [one]),
        closed(101, [link("assistant", "For love.", one.digest)]),
        opened(102, 1, [two]),
        closed(102, error_message="Slow down.", **failure, **unknown),
    ]


def called() -> list[Record]:
    """A tool call with its result; and words that would do harm if they were obeyed."""
    question = link("user", EVIL)
    call = link("assistant", "", question.digest)
    result = link("tool", "24 °C", call.digest, call_id="call_1")
    return [
        opened(200, 2, [question], new=NewSession()),
        closed(200, [call], calls=(Call("call_1", "get_weather", '{"place": "Lisbon"}', call.digest),)),
        opened(201, 2, [result]),
        closed(201, [link("assistant", "It is 24 °C.", result.digest)]),
    ]


async def record(folder: Path, records: Sequence[Record]) -> str:
    """A new store that holds the records, its messages searchable; its URL."""
    url = f"sqlite:///{folder / 'steno.db'}"
    store = await open_store(url)
    try:
        await store.write(records)
        await store.index(1000)
    finally:
        await store.close()
    return url
