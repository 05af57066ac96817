"""Where records wait while the store can't take them: append-only files, read back in the order they were written.

A process writes a file of its own and holds its lock; a file that nobody holds was left by a process that died, and is
adopted. An entry is its length, its checksum and its MessagePack. What can't be read is passed over, counted and
logged: a file that was cut in the middle of an entry gives all before it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from proxy.drafts import Draft, Standing
from proxy.messages import Message
from storage.records import Checkpointed, Closed, Lost, Opened

log = logging.getLogger("steno.spool")


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """How an exchange ended; its messages get their place once the request has one. ``standing`` is it, if known."""

    closed: Closed
    messages: tuple[Message, ...] = ()
    standing: Standing | None = None


Entry = Draft | Opened | Checkpointed | Closed | Lost | Answer

NAME = "*.spool"
WORD = 4
HEAD = 2 * WORD

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Entry] = msgspec.msgpack.Decoder(Entry)


class Frame(NamedTuple):
    """An entry, or None for bytes that can't be read, and where the next one begins."""

    entry: Entry | None
    end: int


def framed(entry: Entry) -> bytes:
    """An entry as it stands in the file."""
    payload = _ENCODER.encode(entry)
    return len(payload).to_bytes(WORD, "big") + zlib.crc32(payload).to_bytes(WORD, "big") + payload


def unpacked(payload: bytes) -> Entry | None:
    """The entry; None for one that another version wrote in another form."""
    try:
        return _DECODER.decode(payload)
    except msgspec.MsgspecError:
        return None


class SpoolFile:
    """One file under a lock that ends with this process. Methods raise ``OSError`` as files do."""

    __slots__ = ("_handle", "path", "read", "written")

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self.written = os.fstat(handle).st_size
        self.read = 0

    @classmethod
    def made(cls, path: Path) -> SpoolFile:
        """A new file. It gets its name once it is locked, so that nobody takes it for one that was left."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unnamed = path.with_suffix(".new")
        handle = _locked(unnamed, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        unnamed.rename(path)
        return cls(path, handle)

    @classmethod
    def left(cls, path: Path) -> SpoolFile | None:
        """A file that a process left behind; None if that process is alive, or another one was quicker."""
        try:
            handle = _locked(path, os.O_RDWR)
        except (BlockingIOError, FileNotFoundError):
            return None
        if not os.fstat(handle).st_nlink:
            os.close(handle)
            return None
        return cls(path, handle)

    @property
    def pending(self) -> int:
        """The bytes that wait."""
        return self.written - self.read

    def append(self, frames: bytes, *, synced: bool) -> None:
        """Put whole frames at the end: all of them or none."""
        view, done = memoryview(frames), 0
        try:
            while done < len(frames):
                done += os.pwrite(self._handle, view[done:], self.written + done)
            if synced:
                os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, self.written)
            raise
        self.written += done

    def frames(self) -> Iterator[Frame]:
        """What waits, in order."""
        at = self.read
        while at < self.written:
            frame = self._frame(at)
            yield frame
            at = frame.end

    def _frame(self, at: int) -> Frame:
        head = os.pread(self._handle, HEAD, at)
        size, checksum = int.from_bytes(head[:WORD], "big"), int.from_bytes(head[WORD:], "big")
        end = at + HEAD + size
        if not size or end > self.written:
            return Frame(None, self.written)
        payload = os.pread(self._handle, size, at + HEAD)
        return Frame(unpacked(payload) if zlib.crc32(payload) == checksum else None, end)

    def close(self) -> None:
        """Close the file; one in which nothing waits is removed."""
        if not self.pending:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)


def _locked(path: Path, flags: int) -> int:
    handle = os.open(path, flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


class Spool:
    """This process's file, made when it is needed, behind those that it adopted; ``limit`` bounds the bytes of all.

    ``name`` is this process's alone. Methods raise ``OSError`` as files do.
    """

    def __init__(self, folder: Path, name: str, limit: int, *, synced: bool) -> None:
        self._path = folder / f"{name}.spool"
        self._limit = limit
        self._synced = synced
        self._files: deque[SpoolFile] = deque()
        self._own: SpoolFile | None = None
        self._taken: deque[tuple[SpoolFile, Frame]] = deque()
        self.damaged = 0
        """How many stretches of bytes could not be read; each held at least one entry, or a part of one."""

    @property
    def pending(self) -> int:
        """The bytes that wait."""
        return sum(file.pending for file in self._files)

    def append(self, entries: Sequence[Entry]) -> bool:
        """Put entries at the end; False if there is no room for them."""
        frames = b"".join(map(framed, entries))
        if sum(file.written for file in self._files) + len(frames) > self._limit:
            return False
        if frames:
            self._current().append(frames, synced=self._synced)
        return True

    def _current(self) -> SpoolFile:
        if self._own is None:
            self._own = SpoolFile.made(self._path)
            self._files.append(self._own)
        return self._own

    def take(self, most: int) -> list[Entry]:
        """Up to ``most`` entries from the first that isn't forgotten yet. Nothing is lost until ``forget``."""
        self._taken.clear()
        entries: list[Entry] = []
        for file in self._files:
            for frame in file.frames():
                if len(entries) == most:
                    return entries
                self._taken.append((file, frame))
                if frame.entry is not None:
                    entries.append(frame.entry)
        return entries

    def forget(self, count: int) -> None:
        """The first ``count`` of the entries taken are in the store. A file goes with its last entry."""
        while self._taken and (count > 0 or self._taken[0][1].entry is None):
            file, frame = self._taken.popleft()
            if frame.entry is None:
                self._report(file, frame)
            else:
                count -= 1
            file.read = frame.end
        self._drop_read()

    def _report(self, file: SpoolFile, frame: Frame) -> None:
        self.damaged += 1
        log.error("%s bytes of the spool file %s can't be read and are lost", frame.end - file.read, file.path.name)

    def _drop_read(self) -> None:
        while self._files and not self._files[0].pending:
            file = self._files.popleft()
            file.close()
            if file is self._own:
                self._own = None

    def adopt(self) -> int:
        """Take over the files of processes that are gone, before anything of this one; how many there were."""
        left = [file for path in sorted(self._path.parent.glob(NAME)) if (file := _left(path)) is not None]
        self._files.extendleft(reversed(left))
        self._drop_read()
        return len(left)

    @property
    def waits_elsewhere(self) -> bool:
        """Whether entries wait in files of others: of a process that is alive, or that was quicker to adopt them."""
        ours = {file.path for file in self._files}
        return any(path not in ours for path in self._path.parent.glob(NAME))

    def close(self) -> None:
        """Close all files; what still waits is there for the next process."""
        for file in self._files:
            file.close()
        self._files.clear()
        self._taken.clear()
        self._own = None


def _left(path: Path) -> SpoolFile | None:
    try:
        return SpoolFile.left(path)
    except OSError as error:
        log.warning("the spool file %s can't be taken over: %s", path.name, error)
        return None
