"""The images of messages, in all layouts that carry some."""

import json
from base64 import b64encode

import pytest

from proxy.shapes.pictures import Picture, pictures

DATA = b64encode(b"an image").decode()
URL = f"data:image/PNG;base64,{DATA}"
HELD = Picture("image/png", DATA)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": URL}},
        {"type": "input_image", "image_url": URL},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
        {"type": "tool_result", "content": [{"type": "image", "source": {"media_type": "image/png", "data": DATA}}]},
        {"type": "function_call_output", "output": [{"type": "input_image", "image_url": URL}]},
        {"type": "image_generation_call", "result": DATA},
    ],
)
def test_an_image_that_is_carried_is_found(part: dict[str, object]) -> None:
    body = json.dumps({"role": "user", "content": [{"type": "text", "text": "image"}, part]}).encode()
    assert pictures(body) == [HELD]
    assert HELD.data == b"an image"


def test_an_address_is_only_told() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}},
        {"type": "image", "source": {"type": "url", "url": "https://b.example/y.png"}},
    ]
    found = pictures(json.dumps({"content": parts}).encode())
    assert [one.address for one in found] == ["https://a.example/x.png", "https://b.example/y.png"]
    assert [one.data for one in found] == [None, None]


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html"])
def test_what_could_hold_a_script_is_no_image(kind: str) -> None:
    assert Picture(kind, DATA).data is None


def test_broken_base64_is_no_image() -> None:
    assert Picture("image/png", "=x=").data is None


@pytest.mark.parametrize("body", [b"", b"an image", b'{"image": ' + b"[" * 5000, b'"image"', b"\xffimage"])
def test_what_is_no_message_has_no_images(body: bytes) -> None:
    assert pictures(body) == []


def test_nothing_is_sought_at_any_depth() -> None:
    part: object = {"type": "image", "source": {"media_type": "image/png", "data": DATA}}
    for _ in range(20):
        part = {"content": [part]}
    assert pictures(json.dumps(part).encode()) == []
