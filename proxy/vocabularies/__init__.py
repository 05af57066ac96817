"""The vocabularies that ship with the package, so that counting needs no network.

A vocabulary is its packed ranks (a file beside this one) and the constants which tiktoken gives it in
``tiktoken_ext/openai_public.py``; ``sha256`` is the one pinned there. A packed file is gzip over: the number of tokens
(4 bytes, big-endian), one length byte a token, the tokens' bytes joined; a token's rank is its position. This module
knows nothing of counting.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate, pairwise


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What tiktoken needs to build an encoding, less the ranks."""

    name: str
    pattern: str
    special_tokens: Mapping[str, int]
    sha256: str

    def ranks(self) -> dict[bytes, int]:
        """Every token with its rank, read from the packed file."""
        packed = resources.files(__name__).joinpath(f"{self.name}.gz").read_bytes()
        return {token: rank for rank, token in enumerate(unpack(packed))}


def pack(tokens: Sequence[bytes]) -> bytes:
    """Tokens in the order of their ranks, packed; equal tokens give equal bytes on any day."""
    head = len(tokens).to_bytes(4, "big") + bytes(len(token) for token in tokens)
    return gzip.compress(head + b"".join(tokens), compresslevel=9, mtime=0)


def unpack(packed: bytes) -> list[bytes]:
    """The tokens of a packed file, in the order of their ranks."""
    data = gzip.decompress(packed)
    start = 4 + int.from_bytes(data[:4], "big")
    return [data[begin:end] for begin, end in pairwise(accumulate(data[4:start], initial=start))]


def emit(tokens: Sequence[bytes]) -> bytes:
    """Tokens as the lines of a ``.tiktoken`` file, the form whose SHA-256 is pinned."""
    return b"".join(b"%s %d\n" % (b64encode(token), rank) for rank, token in enumerate(tokens))


O200K = Vocabulary(
    name="o200k_base",
    pattern="|".join(
        (
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    special_tokens={"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
)

CL100K = Vocabulary(
    name="cl100k_base",
    pattern="|".join(
        (
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?+\p{L}++",
            r"\p{N}{1,3}+",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
            r"\s++$",
            r"\s*[\r\n]",
            r"\s+(?!\S)",
            r"\s",
        )
    ),
    special_tokens={
        "<|endoftext|>": 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    },
    sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
)

VOCABULARIES: Mapping[str, Vocabulary] = {vocabulary.name: vocabulary for vocabulary in (O200K, CL100K)}
