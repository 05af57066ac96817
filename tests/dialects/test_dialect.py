"""What dialects have in common that don't converse."""

from __future__ import annotations

from proxy.dialects.dialect import Aside
from proxy.messages import Message, Role


def test_nothing_of_an_aside_is_a_message() -> None:
    assert not Aside.converses
    assert Aside().read_message(b'{"role":"user"}') == Message(Role.OTHER)
    assert Aside().role(b'{"role":"user"}') is Role.OTHER
