from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.opening import open_store
from storage.records import Attempt, NewSession, Record
from tests.cli.commands import started, steno
from tests.cli.recordings import CALLED, FORKED, called, closed, forked, link, opened, record
from tests.cli.rows import id_of


@pytest_asyncio.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """A store that another process has open, as a running proxy would."""
    url = await record(tmp_path, [*forked(), *called()])
    store = await open_store(url)
    yield url
    await store.close()


async def test_sessions_are_listed_latest_first(url: str) -> None:
    ran = await steno("sessions", "--store", url)
    assert ran.code == 0, ran.err
    head, first, second = ran.out.splitlines()
    assert head.split()[0] == "session"
    assert "needle" in first
    assert "What do whales sing?" in second
    assert "$0.0030" in second


async def test_sessions_are_limited_and_told_in_json(url: str) -> None:
    both = (await steno("sessions", "--json", "--store", url)).json
    assert [row["id"] for row in both] == [CALLED, FORKED]
    assert both[1]["name"] == "whales"
    assert both[1]["stats"]["estimated_cost"] == 0.003
    assert len((await steno("sessions", "--json", "--limit", "1", "--store", url)).json) == 1


async def test_an_empty_store_is_no_error(tmp_path: Path) -> None:
    url = await record(tmp_path, [])
    assert "Nothing is recorded yet" in (await steno("sessions", "--store", url)).out
    assert (await steno("sessions", "--json", "--store", url)).json == []
    assert "0 sessions" in (await steno("stats", "--store", url)).out


@pytest.mark.parametrize("key", [FORKED, FORKED.replace("-", ""), "whales"])
async def test_a_conversation_is_shown_by_its_id_or_its_name(url: str, key: str) -> None:
    ran = await steno("show", key, "--store", url)
    assert ran.code == 0, ran.err
    assert "user\nWhat do whales sing?" in ran.out
    assert "system  Be brief." in ran.out
    assert "assistant\nLong songs.\n  gpt-4o · 12 + 30 tokens · $0.0015 · 500 ms" in ran.out


async def test_the_latest_branch_is_shown_with_its_error_and_the_way_to_the_other(url: str) -> None:
    latest = (await steno("show", FORKED, "--store", url)).out
    assert "--branch 1  user: Why?" in latest
    assert "How long?\n\n✗ the upstream failed (429 rate_limit): Slow down." in latest
    assert "For love." not in latest
    other = (await steno("show", FORKED, "--branch", "1", "--store", url)).out
    assert "For love." in other
    assert "✗" not in other


async def test_a_branch_that_is_not_there_is_a_sentence(url: str) -> None:
    ran = await steno("show", FORKED, "--branch", "3", "--store", url)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "steno: This session has no branch 3; it has 2 branches.\n"


async def test_a_tool_call_is_folded_until_it_is_unfolded(url: str) -> None:
    folded = (await steno("show", CALLED, "--store", url)).out
    assert '→ get_weather({"place": "Lisbon"}) = 24 °C  ok · 500 ms' in folded
    assert '\n{"place": "Lisbon"}\n' in (await steno("show", CALLED, "--full", "--store", url)).out


async def test_a_conversation_in_json_holds_all_branches(url: str) -> None:
    shape = (await steno("show", FORKED, "--json", "--store", url)).json
    assert shape["branch"] == 2
    assert len(shape["branches"]) == 2
    assert len(shape["messages"]) == 5
    assert shape["messages"][0]["message"] == {"role": "user", "content": "What do whales sing?"}
    assert shape["exchanges"][2]["error"]["code"] == "rate_limit"
    assert list(shape["system"].values()) == ["Be brief."]


@pytest.mark.parametrize("command", ["show", "stats"])
async def test_an_unknown_session_is_a_sentence_and_exit_code_1(url: str, command: str) -> None:
    ran = await steno(command, "no\x1bsuch", "--store", url)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("steno: There is no session 'nosuch' here.")


async def test_the_beginning_of_several_ids_asks_for_more(url: str) -> None:
    ran = await steno("show", "019A7C3E", "--store", url)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("steno: '019A7C3E' is too short to tell which session is meant; give more of its id")
    assert CALLED in ran.err


async def test_totals_are_by_model(url: str) -> None:
    out = (await steno("stats", "--store", url)).out
    assert "2 sessions, 5 exchanges" in out
    assert "gpt-4o" in out
    shape = (await steno("stats", "--json", "--store", url)).json
    assert shape["estimated_cost"] == 0.006
    assert shape["models"][0]["errors"] == 1


async def test_a_series_of_the_store(url: str) -> None:
    out = (await steno("stats", "--by", "model", "--store", url)).out
    assert out.splitlines()[1].split()[:3] == ["gpt-4o", "5", "1"]
    shape = (await steno("stats", "--since", "2026-06-22", "--json", "--store", url)).json
    assert [(each["day"], each["requests"]) for each in shape["series"]["day"]] == [("2026-06-22", 5)]
    assert (await steno("stats", "--until", "2026-06-01", "--json", "--store", url)).json["totals"]["requests"] == 0


async def test_the_sums_of_one_session(url: str) -> None:
    assert "5: 3 from the user, 2 from the assistant" in (await steno("stats", "whales", "--store", url)).out
    shape = (await steno("stats", FORKED, "--json", "--store", url)).json
    assert shape["session_chain"] == [FORKED]
    assert (shape["total_messages"], shape["errors"], shape["session_id"]) == (5, 1, FORKED)


@pytest.mark.parametrize(
    "arguments", [("sessions",), ("show", CALLED), ("show", CALLED, "--json"), ("search", "needle")]
)
async def test_nothing_recorded_is_obeyed(url: str, arguments: tuple[str, ...]) -> None:
    ran = await steno(*arguments, "--store", url)
    assert "owned" in ran.out
    assert not set(ran.out) & set("\x1b\x07")
    if "--json" not in arguments:
        assert "[red]" in ran.out


async def test_colours_come_only_where_they_are_wanted(url: str) -> None:
    assert "\x1b[" in (await steno("show", FORKED, "--store", url, FORCE_COLOR="1")).out
    assert "\x1b[" not in (await steno("show", FORKED, "--store", url)).out


async def test_a_terminal_without_unicode_gets_an_answer_nonetheless(url: str) -> None:
    ran = await steno("show", CALLED, "--store", url, PYTHONIOENCODING="ascii")
    assert ran.code == 0, ran.err
    assert "24 ?C" in ran.out


@pytest.mark.parametrize("arguments", [("show", FORKED), ("show", FORKED, "--json"), ("sessions",)])
async def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    question = link("user", "a line\n" * 200_000)
    long: list[Record] = [opened(300, 1, [question]), closed(300, [link("assistant", "", question.digest)])]
    many: list[Record] = [opened(400 + n, 400 + n, [link("user", f"{n} " + "x" * 60)]) for n in range(50)]
    url = await record(tmp_path, [*long, *many])
    async with started(*arguments, "--store", url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        await process.stdout.readline()
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        assert await process.stderr.read() == b""


async def test_a_store_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    ran = await steno("sessions", "--store", f"sqlite:///{tmp_path / 'none.db'}")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("steno: ")
    assert "Traceback" not in ran.err
    assert not (tmp_path / "none.db").exists()


async def test_the_store_may_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    config = tmp_path / "settings.toml"
    config.write_text(f'[store]\nurl = "{url}"\n')
    assert "whales" in (await steno("sessions", "--config", str(config))).out
    assert "whales" in (await steno("sessions", STENO_STORE__URL=url)).out


async def test_a_long_session_is_shown_whole(tmp_path: Path) -> None:
    records: list[Record] = []
    parent = b""
    for number in range(1100):
        question = link("user", f"question {number}.", parent)
        answer = link("assistant", f"answer {number}.", question.digest)
        records += [opened(1000 + number, 1, [question]), closed(1000 + number, [answer])]
        parent = answer.digest
    url = await record(tmp_path, records)
    out = (await steno("show", FORKED, "--store", url)).out
    assert out.count("$0.0015") == 1100
    assert id_of(1).hex() in out.replace("-", "")


async def test_attempts_are_shown_with_their_exchange(tmp_path: Path) -> None:
    first = link("user", "Hello?")
    tried = (Attempt(1, "a", 1, 2, 503), Attempt(2, "b", 3, 4, 200))
    asked = opened(300, 3, [first], new=NewSession(name="tried"))
    answered = closed(300, [link("assistant", "Yes.", first.digest)], provider="b", attempts=tried)
    url = await record(tmp_path, [asked, answered])
    assert "tried a 503, b 200" in (await steno("show", "tried", "--store", url)).out
    (exchange,) = (await steno("show", "tried", "--json", "--store", url)).json["exchanges"]
    assert exchange["provider"] == "b"
    assert [one["status"] for one in exchange["attempts"]] == [503, 200]
