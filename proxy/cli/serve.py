"""The command that serves: settings and flags in, the server's own blocking call out."""

from typing import Annotated

import typer

from proxy.cli.options import ConfigFile, StoreUrl, UpstreamUrl
from proxy.config import load_settings
from proxy.spared import spared

COMMANDS = ("httpx._main", "uvicorn.main", "logging.config", "configparser")
ENCODINGS = ("brotlicffi", "brotli", "zstandard")
UNUSED = (*COMMANDS, *ENCODINGS)
"""What libraries of the server bring with them, of which it uses nothing: megabytes."""

Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="8383 unless set; 0 takes a free one.")]


def serve(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option("--host", help="127.0.0.1 unless set.")] = None,
    port: Port = None,
    store: StoreUrl = None,
    upstream: UpstreamUrl = None,
) -> None:
    """Serve the proxy until it is told to end."""
    flags = {"server.host": host, "server.port": port, "store.url": store, "upstream.base_url": upstream}
    settings = load_settings(config, flags)
    # The server brings the HTTP client, the vocabularies and more, which commands that only read can do without.
    with spared(*UNUSED):
        from proxy import server  # noqa: PLC0415

    server.serve(settings)
