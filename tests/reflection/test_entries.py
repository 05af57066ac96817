"""When an entry has failed."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.reflection.entries import Entry


@pytest.mark.parametrize(
    ("fields", "failed"),
    [({}, False), ({"ending": "client_left"}, True), ({"status": 500}, True), ({"error_message": "no"}, True)],
)
def test_an_entry_fails_by_its_ending_its_status_or_an_error(fields: dict[str, Any], failed: bool) -> None:
    assert Entry("1", **fields).failed is failed
