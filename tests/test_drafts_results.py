"""Which results of tools report an error, and which only speak of one."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from proxy.drafts import looks_failed
from proxy.messages import Message, Part, Role

FAILED = [
    "Error: no such file",
    "  error: pathspec 'x' did not match",
    "ERROR: it broke",
    "ValueError: bad",
    "requests.exceptions.ConnectionError: refused",
    "java.lang.NullPointerException: oh",
    "Exception: it broke",
    "Error executing tool read_file: gone",
    "Error: 0 of 3 steps done",
    "Error:\nno such file",
    "Traceback (most recent call last):\n  File",
    "<error>gone</error>",
    "<tool_use_error>gone</tool_use_error>",
    '{"error": "gone"}',
    '{"error": {"code": 1}, "data": null}',
    '{"isError": true, "content": []}',
    '{"is_error": true}',
    '{"success": false}',
    ' {"status": "error"}',
]
FINE = [
    "",
    "Errors fixed: 0",
    "exceptional weather",
    "Exceptions are listed below",
    "The error: none that I saw",
    "Error: none",
    "error: 0\nlines: 3",
    "Error handling in Python",
    "Terror: a history",
    "No errors found",
    "Traceback analysis",
    "failed: 0, passed: 12",
    "{not json",
    "{" + '"a":{' * 5000,
    "[]",
    '{"error": null}',
    '{"error": "", "success": true}',
    '{"errors": ["x"]}',
    '{"data": {"error": "inside"}}',
    '{"isError": false, "is_error": "no", "status": "ok"}',
    '{"status": 200, "success": 0}',
]


def result(text: str, role: Role = Role.TOOL) -> Message:
    return Message(role, (Part("text", text),))


@pytest.mark.parametrize("text", FAILED)
def test_a_result_that_reports_an_error_failed(text: str) -> None:
    assert looks_failed(result(text))


@pytest.mark.parametrize("text", FINE)
def test_a_result_that_only_speaks_of_errors_did_not_fail(text: str) -> None:
    assert not looks_failed(result(text))


def test_only_tools_fail() -> None:
    assert not looks_failed(result("Error: no such file", Role.USER))


def test_a_result_that_says_of_itself_whether_it_failed_is_believed() -> None:
    assert looks_failed(replace(result("fine"), failed=True))
    assert not looks_failed(replace(result("Error: no such file"), failed=False))
