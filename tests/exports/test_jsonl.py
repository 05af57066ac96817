"""Entries as lines, and back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from proxy.exports.jsonl import CONTENT, HASHES, VERSION, NoEntry, entry_of, header, is_header, line_of
from storage.migrate import migrate
from storage.sqlite.archiving import SQL, TABLES
from storage.upkeep import Entry


def test_an_entry_is_the_line_that_it_was_written_as() -> None:
    entry = Entry("messages", {"digest": b"\x01\xff", "body": b'{"a": "\xc3\xa9"}', "tokens": 7, "text": "é"})
    line = json.loads(line_of(entry))
    assert line == {"type": "messages", "digest": "01ff", "body": '{"a": "é"}', "tokens": 7, "text": "é"}
    assert entry_of(line) == entry


def test_content_that_is_no_text_is_base64() -> None:
    entry = Entry("blobs", {"data": b"\xff\x00"})
    assert json.loads(line_of(entry)) == {"type": "blobs", "data": {"base64": "/wA="}}
    assert entry_of(json.loads(line_of(entry))) == entry


def test_what_is_null_is_left_out() -> None:
    assert json.loads(line_of(Entry("messages", {"text": None}))) == {"type": "messages"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({}, "it has no type"),
        ({"type": "blobs", "hash": "zz"}, "its hash is not hexadecimal"),
        ({"type": "blobs", "data": {"base64": "?"}}, "its data is neither text nor base64"),
        ({"type": "blobs", "data": 7}, "its data is neither text nor base64"),
        ({"type": "gaps", "reason": ["x"]}, "its reason is neither text nor a whole number"),
    ],
)
def test_a_line_that_is_no_entry_says_why(line: dict[str, object], why: str) -> None:
    with pytest.raises(NoEntry, match=why):
        entry_of(line)


def test_the_first_line_says_which_version_it_is() -> None:
    assert is_header(json.loads(header()))
    assert not is_header({"type": "messages"})
    with pytest.raises(NoEntry, match="upgrade Steno"):
        is_header({"type": "steno", "version": VERSION + 1})


def test_what_a_row_calls_its_type_is_no_lines_type() -> None:
    entry = Entry("posted", {"uid": b"\x01", "type": "decision", "result": "seen"})
    line = json.loads(line_of(entry))
    assert line == {"type": "posted", "uid": "01", "entry_type": "decision", "result": "seen"}
    assert entry_of(line) == entry


def test_each_column_of_bytes_comes_back_as_bytes() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "storage.sqlite")
        columns = {
            row[1]
            for table in TABLES
            for row in connection.execute(f"PRAGMA table_info({table})")
            if row[2] == "BLOB" and row[1] in {told[0] for told in connection.execute(SQL[table], (None,)).description}
        }
    assert columns <= HASHES | CONTENT
    assert {"digest", "body", "error_body"} <= columns
