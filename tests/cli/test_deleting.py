"""Erasing a session from the command line."""

from pathlib import Path
from uuid import UUID

from proxy.cli.deleting import question
from proxy.spool import Spool
from tests.cli.commands import steno
from tests.cli.recordings import called, closed, forked, link, opened, record
from tests.cli.rows import id_of, session_row


async def test_a_deleted_session_is_gone(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    ran = await steno("delete", "whales", "--yes", "--store", url)
    assert (ran.code, ran.out) == (0, "Erased.\n")
    assert (await steno("show", "whales", "--store", url)).code == 1
    left = await steno("sessions", "--json", "--store", url)
    assert [row["id"] for row in left.json] == [str(UUID(bytes=id_of(2)))]


async def test_as_json_it_says_what_became_of_it(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("delete", "whales", "--yes", "--json", "--store", url)
    assert ran.json == {"ids": [str(UUID(bytes=id_of(1)))], "deleted": 1, "spooled": False, "traces": False}


async def test_without_an_answer_nothing_is_deleted(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("delete", "whales", "--store", url)
    assert ran.code == 1
    assert "What do whales sing?" in ran.err
    assert (await steno("show", "whales", "--store", url)).code == 0


async def test_what_a_proxy_left_in_its_spool_goes_too(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    more = link("user", "More?")
    spool = Spool(tmp_path / "spool", "left", 1 << 20, synced=False)
    spool.append([opened(103, 1, [more]), closed(103, [link("assistant", "Secret", more.digest)])])
    spool.close()
    ran = await steno("delete", "whales", "--yes", "--store", url)
    assert (ran.code, ran.out) == (0, "Erased.\n")
    assert (await steno("sessions", "--json", "--store", url)).json == []
    assert not list((tmp_path / "spool").iterdir())


async def test_a_session_that_is_not_there_is_told(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("delete", "sharks", "--yes", "--store", url)
    assert ran.code == 1
    assert "There is no session 'sharks' here." in ran.err


def test_the_question_does_not_obey_what_was_recorded() -> None:
    assert "\x1b" not in question(session_row(title="\x1b]0;owned\x07"))


async def test_what_is_old_is_deleted_at_once(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    ran = await steno("delete", "--older-than", "30", "--yes", "--store", url)
    assert (ran.code, ran.out) == (0, "Erased 2 sessions.\n")
    assert (await steno("sessions", "--json", "--store", url)).json == []


async def test_nothing_is_old_enough(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("delete", "--older-than", "36500", "--store", url)
    assert (ran.code, ran.out) == (0, "Erased 0 sessions.\n")
    assert (await steno("show", "whales", "--store", url)).code == 0


async def test_one_says_what_is_to_go(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    assert (await steno("delete", "--yes", "--store", url)).code == 2
    assert (await steno("delete", "whales", "--older-than", "1", "--yes", "--store", url)).code == 2
