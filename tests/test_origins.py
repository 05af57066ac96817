"""Where requests come from: this machine, a page of this server, or anywhere."""

from __future__ import annotations

import pytest

from proxy.origins import is_local, is_loopback, is_of_another_machine, is_of_this_site

HERE = {b"host": b"127.0.0.1:8383"}


def test_a_loopback_address_is_local_in_any_spelling() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "[::1]", "localhost", "127.1.2.3")))
    assert all(map(is_loopback, ("steno.localhost", "LOCALHOST.", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "example.org", "localhost.example", "")))  # noqa: S104


def test_a_caller_is_local_by_its_address_and_by_the_name_that_it_gives_this_machine() -> None:
    assert is_local(HERE, "127.0.0.1")
    assert is_local(HERE, "")
    assert not is_local(HERE, "10.0.0.7")
    assert not is_local({b"host": b"evil.example"}, "127.0.0.1")
    assert not is_local({b"host": b"[::1"}, "127.0.0.1")


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"forwarded"])
def test_whom_another_proxy_forwards_is_not_local(name: bytes) -> None:
    assert not is_local({**HERE, name: b"127.0.0.1"}, "127.0.0.1")


def test_a_page_of_this_server_is_known_by_what_its_browser_says() -> None:
    assert is_of_this_site(HERE)
    assert is_of_this_site({**HERE, b"origin": b"http://127.0.0.1:8383", b"sec-fetch-site": b"same-origin"})
    assert not is_of_this_site({**HERE, b"origin": b"http://evil.example"})
    assert not is_of_this_site({**HERE, b"origin": b"null"})
    assert not is_of_this_site({**HERE, b"sec-fetch-site": b"cross-site"})


@pytest.mark.parametrize(
    "said",
    [
        {b"origin": b"http://evil.example"},
        {b"origin": b"null"},
        {b"sec-fetch-site": b"cross-site"},
        {b"host": b"evil.example"},
    ],
)
def test_a_page_from_elsewhere_gives_itself_away(said: dict[bytes, bytes]) -> None:
    assert is_of_another_machine({**HERE, **said})


@pytest.mark.parametrize("said", [{}, {b"origin": b"http://localhost:3000"}, {b"sec-fetch-site": b"same-site"}])
def test_apps_and_pages_of_this_machine_are_not_from_elsewhere(said: dict[bytes, bytes]) -> None:
    assert not is_of_another_machine({**HERE, **said})
