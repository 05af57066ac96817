import json
from pathlib import Path

from proxy.cli.tailing import line, shape
from storage.opening import open_store
from storage.upkeep import News
from tests.cli.commands import line_with, started, steno
from tests.cli.recordings import called, forked, record
from tests.cli.rows import NOON, id_of


async def test_what_is_there_already_is_told_once(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    ran = await steno("tail", "--once", "--json", "--store", url)
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [one["type"] for one in told].count("message") == 9
    assert [one["name"] for one in told if one["type"] == "tool_call"] == ["get_weather"]
    (error,) = [one for one in told if one["type"] == "error"]
    assert (error["code"], error["text"]) == ("rate_limit", "Slow down.")
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)


async def test_one_session_can_be_followed(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    ran = await steno("tail", "whales", "--from-start", "--once", "--store", url)
    assert "What do whales sing?" in ran.out
    assert "get_weather" not in ran.out


async def test_what_another_process_records_is_followed(tmp_path: Path) -> None:
    url = await record(tmp_path, called())
    async with started("tail", "--from-start", "--store", url) as process:
        await line_with(process, "It is 24 °C.")
        store = await open_store(url)
        await store.write(forked())
        await store.close()
        assert "user" in await line_with(process, "How long?")
        assert "rate_limit: Slow down." in await line_with(process, "✗ error")


def test_what_would_steer_a_terminal_is_left_out() -> None:
    one = News("message", NOON, id_of(1), id_of(2), role="user", text="a\x1b[2Jb\nc")
    assert line(one).plain.endswith("user  a[2Jb c")
    assert shape(one)["text"] == "a\x1b[2Jb\nc"


def test_a_decision_is_told_with_its_rationale() -> None:
    one = News("decision", NOON, id_of(1), b"", role="assistant", text="Go south", rationale="whales do")
    assert line(one).plain.endswith("◆ decision  Go south, because whales do")
    assert shape(one)["rationale"] == "whales do"
    failed = News("error", NOON, id_of(1), b"", role="system", text="No whale", name="lost")
    assert line(failed).plain.endswith("✗ error  lost: No whale")
