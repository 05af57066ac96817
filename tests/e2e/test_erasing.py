"""A session erased under a running proxy, and what its conversation comes to after that."""

from __future__ import annotations

from pathlib import Path

from proxy.standin import create_standin
from tests.desks import assistant, user
from tests.processes import Serving, said, serving
from tests.servers import running
from tests.storage.secretive import found_in

BEARER = {"authorization": "Bearer sk-1"}
MARKER = "Zanzibarquux"
TWO = {"server__workers": 2}


async def turns(proxy: Serving, talk: list[dict[str, str]], *questions: str) -> str:
    """Ask one after the other; the session's id."""
    for question in questions:
        talk.append(user(question))
        reply = await proxy.chat(talk)
        talk.append(assistant(reply.json()["choices"][0]["message"]["content"]))
    return str(reply.headers["x-session-id"])


async def test_what_was_erased_through_one_process_is_recorded_anew_through_any(tmp_path: Path) -> None:
    store = tmp_path / "store" / "steno.db"
    async with running(create_standin()) as url, serving(store, url, **TWO) as proxy:
        talk: list[dict[str, str]] = []
        for number in range(3):
            session = await turns(proxy, talk, *(f"{number} {word}?" for word in "abcd"))
            async with proxy.client() as http:
                erased = await http.delete(f"/api/sessions/{session}", headers=BEARER)
                assert (erased.status_code, erased.json()["deleted"]) == (200, True)
                assert (await http.get(f"/api/sessions/{session}", headers=BEARER)).status_code == 404
        assert await turns(proxy, talk, "The last?", "The very last?") != session
        assert await proxy.ended() == 0
    assert await said(store) == [[message["content"] for message in talk]]


async def test_another_owner_can_erase_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store" / "steno.db"
    async with running(create_standin()) as url, serving(store, url) as proxy:
        session = await turns(proxy, [], "Mine?")
        async with proxy.client() as http:
            refused = await http.delete(f"/api/sessions/{session}", headers={"authorization": "Bearer sk-2"})
            unknown = await http.delete("/api/sessions/nothing", headers={"authorization": "Bearer sk-2"})
        assert refused.status_code == unknown.status_code == 404
        assert refused.json() == unknown.json()
        assert await proxy.ended() == 0
    assert len(await said(store)) == 1


async def test_no_file_holds_a_trace_of_what_passed_through(tmp_path: Path) -> None:
    store = tmp_path / "store" / "steno.db"
    async with running(create_standin()) as url, serving(store, url) as proxy:
        kept = await turns(proxy, [], "What stays?")
        session = await turns(proxy, [], f"{MARKER}?", f"And {MARKER.lower()}?")
        async with proxy.client() as http:
            posted = {"type": "decision", "content": f"{MARKER} it is", "rationale": MARKER}
            answer = await http.post(f"/api/sessions/{session}/events", json=posted, headers=BEARER)
            assert answer.status_code == 201
            wish = {**BEARER, "x-session-id": session, "user-agent": f"{MARKER}/1", "x-session-title": MARKER}
            body = {"model": MARKER, "messages": [user("?")]}
            assert (await http.post("/v1/chat/completions", json=body, headers=wish)).status_code
            assert (await http.delete(f"/api/sessions/{session}", headers=BEARER)).status_code == 200
            assert (await http.get(f"/api/sessions/{kept}", headers=BEARER)).status_code == 200
        assert found_in(store.parent, {MARKER.encode(), MARKER.lower().encode()}) == set()
        assert await proxy.ended() == 0
