"""The stand-in upstream as a process of its own: it says `bench: answering on http://HOST:PORT`."""

from __future__ import annotations

import socket

import uvicorn

from proxy.standin import create_standin

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"bench: answering on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            create_standin(journal=1), log_level="critical", access_log=False, timeout_keep_alive=3600
        )
        server = uvicorn.Server(config)
        server.run(sockets=[listener])
