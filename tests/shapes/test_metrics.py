"""The text that Prometheus reads."""

from __future__ import annotations

from proxy.shapes.metrics import Metric, exposition


def test_each_value_is_a_line_with_its_labels() -> None:
    metric = Metric("steno_tokens_total", "counter", "Tokens.", [({"model": "gpt"}, 12.0), ({}, 0.25)])
    assert exposition([metric]).splitlines() == [
        "# HELP steno_tokens_total Tokens.",
        "# TYPE steno_tokens_total counter",
        'steno_tokens_total{model="gpt"} 12',
        "steno_tokens_total 0.25",
    ]


def test_no_label_ends_its_quotes() -> None:
    text = exposition([Metric("x", "gauge", "X.", [({"model": 'a"b\\c\nd'}, 1.0)])])
    assert text.endswith('x{model="a\\"b\\\\c\\nd"} 1\n')
