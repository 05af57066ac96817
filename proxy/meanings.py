"""Meanings: texts as vectors, by weights that ship inside an optional package. Without it there are none.

A text is the mean of its tokens' vectors, so that words alike in meaning meet though they share no letters. The package
itself isn't imported: it would look for its files on the network. Loaded when the first text needs it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from proxy.recall import Meaning

PACKAGE = "wordllama"
NEEDED = (PACKAGE, "numpy", "safetensors", "tokenizers")
WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


def installed() -> Meaning | None:
    """The meanings of the extra ``embeddings``, if it is installed."""
    found = [importlib.util.find_spec(name) for name in NEEDED]
    if not all(found) or found[0] is None or not found[0].submodule_search_locations:
        return None
    folder = Path(found[0].submodule_search_locations[0])
    return _Static(folder) if (folder / WEIGHTS).exists() and (folder / TOKENIZER).exists() else None


class _Static:
    """Static vectors. A stretch's are one matrix, a row for each of its texts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loading = Lock()
        self._loaded: tuple[Any, Any] | None = None

    def vectors(self, texts: Sequence[str]) -> Any:
        """The vectors of some texts, each of length one."""
        import numpy  # noqa: PLC0415 (an extra)

        tokenizer, weights = self._tables()
        made = numpy.zeros((len(texts), weights.shape[1]), numpy.float32)
        for at, text in enumerate(tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if text.ids:
                mean = weights[text.ids].astype(numpy.float32).mean(axis=0)
                made[at] = mean / (numpy.linalg.norm(mean) or 1.0)
        return made

    def joined(self, several: Sequence[Any]) -> Any:
        """The vectors of stretches that follow each other."""
        import numpy  # noqa: PLC0415 (an extra)

        return numpy.concatenate(several)

    def likeness(self, text: str, several: Sequence[Any]) -> list[float]:
        """How alike each text of some stretches is to this one."""
        (vector,) = self.vectors([text])
        return [float(value) for vectors in several for value in (vectors @ vector).tolist()]

    def _tables(self) -> tuple[Any, Any]:
        """The tokenizer, and the vectors of its tokens."""
        with self._loading:
            if self._loaded is None:
                from safetensors.numpy import load_file  # noqa: PLC0415 (an extra)
                from tokenizers import Tokenizer  # noqa: PLC0415 (an extra)

                tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER))
                tokenizer.no_truncation()
                tokenizer.no_padding()
                self._loaded = tokenizer, next(iter(load_file(self._folder / WEIGHTS).values()))
            return self._loaded
