"""The servers of the benchmark, each a process on a core that is said: nginx twice, the varied upstream, Steno.

nginx answers for the upstream on one core and relays on the other, where Steno runs when its turn comes. What waits
for its turn is stopped, so that work it left for later is never done at another's expense.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import NamedTuple

from bench.machine import Cores
from bench.upstream import FIXED

ROOT = Path(__file__).resolve().parent.parent
INSTALL = "nginx is not installed: apt-get install nginx-light wrk"
START_SECONDS = 60.0
END_SECONDS = 60.0
GRACE_SECONDS = 0.3
OTHERS = ("STENO_", "PYTHONDONTWRITEBYTECODE")
"""What is set for others: Steno starts with nothing set, and is compiled once."""

CONFIGURATION = Template(
    """
$user
daemon off;
worker_processes 1;
pid $folder/pid;
error_log stderr crit;
events { worker_connections 2048; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    tcp_nodelay on;
    $servers
}
"""
)
ANSWERS = Template(
    "server { listen 127.0.0.1:$port; default_type application/json; location / { return 200 '$reply'; } }"
)
RELAYS = Template(
    """
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream fixed { server $fixed; keepalive 64; keepalive_requests 1000000000; keepalive_timeout 1h; }
    upstream varied { server $varied; keepalive 64; keepalive_requests 1000000000; keepalive_timeout 1h; }
    server {
        listen 127.0.0.1:$port;
        location / { proxy_pass http://fixed; }
        location /varied/ { proxy_pass http://varied/; proxy_buffering off; }
    }
"""
)


class NotStarted(Exception):
    """A server of the benchmark is missing or did not start."""


class NotEnded(Exception):
    """A server of the benchmark did not end when it was told to."""


class Server(NamedTuple):
    """A process that serves."""

    pid: int
    host: str
    """With its port."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What every measurement stands on: a folder, the cores, the upstreams and nginx as a relay."""

    folder: Path
    cores: Cores
    fixed: Server
    varied: Server
    nginx: Server

    @contextmanager
    def steno(self, name: str, upstream: Server) -> Iterator[Server]:
        """The proxy with a new store, ended like by its user."""
        with steno(self.folder, self.cores.measured, self.store(name), upstream) as server:
            yield server

    def store(self, name: str) -> Path:
        """The file of a store."""
        return self.folder / name / "steno.db"


@contextmanager
def steno(folder: Path, core: int, store: Path, upstream: Server) -> Iterator[Server]:
    """The proxy in front of an upstream."""
    command = [sys.executable, "-m", "proxy.cli", "serve", "--port", "0", "--store", f"sqlite:///{store}"]
    command += ["--upstream", f"http://{upstream.host}/v1"]
    with _speaking(command, core, folder, "steno: serving on http://") as server:
        yield server


@contextmanager
def standin(folder: Path, core: int) -> Iterator[Server]:
    """The stand-in upstream."""
    command = [sys.executable, "-m", "bench.standin"]
    with _speaking(command, core, folder, "bench: answering on http://") as server:
        yield server


@contextmanager
def grounds(folder: Path, cores: Cores) -> Iterator[Grounds]:
    """Everything but Steno, running. Raises ``NotStarted``."""
    with ExitStack() as stack:
        port = _free_port()
        answers = ANSWERS.substitute(port=port, reply=FIXED.decode())
        fixed = stack.enter_context(_nginx(folder / "upstream", answers, port, cores.load))
        command = [sys.executable, "-m", "bench.upstream"]
        said = "bench: answering on http://"
        varied = stack.enter_context(_speaking(command, cores.load, folder, said))
        port = _free_port()
        relays = RELAYS.substitute(port=port, fixed=fixed.host, varied=varied.host)
        nginx = stack.enter_context(_nginx(folder / "nginx", relays, port, cores.measured))
        yield Grounds(folder, cores, fixed, varied, nginx)


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """A process that doesn't run for the time of the block. It ends first what the load left half done: woken up within
    a commit, it would take that for a slow one."""
    time.sleep(GRACE_SECONDS)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@contextmanager
def _nginx(folder: Path, servers: str, port: int, core: int) -> Iterator[Server]:
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        raise NotStarted(INSTALL)
    folder.mkdir()
    file = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    file.write_text(CONFIGURATION.substitute(folder=folder, user=user, servers=servers), encoding="ascii")
    with _process([program, "-e", "stderr", "-p", str(folder), "-c", str(file)], core, folder) as process:
        _await_port(process, port)
        yield Server(process.pid, f"127.0.0.1:{port}")


@contextmanager
def _speaking(command: list[str], core: int, folder: Path, said: str) -> Iterator[Server]:
    """A process that says where it serves, on a line of its own."""
    with _process(command, core, folder) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(said):
            message = f"{' '.join(command)} did not start"
            raise NotStarted(message)
        yield Server(process.pid, line.removeprefix(said).strip())


@contextmanager
def _process(command: list[str], core: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    environment = {**settings, "PYTHONPATH": str(ROOT)}
    pinned = ["taskset", "--cpu-list", str(core), *command]
    with subprocess.Popen(pinned, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        message = f"a server was still at work {END_SECONDS:.0f} s after it was told to end"
        raise NotEnded(message) from error


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await_port(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    message = "nginx did not start; it says why above"
    raise NotStarted(message)
