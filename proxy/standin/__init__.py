"""A small OpenAI-compatible server: the upstream of `steno demo`, of the tests and of the benchmarks.

It needs no key and no network, answers the same question with the same words, and fails on request (`faults.py`).
"""

from proxy.standin.app import create_standin

__all__ = ["create_standin"]
