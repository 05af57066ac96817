"""The server's own part: its socket, its address, its HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from proxy.config import Settings, load_settings
from proxy.errors import SettingsError
from proxy.server import address, listening, running
from proxy.standin import create_standin
from storage.opening import open_store
from tests import servers


def settings_of(folder: Path, flags: Mapping[str, object]) -> Settings:
    """Settings for a store in a folder."""
    return load_settings(None, {"server.port": 0, "store.url": f"sqlite:///{folder}/steno.db", **flags}, {})


def test_an_address_is_one_that_a_client_can_use(tmp_path: Path) -> None:
    with listening(settings_of(tmp_path, {})) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_an_address_of_the_new_kind_stands_in_brackets(tmp_path: Path) -> None:
    try:
        listener = listening(settings_of(tmp_path, {"server.host": "::1"}))
    except SettingsError:
        pytest.skip("there is no IPv6 here")
    with listener:
        assert address(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_port_that_is_taken_says_which_setting_to_change(tmp_path: Path) -> None:
    with listening(settings_of(tmp_path, {})) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError, match="--port"):
            listening(settings_of(tmp_path, {"server.port": port}))


def test_connections_send_at_once(tmp_path: Path) -> None:
    with listening(settings_of(tmp_path, {})) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_stop_lets_running_streams_end_and_commits_them(tmp_path: Path) -> None:
    standin = create_standin()
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count to 9"}]}
    async with servers.running(standin) as upstream, httpx.AsyncClient(trust_env=False) as client:
        proxy = running(settings_of(tmp_path, {"upstream.base_url": f"{upstream}/v1"}))
        base_url = await proxy.__aenter__()
        headers = {"x-standin": "pause=3"}
        async with client.stream("POST", f"{base_url}/v1/chat/completions", json=body, headers=headers) as response:
            chunks = response.aiter_raw()
            await anext(chunks)
            begun = asyncio.Event()

            async def stop() -> None:
                begun.set()
                await proxy.__aexit__(None, None, None)

            stopping = asyncio.get_running_loop().create_task(stop())
            await begun.wait()
            standin.state.standin.gate.release()
            rest = b"".join([chunk async for chunk in chunks])
        await stopping
    assert rest.endswith(b"[DONE]\n\n")
    store = await open_store(f"sqlite:///{tmp_path}/steno.db", readonly=True)
    assert [row.ending for row in await store.exchanges()] == ["complete"]
    await store.close()
