"""Several processes on one socket and one store, through the command that starts them."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from pathlib import Path

from proxy.standin import create_standin
from tests.desks import assistant, user
from tests.processes import Serving, reading, said, serving
from tests.servers import running

TWO = {"server__workers": 2}


def workers_of(proxy: Serving) -> set[int]:
    """The processes that serve; what else Python starts beside them doesn't serve."""
    parent = proxy.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()}


async def test_all_of_them_record_one_conversation(tmp_path: Path) -> None:
    store = tmp_path / "store" / "steno.db"
    async with running(create_standin()) as url, serving(store, url, **TWO) as proxy:
        talk = []
        for number in range(20):
            talk.append(user(f"{number}?"))
            reply = await proxy.chat(talk)
            talk.append(assistant(reply.json()["choices"][0]["message"]["content"]))
        assert len(workers_of(proxy)) == 2
        assert await proxy.ended() == 0
        assert await said(store) == [[message["content"] for message in talk]]
        async with reading(store) as opened:
            assert (await opened.totals()).open == 0


async def test_those_that_are_killed_are_replaced(tmp_path: Path) -> None:
    store = tmp_path / "store" / "steno.db"
    async with running(create_standin()) as url, serving(store, url, **TWO) as proxy:
        assert (await proxy.chat([user("One?")])).status_code == 200
        before = workers_of(proxy)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert (await proxy.chat([user("Two?")])).status_code == 200
        assert workers_of(proxy) - before
        assert "another takes its place" in proxy.log.read_text()
        assert await proxy.ended() == 0
        assert len(await said(store)) == 2


async def test_a_signal_from_the_terminal_lets_running_streams_end(tmp_path: Path) -> None:
    app = create_standin()
    store = tmp_path / "store" / "steno.db"
    async with running(app) as url, serving(store, url, **TWO) as proxy, asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(proxy.chat([user("One?")], "pause=2;frames=4", stream=True))
        await app.state.standin.journal.reached("requests", 1)
        os.killpg(proxy.process.pid, signal.SIGINT)
        await proxy.shut()
        app.state.standin.gate.release()
        assert (await asking).text.endswith("data: [DONE]\n\n")
        assert await proxy.process.wait() == 0


async def test_what_the_workers_hold_outlives_the_process_that_watches_them(tmp_path: Path) -> None:
    store = tmp_path / "store" / "steno.db"
    slow = {"recording__durability": "background"}
    async with running(create_standin()) as url, serving(store, url, **TWO, **slow) as proxy:
        for number in range(10):
            assert (await proxy.chat([user(f"{number}?")])).status_code == 200
        workers = workers_of(proxy)
        await proxy.ended(signal.SIGKILL)
        await proxy.shut()
        await asyncio.gather(*(asyncio.to_thread(_gone, pid) for pid in workers))
        async with reading(store) as opened:
            totals = await opened.totals()
        assert (totals.exchanges, totals.open) == (10, 0)


def _gone(pid: int) -> None:
    """Wait until a process that is nobody's child has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([handle], [], [])
    os.close(handle)
