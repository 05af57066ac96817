"""Content that is no text, named."""

from __future__ import annotations

from base64 import b64encode

from proxy.dialects.media import digest_of, part_of_base64, part_of_url

DATA = b64encode(b"\x89PNG").decode()
NAME = digest_of(b"\x89PNG")


def test_content_is_named_by_its_hash_however_it_is_given() -> None:
    assert part_of_url("image_url", f"data:image/png;base64,{DATA}").key == NAME
    assert part_of_base64("file", DATA).key == NAME
    assert part_of_base64("file", f"DATA:image/png;base64,{DATA}").key == NAME


def test_content_that_lies_elsewhere_is_named_by_its_address() -> None:
    assert part_of_url("image_url", "https://x/y.png").key == "https://x/y.png"


def test_what_is_no_base64_is_named_by_its_text() -> None:
    assert part_of_base64("file", "!!").key == digest_of(b"!!")
    assert part_of_url("image_url", "data:image/svg+xml,<svg/>").key == digest_of(b"data:image/svg+xml,<svg/>")
