"""Lines for people and lines for machines, always to stderr."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from asyncio import CancelledError

import pytest

from proxy.telemetry.logs import JsonLines, is_news

PROGRAM = """
import logging
from proxy.telemetry.logs import configure_logging
logging.basicConfig(level="DEBUG", filename="/dev/null")
configure_logging({level!r}, {form!r})
log = logging.getLogger("steno.test")
log.debug("quiet")
log.info("caf\\u00e9 %s", 1)
log.warning("ASGI callable returned without completing response.")
logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
"""


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("steno.test", logging.WARNING, __file__, 1, message, args, None)


def logged(level: str, form: str) -> list[str]:
    program = PROGRAM.format(level=level, form=form)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_json_line_is_an_object_with_the_message_filled_in() -> None:
    said = record("%s entries\nlost", 3)
    said.created = 1_700_000_000.25
    line = JsonLines().format(said)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.250+00:00",
        "level": "warning",
        "logger": "steno.test",
        "message": "3 entries\nlost",
    }


def test_a_json_line_holds_the_exception() -> None:
    said = record("it failed")
    try:
        json.loads("{")
    except ValueError:
        said.exc_info = sys.exc_info()
    line = JsonLines().format(said)
    assert "\n" not in line
    assert "JSONDecodeError" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    ("message", "news"),
    [("ASGI callable returned without completing response.", False), ("the store takes no records", True)],
)
def test_a_reply_that_broke_off_is_no_news(message: str, *, news: bool) -> None:
    assert is_news(record(message)) is news


def test_nor_is_one_that_the_end_of_the_process_cut_off() -> None:
    said = record("Exception in ASGI application")
    said.exc_info = (CancelledError, CancelledError("timeout graceful shutdown exceeded"), None)
    assert not is_news(said)


def test_text_lines_name_level_and_logger() -> None:
    (line,) = logged("info", "text")
    assert line.endswith("INFO steno.test: café 1")


def test_json_lines_are_json() -> None:
    lines = [json.loads(line) for line in logged("info", "json")]
    assert [(line["level"], line["message"]) for line in lines] == [("info", "café 1")]


def test_the_level_is_the_least_that_is_shown() -> None:
    assert logged("error", "text") == []
    assert len(logged("debug", "text")) == 2
