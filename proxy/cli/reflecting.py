"""The command that looks at what the latest entries tell about themselves."""

import asyncio
from typing import Annotated

import typer
from rich.text import Text

from proxy.answers.reflections import reflection
from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.spans import Since, Until, span_of
from proxy.cli.terminal import tell, tell_json
from proxy.config import Settings
from proxy.reflecting import Reflector, Span, shipped_stop_words
from proxy.reflection.markdown import markdown
from proxy.reflection.report import Reflection
from proxy.shapes.plain import clean
from storage.ports import Store

_MOST = 1000
_LATEST = 30
Entries = Annotated[
    int | None,
    typer.Option("--limit", min=1, max=_MOST, help="How many of the latest requests; 30, or all since a time."),
]


def reflector_of(source: Store, settings: Settings) -> Reflector:
    """What reflects as the settings say."""
    return Reflector(source, settings.reflection.confidence_threshold, shipped_stop_words())


def reflect(
    limit: Entries = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Reflect on the latest requests: errors, tools, doubts, repeated questions, costs, topics. Prints Markdown."""
    settings = settings_of(config, store)
    times = span_of(since, until)
    span = Span(limit or (_MOST if since else _LATEST), *times)

    async def read() -> Reflection:
        async with opened(settings) as source:
            return await reflector_of(source, settings).reflect(None, span)

    seen = asyncio.run(read())
    if as_json:
        tell_json(reflection(seen))
    else:
        tell([Text(clean(markdown(seen)))])
