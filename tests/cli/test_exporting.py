from pathlib import Path

from storage.opening import open_store
from tests.cli.commands import steno
from tests.cli.recordings import called, forked, record


async def test_what_is_exported_is_imported_and_then_exported_the_same(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    file, copy = tmp_path / "all.jsonl", f"sqlite:///{tmp_path / 'copy' / 'steno.db'}"
    ran = await steno("export", "--output", str(file), "--store", url)
    assert (ran.code, ran.out) == (0, ""), ran.err
    taken = await steno("import", str(file), "--store", copy)
    assert taken.code == 0, taken.err
    assert taken.out.startswith("Steno's own export: ")
    again = await steno("export", "--store", copy)
    assert again.out.encode() == file.read_bytes()
    found = await steno("search", "whales", "--store", copy, "--json")
    assert len(found.json) == 1


async def test_a_corrupt_line_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    file = tmp_path / "all.jsonl"
    await steno("export", "--output", str(file), "--store", url)
    lines = file.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if b"For love." in line)
    file.write_bytes(b"".join([*lines[:at], lines[at][:20] + b"\n", *lines[at + 1 :]]))
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    ran = await steno("import", str(file), "--store", copy)
    assert ran.code == 1
    assert f"left out line {at + 1}: it is no JSON" in ran.out
    store = await open_store(copy, readonly=True)
    assert (await store.totals()).messages == 4
    await store.close()
    whole = tmp_path / "whole.jsonl"
    whole.write_bytes(b"".join(lines))
    mended = await steno("import", str(whole), "--store", copy, "--json")
    assert (mended.code, mended.json["faults"]) == (0, [])
    assert (await steno("export", "--store", copy)).out.count("For love.") == 2  # the message and its text


async def test_an_import_becomes_the_keys_own(tmp_path: Path) -> None:
    file, url = tmp_path / "talk.jsonl", f"sqlite:///{tmp_path / 'steno.db'}"
    file.write_text('{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n')
    for key in ("sk-1", "sk-2", "sk-1"):
        ran = await steno("import", str(file), "--key", key, "--store", url)
        assert ran.out == "lists of messages: 1 conversation taken in\n"
    sessions = await steno("sessions", "--json", "--store", url)
    assert len(sessions.json) == 2


async def test_formats_for_people_and_training_are_written_too(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    page = await steno("export", "whales", "--format", "markdown", "--store", url)
    assert page.out.startswith("# What do whales sing?\n")
    lines = await steno("export", "--format", "openai", "--store", url)
    assert '"content":"For love."' in lines.out


async def test_files_that_can_not_be_written_or_read_are_told(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    (tmp_path / "there").touch()
    there = await steno("export", "--output", str(tmp_path / "there"), "--store", url)
    nowhere = await steno("export", "--output", str(tmp_path / "no" / "where"), "--store", url)
    missing = await steno("import", str(tmp_path / "missing"), "--store", url)
    strange = await steno("import", str(tmp_path / "there"), "--store", url)
    assert [ran.code for ran in (there, nowhere, missing, strange)] == [1] * 4
    assert "is there already" in there.err
    assert "can't be written" in nowhere.err
    assert "can't be read" in missing.err
    assert "holds nothing that can be imported" in strange.err
