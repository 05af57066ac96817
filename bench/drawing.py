"""Curves as an SVG of plain shapes that loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 80, 120, 36, 34
COLOURS = ("#b4532a", "#1f6f8b")
STEPS = 4


class Line(NamedTuple):
    """One curve, with what stands at its end."""

    name: str
    values: Sequence[float]


class Panel(NamedTuple):
    """Curves that share their axes."""

    title: str
    lines: Sequence[Line]


def drawn(at: Sequence[float], panels: Sequence[Panel], unit: str) -> str:
    """Panels below each other, over the same places."""
    height = HEIGHT * len(panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
    )
    return head + "".join(_panel(at, panel, unit, HEIGHT * number) for number, panel in enumerate(panels)) + "</svg>\n"


def _panel(at: Sequence[float], panel: Panel, unit: str, top: int) -> str:
    most = _round(max(value for line in panel.lines for value in line.values))
    right, floor = WIDTH - RIGHT, top + HEIGHT - BOTTOM

    def x(place: float) -> float:
        return LEFT + (right - LEFT) * place / at[-1]

    def y(value: float) -> float:
        return floor - (floor - top - TOP) * value / most

    shapes = [_text(LEFT, top + 20, panel.title, weight="bold")]
    for step in range(STEPS + 1):
        value, place = most * step / STEPS, at[-1] * step / STEPS
        shapes.append(f'<path d="M{LEFT} {y(value):.1f}H{right}" stroke="#ddd"/>')
        shapes.append(_text(LEFT - 8, y(value) + 4, f"{value:,.6g}", anchor="end"))
        shapes.append(_text(x(place), floor + 18, f"{place:,.0f}{f' {unit}' * (step == STEPS)}", anchor="middle"))
    for line, colour in zip(panel.lines, COLOURS, strict=False):
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in zip(at, line.values, strict=True))
        shapes.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        shapes.append(_text(right + 8, y(line.values[-1]) + 4, line.name, fill=colour))
    return "".join(f"{shape}\n" for shape in shapes)


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = "#444", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-weight="{weight}">{text}</text>'


def _round(most: float) -> float:
    """The next number above that is easy to read."""
    for power in count(-6):
        for first in (1, 2, 4, 8):
            if first * 10.0**power >= most:
                return first * 10.0**power
    raise AssertionError
