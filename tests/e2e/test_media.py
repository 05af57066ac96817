"""Images through the proxy: kept once, shown in words, and back in their places when a request is rebuilt."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import aiosqlite
import pytest

from tests.e2e.stages import CHAT, Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")


def url_of(name: str) -> str:
    return f"data:image/png;base64,{b64encode(name.encode() * 500).decode()}"


def pictured(url: str, *more: Any) -> bytes:
    content = [{"type": "text", "text": "See?"}, {"type": "image_url", "image_url": {"url": url}}]
    return json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}, *more]}).encode()


async def kept(stage: Stage, name: str) -> int:
    async with aiosqlite.connect(stage.store_url.removeprefix("sqlite:///")) as store:
        query = "SELECT count(*) FROM blobs WHERE kind = 'media' AND data = ?"
        ((count,),) = await store.execute_fetchall(query, (name.encode() * 500,))
        return int(count)


async def test_an_image_is_kept_once_however_its_message_is_written(stage: Stage, key: str) -> None:
    first = pictured(url_of("one"))
    reply = await stage.post(CHAT, key, first)
    more = [reply.json()["choices"][0]["message"], {"role": "user", "content": "And now?"}]
    again = json.dumps(json.loads(pictured(url_of("one"), *more)), indent=1).encode()
    other = pictured(url_of("one"), *more, {"role": "user", "content": "Again?"}).replace(b"/", rb"\/")
    replies = [reply, await stage.post(CHAT, key, again), await stage.post(CHAT, f"{key}-other", other)]
    recorded = [await stage.recorded(one) for one in replies]
    assert [one.sent for one in recorded] == [first, again, other]
    assert recorded[0].exchange.session == recorded[1].exchange.session
    assert await kept(stage, "one") == 1
    assert "[image png 2 KB #" in recorded[0].messages[0].body.decode()
    assert recorded[0].messages[0].text == "See?"


async def test_tokens_are_those_of_an_image_and_not_of_its_letters(stage: Stage, key: str) -> None:
    body = json.dumps(json.loads(pictured(url_of("tokens"))) | {"stream": True}).encode()
    recorded = await stage.recorded(await stage.post(CHAT, key, body))
    assert recorded.exchange.usage_source == "estimated"
    assert recorded.exchange.prompt_tokens is not None
    assert recorded.exchange.prompt_tokens < 800


async def test_of_a_large_image_only_hash_type_and_size_are_kept(key: str) -> None:
    async with staged(recording__media_bytes=100) as stage:
        recorded = await stage.recorded(await stage.post(CHAT, key, pictured(url_of("large"))))
        assert (recorded.exchange.parsed, recorded.sent) == (True, None)
        assert recorded.reply is not None
        assert ", not kept]" in recorded.messages[0].body.decode()
        assert await kept(stage, "large") == 0


async def test_an_image_of_a_response_is_kept_once_too(stage: Stage, key: str) -> None:
    content = [{"type": "input_text", "text": "See?"}, {"type": "input_image", "image_url": url_of("response")}]
    body = json.dumps({"model": "gpt-4o-mini", "input": [{"role": "user", "content": content}]}).encode()
    replies = [await stage.post("/v1/responses", one, body) for one in (key, f"{key}-other")]
    recorded = [await stage.recorded(one) for one in replies]
    assert [one.sent for one in recorded] == [body, body]
    assert await kept(stage, "response") == 1
    assert "[image png 4 KB #" in recorded[0].messages[0].body.decode()
