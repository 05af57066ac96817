"""Which requests end here, and which go on."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.lobby import PIECES, Lobby, Opened, Room, is_own
from storage.ports import StoreError


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"),
        ("/", "HEAD"),
        ("/readyz", "GET"),
        ("/metrics", "GET"),
        ("/api/sessions", "DELETE"),
        ("/replay/one/v1/x", "POST"),
        ("/sessions/1", "GET"),
        ("/login", "POST"),
        ("/static/page.css", "GET"),
    ],
)
def test_what_steno_answers_itself(path: str, method: str) -> None:
    assert is_own(path, method)


@pytest.mark.parametrize(
    ("path", "method"), [("/v1/chat/completions", "POST"), ("/", "POST"), ("/healthz", "POST"), ("/apis", "GET")]
)
def test_what_goes_on(path: str, method: str) -> None:
    assert not is_own(path, method)


def named(name: str, went: list[str]) -> ASGIApp:
    async def serve(_scope: Scope, _receive: Receive, _send: Send) -> None:
        went.append(name)

    return serve


class House:
    """A lobby whose rooms write down who went where."""

    def __init__(self) -> None:
        self.went: list[str] = []
        self.chores = ["sweep", "wipe"]
        self.lobby = Lobby(named("health", self.went), self.room("pages"), self.room("hatch"))

    def room(self, name: str) -> Room:
        """A room that has to be opened."""

        async def opens() -> Opened:
            self.went.append(f"open {name}")
            await asyncio.sleep(0)
            return Opened(named(name, self.went), self.chore, self.ahead)

        return Room(opens)

    def chore(self) -> bool:
        """The next one."""
        self.went.append(self.chores.pop(0))
        return bool(self.chores)

    async def ahead(self) -> None:
        """Look what will be asked for."""
        self.went.append("look ahead")
        message = "locked"
        raise StoreError(message)

    async def ask(self, method: str, path: str) -> None:
        """Come with a request."""

        async def send(_: Message) -> None:
            raise AssertionError

        await self.lobby({"type": "http", "method": method, "path": path}, asyncio.Event().wait, send)  # type: ignore[arg-type]


async def test_rooms_are_opened_once_and_only_when_somebody_asks() -> None:
    house = House()
    await house.ask("GET", "/healthz")
    await house.ask("HEAD", "/")
    assert house.went == ["health", "health"]
    await asyncio.gather(house.ask("GET", "/"), house.ask("GET", "/totals"))
    assert house.went[2:] == ["open pages", "pages", "pages"]


@pytest.mark.parametrize("path", ["/api/sessions", "/replay/one/v1/x", "/mcp", "/metrics"])
async def test_programs_have_a_room_of_their_own(path: str) -> None:
    house = House()
    await house.ask("GET", path)
    assert house.went == ["open hatch", "hatch"]


async def test_pages_are_made_ready_in_quiet_moments_before_anybody_asks() -> None:
    house = House()

    async def moment() -> None:
        house.went.append("quiet")

    await house.lobby.prepare(moment, lambda: house.went.append("ready"))
    opened = house.went.index("open pages")
    assert house.went[:opened] == ["quiet"] * (len(PIECES) + 1)
    assert house.went[opened:] == ["open pages", "sweep", "quiet", "wipe", "ready", "quiet", "look ahead"]
    await house.ask("GET", "/")
    assert house.went[-1] == "pages"
