"""Robust statistics: a few extreme values must not hide themselves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from statistics import fmean, median

LEAST = 8
"""Of fewer values none can be told to be an outlier."""
FAR = 3.5
"""Iglewicz and Hoaglin's bound for a modified z-score."""


def outliers(values: Sequence[float]) -> list[tuple[int, float]]:
    """The places of values that are far above the others, with how many times the median they are.

    A modified z-score of the logarithms, as costs are spread by factors: by the median absolute deviation, or by the
    mean one where more than half of the values are equal.
    """
    logs = [log(value) for value in values if value > 0]
    if len(logs) < LEAST:
        return []
    middle = median(logs)
    away = [abs(one - middle) for one in logs]
    unit = median(away) / 0.6745 or fmean(away) * 1.2533
    typical = median(value for value in values if value > 0)
    return [
        (place, value / typical)
        for place, value in enumerate(values)
        if value > 0 and unit and (log(value) - middle) / unit > FAR
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
