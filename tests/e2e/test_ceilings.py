"""When less is forwarded, whatever a client sends: each answer is valid, and tells what was done."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.stages import Stage, staged
from tests.e2e.test_context import CEILING, STRICT, compacting, heard, loop, said, talk, told

__all__ = ["compacting"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = " ".join(f"word{number}" for number in range(2000))
CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "a long talk": (talk(60), {}),
    "a last message above the threshold": ([*talk(40)[:-1], said("user", LONG)], {}),
    "nothing but a message above the threshold": ([said("user", LONG)], {}),
    "a tool loop longer than the window": (loop(40), {}),
    "a history that its client compacted": ([said("user", "Summary: we went places."), *talk(40)[2:]], {}),
    "several answers": (talk(60), {"n": 3}),
    "a threshold below the system prompt": ([said("system", LONG), *talk(60)[1:]], {}),
    "late system messages": ([*talk(30), said("assistant", "There."), said("system", "Be brief."), *talk(30)[1:]], {}),
}


@pytest.mark.parametrize("case", CASES)
async def test_whatever_comes_is_forwarded_valid_below_the_ceiling_and_told(compacting: Stage, case: str) -> None:
    listed, fields = CASES[case]
    response = await compacting.chat(f"sk-{uuid4()}", *listed, wish=STRICT, **fields)
    assert response.status_code == 200, response.text
    sent, forwarded = told(response)
    apart = [one for one in heard(compacting)[:-1] if one["role"] != "system"]
    assert len(json.dumps(apart)) / 3 <= CEILING  # about three characters a token
    assert str(heard(compacting)[-1]["content"]).endswith(str(listed[-1]["content"]))
    assert forwarded <= sent
    assert listed[0]["role"] != "system" or heard(compacting)[0] == listed[0]


async def test_the_bound_of_a_segment_alone_never_changes_what_is_forwarded() -> None:
    async with staged(context__max_turns_per_segment=2) as stage:
        response = await stage.chat(f"sk-{uuid4()}", *talk(60), model="gpt-4o")
        assert heard(stage) == talk(60)
        assert "x-context-sent-tokens" not in response.headers


async def test_the_bound_of_a_segment_holds_where_something_is_closed() -> None:
    given = {"context__max_turns_per_segment": 2, "context__mode": "on", "context__token_threshold": 3_000}
    async with staged(**given) as stage:
        response = await stage.chat(f"sk-{uuid4()}", *talk(200), wish=STRICT)
        assert told(response)[1] <= 3_030
        rows = (await stage.http.get(f"/api/sessions/{response.headers['x-session-id']}/segments")).json()["data"]
        leaves = [row["last_message"] - row["first_message"] + 1 for row in rows if row["level"] == 0]
        assert leaves
        assert max(leaves) <= 4


async def test_a_header_asks_for_less_where_it_is_off() -> None:
    async with staged(context__mode="off", context__token_threshold=CEILING) as stage:
        key = f"sk-{uuid4()}"
        plain = await stage.chat(key, *talk(60))
        assert heard(stage) == talk(60)
        assert "x-context-sent-tokens" not in plain.headers
        response = await stage.chat(key, *talk(60), wish=STRICT, headers={"x-session-context": "compact"})
        assert told(response)[1] <= CEILING + 30
        assert not any(name.startswith(b"x-session-context") for name, _ in stage.heard.headers)
        response = await stage.chat(key, *talk(60), wish=STRICT, headers={"x-session-token-threshold": "500"})
        assert told(response)[1] <= 530


@pytest.mark.parametrize(
    "held", [{"type": "compaction", "encrypted_content": "x"}, {"type": "item_reference", "id": "i"}]
)
async def test_what_its_client_compacted_with_items_goes_as_it_is(compacting: Stage, held: dict[str, str]) -> None:
    given = {"model": "m", "input": [held, *talk(60)[1:]]}
    response = await compacting.post("/v1/responses", f"sk-{uuid4()}", json.dumps(given).encode())
    assert json.loads(compacting.heard.kept) == given
    assert "x-context-sent-tokens" not in response.headers
