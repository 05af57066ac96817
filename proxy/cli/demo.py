"""The command that shows the whole, with no key and no network: a stand-in upstream, the proxy, samples."""

import asyncio
import shlex
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from proxy.cli.options import ConfigFile, StoreUrl, opened
from proxy.cli.reading import conversation_of, find, gather, session_table
from proxy.cli.terminal import tell
from proxy.config import Access, Settings, Upstream, load_settings
from proxy.errors import StenoError

_HOST = "127.0.0.1"


def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Another if it is taken.")] = 8383,
    once: Annotated[bool, typer.Option("--once", help="End after the samples, rather than to go on serving.")] = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Record a few sample conversations with a stand-in model, show them, and go on serving."""
    if find_spec("openai") is None:
        message = 'The samples are held through the OpenAI SDK, which is missing: pip install "steno-proxy[demo]"'
        raise StenoError(message)
    url = store or f"sqlite:///{(Path(tempfile.mkdtemp(prefix='steno-demo-')) / 'steno.db').as_posix()}"
    flags = {"server.host": _HOST, "server.port": _free(port), "store.url": url}
    with _standin() as upstream:
        settings = _tamed(load_settings(config, flags), upstream)
        with suppress(KeyboardInterrupt):
            asyncio.run(_perform(settings, once=once))


def _tamed(settings: Settings, upstream: str) -> Settings:
    """Nothing of the demo may reach a real provider, or need a key."""
    ours = {"upstream": Upstream(base_url=upstream), "providers": {}, "access": Access()}
    return settings.model_copy(update=ours)


async def _perform(settings: Settings, *, once: bool) -> None:
    # Imported here since the SDK is an extra, and the server is slow to import.
    from proxy import server  # noqa: PLC0415
    from proxy.cli.samples import converse  # noqa: PLC0415

    stop = asyncio.Event()
    async with server.running(settings) as base_url:
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows raises KeyboardInterrupt instead
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        tell([Text(f"A stand-in model is served at {base_url}; a few conversations go through it."), Text()])
        forked = await converse(f"{base_url}/v1")
        tell(await _shown(settings, forked))
        tell(_further(settings.store.url, forked))
        if not once:
            tell([Text(f"Still serving: OPENAI_BASE_URL={base_url}/v1 with any key. Ctrl-C ends it.", "bold")])
            await stop.wait()


async def _shown(settings: Settings, forked: str) -> list[RenderableType]:
    async with opened(settings) as store:
        rows = await store.sessions()
        recorded = await gather(store, await find(store, forked))
    heading = Text("This is recorded:", "bold")
    return [heading, session_table(rows), Text(), *conversation_of(recorded).lines(), Text()]


def _further(url: str, forked: str) -> list[Text]:
    """The commands stand unwrapped, to be copied."""
    commands = ["sessions", f"show {forked} --branch 1", f"show {forked} --full", "search weather", "stats"]
    store = shlex.quote(url)
    return [
        Text("To look further:", "bold"),
        *(Text(f"  steno {command} --store {store}", no_wrap=True, overflow="ignore") for command in commands),
        Text(),
    ]


def _free(port: int) -> int:
    """The port, or 0 where another program has it."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((_HOST, port))
        except OSError:
            return 0
    return port


@contextmanager
def _standin() -> Iterator[str]:
    """The stand-in upstream on a free port. It has a thread of its own, so that signals stay with the proxy."""
    import uvicorn  # noqa: PLC0415 - slow to import

    from proxy.standin import create_standin  # noqa: PLC0415

    listener = socket.create_server((_HOST, 0))
    server = uvicorn.Server(uvicorn.Config(create_standin(), log_level="warning", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="standin")
    thread.start()
    try:
        yield f"http://{_HOST}:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
