"""How long a search takes in a store of very many messages, straight from the store, with no server before it."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from bisect import bisect
from collections.abc import AsyncIterator, Iterator
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from statistics import mean

from bench.plan import Plan
from bench.servers import Grounds
from bench.tables import Goal, Row
from storage.inquiries import Inquiry
from storage.opening import open_store
from storage.ports import Store
from storage.records import Closed, Link, NewSession, Opened, Record

RARE = Goal("<=", 50.0, " ms")
COMMON = Goal("<=", 200.0, " ms")
REPEATS = 40
TURNS = 10
EVERY_RARE = 20_000
"""One message in so many holds a word that no other text holds."""
OWNER = b"bench".ljust(16, b".")
SYLLABLES = [first + last for first in "bcdfghjklmnprstvwz" for last in ("a", "e", "i", "o", "u", "an", "er", "is")]
HANZI = [chr(0x4E00 + 7 * number) for number in range(2000)]


class Prose:
    """Texts whose words are as uneven as a language's: the commonest in nearly each, most of them rare."""

    def __init__(self, words: int = 60_000) -> None:
        self._random = random.Random(7)  # noqa: S311 (nothing here is a secret)
        chosen = self._random
        self.words = ["the", *("".join(chosen.choices(SYLLABLES, k=chosen.randint(1, 4))) for _ in range(words))]
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(len(self.words))))
        self._letters = list(accumulate(1 / (rank + 1) for rank in range(len(HANZI))))

    def text(self, number: int) -> str:
        """A message; one in ten is Chinese."""
        size = self._random.randint(20, 120)
        if number % 10 == 5:
            return "".join(HANZI[self._place(self._letters)] for _ in range(size))
        words = [self.words[self._place(self._weights)] for _ in range(size)]
        if number % EVERY_RARE == EVERY_RARE // 2:
            words[size // 2] = f"zebrafinch{number // EVERY_RARE}x"
        return " ".join(words)

    def _place(self, weights: list[float]) -> int:
        return bisect(weights, self._random.random() * weights[-1])


def search(ground: Grounds, plan: Plan) -> list[Row]:
    """Searches in a store of very many messages."""
    return asyncio.run(searched(ground.store("search"), plan.messages))


async def searched(path: Path, messages: int) -> list[Row]:
    """Make the store unless it is there, and search in it."""
    store = await open_store(f"sqlite:///{path}")
    try:
        started = time.perf_counter()
        if not await store.sessions(limit=1):
            await _fill(store, messages)
            written = time.perf_counter() - started
            while await store.index(256):
                pass
            indexed = time.perf_counter() - started - written
            print(f"{messages:,} messages written in {written:.0f} s, indexed in {indexed:.0f} s", file=sys.stderr)
        return [row async for row in _rows(store, messages)]
    finally:
        await store.close()


async def _rows(store: Store, messages: int) -> AsyncIterator[Row]:
    rare = [f"zebrafinch{number}x" for number in range(max(1, messages // EVERY_RARE))]
    parts = [word[2:-2] for word in rare]
    pairs = [HANZI[one] + HANZI[two] for one, two in ((0, 1), (3, 30), (100, 200), (900, 1500), (40, 2))]
    asked = [
        ("rare word", rare, "newest", RARE),
        ("part of a rare word", parts, "newest", None),
        ("commonest word", ["the"], "newest", COMMON),
        ("two Chinese characters", pairs, "newest", COMMON),
        ("one Chinese character", [HANZI[0], HANZI[50], HANZI[1900]], "newest", None),
        ("one letter", ["e", "z"], "newest", None),
        ("rare word, ranked", rare, "rank", None),
        ("commonest word, ranked", ["the"], "rank", None),
        ("two common words, ranked", [" ".join(Prose().words[3:5])], "rank", None),
        ("commonest word of nobody", ["the"], "tool", None),
        ("what isn't there", ["qqqxqq", "q9 z8"], "newest", None),
    ]
    for what, queries, order, goal in asked:
        times = [await _timed(store, queries[turn % len(queries)], order) for turn in range(REPEATS)]
        p95 = sorted(times)[int(0.95 * REPEATS) - 1]
        yield Row(f"search, {what}, p95", f"mean {mean(times):.1f} ms of {messages:,} messages", p95, goal, " ms")


async def _timed(store: Store, query: str, order: str) -> float:
    started = time.perf_counter()
    role = "tool" if order == "tool" else ""
    await store.search(Inquiry(query, order="newest" if role else order, role=role, owner=OWNER))
    return (time.perf_counter() - started) * 1e3


async def _fill(store: Store, messages: int) -> None:
    prose = Prose()
    batch: list[Record] = []
    for number in range(messages // TURNS):
        batch += _conversation(prose, number)
        if len(batch) > 1000:
            await store.write(batch)
            batch = []
    await store.write(batch)


def _conversation(prose: Prose, number: int) -> Iterator[Record]:
    """One session, its turns an exchange each."""
    parent = OWNER
    for turn in range(TURNS // 2):
        row = number * TURNS + 2 * turn
        links: list[Link] = []
        for role in ("user", "assistant"):
            text = prose.text(row + len(links))
            digest = blake2b(parent + text.encode(), digest_size=16).digest()
            body = f'{{"role":"{role}","content":"{text}"}}'.encode()
            links.append(Link(role=role, body=body, digest=digest, parent=parent, text=text, tokens=len(text) // 4))
            parent = digest
        id, session = row.to_bytes(16, "big"), (number + 1).to_bytes(16, "big")
        at = 1_700_000_000_000_000 + row * 10_000_000
        yield Opened(
            id=id, owner=OWNER, run=OWNER, at=at, method="POST", path="/v1/chat/completions", match="history",
            session=session, new=None if turn else NewSession(), dialect="chat", provider="default", model="gpt-4o",
            body_hash=id, parsed=True, links=(links[0],), base=links[0].parent if turn else b"", tip=links[0].digest,
        )  # fmt: skip
        yield Closed(
            exchange=id, at=at + 900_000 + row % 9_000_000, first_byte_at=at + 300_000, ending="complete", status=200,
            prompt_tokens=100, completion_tokens=50, cost=1000, replies=(links[1],),
        )  # fmt: skip
