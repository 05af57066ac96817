import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from proxy.standin.encodings import EncodingError, decoded, encoded

CODINGS = ["gzip", "deflate", "br", "zstd"]


@pytest.mark.parametrize("coding", CODINGS)
def test_what_was_encoded_can_be_decoded(coding: str) -> None:
    assert decoded(b"".join(encoded([b"one", b"two"], coding)), coding) == b"onetwo"


@pytest.mark.parametrize("coding", CODINGS)
def test_each_piece_can_be_decoded_as_it_arrives(coding: str) -> None:
    decoders: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
        "gzip": lambda: zlib.decompressobj(31).decompress,
        "deflate": lambda: zlib.decompressobj().decompress,
        "br": lambda: brotli.Decompressor().process,
        "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
    }
    decode = decoders[coding]()
    first, second, _ = encoded([b"one", b"two"], coding)
    assert [decode(first), decode(second)] == [b"one", b"two"]


def test_several_encodings_are_undone_from_the_last() -> None:
    inner = b"".join(encoded([b"x"], "gzip"))
    assert decoded(b"".join(encoded([inner], "br")), "gzip, br") == b"x"
    assert decoded(b"x", "identity") == b"x"


@pytest.mark.parametrize("coding", [*CODINGS, "rot13"])
def test_what_is_not_so_encoded_is_refused(coding: str) -> None:
    with pytest.raises(EncodingError, match=coding):
        decoded(b"plain text", coding)
