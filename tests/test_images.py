"""Images cost what their size says, and a known sum where it can't be read."""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest

from proxy.images import UNKNOWN, data_url_size, image_size, image_tokens, tiles


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(100)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(100)


def jpeg(width: int, height: int, *, exif: int = 20) -> bytes:
    app1 = b"\xff\xe1" + struct.pack(">H", exif + 2) + b"\xff\xc0" + bytes(exif - 2)
    tables = b"\xff\xc4" + struct.pack(">H", 4) + bytes(2)
    frame = b"\xff\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width) + bytes(20)
    return b"\xff\xd8" + app1 + tables + frame


def webp_lossy(width: int, height: int) -> bytes:
    return b"RIFF0000WEBPVP8 0000" + b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(20)


def webp_lossless(width: int, height: int) -> bytes:
    return b"RIFF0000WEBPVP8L0000\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(20)


def webp_extended(width: int, height: int) -> bytes:
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return b"RIFF0000WEBPVP8X0000" + bytes(4) + sides + bytes(20)


IMAGES = {
    "png": png(300, 1200),
    "gif": gif(300, 1200),
    "jpeg": jpeg(300, 1200),
    "jpeg-with-exif": jpeg(300, 1200, exif=60_000),
    "webp-lossy": webp_lossy(300, 1200),
    "webp-lossless": webp_lossless(300, 1200),
    "webp-extended": webp_extended(300, 1200),
}


def data_url(image: bytes) -> str:
    return "data:image/any;base64," + b64encode(image).decode()


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES.keys())
def test_the_size_is_read_from_the_head_of_a_data_url(image: bytes) -> None:
    assert data_url_size(data_url(image)) == (300, 1200)


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES.keys())
def test_a_head_cut_anywhere_gives_the_size_or_nothing(image: bytes) -> None:
    assert {image_size(image[:end]) for end in range(min(len(image), 200))} <= {None, (300, 1200)}


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1024, 1024, 4), (2048, 4096, 6), (4096, 8192, 6), (512, 512, 1), (513, 512, 2), (1, 1, 1), (1, 4_000_000_000, 4)],
)
def test_tiles_cover_the_shrunk_image(width: int, height: int, expected: int) -> None:
    assert tiles(width, height) == expected


def test_the_published_examples() -> None:
    assert image_tokens(data_url(png(1024, 1024)), "high") == 765
    assert image_tokens(data_url(png(2048, 4096)), "high") == 1105
    assert image_tokens(data_url(png(4096, 8192)), "low") == 85


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/cat.png",
        "",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,A",
        "data:image/png;base64,é€",
        "data:image/png,notbase64",
        data_url(b"neither of them"),
        data_url(png(0, 10)),
        data_url(b"RIFF0000WEBPVP9?" + bytes(20)),
        data_url(b"\xff\xd8\xff\xe1\x00\x00" + bytes(20)),
    ],
)
def test_an_unreadable_image_counts_as_four_tiles(url: str) -> None:
    assert image_tokens(url) == UNKNOWN == 765
