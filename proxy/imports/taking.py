"""A file taken into a store, batch by batch. What is there already is passed over, so an import that was interrupted
goes on where it stopped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from proxy.exports.jsonl import NoEntry, entry_of, is_header
from proxy.imports import agentlog, lists, llmlog
from proxy.imports.conversations import Conversation, Recounted
from proxy.imports.files import Kind, kind_of, lines, size_of, whole
from proxy.messages import Message
from storage.llmlogs import count_logs, read_logs
from storage.ports import Store
from storage.records import Record
from storage.upkeep import Entry

BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that was left out, and why. ``line`` is 0 where the file has none."""

    line: int
    said: str


@dataclass(slots=True)
class Taken:
    """What came of an import so far; ``done`` of ``total`` is how far it has come, where a total of 0 is unknown."""

    kind: Kind
    total: int = 0
    done: int = 0
    entries: int = 0
    conversations: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taker:
    """Where it goes: the store, whose it becomes, how its tokens are counted, and when it counts as said."""

    store: Store
    owner: bytes
    count: Callable[[bytes, Message], int]
    at: int

    async def take(self, path: Path) -> AsyncIterator[Taken]:
        """Take the file in; tells how far it has come after each batch. Raises ``HttpError`` and ``StoreError``."""
        taken = Taken(kind_of(path), total=size_of(path))
        batches = self._entries(path, taken) if taken.kind is Kind.STENO else self._conversations(path, taken)
        async for _ in batches:
            yield taken
        yield taken

    async def _entries(self, path: Path, taken: Taken) -> AsyncIterator[None]:
        batch: list[tuple[int, Entry]] = []
        for line in lines(path):
            taken.done = line.read
            try:
                if line.fault:
                    raise NoEntry(line.fault)  # noqa: TRY301 (a line's faults are told in one place)
                if not is_header(line.value):
                    batch.append((line.number, entry_of(line.value)))
            except NoEntry as fault:
                taken.faults.append(Fault(line.number, str(fault)))
            if len(batch) == BATCH:
                await self._restore(batch, taken)
                yield
        await self._restore(batch, taken)

    async def _restore(self, batch: list[tuple[int, Entry]], taken: Taken) -> None:
        refused = await self.store.upkeep.restore([entry for _, entry in batch])
        taken.faults += [Fault(batch[at][0], _missing(batch[at][1])) for at in refused]
        taken.entries += len(batch) - len(refused)
        batch.clear()

    async def _conversations(self, path: Path, taken: Taken) -> AsyncIterator[None]:
        """Equal conversations in one file are told apart by their number."""
        met: Counter[bytes] = Counter()
        batch: list[Record] = []
        for conversation in _read(path, taken):
            taken.conversations += 1
            digest = conversation.digest()
            key = digest + met[digest].to_bytes(4, "big")
            met[digest] += 1
            for exchange in Recounted(self.owner, conversation, self.count, self.at, key).exchanges():
                batch += exchange
                taken.entries += len(exchange)
                if len(batch) >= BATCH:
                    await self.store.write(batch)
                    batch.clear()
                    yield
        await self.store.write(batch)


def _missing(entry: Entry) -> str:
    return f"this {entry.table.rstrip('s')} names something that is neither in the file before it nor in the store"


def _read(path: Path, taken: Taken) -> Iterator[Conversation]:
    match taken.kind:
        case Kind.LLM:
            taken.total = count_logs(path)
            yield from llmlog.conversations(_counted(read_logs(path), taken))
        case Kind.LOG:
            yield from _logged(path, taken)
        case Kind.MESSAGES:
            spoken = _spoken(path, taken)
            taken.total = 0
            yield from _checked(spoken, taken, 1)
        case Kind.WHOLE:
            taken.total = 0
            yield from _counted(_checked(whole(path), taken, 0), taken)
        case _:
            for line in lines(path):
                taken.done = line.read
                if line.fault:
                    taken.faults.append(Fault(line.number, line.fault))
                else:
                    yield from _checked(line.value, taken, line.number)


def _counted(found: Iterable[T], taken: Taken) -> Iterator[T]:
    taken.done = 0
    for one in found:
        yield one
        taken.done += 1


def _checked(value: Any, taken: Taken, line: int) -> Iterator[Conversation]:
    try:
        yield from lists.conversations(value)
    except lists.NoConversation as fault:
        taken.faults.append(Fault(line, str(fault)))


def _spoken(path: Path, taken: Taken) -> list[Any]:
    return list(_fair(path, taken, lists.is_message, "it is no message"))


def _logged(path: Path, taken: Taken) -> Iterator[Conversation]:
    """A log's entries by their sessions, each of which is one conversation."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in _fair(path, taken, agentlog.is_entry, "it is no message, tool_call, error or decision"):
        found[agentlog.session_of(entry)].append(entry)
    taken.total = len(found)
    for name, entries in _counted(found.items(), taken):
        yield agentlog.conversation(name, entries)


def _fair(path: Path, taken: Taken, fits: Callable[[Any], bool], said: str) -> Iterable[Any]:
    for line in lines(path):
        taken.done = line.read
        if line.fault or not fits(line.value):
            taken.faults.append(Fault(line.number, line.fault or said))
        else:
            yield line.value
