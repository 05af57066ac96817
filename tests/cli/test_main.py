from pathlib import Path

import pytest

from tests.cli.commands import steno

COMMANDS = ["serve", "demo", "sessions", "show", "search", "stats", "doctor"]


async def test_the_version_is_told() -> None:
    ran = await steno("--version")
    assert ran.code == 0
    assert ran.out.startswith("steno ")


async def test_help_lists_every_command() -> None:
    out = (await steno("--help")).out
    assert all(f"  {command} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_takes_a_store_and_a_settings_file(command: str) -> None:
    ran = await steno(command, "--help")
    assert ran.code == 0
    assert "--store" in ran.out
    assert "--config" in ran.out


@pytest.mark.parametrize("command", ["sessions", "stats", "doctor", "serve", "demo"])
async def test_bad_settings_are_a_sentence_and_exit_code_1(tmp_path: Path, command: str) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("[server]\nprot = 1\n")
    ran = await steno(command, "--config", str(config))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("steno: ")
    assert "prot" in ran.err
    assert "Traceback" not in ran.err


async def test_a_mistyped_command_is_told_apart_by_its_exit_code() -> None:
    assert (await steno("sesions")).code == 2
