"""Records that wait: in order, through crashes, damage and full disks, and never lost in silence."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from proxy.chain import Linked
from proxy.drafts import Draft
from proxy.identity import Hints
from proxy.messages import Message, Part, Role, ToolCall
from proxy.spool import Answer, Entry, SpoolFile, framed
from storage.records import (
    Attempt,
    Blob,
    Call,
    Checkpointed,
    Closed,
    Link,
    Lookup,
    Lost,
    NewSession,
    Opened,
    Prompt,
)
from tests.spooling import leave, numbers, opened, piece

ROOT = Path(__file__).resolve().parent.parent

SAID = Message(
    Role.ASSISTANT,
    (Part("text", "café \u2028 🌊"), Part("image", key="a1")),
    (ToolCall("call_1", "add", '{"a": 1}'),),
    reasoning="Hm.",
    refusal="No.",
)
ASKED = Message(Role.TOOL, (Part("text", "3"),), tool_call_id="call_1", name="add")
LINK = Link("assistant", b"\xff\x00", b"d", b"p", "text", 3, b"l", b", ", b"b", "call_1", failed=True)
OPENED = Opened(
    id=b"e" * 16,
    owner=b"o" * 16,
    run=b"r" * 16,
    at=1_700_000_000_000_000,
    method="POST",
    path="/chat/completions",
    match="history",
    session=b"s" * 16,
    new=NewSession("monday", "week", "Plans", ("work", "home"), {"team": "red"}),
    dialect="chat",
    provider="default",
    model="gpt-4o",
    stream=True,
    user_agent="curl",
    body_hash=b"b" * 16,
    body_bytes=12,
    parsed=True,
    retry_of=b"m" * 16,
    links=(LINK, LINK),
    base=b"base",
    tip=b"tip",
    prompt=Prompt(b"list", b"before"),
    blobs=(Blob(b"h", "tools", b"[]"),),
    residue=b"residue",
    tools=b"tools",
    system=b"system",
    asked="Once upon",
)
CLOSED = Closed(
    exchange=b"e" * 16,
    at=1_700_000_000_000_001,
    ending="upstream_error",
    first_byte_at=2,
    status=429,
    model="gpt-4o",
    finish_reason="stop",
    upstream_id="req_1",
    reply_bytes=9,
    prompt_tokens=0,
    completion_tokens=None,
    cached_tokens=2**40,
    usage_source="reported",
    cost=0,
    error_body=b"\xff",
    malformed=True,
    replies=(LINK,),
    calls=(Call("call_1", "add", "{}", b"d"),),
    raw=Blob(b"h", "raw", b"data: 1\n\n"),
    landmarks=(b"one", b"two"),
    blobs=(Blob(b"m", "media", b"\x89PNG"),),
    said=("a time", ""),
    attempts=(Attempt(1, "default", 1, 2, 500, "no"),),
)
LINKED = Linked(b'{"role":"tool"}', ASKED, b"l", b"d", b"p", 3, b", ")
DRAFT = Draft(
    OPENED,
    Lookup(b"o", b"b", "monday", "weak", b"a", b"n", b"p", (b"1", b"2"), (b"3",)),
    Hints("monday", "header", "week", "Plans", ("work",), {"team": "red"}, record=False, weak="trace"),
    (LINKED, LINKED),
    places=True,
    fresh=b"f" * 16,
)
ENTRIES: list[Entry] = [
    DRAFT,
    OPENED,
    Checkpointed(b"e", 1, b"data: \xff"),
    CLOSED,
    Answer(CLOSED, (SAID, ASKED)),
    Lost(1, 2, "gone"),
]


# What goes in comes out


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: type(entry).__name__)
def test_an_entry_comes_back_as_it_was(tmp_path: Path, entry: Entry) -> None:
    with opened(tmp_path) as spool:
        assert spool.append([entry])
        (found,) = spool.take(10)
        assert found == entry
        assert type(found) is type(entry)


def test_what_is_inside_an_entry_comes_back_in_its_own_types(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append([DRAFT, Answer(CLOSED, (SAID,))])
        draft, answer = spool.take(2)
    assert isinstance(draft, Draft)
    assert isinstance(answer, Answer)
    assert isinstance(draft.links[0], Linked)
    assert type(draft.hints) is Hints
    assert answer.messages[0].role is Role.ASSISTANT
    assert isinstance(answer.messages[0].tool_calls, tuple)


def test_an_entry_of_defaults_comes_back_as_it_was(tmp_path: Path) -> None:
    bare = Draft(Opened(b"e", b"o", b"r", 0, "", ""), Lookup(b"o"), Hints())
    with opened(tmp_path) as spool:
        spool.append([bare, Answer(Closed(b"e", 0, "complete"))])
        assert spool.take(2) == [bare, Answer(Closed(b"e", 0, "complete"))]


def test_every_field_of_the_examples_is_filled_in_somewhere() -> None:
    assert {type(entry) for entry in ENTRIES} == {Draft, Opened, Checkpointed, Closed, Answer, Lost}
    empty = [name for name, value in msgspec.structs.asdict(OPENED).items() if not value]
    assert empty == []


def test_entries_keep_their_order_over_many_calls(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append([piece(1), piece(2)])
        spool.append([piece(3)])
        assert numbers(spool.take(2)) == [1, 2]
        assert numbers(spool.take(10)) == [1, 2, 3]


def test_an_entry_is_there_until_it_is_forgotten(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append([piece(number) for number in range(5)])
        spool.take(3)
        spool.forget(2)
        assert numbers(spool.take(10)) == [2, 3, 4]


def test_entries_that_come_while_others_are_taken_wait_behind_them(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append([piece(1), piece(2)])
        taken = spool.take(10)
        spool.append([piece(3)])
        spool.forget(len(taken))
        assert numbers(spool.take(10)) == [3]
        spool.forget(1)
        assert spool.pending == 0


def test_nothing_is_forgotten_that_was_not_taken(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append([piece(1)])
        spool.forget(1)
        assert numbers(spool.take(10)) == [1]


def test_an_empty_spool_gives_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "none") as spool:
        assert spool.append([])
        assert (spool.take(10), spool.pending, spool.adopt()) == ([], 0, 0)
        spool.forget(0)
    assert not (tmp_path / "none").exists()


# The file


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    with opened(tmp_path / "spool") as spool:
        spool.append([piece(1)])
        (path,) = (tmp_path / "spool").iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_file_goes_with_its_last_entry_and_comes_back_with_the_next(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for number in range(3):
            spool.append([piece(number)])
            assert len(list(tmp_path.iterdir())) == 1
            spool.forget(len(spool.take(10)))
            assert list(tmp_path.iterdir()) == []


def test_what_still_waits_at_the_end_is_there_for_the_next_process(tmp_path: Path) -> None:
    with opened(tmp_path, "first") as spool:
        spool.append([piece(1), piece(2)])
    with opened(tmp_path, "second") as spool:
        assert spool.adopt() == 1
        assert numbers(spool.take(10)) == [1, 2]


def test_a_synced_spool_takes_entries_like_any_other(tmp_path: Path) -> None:
    with opened(tmp_path, synced=True) as spool:
        spool.append([piece(1)])
        assert numbers(spool.take(10)) == [1]


# Full


def test_a_full_spool_refuses_all_of_what_does_not_fit(tmp_path: Path) -> None:
    size = len(framed(piece(1)))
    with opened(tmp_path, limit=3 * size) as spool:
        assert spool.append([piece(1), piece(2)])
        assert not spool.append([piece(3), piece(4)])
        assert spool.append([piece(5)])
        assert numbers(spool.take(10)) == [1, 2, 5]


def test_a_spool_of_no_room_makes_no_file(tmp_path: Path) -> None:
    with opened(tmp_path, limit=0) as spool:
        assert not spool.append([piece(1)])
    assert list(tmp_path.iterdir()) == []


def test_what_was_adopted_takes_up_room(tmp_path: Path) -> None:
    size = len(framed(piece(1)))
    leave(tmp_path, "left", framed(piece(1)) * 2)
    with opened(tmp_path, limit=2 * size) as spool:
        spool.adopt()
        assert not spool.append([piece(2)])
        spool.forget(len(spool.take(10)))
        assert spool.append([piece(2)])


@contextmanager
def room_for_files(size: int) -> Iterator[None]:
    """The system takes no byte beyond this of any file, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_in_the_middle_of_an_entry_keeps_all_before_and_nothing_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append([piece(1)])
        size = spool.pending
        with room_for_files(4096), pytest.raises(OSError, match="too large"):
            spool.append([piece(2), piece(3, 10_000)])
        assert spool.pending == size == (tmp_path / "own.spool").stat().st_size
        spool.append([piece(4)])
        assert numbers(spool.take(10)) == [1, 4]


# Other processes

HOLDING = """
import sys
from pathlib import Path
from proxy.spool import Spool
from storage.records import Checkpointed

spool = Spool(Path(sys.argv[1]), "living", 1_000_000, synced=False)
spool.append([Checkpointed(b"e" * 16, number, b"") for number in (1, 2)])
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def living(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with entries in its spool; it isn't measured, since it gets killed."""
    command = [sys.executable, "-c", HOLDING, str(folder)]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=bare
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_file_of_a_process_is_adopted_once_it_is_dead_and_not_before(tmp_path: Path) -> None:
    with opened(tmp_path) as spool, living(tmp_path) as process:
        assert spool.adopt() == 0
        assert (spool.take(10), spool.damaged) == ([], 0)
        process.kill()
        process.wait()
        assert spool.adopt() == 1
        assert numbers(spool.take(10)) == [1, 2]
        spool.forget(2)
        assert list(tmp_path.iterdir()) == []


def test_adopted_files_are_read_first_and_the_oldest_of_them_before_the_others(tmp_path: Path) -> None:
    leave(tmp_path, "0192", framed(piece(3)))
    leave(tmp_path, "0191", framed(piece(1)) + framed(piece(2)))
    with opened(tmp_path, "0193") as spool:
        spool.append([piece(4)])
        assert spool.adopt() == 2
        assert numbers(spool.take(10)) == [1, 2, 3, 4]
        spool.forget(2)
        assert [path.stem for path in sorted(tmp_path.iterdir())] == ["0192", "0193"]
        assert numbers(spool.take(10)) == [3, 4]


def test_a_spool_does_not_adopt_itself_nor_what_it_has(tmp_path: Path) -> None:
    leave(tmp_path, "left", framed(piece(1)))
    with opened(tmp_path) as spool:
        spool.append([piece(2)])
        assert [spool.adopt(), spool.adopt()] == [1, 0]


def test_an_empty_file_that_was_left_is_removed(tmp_path: Path) -> None:
    leave(tmp_path, "left", b"")
    with opened(tmp_path) as spool:
        spool.adopt()
        assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_opened_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder.spool").mkdir()
    leave(tmp_path, "left", framed(piece(1)))
    with opened(tmp_path) as spool:
        assert spool.adopt() == 1
        assert numbers(spool.take(10)) == [1]
    assert "folder.spool can't be taken over" in caplog.text


def test_a_file_that_another_process_was_quicker_to_adopt_is_left_to_it(tmp_path: Path) -> None:
    assert SpoolFile.left(tmp_path / "gone.spool") is None


def test_a_file_that_another_process_removed_after_it_was_opened_is_left_to_it(tmp_path: Path) -> None:
    path = leave(tmp_path, "left", framed(piece(1)))
    with path.open("rb") as handle:
        path.unlink()
        assert SpoolFile.left(Path(f"/proc/self/fd/{handle.fileno()}")) is None


def test_a_file_without_a_name_is_not_taken_for_one_that_was_left(tmp_path: Path) -> None:
    leave(tmp_path, "left", framed(piece(1))).rename(tmp_path / "left.new")
    with opened(tmp_path) as spool:
        assert spool.adopt() == 0


def test_files_of_living_processes_wait_elsewhere(tmp_path: Path) -> None:
    with opened(tmp_path, "first") as first, opened(tmp_path, "second") as second:
        first.append([piece(1)])
        assert (first.waits_elsewhere, second.waits_elsewhere) == (False, True)
        first.forget(len(first.take(1)))
        assert not second.waits_elsewhere
