"""The options that commands share, and what they open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from proxy.config import Settings, load_settings
from storage.opening import open_store
from storage.ports import Store

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings; steno.toml here if there is one.")
]
StoreUrl = Annotated[str | None, typer.Option("--store", metavar="URL", help="The store, such as sqlite:///PATH.")]
UpstreamUrl = Annotated[str | None, typer.Option("--upstream", metavar="URL", help="The default upstream.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_of(config: Path | None, store: str | None) -> Settings:
    """The settings of a command that reads."""
    return load_settings(config, {"store.url": store})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store, to be read only: a proxy may be writing to it."""
    store = await open_store(settings.store.url, readonly=True)
    try:
        yield store
    finally:
        await store.close()
