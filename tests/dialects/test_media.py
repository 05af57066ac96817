"""Parts that are no text: their names, and what they hold."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest

from proxy.dialects.media import digest_of, part_of_base64, part_of_url
from proxy.messages import Part

DATA = b"\x89PNG and so on"
PAYLOAD = b64encode(DATA).decode()
NAME = f"sha256:{sha256(DATA).hexdigest()}"


@pytest.mark.parametrize(
    "part",
    [
        part_of_url("image_url", f"data:image/png;base64,{PAYLOAD}"),
        part_of_url("image_url", f"DATA:image/png;name=x;base64,{PAYLOAD}"),
        part_of_base64("image_url", PAYLOAD, "image/png"),
        part_of_base64("image_url", f"data:image/png;base64,{PAYLOAD}"),
    ],
)
def test_content_has_one_name_however_it_comes(part: Part) -> None:
    assert (part.kind, part.key, part.data, part.media_type) == ("image_url", NAME, DATA, "image/png")


def test_an_address_is_its_own_name() -> None:
    assert part_of_url("image_url", "https://example.com/a.png") == Part("image_url", key="https://example.com/a.png")


@pytest.mark.parametrize("text", ["data:image/svg+xml,<svg/>", "data:image/png;base64,!!", "data:"])
def test_a_data_url_that_is_no_base64_is_named_by_its_text(text: str) -> None:
    part = part_of_url("image_url", text)
    assert (part.key, part.data) == (digest_of(text.encode()), b"")


def test_what_is_no_base64_is_named_by_its_text() -> None:
    part = part_of_base64("input_audio", "\ud83d!!", "wav")
    assert (part.key, part.data, part.media_type) == (digest_of(b"\xed\xa0\xbd!!"), b"", "wav")


def test_what_a_part_holds_makes_no_difference_to_what_it_is() -> None:
    assert part_of_base64("a", PAYLOAD) == Part("a", key=NAME)
    assert "PNG" not in repr(part_of_base64("a", PAYLOAD))
