from pathlib import Path

from proxy.cli.doctor import Verdict, space, spool, stored
from proxy.standin import create_standin
from storage.records import Health
from tests.cli.commands import steno
from tests.cli.recordings import forked, record
from tests.cli.rows import totals
from tests.servers import running

SOUND = Health(version=1, file_bytes=4096, free_bytes=0, unindexed=0)


def test_a_sound_store_is_one_finding() -> None:
    (finding,) = stored(SOUND, totals())
    assert finding.verdict is Verdict.OK
    assert finding.said == "sound: 2 sessions, 3 exchanges, 4.1 kB, schema 1"


def test_each_fault_of_a_store_is_told() -> None:
    broken = Health(version=1, file_bytes=4096, free_bytes=0, unindexed=0, faults=("page 3 is torn", "row 5 is lost"))
    assert [finding.said for finding in stored(broken, totals())] == ["page 3 is torn", "row 5 is lost"]
    assert {finding.verdict for finding in stored(broken, totals())} == {Verdict.FAULT}


def test_what_waits_or_was_lost_is_worth_a_note() -> None:
    behind = Health(version=1, file_bytes=4096, free_bytes=0, unindexed=3)
    notes = stored(behind, totals(open=1, lost=2))[1:]
    assert [finding.check for finding in notes] == ["search", "exchanges", "gaps"]
    assert {finding.verdict for finding in notes} == {Verdict.NOTE}


def test_a_spool_with_records_in_it_is_a_fault(tmp_path: Path) -> None:
    assert spool(tmp_path / "none").verdict is Verdict.OK
    (tmp_path / "empty").touch()
    assert spool(tmp_path).verdict is Verdict.OK
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "1").write_bytes(b"12345")
    assert spool(tmp_path).verdict is Verdict.FAULT
    assert spool(tmp_path).said.startswith("5 B wait in ")


def test_the_disk_is_looked_at(tmp_path: Path) -> None:
    assert space(tmp_path).said.endswith(f"free in {tmp_path}")


async def test_all_is_well_with_a_store_and_an_upstream_that_answers(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    async with running(create_standin()) as upstream:
        ran = await steno("doctor", "--store", url, STENO_UPSTREAM__BASE_URL=f"{upstream}/v1")
        read = await steno("doctor", "--json", "--store", url, "--upstream", f"{upstream}/v1")
    assert ran.code == 0, ran.out + ran.err
    assert "✓ store  sound: 1 session, 3 exchanges" in ran.out
    assert "✓ upstream default" in ran.out
    assert read.json["ok"] is True
    checks = {finding["check"] for finding in read.json["findings"]}
    assert {"version", "store", "disk", "spool", "upstream default"} <= checks


async def test_an_upstream_that_is_not_there_is_named(tmp_path: Path) -> None:
    url = await record(tmp_path, [])
    ran = await steno("doctor", "--json", "--store", url, STENO_UPSTREAM__BASE_URL="http://127.0.0.1:1/v1")
    assert ran.code == 1, ran.err
    faults = [finding["check"] for finding in ran.json["findings"] if finding["verdict"] == "fault"]
    assert faults == ["upstream default"]


async def test_a_file_that_is_no_store_is_told_and_the_other_checks_are_made(tmp_path: Path) -> None:
    broken = tmp_path / "steno.db"
    broken.write_bytes(b"this is no database at all " * 200)
    ran = await steno(
        "doctor", "--json", "--store", f"sqlite:///{broken}", STENO_UPSTREAM__BASE_URL="http://127.0.0.1:1/v1"
    )
    assert ran.code == 1, ran.err
    faults = [finding["check"] for finding in ran.json["findings"] if finding["verdict"] == "fault"]
    assert faults == ["store", "upstream default"]
