import socket
from pathlib import Path
from signal import SIGINT

from tests.cli.commands import line_with, started, steno


async def test_the_demo_records_its_conversations_and_says_how_to_look_further(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    ran = await steno("demo", "--once", "--port", "0", "--store", url)
    assert ran.code == 0, ran.err
    assert "├─ fork: 1 other branch from here" in ran.out
    assert "Please count to 5." in ran.out
    assert f"steno sessions --store {url}" in ran.out
    rows = (await steno("sessions", "--json", "--store", url)).json
    assert len(rows) == 5
    assert [row["name"] for row in rows if row["name"]] == ["demo-notes"]
    assert sum(row["stats"]["errors"] for row in rows) == 1
    assert sum(row["stats"]["tool_calls"] for row in rows) == 1


async def test_every_command_that_the_demo_names_works(tmp_path: Path) -> None:
    ran = await steno("demo", "--once", "--port", "0", "--store", f"sqlite:///{tmp_path / 'a folder' / 'demo.db'}")
    lines = [line.split("steno ", 1)[1] for line in ran.out.splitlines() if line.startswith("  steno ")]
    assert len(lines) >= 5, ran.out + ran.err
    for line in lines:
        command, _, store = line.partition(" --store ")
        again = await steno(*command.split(), "--store", store.strip("'"))
        assert again.code == 0, again.err
        assert again.out


async def test_a_taken_port_is_no_obstacle_and_ctrl_c_ends_the_demo(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with started("demo", "--port", port, "--store", f"sqlite:///{tmp_path / 'demo.db'}") as process:
            line = await line_with(process, "Still serving")
            assert f":{port}/" not in line
            process.send_signal(SIGINT)
            assert await process.wait() == 0
            assert process.stderr is not None
            assert b"Traceback" not in await process.stderr.read()


async def test_nothing_of_the_demo_goes_to_a_configured_provider(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[providers.real]\nbase_url = "http://127.0.0.1:1/v1"\nmodels = ["*"]\ndefault = true\n')
    flags = ("--once", "--port", "0", "--store", f"sqlite:///{tmp_path / 'demo.db'}", "--config", str(config))
    ran = await steno("demo", *flags, STENO_ACCESS__REQUIRE_KEY="true")
    assert ran.code == 0, ran.err
