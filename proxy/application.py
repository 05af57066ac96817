"""The application: what lives as long as it does, and the wiring of everything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext, suppress
from time import monotonic
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from proxy import errand
from proxy.access import Access
from proxy.asked import Reader
from proxy.attempts import Backoff
from proxy.breaker import Breakers
from proxy.ceilings import Ceilings, Rules
from proxy.chain import Memo
from proxy.clock import new_id, now
from proxy.config import Settings
from proxy.context import Context
from proxy.erasure import Eraser
from proxy.errors import UpgradeRefused
from proxy.exchange import answer, exchanging
from proxy.forwarding import Forwarder
from proxy.headers import value_of
from proxy.interrupted import close_orphans
from proxy.issuers import Issuers
from proxy.lobby import is_own, lobby_of
from proxy.meanings import installed
from proxy.meter import Meter
from proxy.origins import is_loopback
from proxy.preferences import Preference
from proxy.prices import ModelPrice, PriceBook
from proxy.providers import providers_of
from proxy.quiet import quiet_moment
from proxy.recorder import Recorder
from proxy.retention import Retention
from proxy.rooms import Rooms
from proxy.routing import DEFAULT
from proxy.segments import Segment
from proxy.spool import Spool
from proxy.summarizer import Summarizer
from proxy.tokens import Tokenizer
from proxy.upstream import Upstream
from storage.opening import open_store
from storage.ports import Store

log = logging.getLogger("steno.application")

BACKOFF = Backoff()


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """The store of the settings, closed at the end."""
    store = await open_store(settings.store.url)
    try:
        if settings.recording.durability == "strict":
            await store.set_durable()
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def recording(settings: Settings, store: Store, run: bytes, memo: Memo) -> AsyncIterator[Recorder]:
    """The recorder at work; at the end everything queued is in the store, or in the spool."""
    chosen = settings.recording
    spool = Spool(settings.spool_folder(), run.hex(), chosen.spool_bytes, synced=chosen.durability == "strict")
    recorder = Recorder(store, spool, chosen.commit_seconds, chosen.queue_bytes, now, memo.clear)
    if chosen.durability == "strict":  # every request waits for its commit before it goes on
        recorder.gather_seconds = 0
    await store.hold(run)
    await asyncio.to_thread(spool.adopt)
    await close_orphans(store, recorder, now)
    writing = asyncio.get_running_loop().create_task(recorder.run())
    try:
        yield recorder
    finally:
        recorder.stop()
        await writing
        spool.close()


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """What is done in the background, and given up at the end."""
    working = asyncio.get_running_loop().create_task(work)
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


def meter_of(settings: Settings) -> Meter:
    """Tokens and prices, loaded: their first use would otherwise hold up a request."""
    tokenizer = Tokenizer()
    prices = PriceBook({name: ModelPrice(**price.model_dump()) for name, price in settings.prices.items()})
    # Nobody is served yet, so nobody waits; what a thread allocates would stay with that thread's allocator.
    tokenizer.load("o200k_base")
    prices.load()
    return Meter(tokenizer, prices)


def rules_of(settings: Settings) -> Rules:
    """What is forwarded of long conversations."""
    chosen = settings.context
    prefers = Preference(chosen.mode, chosen.token_threshold, chosen.keep_recent)
    return Rules(prefers, chosen.max_turns_per_segment, chosen.recall == "on", by_model=chosen.summarizer == "model")


async def access_of(settings: Settings, store: Store) -> Access:
    """Who may use the proxy."""
    keys = tuple(key.get_secret_value() for key in settings.access.keys)
    prefers = {
        one.key.get_secret_value(): Preference(one.context or "", one.token_threshold or 0, one.keep_recent)
        for one in settings.keys.values()
    }
    aliases = await store.owners.aliases()
    chosen, local = settings.access, is_loopback(settings.server.host)
    return Access(await store.secret(), chosen.owners, chosen.require_key, keys, aliases, prefers, local)


@asynccontextmanager
async def forwarding(settings: Settings, backoff: Backoff) -> AsyncIterator[Forwarder]:
    """The way to the upstreams; its connections are closed at the end."""
    upstream = Upstream(**settings.upstream.model_dump(exclude={"base_url", "retries"}))
    try:
        yield Forwarder(
            upstream=upstream,
            providers=providers_of(settings),
            breakers=Breakers([DEFAULT, *settings.providers], monotonic),
            clock=now,
            retries=settings.upstream.retries,
            backoff=backoff,
            max_body_bytes=settings.server.max_body_bytes,
        )
    finally:
        await upstream.close()


@asynccontextmanager
async def summarizing(settings: Settings, rooms: errand.Rooms, store: Store) -> AsyncIterator[Summarizer | None]:
    """Who lets a model write summaries, at work, if the settings want that; at the end it stops where it is."""

    async def due(session: bytes, segment: Segment) -> bool:
        written = [one for one in await store.summaries([segment.digest]) if one.parent == segment.parent]
        return not written and await store.session(session.hex()) is not None

    if settings.context.summarizer != "model":
        yield None
        return
    summarizer = Summarizer(rooms, settings.context.summary_model, due)
    working = asyncio.get_running_loop().create_task(summarizer.run())
    try:
        yield summarizer
    finally:
        working.cancel()
        await asyncio.wait([working])


@asynccontextmanager
async def application(
    settings: Settings,
    backoff: Backoff = BACKOFF,
    closing: asyncio.Event | None = None,
    ready: Callable[[], None] | None = None,
) -> AsyncIterator[ASGIApp]:
    """The ASGI application with all that it works with, closed in the right order at the end.

    ``closing`` is set when the server begins to stop: pages that listen for news hear the last of it then. ``ready``
    is called in some quiet moment, when the pages were opened before anybody looked; without it, that is not done.
    """
    run, memo, meter = new_id(now()), Memo(), meter_of(settings)
    async with (
        opened_store(settings) as store,
        recording(settings, store, run, memo) as recorder,
        forwarding(settings, backoff) as forwarder,
        summarizing(settings, errand.Rooms(forwarder, recorder, meter, now, run), store) as summarizer,
        meanwhile(Retention(Eraser(store, recorder), settings.recording.retention_days, now).run()),
    ):
        access = await access_of(settings, store)
        rooms = Rooms(
            reader=Reader(
                forwarder.providers,
                access,
                meter,
                memo,
                settings.server.max_body_bytes,
                settings.recording.media_bytes,
                Issuers(store.issuer),
                store.erasures.generation,
            ),
            recorder=recorder,
            forwarder=forwarder,
            context=Context(Ceilings(rules_of(settings), meter), store.closing, store.summaries, meaning=installed()),
            meter=meter,
            clock=now,
            run=run,
            max_body_bytes=settings.server.max_body_bytes,
            checkpoint_seconds=settings.recording.checkpoint_seconds,
            durability=settings.recording.durability,
            raw=settings.recording.raw,
            refuses=settings.recording.on_failure == "refuse",
            summarizer=summarizer,
        )
        lobby = lobby_of(settings, rooms, store, closing or asyncio.Event())
        async with meanwhile(lobby.prepare(quiet_moment, ready)) if ready else nullcontext():
            yield gateway(exchanging(rooms), lobby)


def gateway(exchanges: ASGIApp, pages: ASGIApp) -> ASGIApp:
    """Traffic goes straight to the exchanges, without a router; Steno's own few paths go to their pages."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if value_of(scope["headers"], b"upgrade").lower() == b"websocket":
            message = "WebSockets are not served here; send the request over HTTP."
            await answer(send, UpgradeRefused(message), [(b"upgrade", b"HTTP/1.1"), (b"connection", b"close")])
        elif is_own(scope["path"], scope["method"]):
            await pages(scope, receive, send)
        else:
            await exchanges(scope, receive, send)

    return serve
