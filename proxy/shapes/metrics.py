"""Figures as Prometheus reads them: a name, labels and a number a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]
MEDIA = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured: a ``counter``, which only grows, or a ``gauge``; its values by their labels."""

    name: str
    kind: str
    help: str
    values: Iterable[tuple[Labels, float]]


def exposition(metrics: Iterable[Metric]) -> str:
    """The text of all of them."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.values:
        named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{{{named}}} {value:.15g}" if named else f"{metric.name} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
