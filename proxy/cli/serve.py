"""The command that serves: settings and flags in, the server's own blocking call out."""

import sys
from typing import Annotated

import typer

from proxy.cli.options import ConfigFile, StoreUrl
from proxy.config import load_settings

Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="8383 unless set; 0 takes a free one.")]


def serve(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option("--host", help="127.0.0.1 unless set.")] = None,
    port: Port = None,
    store: StoreUrl = None,
    upstream: Annotated[str | None, typer.Option("--upstream", metavar="URL", help="The default upstream.")] = None,
) -> None:
    """Serve the proxy until it is told to end."""
    flags = {"server.host": host, "server.port": port, "store.url": store, "upstream.base_url": upstream}
    settings = load_settings(config, flags)
    # httpx would bring a command line of its own, and with it what prints in colour: megabytes that nothing here uses.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    # The server brings the HTTP client, the vocabularies and more, which commands that only read can do without.
    from proxy import server  # noqa: PLC0415

    server.serve(settings)
