"""Spans of time as options."""

import pytest
import typer

from proxy.cli.spans import span_of


def test_a_span_is_in_microseconds_and_what_is_not_given_is_no_bound() -> None:
    assert span_of(None, None) == (0, 0)
    assert span_of("1970-01-02", "1970-01-03") == (86_400_000_000, 172_800_000_000)


def test_what_is_no_time_is_refused_with_what_is() -> None:
    with pytest.raises(typer.BadParameter, match="it must be a time such as"):
        span_of("soon", None)
