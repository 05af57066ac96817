"""The command that serves agents."""

from pathlib import Path

from tests.cli.commands import steno


async def test_a_store_that_is_not_there_is_told(tmp_path: Path) -> None:
    ran = await steno("mcp", "--store", f"sqlite:///{tmp_path}/none.db")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("steno: there is no store at ")
