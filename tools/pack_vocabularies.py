"""Pack tiktoken's ranks into ``proxy/vocabularies``, from the archive that ``npm pack tiktoken@1.0.22`` leaves.

    python -m tools.pack_vocabularies tiktoken-1.0.22.tgz

Writes nothing unless the re-emitted ranks have the SHA-256 that tiktoken pins. Never downloads.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from base64 import b64decode
from pathlib import Path

from proxy import vocabularies
from proxy.vocabularies import VOCABULARIES, Vocabulary


def main(archive: Path, folder: Path) -> None:
    """Pack each vocabulary that the package names."""
    with tarfile.open(archive) as package:
        for vocabulary in VOCABULARIES.values():
            tokens = read_ranks(read_member(package, f"package/encoders/{vocabulary.name}.json"))
            check(vocabulary, tokens)
            (folder / f"{vocabulary.name}.gz").write_bytes(vocabularies.pack(tokens))


def read_member(package: tarfile.TarFile, name: str) -> str:
    """The ranks' text in one of the archive's JSON files."""
    member = package.extractfile(name)
    if member is None:
        message = f"{name} is no file of the archive"
        raise SystemExit(message)
    return str(json.load(member)["bpe_ranks"])


def read_ranks(text: str) -> list[bytes]:
    """Tokens in the order of their ranks, from lines ``! offset token token …``."""
    tokens: dict[int, bytes] = {}
    for line in text.splitlines():
        _, offset, *encoded = line.split(" ")
        tokens.update(enumerate(map(b64decode, encoded), start=int(offset)))
    return [tokens[rank] for rank in range(len(tokens))]


def check(vocabulary: Vocabulary, tokens: list[bytes]) -> None:
    """Refuse ranks that aren't tiktoken's own."""
    found = hashlib.sha256(vocabularies.emit(tokens)).hexdigest()
    if found != vocabulary.sha256:
        message = f"{vocabulary.name}: SHA-256 {found}, expected {vocabulary.sha256}"
        raise SystemExit(message)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(vocabularies.__file__).parent)
