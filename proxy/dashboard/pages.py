"""Values -> HTML. Every text that a template shows is cleaned of what steers and reversed by nothing, then escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from proxy.dashboard.turns import ending, finish
from proxy.shapes import figures, spelling
from proxy.shapes.plain import clean, one_line

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
SECOND = 1_000_000
AGES = ((60, "s", 1), (3600, "min", 60), (86400, "h", 3600), (86400 * 14, "days", 86400))
VERSION = re.compile(r"/v?\d.*")


def cleaned(value: object) -> object:
    """Text without control characters; markup of our own as it is."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def age(micros: int, now: int) -> str:
    """How long ago something was."""
    if not micros:
        return figures.UNKNOWN
    seconds = max(0, now - micros) // SECOND
    for limit, unit, factor in AGES:
        if seconds < limit:
            return "now" if seconds < 5 else f"{seconds // factor} {unit} ago"
    return datetime.fromtimestamp(micros / SECOND, UTC).strftime("%Y-%m-%d")


def app_name(user_agent: str) -> str:
    """The app that a ``User-Agent`` names."""
    return one_line(VERSION.sub("", user_agent.split(" ", 1)[0]), 40)


def embedded(value: object) -> Markup:
    """JSON to stand in a script element, which it can't leave."""
    text = json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(text)  # noqa: S704 (it holds no mark that HTML knows)


class Pages:
    """The templates, ready to be filled."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            finalize=cleaned,
        )
        self._environment.filters |= {
            "money": figures.money,
            "count": figures.count,
            "duration": figures.duration,
            "moment": figures.moment,
            "rfc3339": spelling.rfc3339,
            "size": figures.size,
            "uuid": spelling.uuid,
            "line": one_line,
            "app": app_name,
            "ending": ending,
            "finish": finish,
            "embedded": embedded,
        }
        self._environment.globals |= {
            "spent": figures.spent,
            "counted": figures.counted,
            "age": age,
            "version": version("steno-proxy"),
        }
        self._cold = self._environment.list_templates()

    @property
    def is_warm(self) -> bool:
        """Whether all of them are ready, or somebody makes them so."""
        return not self._cold

    def warm(self) -> None:
        """Make all of them ready, which takes longer than to fill one."""
        cold, self._cold = self._cold, []
        for name in cold:
            self._environment.get_template(name)

    def warm_one(self) -> bool:
        """Make one more of them ready; whether there are others."""
        with suppress(IndexError):  # more than one thread may do that
            self._environment.get_template(self._cold.pop())
        return bool(self._cold)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """A page."""
        return self._environment.get_template(name).render(values)
