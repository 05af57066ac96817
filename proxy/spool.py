"""Where records wait while the store can't take them: one append-only file a process, read back in the order it was written.

Each entry is its length, its checksum and its MessagePack. A file that was cut in the middle of an entry gives all before it.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from proxy.drafts import Draft
from proxy.messages import Message
from storage.records import Checkpointed, Closed, Lost, Opened


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """How an exchange ended; its messages get their place once the request has one."""

    closed: Closed
    messages: tuple[Message, ...] = ()


Entry = Draft | Opened | Checkpointed | Closed | Lost | Answer

HEAD = 8
NAME = "*.spool"


class Spool:
    """This process's file. Made when first needed; ``limit`` bounds its bytes. Methods raise ``OSError`` as files do."""

    def __init__(self, folder: Path, name: str, limit: int, *, synced: bool) -> None:
        self._folder = folder
        self._path = folder / f"{name}.spool"
        self._limit = limit
        self._synced = synced
        self._handle: int | None = None
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Entry)
        self.written = 0
        self.read = 0

    @property
    def pending(self) -> int:
        """The bytes that wait."""
        return self.written - self.read

    def append(self, entries: Sequence[Entry]) -> bool:
        """Put entries at the end; False if there is no room for them."""
        frames = b"".join(map(self._frame, entries))
        if self.written + len(frames) > self._limit:
            return False
        handle = self._open()
        done = 0
        try:
            while done < len(frames):
                done += os.pwrite(handle, frames[done:], self.written + done)
        except OSError:
            os.ftruncate(handle, self.written)
            raise
        if self._synced:
            os.fsync(handle)
        self.written += len(frames)
        return True

    def _frame(self, entry: Entry) -> bytes:
        payload = self._encoder.encode(entry)
        return len(payload).to_bytes(4, "big") + zlib.crc32(payload).to_bytes(4, "big") + payload

    def _open(self) -> int:
        if self._handle is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self._handle

    def take(self, most: int) -> list[Entry]:
        """Up to ``most`` entries that were not taken yet; forget them with ``forget``."""
        if self._handle is None:
            return []
        return [entry for entry, _ in self._entries(self._handle, most)]

    def _entries(self, handle: int, most: int) -> Iterator[tuple[Entry, int]]:
        at = self.read
        for _ in range(most):
            head = os.pread(handle, HEAD, at)
            size = int.from_bytes(head[:4], "big")
            payload = os.pread(handle, size, at + HEAD)
            whole = (
                len(head) == HEAD and len(payload) == size and zlib.crc32(payload) == int.from_bytes(head[4:], "big")
            )
            if not whole or not size:
                return
            at += HEAD + size
            yield self._decoder.decode(payload), at

    def forget(self, count: int) -> None:
        """The first ``count`` entries are in the store. The file goes with its last entry."""
        if self._handle is None:
            return
        for _, at in self._entries(self._handle, count):
            self.read = at
        if self.read >= self.written:
            os.ftruncate(self._handle, 0)
            self.read = self.written = 0

    def adopt(self) -> int:
        """Take over the files of processes that are gone; how many there were."""
        adopted = 0
        for path in sorted(self._folder.glob(NAME)) if self._folder.is_dir() else ():
            if path != self._path and self._adopt(path):
                adopted += 1
        return adopted

    def _adopt(self, path: Path) -> bool:
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left = Spool(self._folder, path.stem, self._limit, synced=False)
            entries = [entry for entry, _ in left._entries(handle, 2**31)]
            if not entries or self.append(entries):
                path.unlink()
                return True
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return False

    def close(self) -> None:
        """Close the file; one that is empty is removed."""
        if self._handle is None:
            return
        if not self.pending:
            self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = None
