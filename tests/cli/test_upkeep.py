import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.commands import steno
from tests.cli.recordings import forked, record
from tests.played import played


async def test_all_that_was_kept_is_verified_while_the_proxy_runs() -> None:
    async with played() as play:
        ran = await steno("verify", "--store", play.stage.store_url)
        read = await steno("verify", play.talk, "--json", "--store", play.stage.store_url)
    assert ran.code == 0, ran.out + ran.err
    assert "replies: 11 same, 2 reassembled, 1 not kept" in ran.out
    assert "All that was kept is what passed." in ran.out
    assert read.json["ok"] is True
    assert read.json["requests"]["same"] == 4


async def test_what_differs_is_named_and_is_exit_code_1() -> None:
    async with played() as play:
        with closing(sqlite3.connect(play.stage.store_url.removeprefix("sqlite:///"))) as connection:
            connection.execute("UPDATE messages SET body = CAST(replace(CAST(body AS TEXT), 'Why', 'Wry') AS BLOB)")
            connection.commit()
        ran = await steno("verify", "--store", play.stage.store_url)
        read = await steno("verify", "--json", "--store", play.stage.store_url)
    assert (ran.code, read.code) == (1, 1)
    assert "request different" in ran.out
    assert {fault["session_id"] for fault in read.json["faults"]} == {play.talk}


async def test_a_backup_made_while_the_proxy_runs_is_a_store_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "backup" / "steno.db"
    async with played() as play:
        ran = await steno("backup", str(file), "--store", play.stage.store_url)
        exported = await steno("export", "--store", play.stage.store_url)
        again = await steno("backup", str(file), "--json", "--store", play.stage.store_url)
    assert ran.code == 0, ran.err
    assert (again.code, "is there already" in again.err) == (1, True)
    assert file.stat().st_mode & 0o77 == 0
    assert (await steno("export", "--store", f"sqlite:///{file}")).out == exported.out


async def test_the_index_and_the_counters_are_mended(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    before = await steno("sessions", "--json", "--store", url)
    with closing(sqlite3.connect(tmp_path / "steno.db")) as connection:
        connection.execute("UPDATE sessions SET messages = 99, cost = 0, errors = 7")
        connection.execute("INSERT INTO grams (grams) VALUES ('delete-all')")
        connection.commit()
    ran = await steno("doctor", "--repair", "--json", "--store", url, STENO_UPSTREAM__BASE_URL="http://127.0.0.1:1/v1")
    assert ran.json["findings"][0]["said"] == "5 messages indexed anew, counters of 1 session set right"
    assert (await steno("sessions", "--json", "--store", url)).json == before.json
    assert len((await steno("search", "whales", "--json", "--store", url)).json) == 1


async def test_a_store_that_can_not_be_mended_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "steno.db").write_bytes(b"this is no database at all " * 200)
    ran = await steno("doctor", "--repair", "--json", "--store", f"sqlite:///{tmp_path / 'steno.db'}")
    assert ran.json["findings"][0]["check"] == "repair"
    assert ran.code == 1
